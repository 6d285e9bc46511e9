//! What the file does for compression: which photos are due, and how one is settled.
//!
//! Whatever is written here is written only if the photo still contains what was read.

use bytes::Bytes;
use rusqlite::{OptionalExtension, params};

use super::super::{ContentHash, Moment, PhotoId, PhotoName, Store, StoreError};

/// A photo to be compressed.
pub(super) struct Due {
    pub(super) id: PhotoId,
    pub(super) name: PhotoName,
    pub(super) posted: Moment,
    pub(super) failures: u32,
    content: ContentHash,
}

/// Photos that are listed at once.
const PAGE: i64 = 100;

impl Store {
    /// How many photos were posted at `old` or earlier and may be tried `now`.
    pub(super) fn count_due(&self, old: Moment, now: Moment) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM photos
                   WHERE settled IS NULL AND posted <= ?1 AND next_try <= ?2";
        self.read(|transaction| {
            let mut statement = transaction.prepare_cached(sql)?;
            let due: i64 = statement.query_row([old.millis(), now.millis()], |row| row.get(0))?;
            Ok(due as u64)
        })
    }

    /// Some of them, the oldest first, after the one that is named by its date and id.
    pub(super) fn due(
        &self,
        old: Moment,
        now: Moment,
        after: Option<(Moment, PhotoId)>,
    ) -> Result<Vec<Due>, StoreError> {
        let sql = "SELECT id, album, photo, posted, failures, content FROM photos
                   WHERE settled IS NULL AND posted <= ?1 AND next_try <= ?2
                       AND (posted, id) > (?3, ?4)
                   ORDER BY posted, id LIMIT ?5";
        let (posted, id) = after.map_or((i64::MIN, 0), |(posted, id)| (posted.millis(), id.get()));
        self.read(|transaction| {
            let mut statement = transaction.prepare_cached(sql)?;
            let due = statement.query_map(
                params![old.millis(), now.millis(), posted, id, PAGE],
                |row| {
                    Ok(Due {
                        id: row.get(0)?,
                        name: PhotoName { album: row.get(1)?, photo: row.get(2)? },
                        posted: Moment::from_millis(row.get(3)?),
                        failures: row.get(4)?,
                        content: row.get(5)?,
                    })
                },
            )?;
            Ok(due.collect::<Result<_, _>>()?)
        })
    }

    /// The photo's bytes; `None` if it is gone or no longer what it was.
    pub(super) fn bytes_of(&self, due: &Due) -> Result<Option<Bytes>, StoreError> {
        let sql = "SELECT photo_bytes.bytes FROM photos JOIN photo_bytes USING (id)
                   WHERE id = ?1 AND content = ?2 AND settled IS NULL";
        self.read(|transaction| {
            let bytes: Option<Vec<u8>> = transaction
                .prepare_cached(sql)?
                .query_row(params![due.id, due.content], |row| row.get(0))
                .optional()?;
            Ok(bytes.map(Bytes::from))
        })
    }

    /// Replaces the photo and drops the thumbnails of what it was. Says whether it still was that.
    pub(super) fn settle_smaller(
        &self,
        due: &Due,
        smaller: &Bytes,
        width: u32,
        height: u32,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE photos SET state = 1, settled = ?3, content = ?4, bytes = ?5,
                       width = ?6, height = ?7
                   WHERE id = ?1 AND content = ?2 AND settled IS NULL";
        let (content, length) = (ContentHash::of(smaller), smaller.len() as i64);
        let now = self.clock().now().millis();
        self.write(|transaction| {
            let settled = transaction.prepare_cached(sql)?.execute(params![
                due.id,
                due.content,
                now,
                content,
                length,
                width,
                height
            ])?;
            if settled == 0 {
                return Ok(false);
            }
            transaction
                .prepare_cached("UPDATE photo_bytes SET bytes = ?2 WHERE id = ?1")?
                .execute(params![due.id, &smaller[..]])?;
            transaction
                .prepare_cached("DELETE FROM thumbnails WHERE photo = ?1 AND content = ?2")?
                .execute(params![due.id, due.content])?;
            Ok(true)
        })
    }

    /// Marks the photo as one that stays as it is.
    pub(super) fn settle_kept(&self, due: &Due) -> Result<bool, StoreError> {
        let sql = "UPDATE photos SET settled = ?3
                   WHERE id = ?1 AND content = ?2 AND settled IS NULL";
        let now = self.clock().now().millis();
        self.write(|transaction| {
            let mut settled = transaction.prepare_cached(sql)?;
            Ok(settled.execute(params![due.id, due.content, now])? > 0)
        })
    }

    /// Notes a failure, and when to try again.
    pub(super) fn settle_failed(&self, due: &Due, next_try: Moment) -> Result<bool, StoreError> {
        let sql = "UPDATE photos SET failures = failures + 1, next_try = ?3
                   WHERE id = ?1 AND content = ?2 AND settled IS NULL";
        self.write(|transaction| {
            let mut noted = transaction.prepare_cached(sql)?;
            Ok(noted.execute(params![due.id, due.content, next_try.millis()])? > 0)
        })
    }
}
