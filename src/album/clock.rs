//! Defines moments as the file stores them, and the clock that returns them.
//!
//! A drill (an exercise for the operator) needs a clock that starts at another time. A model needs
//! a clock that stands still, and a test of jumps needs a clock that it moves.

use std::fmt;
use std::str::FromStr;
use std::sync::PoisonError;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::Serialize;

use crate::runtime::blocking::{Mutex, MutexGuard};

/// Holds a moment in UTC, in whole milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// Returns the moment at a number of milliseconds since the start of 1970. A negative number
    /// stands for an earlier moment.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Returns the number of milliseconds since the start of 1970.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Returns the moment that lies `span` earlier.
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(whole_ms(span)))
    }

    /// Returns the moment that lies `span` later.
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(whole_ms(span)))
    }
}

fn whole_ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// Formats the moment by RFC 3339 in UTC.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => timestamp.fmt(f),
            Err(_) => write!(f, "{} ms since 1970", self.0),
        }
    }
}

/// Reports a text that is not a moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a moment: write it by RFC 3339, as 2024-11-28T17:50:00+09:00")]
pub struct MomentError(String);

/// Parses a date, a time and an offset by RFC 3339. Cuts fractions of a millisecond off.
impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        // A bracketed time zone is not RFC 3339.
        let plain = !text.contains('[');
        let timestamp = plain.then(|| text.parse::<Timestamp>().ok()).flatten();
        timestamp.map(|at| Self(at.as_millisecond())).ok_or_else(|| MomentError(text.to_owned()))
    }
}

impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Returns the present moment, real or simulated.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The clock of the system.
    System,
    /// A clock that was set to another time and has run on since.
    Drill {
        /// Moment to which the clock was set.
        start: Moment,
        /// Time at which the clock was set.
        since: Instant,
    },
    /// A clock that stands still at this moment.
    Stopped(Moment),
    /// A clock that a test moves.
    Simulated(&'static SimulatedClock),
}

/// Holds the readings of a simulated clock, which move only when a test moves them.
#[derive(Debug)]
pub struct SimulatedClock {
    readings: Mutex<Readings>,
}

#[derive(Clone, Copy, Debug)]
struct Readings {
    wall: Moment,
    uptime: Duration,
}

impl SimulatedClock {
    /// Creates a clock that reads `start`.
    pub fn new(start: Moment) -> Self {
        Self { readings: Mutex::new(Readings { wall: start, uptime: Duration::ZERO }) }
    }

    /// Lets time pass, as a clock that is right shows it.
    pub fn pass(&self, span: Duration) {
        let mut readings = self.lock();
        readings.uptime += span;
        readings.wall = readings.wall.after(span);
    }

    /// Sets the clock to another moment while no time passes.
    pub fn set(&self, moment: Moment) {
        self.lock().wall = moment;
    }

    fn lock(&self) -> MutexGuard<'_, Readings> {
        self.readings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock {
    /// Returns a clock that shows `start` now and runs on from there.
    pub fn starting_at(start: Moment) -> Self {
        Self::Drill { start, since: Instant::now() }
    }

    /// Returns the present moment of the clock.
    pub fn now(&self) -> Moment {
        match *self {
            Self::System => Moment(match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => whole_ms(since),
                Err(before) => -whole_ms(before.duration()),
            }),
            Self::Drill { start, since } => start.after(since.elapsed()),
            Self::Stopped(moment) => moment,
            Self::Simulated(clock) => clock.lock().wall,
        }
    }

    /// Returns the time that has passed since `since`, by a clock that nothing sets.
    pub(super) fn elapsed(&self, since: Ticks) -> Duration {
        match self {
            Self::System | Self::Drill { .. } => since.instant.elapsed(),
            Self::Stopped(_) => Duration::ZERO,
            Self::Simulated(clock) => clock.lock().uptime.saturating_sub(since.uptime),
        }
    }

    /// Returns the present reading of the clock that nothing sets.
    pub(super) fn ticks(&self) -> Ticks {
        let uptime = match self {
            Self::Simulated(clock) => clock.lock().uptime,
            Self::System | Self::Drill { .. } | Self::Stopped(_) => Duration::ZERO,
        };
        Ticks { instant: Instant::now(), uptime }
    }
}

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

/// Holds a reading of the clock that nothing sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticks {
    instant: Instant,
    /// Uptime of a simulated clock.
    uptime: Duration,
}
