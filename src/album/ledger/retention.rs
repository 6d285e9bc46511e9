//! Deletes ledger rows after their retention period.
//!
//! The ledger is itself data about people. It is kept for as long as people may have to be
//! informed of a failure, and is deleted afterwards.

use std::time::Duration;

use rusqlite::params;

use super::super::{Moment, Store, StoreError};

/// Retention period of ledger rows, 400 days.
pub const RETENTION: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Rows deleted in one transaction, at most 1,000, so that other writes wait only briefly.
const BATCH: i64 = 1_000;

impl Store {
    /// Deletes the ledger rows from before `kept_from` for good and returns their number. A cached
    /// thumbnail is deleted together with its made row, and is made again on the next request.
    ///
    /// # Errors
    /// Returns [`StoreError::ClockJumped`] if the clock cannot be believed, or another
    /// [`StoreError`] if the file cannot be written. Rows deleted before stay deleted.
    pub fn prune_ledger(&self, kept_from: Moment) -> Result<u64, StoreError> {
        // Retention never ends in the future, where it would protect no row.
        let kept_from = kept_from.min(self.believed_now()?);
        let mut deleted = 0;
        loop {
            let batch = self.write(|transaction| {
                transaction
                    .prepare_cached(
                        "UPDATE ledger_retention SET kept_from = ?1 WHERE kept_from < ?1",
                    )?
                    .execute([kept_from.millis()])?;
                let rows = transaction
                    .prepare_cached(
                        "DELETE FROM ledger WHERE id IN
                             (SELECT id FROM ledger WHERE at < ?1 ORDER BY at LIMIT ?2)",
                    )?
                    .execute(params![kept_from.millis(), BATCH])?;
                Ok::<_, StoreError>(rows as u64)
            })?;
            deleted += batch;
            if batch < BATCH as u64 {
                return Ok(deleted);
            }
        }
    }
}
