//! Checks that a pool without jobs keeps every frame that was made, up to its bounds.
//!
//! A frame that is lost, kept twice, or kept beyond a bound changes no thumbnail. Only counting the
//! frames shows it.

use super::pipeline::Bounds;
use super::recorder::Run;

/// Lower bound of the memory of a frame that held a photo, in bytes.
const MIN_FRAME_BYTES: usize = 2;

/// Compares the kept frames and bytes of a pool without jobs with its bounds and with the run.
///
/// A frame is freed only if the pool is full or the frame is too large. So the pool holds all
/// frames that were made, or as many as its bound. A request that failed may have made a frame or
/// none.
///
/// # Errors
/// Returns a sentence with the kept and the expected numbers if they differ.
pub(crate) fn check_pool(kept: (usize, usize), bounds: Bounds, run: &Run) -> Result<(), String> {
    let (frames, bytes) = kept;
    let Bounds { max_frames, max_frame_bytes } = bounds;
    let returned = if max_frame_bytes < MIN_FRAME_BYTES { 0 } else { run.frames };
    let min = returned.min(max_frames);
    let max = (returned + run.failed).min(max_frames);
    if !(min..=max).contains(&frames) {
        return Err(format!("the pool keeps {frames} frames, not {min} to {max}: {bounds:?}"));
    }
    if bytes > frames * max_frame_bytes {
        return Err(format!("the {frames} kept frames hold {bytes} bytes: {bounds:?}"));
    }
    Ok(())
}
