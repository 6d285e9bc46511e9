//! Compresses photos 35 days after their upload.
//!
//! A photo is read and compressed outside any transaction. One transaction then checks that the
//! photo still contains the bytes that were read, and replaces them. A crash at any moment
//! therefore leaves the photo either as it was or compressed, and no other caller waits for a
//! decoder while the file is locked.

mod queue;
mod recompress;
mod strip_metadata;

pub use recompress::{Plane, RecompressError, Recompressed, recompress};

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use self::queue::{DuePhoto, Outcome};
use super::{AlbumId, Moment, PhotoId, PhotoUuid, Store, StoreError};
use crate::codec::{Fit, ImageError, PhotoLimits, ProbedPhoto, Size, ThumbnailSpec};

/// Age at which a photo is compressed, 35 times 24 hours.
pub const COMPRESSION_AGE: Duration = Duration::from_secs(35 * 24 * 60 * 60);

/// Delay before the first retry, 1 hour. Each further failure doubles the delay.
const FIRST_RETRY_DELAY: Duration = Duration::from_secs(60 * 60);

/// Upper bound of the retry delay, 7 days.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Size at which a photo is decoded to be compressed.
const COMPRESSED: ThumbnailSpec = ThumbnailSpec { size: Size::MAX, fit: Fit::Contain };

/// Failures that a summary lists, at most 100. Further failures are only counted.
pub const MAX_LISTED_FAILURES: usize = 100;

/// Summarizes a run of the compression.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CompressionSummary {
    /// Number of photos that were due when the run began.
    pub due: u64,
    /// Number of photos that became smaller.
    pub compressed: u64,
    /// Number of photos that would have grown and stay unchanged for good.
    pub unchanged: u64,
    /// Number of photos that were deleted, replaced or finished by another run meanwhile.
    pub skipped: u64,
    /// Number of photos that failed and stay unchanged until a later attempt.
    pub failed: u64,
    /// Failures in order, at most [`MAX_LISTED_FAILURES`].
    pub failures: Vec<CompressionFailure>,
    /// Total size in bytes of the compressed photos before the run.
    pub bytes_before: u64,
    /// Total size in bytes of the compressed photos after the run.
    pub bytes_after: u64,
    /// True if the caller stopped the run before its end.
    pub interrupted: bool,
}

impl CompressionSummary {
    /// Returns the number of photos that the run has finished so far.
    pub fn processed(&self) -> u64 {
        self.compressed + self.unchanged + self.skipped + self.failed
    }

    /// Returns the number of bytes that the run has saved.
    pub fn bytes_saved(&self) -> u64 {
        self.bytes_before - self.bytes_after
    }
}

/// Describes a photo that could not be compressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CompressionFailure {
    /// Id of the photo.
    pub photo: PhotoId,
    /// Album of the photo.
    pub album: AlbumId,
    /// Name that the client gave to the photo.
    pub name: PhotoUuid,
    /// Message of the error.
    pub reason: String,
    /// Number of failed attempts so far.
    pub failed_attempts: u32,
    /// Time of the next attempt.
    pub next_attempt: Moment,
}

/// Compresses every photo that is due by the store's clock, oldest first.
///
/// `may_continue` is called before each photo, with the summary so far and the memory in bytes that
/// the photo needs. It may block there, for example until no thumbnail is waiting, and it ends the
/// run by returning false. A photo beyond the limits fails without a decoder.
///
/// A second run finds no photo left to compress. Two runs at once, also in two processes, are
/// safe: one of the two results for a photo is discarded.
///
/// # Errors
/// Returns [`StoreError::ClockJumped`] if the clock cannot be believed, or another [`StoreError`]
/// if the file cannot be read or written. Photos that were finished before stay finished.
pub fn compress_due(
    store: &Store,
    limits: PhotoLimits,
    mut may_continue: impl FnMut(&CompressionSummary, u64) -> bool,
) -> Result<CompressionSummary, StoreError> {
    let now = store.believed_now()?;
    let old = now.before(COMPRESSION_AGE);
    let due = store.count_due(old, now)?;
    let mut summary = CompressionSummary { due, ..CompressionSummary::default() };
    let mut after = None;
    loop {
        let page = store.due(old, now, after)?;
        let Some(last) = page.last() else { return Ok(summary) };
        after = Some((last.uploaded_at, last.id));
        for photo in page {
            let Some(bytes) = store.photo_bytes(photo.id, photo.content)? else {
                summary.skipped += 1;
                continue;
            };
            let needed = needed_bytes(&bytes, limits);
            if !may_continue(&summary, *needed.as_ref().unwrap_or(&0)) {
                summary.interrupted = true;
                return Ok(summary);
            }
            let result = needed.map_err(RecompressError::from).and_then(|_| recompress(&bytes));
            finish(store, &photo, &bytes, &result, &mut summary)?;
        }
    }
}

/// Returns the memory that compressing a photo needs, in bytes, or the reason why the photo is
/// beyond the limits.
fn needed_bytes(photo: &Bytes, limits: PhotoLimits) -> Result<u64, ImageError> {
    ProbedPhoto::open(photo.clone(), limits)?.check_memory(COMPRESSED)
}

/// Stores the result of compressing a photo, and counts it.
fn finish(
    store: &Store,
    photo: &DuePhoto,
    bytes: &Bytes,
    result: &Result<Recompressed, RecompressError>,
    summary: &mut CompressionSummary,
) -> Result<(), StoreError> {
    let outcome = match result {
        Ok(Recompressed::Smaller { bytes, width, height }) => {
            Outcome::Smaller { bytes, width: *width, height: *height }
        }
        Ok(Recompressed::WouldGrow) => Outcome::Unchanged,
        Err(error) => {
            let next_attempt = store.now().after(retry_delay(photo.failed_attempts));
            Outcome::Failed { error, next_attempt }
        }
    };
    if !store.store_outcome(photo, &outcome)? {
        summary.skipped += 1;
        return Ok(());
    }
    match outcome {
        Outcome::Smaller { bytes: smaller, .. } => {
            summary.compressed += 1;
            summary.bytes_before += bytes.len() as u64;
            summary.bytes_after += smaller.len() as u64;
        }
        Outcome::Unchanged => summary.unchanged += 1,
        Outcome::Failed { error, next_attempt } => {
            summary.failed += 1;
            if summary.failures.len() < MAX_LISTED_FAILURES {
                summary.failures.push(CompressionFailure {
                    photo: photo.id,
                    album: photo.name.album,
                    name: photo.name.photo,
                    reason: error.to_string(),
                    failed_attempts: photo.failed_attempts + 1,
                    next_attempt,
                });
            }
        }
    }
    Ok(())
}

/// Returns the delay after a failure that follows this number of earlier failures.
fn retry_delay(failures_before: u32) -> Duration {
    FIRST_RETRY_DELAY.saturating_mul(2_u32.saturating_pow(failures_before)).min(MAX_RETRY_DELAY)
}
