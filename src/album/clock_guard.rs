//! Decides when the clock may be believed, before anything is deleted or replaced for good.
//!
//! A clock that is once ahead by years would prune the whole ledger and compress every original.
//! So the file keeps the latest time that was believed. A reading is believed if it differs by at
//! most [`MAX_CLOCK_JUMP`] from that time plus the time that the process has run since it opened
//! the file. Any other reading stops pruning and compression until the operator accepts it.

use std::time::Duration;

use rusqlite::{Connection, params};
use serde::Serialize;

use super::clock::Ticks;
use super::store::Durability;
use super::{COMPRESSION_AGE, Clock, Moment, RETENTION, Store, StoreError};
use crate::runtime::blocking::{Mutex, MutexGuard};

/// Largest difference between a reading of the clock and the expected time, 24 hours. A larger
/// difference is a jump.
pub const MAX_CLOCK_JUMP: Duration = Duration::from_secs(24 * 60 * 60);

/// Describes a reading of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ClockStatus {
    /// Time that the clock shows.
    pub reading: Moment,
    /// Latest believed time of the file, plus the time that has passed since the file was opened.
    pub expected: Moment,
}

impl ClockStatus {
    /// Returns true if the reading differs from the expected time by at most [`MAX_CLOCK_JUMP`].
    pub fn is_believed(&self) -> bool {
        let earliest = self.expected.before(MAX_CLOCK_JUMP);
        (earliest..=self.expected.after(MAX_CLOCK_JUMP)).contains(&self.reading)
    }

    /// Returns the reading minus the expected time, in milliseconds.
    pub fn ahead_ms(&self) -> i64 {
        self.reading.millis().saturating_sub(self.expected.millis())
    }
}

/// Counts what is old enough to be deleted or replaced for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueCounts {
    /// Number of photos that are due for compression.
    pub photos: u64,
    /// Number of ledger rows beyond their retention period.
    pub ledger_rows: u64,
}

/// Holds the expected time of an open file.
#[derive(Debug)]
pub(super) struct ClockGuard {
    clock: Clock,
    anchor: Mutex<Anchor>,
}

/// Joins a believed time with the moment of the process at which it was read.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    believed: Moment,
    since: Ticks,
    /// Number of jumps that the operator has accepted, by the file.
    accepted: i64,
}

/// Holds the file's row about the clock.
struct Recorded {
    latest: Moment,
    accepted: i64,
}

impl ClockGuard {
    /// Reads the file's latest believed time. A new file believes the present reading.
    pub(super) fn load(connection: &Connection, clock: Clock) -> Result<Self, StoreError> {
        let reading = clock.now().millis();
        connection.execute("UPDATE clock SET latest = ?1 WHERE latest IS NULL", [reading])?;
        let anchor = Anchor::of(&read(connection)?, clock);
        Ok(Self { clock, anchor: Mutex::new(anchor) })
    }

    fn status(&self) -> ClockStatus {
        let anchor = *self.anchor();
        let expected = anchor.believed.after(self.clock.elapsed(anchor.since));
        ClockStatus { reading: self.clock.now(), expected }
    }

    fn anchor(&self) -> MutexGuard<'_, Anchor> {
        super::store::lock(&self.anchor)
    }
}

impl Anchor {
    fn of(recorded: &Recorded, clock: Clock) -> Self {
        let Recorded { latest, accepted } = *recorded;
        Self { believed: latest, since: clock.ticks(), accepted }
    }
}

fn read(connection: &Connection) -> Result<Recorded, StoreError> {
    let mut statement = connection.prepare_cached("SELECT latest, accepted FROM clock")?;
    Ok(statement.query_row([], |row| {
        Ok(Recorded { latest: Moment::from_millis(row.get(0)?), accepted: row.get(1)? })
    })?)
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
        let recorded = self.read_once(|connection| read(connection))?;
        let guard = self.guard();
        if guard.anchor().accepted != recorded.accepted {
            *guard.anchor() = Anchor::of(&recorded, guard.clock);
        }
        let status = guard.status();
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
            read(transaction)
        })?;
        let guard = self.guard();
        *guard.anchor() = Anchor::of(&recorded, guard.clock);
        Ok(status)
    }
}
