//! Lists the photos that are due for compression and stores the outcome of each.
//!
//! An outcome is stored only if the photo still contains the bytes that were read.

use bytes::Bytes;
use rusqlite::{ToSql, Transaction, params};

use super::super::{ContentHash, Moment, PhotoId, PhotoName, Store, StoreError};
use super::recompress::RecompressError;

/// Describes a photo to be compressed.
pub(super) struct DuePhoto {
    pub(super) id: PhotoId,
    pub(super) name: PhotoName,
    pub(super) uploaded_at: Moment,
    pub(super) failed_attempts: u32,
    pub(super) content: ContentHash,
}

/// Describes the outcome of compressing a photo.
pub(super) enum Outcome<'b> {
    /// Smaller bytes replace the photo's bytes.
    Smaller { bytes: &'b Bytes, width: u32, height: u32 },
    /// The photo stays as it is for good.
    Unchanged,
    /// The photo stays as it is until the next attempt.
    Failed { error: &'b RecompressError, next_attempt: Moment },
}

/// Photos of one page of the list, at most 100.
const PAGE: i64 = 100;

impl Store {
    /// Counts the photos that were uploaded at `old` or earlier and may be tried at `now`.
    pub(in crate::album) fn count_due(&self, old: Moment, now: Moment) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM photos WHERE compression_done_at IS NULL
                       AND uploaded_at <= ?1 AND next_attempt_at <= ?2";
        self.read(|transaction| {
            let mut statement = transaction.prepare_cached(sql)?;
            let due: i64 = statement.query_row([old.millis(), now.millis()], |row| row.get(0))?;
            Ok(due as u64)
        })
    }

    /// Returns a page of the due photos, oldest first, after the photo with this date and id.
    pub(super) fn due(
        &self,
        old: Moment,
        now: Moment,
        after: Option<(Moment, PhotoId)>,
    ) -> Result<Vec<DuePhoto>, StoreError> {
        let sql = "SELECT id, album, name, uploaded_at, failed_attempts, content_hash FROM photos
                   WHERE compression_done_at IS NULL AND uploaded_at <= ?1
                       AND next_attempt_at <= ?2 AND (uploaded_at, id) > (?3, ?4)
                   ORDER BY uploaded_at, id LIMIT ?5";
        let (date, id) = after.map_or((i64::MIN, 0), |(date, id)| (date.millis(), id.get()));
        self.read(|transaction| {
            let mut statement = transaction.prepare_cached(sql)?;
            let parameters = params![old.millis(), now.millis(), date, id, PAGE];
            let due = statement.query_map(parameters, |row| {
                Ok(DuePhoto {
                    id: row.get(0)?,
                    name: PhotoName { album: row.get(1)?, photo: row.get(2)? },
                    uploaded_at: Moment::from_millis(row.get(3)?),
                    failed_attempts: row.get(4)?,
                    content: row.get(5)?,
                })
            })?;
            Ok(due.collect::<Result<_, _>>()?)
        })
    }

    /// Stores an outcome. Returns false, and stores nothing, if the photo was deleted, replaced or
    /// finished by another run meanwhile.
    pub(super) fn store_outcome(
        &self,
        photo: &DuePhoto,
        outcome: &Outcome<'_>,
    ) -> Result<bool, StoreError> {
        let now = self.now().millis();
        // Hashing takes a while, so it happens before the transaction.
        let hash = match outcome {
            Outcome::Smaller { bytes, .. } => Some(ContentHash::of(bytes)),
            _ => None,
        };
        self.write(|transaction| match outcome {
            Outcome::Smaller { bytes, width, height } => {
                let columns = "compressed = 1, compression_done_at = ?3, content_hash = ?4, \
                     byte_count = ?5, width = ?6, height = ?7";
                let length = bytes.len() as i64;
                if !update(transaction, photo, columns, &[&now, &hash, &length, width, height])? {
                    return Ok(false);
                }
                transaction
                    .prepare_cached("UPDATE photo_bytes SET bytes = ?2 WHERE id = ?1")?
                    .execute(params![photo.id, &bytes[..]])?;
                transaction
                    .prepare_cached(
                        "DELETE FROM thumbnails WHERE photo = ?1 AND content_hash = ?2",
                    )?
                    .execute(params![photo.id, photo.content])?;
                Ok(true)
            }
            Outcome::Unchanged => update(transaction, photo, "compression_done_at = ?3", &[&now]),
            Outcome::Failed { next_attempt, .. } => {
                let columns = "failed_attempts = failed_attempts + 1, next_attempt_at = ?3";
                update(transaction, photo, columns, &[&next_attempt.millis()])
            }
        })
    }
}

/// Sets columns of the photo's row. Returns false, and sets nothing, if the row has changed since
/// it was read. The values are parameters 3 and up.
fn update(
    transaction: &Transaction<'_>,
    photo: &DuePhoto,
    columns: &str,
    values: &[&dyn ToSql],
) -> Result<bool, StoreError> {
    let sql = format!(
        "UPDATE photos SET {columns}
         WHERE id = ?1 AND content_hash = ?2 AND compression_done_at IS NULL"
    );
    let parameters = [&[&photo.id as &dyn ToSql, &photo.content], values].concat();
    Ok(transaction.prepare_cached(&sql)?.execute(&parameters[..])? > 0)
}
