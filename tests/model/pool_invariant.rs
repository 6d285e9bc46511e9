//! What a pool must keep when all have left: every frame that was made, up to its bounds.
//!
//! A frame that is lost, kept twice, or kept past a bound changes no thumbnail; only counting
//! shows it.

use super::pipeline::Bounds;
use super::record::Run;

/// Every frame that a photo was put into holds at least this much.
const PHOTO_BYTES: usize = 2;

/// Holds what a pool keeps, frames and bytes, against its bounds and the run that left it so.
///
/// A frame is freed only when the pool is full or the frame is too large. So when all have left,
/// the pool holds all frames that were made, or as many as it may; a request that was refused may
/// have made one, or none.
///
/// # Errors
/// What is kept, and what should be.
pub(crate) fn all_given_back(
    kept: (usize, usize),
    bounds: Bounds,
    run: &Run,
) -> Result<(), String> {
    let (frames, bytes) = kept;
    let may_stay = if bounds.frame_bytes < PHOTO_BYTES { 0 } else { run.frames };
    let least = may_stay.min(bounds.frames);
    let most = (may_stay + run.refused).min(bounds.frames);
    if !(least..=most).contains(&frames) {
        return Err(format!("{frames} frames are kept, not {least} to {most}: {bounds:?}"));
    }
    if bytes > frames * bounds.frame_bytes {
        return Err(format!("{frames} kept frames hold {bytes} bytes: {bounds:?}"));
    }
    Ok(())
}
