//! Verifies the ledger: makes the thumbnails of a batch again, one at a time, and compares them
//! with the rows.
//!
//! The check is independent of the tagging codec. It uses only the photos, the plain codec and the
//! recorded hashes.

use std::num::NonZeroU32;

use bytes::Bytes;
use serde::Serialize;

use super::super::{ContentHash, RowId, Store, StoreError};
use super::impact::selects;
use super::{ImpactQuery, MakingEvent, RecordKind, ThumbnailRecord};
use crate::codec::{ImageCodec, ThumbnailRequest};
use crate::pipeline::{Owned, Pipeline};

/// Rows that a verification lists, at most 100. Further rows are only counted.
const MAX_LISTED_ROWS: usize = 100;

/// Summarizes a verification of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Number of thumbnails made again.
    pub remade: u64,
    /// Number of remade thumbnails whose hash differs from the recorded hash. Such a thumbnail was
    /// wrong when it was made first.
    pub different: u64,
    /// Number of thumbnails that could not be made again, because their photo was deleted or has
    /// changed since.
    pub unavailable: u64,
    /// Number of thumbnails that are wrong by the ledger and right by the comparison, or the other
    /// way round.
    pub disagreements: u64,
    /// Rows of the disagreements, at most 100.
    pub rows: Vec<RowId>,
}

impl Store {
    /// Makes the thumbnails of the selected rows again, each alone with a buffer of its own, and
    /// compares them with the recorded hashes. The result is meaningful only for thumbnails of
    /// this program's own maker, because another version may write other bytes.
    ///
    /// `may_continue` is called with the result so far before each thumbnail, and ends the
    /// verification by returning false.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be read.
    pub fn verify_ledger(
        &self,
        query: &ImpactQuery,
        mut may_continue: impl FnMut(&Verification) -> bool,
    ) -> Result<Verification, StoreError> {
        let mut result = Verification::default();
        for record in self.ledger(query.from, query.to) {
            let record = record?;
            let event = &record.event;
            let RecordKind::Made(recorded) = &record.kind else { continue };
            if !selects(query, &record) {
                continue;
            }
            if !may_continue(&result) {
                break;
            }
            let Some(photo) = self.photo_bytes(event.requested.photo, event.photo_hash)? else {
                result.unavailable += 1;
                continue;
            };
            let different = hash_undisturbed(photo, event, recorded) != Some(event.thumbnail_hash);
            let wrong = recorded.is_wrong(event.requested.photo);
            result.remade += 1;
            result.different += u64::from(different);
            if different != wrong {
                result.disagreements += 1;
                if result.rows.len() < MAX_LISTED_ROWS {
                    result.rows.push(record.row);
                }
            }
        }
        Ok(result)
    }
}

/// Returns the hash of the thumbnail as made without concurrent requests, or `None` if the
/// thumbnail cannot be made.
fn hash_undisturbed(
    photo: Bytes,
    event: &MakingEvent,
    recorded: &ThumbnailRecord,
) -> Option<ContentHash> {
    let bands = NonZeroU32::new(recorded.bands.len() as u32)?;
    let request = ThumbnailRequest { photo, spec: event.spec };
    let thumbnail = Owned::new(ImageCodec::new(bands)).convert(&request).ok()?;
    Some(ContentHash::of(&thumbnail))
}
