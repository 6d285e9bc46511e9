//! How long rows are kept.
//!
//! Evidence about people is itself data about people: it is kept as long as somebody may have to be
//! told, and then goes.

use std::time::Duration;

use rusqlite::params;

use super::super::{Moment, Store, StoreError};

/// How long rows are kept: 400 days.
pub const RETENTION: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Rows that go in one transaction, so that nobody waits long for it.
const BATCH: i64 = 1_000;

impl Store {
    /// Drops the ledger's rows from before `kept_from`, for good, and says how many they were. A
    /// kept thumbnail whose making goes with them goes too, and is made anew when it is asked for.
    ///
    /// # Errors
    /// The file's; what went before stays gone.
    pub fn prune_ledger(&self, kept_from: Moment) -> Result<u64, StoreError> {
        let mut gone = 0;
        loop {
            let some = self.write(|transaction| {
                transaction
                    .prepare_cached("UPDATE ledger_kept_from SET at = ?1 WHERE at < ?1")?
                    .execute([kept_from.millis()])?;
                let some = transaction
                    .prepare_cached(
                        "DELETE FROM ledger WHERE id IN
                             (SELECT id FROM ledger WHERE at < ?1 ORDER BY at LIMIT ?2)",
                    )?
                    .execute(params![kept_from.millis(), BATCH])?;
                Ok::<_, StoreError>(some as u64)
            })?;
            gone += some;
            if some < BATCH as u64 {
                return Ok(gone);
            }
        }
    }
}
