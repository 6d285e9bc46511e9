//! Decides when the clock may be believed, before anything is deleted or replaced for good.
//!
//! A clock that is once ahead by years would prune the whole ledger and compress every original.
//! So the file keeps the latest time that was believed. A reading is believed if it differs by at
//! most [`MAX_CLOCK_JUMP`](super::MAX_CLOCK_JUMP) from that time plus the time that the process has
//! run since it opened the file. Any other reading stops pruning and compression until the operator
//! accepts it.

use std::sync::PoisonError;

use rusqlite::Connection;

use super::clock::Ticks;
use super::{Clock, ClockStatus, Moment, StoreError};
use crate::runtime::blocking::{Mutex, MutexGuard};

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
pub(super) struct Recorded {
    /// Latest reading that was believed.
    pub(super) latest: Moment,
    /// Number of jumps that the operator has accepted.
    pub(super) accepted: i64,
}

impl ClockGuard {
    /// Reads the file's latest believed time. A new file believes the present reading.
    pub(super) fn load(connection: &Connection, clock: Clock) -> Result<Self, StoreError> {
        let reading = clock.now().millis();
        connection.execute("UPDATE clock SET latest = ?1 WHERE latest IS NULL", [reading])?;
        let anchor = Anchor::of(&Recorded::read(connection)?, clock);
        Ok(Self { clock, anchor: Mutex::new(anchor) })
    }

    /// Returns the present reading beside the expected time.
    pub(super) fn status(&self) -> ClockStatus {
        let anchor = *self.anchor();
        let expected = anchor.believed.after(self.clock.elapsed(anchor.since));
        ClockStatus { reading: self.clock.now(), expected }
    }

    /// Believes the file's latest time from now on, if the operator has accepted a jump since the
    /// file was last read.
    pub(super) fn follow(&self, recorded: &Recorded) {
        let mut anchor = self.anchor();
        if anchor.accepted != recorded.accepted {
            *anchor = Anchor::of(recorded, self.clock);
        }
    }

    fn anchor(&self) -> MutexGuard<'_, Anchor> {
        self.anchor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Anchor {
    fn of(recorded: &Recorded, clock: Clock) -> Self {
        let Recorded { latest, accepted } = *recorded;
        Self { believed: latest, since: clock.ticks(), accepted }
    }
}

impl Recorded {
    /// Reads the row.
    pub(super) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut statement = connection.prepare_cached("SELECT latest, accepted FROM clock")?;
        Ok(statement.query_row([], |row| {
            Ok(Recorded { latest: Moment::from_millis(row.get(0)?), accepted: row.get(1)? })
        })?)
    }
}
