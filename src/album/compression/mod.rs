//! The 35-day compression: old photos become smaller, each whole before and whole after.
//!
//! A photo is worked on outside any transaction and replaced in one, which looks again whether it
//! still is what was read. So an end at any moment, also the process's, leaves it as it was or as
//! it shall be; and nobody waits for a decoder while holding the file.

mod queue;
mod recompress;
mod strip_metadata;

pub use recompress::{RecompressError, Recompressed, recompress};

use std::time::Duration;

use serde::Serialize;

use self::queue::Due;
use super::{AlbumId, Moment, PhotoId, PhotoUuid, Store, StoreError};

/// How old a photo is when it is compressed: 35 times 24 hours.
pub const AGE: Duration = Duration::from_secs(35 * 24 * 60 * 60);

/// After a first failure a photo is left alone so long; after each further one twice as long,
const FIRST_DELAY: Duration = Duration::from_secs(60 * 60);

/// but never longer than this.
const LONGEST_DELAY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Failures that a summary names; more are only counted.
pub const MAX_NAMED: usize = 100;

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CompressionSummary {
    /// Photos that were due when it began.
    pub due: u64,
    /// Photos replaced.
    pub compressed: u64,
    /// Photos that would have grown and stay as they are, for good.
    pub kept: u64,
    /// Photos that were deleted, or done by another, meanwhile.
    pub gone: u64,
    /// Photos that failed and were left as they are, to be tried again.
    pub failed: u64,
    /// The first hundred of them.
    pub failures: Vec<CompressionFailure>,
    /// Bytes of the replaced photos before.
    pub bytes_before: u64,
    /// Bytes of the same photos now.
    pub bytes_after: u64,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

impl CompressionSummary {
    /// Photos looked at so far.
    pub fn done(&self) -> u64 {
        self.compressed + self.kept + self.gone + self.failed
    }

    /// Bytes saved.
    pub fn bytes_saved(&self) -> u64 {
        self.bytes_before - self.bytes_after
    }
}

/// A photo that could not be compressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CompressionFailure {
    /// Which.
    pub photo: PhotoId,
    /// Its album.
    pub album: AlbumId,
    /// Its client's name for it.
    pub name: PhotoUuid,
    /// Why.
    pub reason: String,
    /// How often it has failed.
    pub failures: u32,
    /// When it is tried again.
    pub next_try: Moment,
}

/// Compresses every photo that is due by the store's clock, the longest due first. `may_go_on` is
/// asked before each photo with the summary so far: it may wait there for thumbnails to be done,
/// and ends the run by a `false`.
///
/// Run again, it finds nothing left to do. Two at once, also in two processes, do each other no
/// harm: the slower one's work on a photo is thrown away.
///
/// # Errors
/// The file's. Photos done before stay done.
pub fn compress_due(
    store: &Store,
    mut may_go_on: impl FnMut(&CompressionSummary) -> bool,
) -> Result<CompressionSummary, StoreError> {
    let now = store.clock().now();
    let old = now.before(AGE);
    let mut summary =
        CompressionSummary { due: store.count_due(old, now)?, ..CompressionSummary::default() };
    let mut after = None;
    loop {
        let due = store.due(old, now, after)?;
        let Some(last) = due.last() else { return Ok(summary) };
        after = Some((last.posted, last.id));
        for photo in due {
            if !may_go_on(&summary) {
                summary.interrupted = true;
                return Ok(summary);
            }
            compress(store, &photo, &mut summary)?;
        }
    }
}

fn compress(
    store: &Store,
    photo: &Due,
    summary: &mut CompressionSummary,
) -> Result<(), StoreError> {
    let Some(bytes) = store.bytes_of(photo)? else {
        summary.gone += 1;
        return Ok(());
    };
    match recompress(&bytes) {
        Ok(Recompressed::Smaller { bytes: smaller, width, height }) => {
            if store.settle_smaller(photo, &smaller, width, height)? {
                summary.compressed += 1;
                summary.bytes_before += bytes.len() as u64;
                summary.bytes_after += smaller.len() as u64;
            } else {
                summary.gone += 1;
            }
        }
        Ok(Recompressed::WouldGrow) => match store.settle_kept(photo)? {
            true => summary.kept += 1,
            false => summary.gone += 1,
        },
        Err(error) => {
            let next_try = store.clock().now().after(delay(photo.failures));
            if !store.settle_failed(photo, next_try)? {
                summary.gone += 1;
                return Ok(());
            }
            summary.failed += 1;
            if summary.failures.len() < MAX_NAMED {
                summary.failures.push(CompressionFailure {
                    photo: photo.id,
                    album: photo.name.album,
                    name: photo.name.photo,
                    reason: error.to_string(),
                    failures: photo.failures + 1,
                    next_try,
                });
            }
        }
    }
    Ok(())
}

/// How long a photo is left alone that had failed so often before and now failed again.
fn delay(failures: u32) -> Duration {
    FIRST_DELAY.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_DELAY)
}
