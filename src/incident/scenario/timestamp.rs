//! Represents a timestamp in a scenario, with its time zone offset.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp as Instant;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize, Serializer};
use toml::value::Datetime;

use crate::album::Moment;

/// Holds a timestamp as written: RFC 3339 with an offset.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Datetime")]
pub struct Timestamp {
    text: String,
    /// The point in time.
    pub moment: Moment,
    /// The time zone offset, in seconds east of Greenwich.
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
    /// Returns the timestamp `us` microseconds later, with the same offset.
    pub(in crate::incident) fn plus(&self, us: u64) -> Self {
        let minutes = self.offset_s / 60;
        let (sign, minutes) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
        let local = self.local(us).strftime("%Y-%m-%dT%H:%M:%S");
        let text = format!("{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        let moment = self.moment.after(Duration::from_micros(us));
        Self { text, moment, offset_s: self.offset_s }
    }

    /// Returns the local date and time `us` microseconds later.
    pub fn local(&self, us: u64) -> DateTime {
        let ms = self.moment.millis().saturating_add((us / 1_000) as i64);
        let offset = Offset::from_seconds(self.offset_s).unwrap_or(Offset::UTC);
        offset.to_datetime(Instant::from_millisecond(ms).unwrap_or(Instant::MAX))
    }

    /// Formats the local day and time `us` microseconds later, such as `28 Nov 17:50`.
    pub fn day_and_time(&self, us: u64) -> String {
        self.local(us).strftime("%-d %b %H:%M").to_string()
    }

    /// Formats the local time `us` microseconds later, such as `17:50`.
    pub fn time(&self, us: u64) -> String {
        self.local(us).strftime("%H:%M").to_string()
    }

    /// Formats the local day `us` microseconds later, such as `28 Nov`.
    pub fn day(&self, us: u64) -> String {
        self.local(us).strftime("%-d %b").to_string()
    }

    /// Returns the minutes since local midnight.
    pub fn minute_of_day(&self) -> u32 {
        let local = self.local(0);
        local.hour() as u32 * 60 + local.minute() as u32
    }
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
