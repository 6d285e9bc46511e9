//! The ledger itself held to account: the thumbnails of a batch made again, undisturbed, and
//! compared with what the rows say of them.
//!
//! It asks no witness: only the photos, the codec and the hash of what was made then.

use std::num::NonZeroU32;

use bytes::Bytes;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use super::super::{ContentHash, RowId, Store, StoreError};
use super::impact::concerns;
use super::{ImpactQuery, MakingEvent, RecordKind, ThumbnailRecord};
use crate::codec::{ImageCodec, ThumbnailRequest};
use crate::pipeline::{Owned, Pipeline};

/// Rows that a recheck names; more are only counted.
const MOST_NAMED: usize = 100;

/// What making a batch again came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Thumbnails made again.
    pub remade: u64,
    /// Of them, not what they were: wrong then.
    pub different: u64,
    /// Photos that are gone or have changed since, so that nothing can be made again.
    pub gone: u64,
    /// Thumbnails of which the ledger says the one and making them again the other.
    pub disagreements: u64,
    /// The first hundred rows of them.
    pub rows: Vec<RowId>,
}

impl Store {
    /// Makes the thumbnails of the rows in question again, each alone with a buffer of its own,
    /// and compares them with what was made then. Only thumbnails of this program's own maker can
    /// be told so: another version may well write other bytes.
    ///
    /// # Errors
    /// The file's.
    pub fn verify_ledger(
        &self,
        question: &ImpactQuery,
        mut may_go_on: impl FnMut(&Verification) -> bool,
    ) -> Result<Verification, StoreError> {
        let mut found = Verification::default();
        for record in self.ledger(question.from, question.to) {
            let record = record?;
            let RecordKind::Made(making) = &record.what else { continue };
            if !concerns(&record, question) {
                continue;
            }
            if !may_go_on(&found) {
                break;
            }
            let Some(photo) = self.photo_as_it_was(&record.event)? else {
                found.gone += 1;
                continue;
            };
            let different = alone(photo, &record.event, making) != Some(record.event.content_out);
            let wrong = making.is_wrong(record.event.asked.photo);
            found.remade += 1;
            found.different += u64::from(different);
            if different != wrong {
                found.disagreements += 1;
                if found.rows.len() < MOST_NAMED {
                    found.rows.push(record.row);
                }
            }
        }
        Ok(found)
    }

    fn photo_as_it_was(&self, event: &MakingEvent) -> Result<Option<Bytes>, StoreError> {
        let sql = "SELECT photo_bytes.bytes FROM photos JOIN photo_bytes USING (id)
                   WHERE id = ?1 AND content = ?2";
        self.read(|transaction| {
            let bytes: Option<Vec<u8>> = transaction
                .prepare_cached(sql)?
                .query_row(params![event.asked.photo, event.content_in], |row| row.get(0))
                .optional()?;
            Ok(bytes.map(Bytes::from))
        })
    }
}

/// The hash of the thumbnail as nobody disturbs it; `None` if it cannot be made.
fn alone(photo: Bytes, event: &MakingEvent, making: &ThumbnailRecord) -> Option<ContentHash> {
    let bands = NonZeroU32::new(making.bands.len() as u32)?;
    let request = ThumbnailRequest { photo, spec: event.spec };
    let thumbnail = Owned::new(ImageCodec::new(bands)).convert(&request).ok()?;
    Some(ContentHash::of(&thumbnail))
}
