//! A moment in a script, with the offset that it was written with.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp as Instant;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize, Serializer};
use toml::value::Datetime;

use crate::album::Moment;

/// A moment as it is written: RFC 3339, with an offset.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Datetime")]
pub struct Timestamp {
    text: String,
    /// Which moment it is.
    pub moment: Moment,
    /// Seconds east of Greenwich.
    pub offset_s: i32,
}

impl TryFrom<Datetime> for Timestamp {
    type Error = String;

    fn try_from(written: Datetime) -> Result<Self, String> {
        let text = written.to_string();
        let offset = match written.offset {
            None => return Err(format!("{text}: add an offset, as 2024-11-28T17:50:00+09:00")),
            Some(toml::value::Offset::Z) => 0,
            Some(toml::value::Offset::Custom { minutes }) => i32::from(minutes) * 60,
        };
        let moment = text.parse().map_err(|error| format!("{error}"))?;
        Ok(Self { text, moment, offset_s: offset })
    }
}

impl Timestamp {
    /// The moment `later_us` microseconds after another, as it would be written.
    pub(in crate::incident) fn after(other: &Self, later_us: u64) -> Self {
        let minutes = other.offset_s / 60;
        let (sign, minutes) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
        let local = other.local(later_us).strftime("%Y-%m-%dT%H:%M:%S");
        let text = format!("{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        let moment = other.moment.after(Duration::from_micros(later_us));
        Self { text, moment, offset_s: other.offset_s }
    }

    /// The local date and time so many microseconds later.
    pub fn local(&self, later_us: u64) -> DateTime {
        let ms = self.moment.millis().saturating_add((later_us / 1_000) as i64);
        let offset = Offset::from_seconds(self.offset_s).unwrap_or(Offset::UTC);
        let stamp = Instant::from_millisecond(ms).unwrap_or(Instant::MAX);
        offset.to_datetime(stamp)
    }

    /// Such as `28 Nov 17:50`.
    pub fn day_and_time(&self, later_us: u64) -> String {
        let local = self.local(later_us);
        format!("{} {:02}:{:02}", day(local), local.hour(), local.minute())
    }

    /// Such as `17:50`.
    pub fn time(&self, later_us: u64) -> String {
        let local = self.local(later_us);
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// Such as `28 Nov`.
    pub fn day(&self, later_us: u64) -> String {
        day(self.local(later_us))
    }

    /// Minutes since local midnight.
    pub fn minute_of_day(&self) -> u32 {
        let local = self.local(0);
        local.hour() as u32 * 60 + local.minute() as u32
    }
}

fn day(local: DateTime) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!("{} {}", local.day(), MONTHS[local.month() as usize - 1])
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
