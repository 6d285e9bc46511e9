//! Moments as they are stored, and the clock that gives them.
//!
//! Drills need a clock that starts elsewhere, models one that stands still.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// A moment in UTC, in whole milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// So many milliseconds after (before, if negative) the start of 1970.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the start of 1970.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// The moment so long before this one.
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(whole_ms(span)))
    }

    /// The moment so long after this one.
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(whole_ms(span)))
    }
}

fn whole_ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => timestamp.fmt(f),
            Err(_) => write!(f, "{} ms since 1970", self.0),
        }
    }
}

/// A text that is no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no moment: write it by RFC 3339, as 2024-11-28T17:50:00+09:00")]
pub struct MomentError(String);

/// RFC 3339: a date, a time and an offset. Fractions of a millisecond are cut off.
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

/// Where moments come from.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The system's.
    System,
    /// Was told to start elsewhere, and has run on since.
    Drill {
        /// What it showed at first.
        start: Moment,
        /// When that was.
        since: Instant,
    },
    /// Stands still.
    Stopped(Moment),
}

impl Clock {
    /// A clock that shows `start` now and runs on from there.
    pub fn starting_at(start: Moment) -> Self {
        Self::Drill { start, since: Instant::now() }
    }

    /// The moment it shows.
    pub fn now(&self) -> Moment {
        match *self {
            Self::System => Moment(match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => whole_ms(since),
                Err(before) => -whole_ms(before.duration()),
            }),
            Self::Drill { start, since } => start.after(since.elapsed()),
            Self::Stopped(moment) => moment,
        }
    }
}
