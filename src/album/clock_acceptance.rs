//! Reads the clock for the store: for new rows, for decisions that cannot be undone, and for the
//! operator, who accepts a jump.

use rusqlite::params;

use super::clock_guard::Recorded;
use super::store::Durability;
use super::{COMPRESSION_AGE, ClockStatus, Moment, RETENTION, Store, StoreError};

/// Counts what is old enough to be deleted or replaced for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueCounts {
    /// Number of photos that are due for compression.
    pub photos: u64,
    /// Number of ledger rows beyond their retention period.
    pub ledger_rows: u64,
}

impl Store {
    /// Returns the clock's present reading beside the expected time, without reading the file.
    pub fn clock_status(&self) -> ClockStatus {
        self.guard().status()
    }

    /// Returns the time for a new row. While the clock cannot be believed, this is the later of
    /// reading and expected time, so that no row is older on paper than it is.
    pub fn now(&self) -> Moment {
        let status = self.clock_status();
        if status.is_believed() { status.reading } else { status.reading.max(status.expected) }
    }

    /// Reads the clock, notices that the operator has accepted a jump meanwhile, and records a
    /// believed reading in the file.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be read or written.
    pub fn observe_clock(&self) -> Result<ClockStatus, StoreError> {
        let recorded = self.read_once(Recorded::read)?;
        self.guard().follow(&recorded);
        let status = self.clock_status();
        if status.is_believed() && status.reading > recorded.latest {
            self.write_with(Durability::ProcessCrash, |transaction| {
                let sql = "UPDATE clock SET latest = ?1 WHERE latest < ?1 AND accepted = ?2";
                let values = params![status.reading.millis(), recorded.accepted];
                transaction.prepare_cached(sql)?.execute(values)?;
                Ok::<_, StoreError>(())
            })?;
        }
        Ok(status)
    }

    /// Returns the present time for a decision that deletes or replaces data for good.
    ///
    /// # Errors
    /// Returns [`StoreError::ClockJumped`] if the clock cannot be believed, or another
    /// [`StoreError`] if the file cannot be read or written.
    pub(super) fn believed_now(&self) -> Result<Moment, StoreError> {
        let status @ ClockStatus { reading, expected } = self.observe_clock()?;
        if status.is_believed() {
            Ok(reading)
        } else {
            Err(StoreError::ClockJumped { reading, expected })
        }
    }

    /// Counts what a believed clock that shows `now` lets delete or replace for good.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be read.
    pub fn due_at(&self, now: Moment) -> Result<DueCounts, StoreError> {
        let photos = self.count_due(now.before(COMPRESSION_AGE), now)?;
        let kept_from = now.before(RETENTION).millis();
        let ledger_rows = self.read_once(|connection| {
            let sql = "SELECT count(*) FROM ledger WHERE at < ?1";
            let rows: i64 =
                connection.prepare_cached(sql)?.query_row([kept_from], |row| row.get(0))?;
            Ok(rows as u64)
        })?;
        Ok(DueCounts { photos, ledger_rows })
    }

    /// Believes the clock's present reading from now on, as the operator has checked it. Returns
    /// the status from before.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be written.
    pub fn accept_clock(&self) -> Result<ClockStatus, StoreError> {
        let status = self.observe_clock()?;
        let recorded = self.write(|transaction| {
            transaction.execute(
                "UPDATE clock SET latest = ?1, accepted = accepted + 1",
                [status.reading.millis()],
            )?;
            // No retention ends in the future of the accepted time.
            transaction.execute(
                "UPDATE ledger_retention SET kept_from = ?1 WHERE kept_from > ?2",
                [i64::MIN, status.reading.millis()],
            )?;
            Recorded::read(transaction)
        })?;
        self.guard().follow(&recorded);
        Ok(status)
    }
}
