//! A script at a scale, with a seed: everything that decides a day.

use std::num::NonZeroU32;

use super::scenario::{Scenario, Timestamp};

/// Photos and people that are held in memory at most, after scaling.
pub const MAX_PHOTOS: u64 = 200_000_000;
/// See [`MOST_PHOTOS`].
pub const MAX_PEOPLE: u64 = 50_000_000;

pub(super) const MINUTE_US: u64 = 60_000_000;
pub(super) const DAY_US: u64 = 24 * 60 * MINUTE_US;

/// What is to be played.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulationPlan {
    /// The day.
    pub script: Scenario,
    /// Divides people, photos and views, and multiplies a conversion's time.
    pub scale: NonZeroU32,
    /// Fixes every draw.
    pub seed: u64,
}

/// A day that would not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "1:{scale} are about {number} {what}, where {most} are held at most: take a larger --scale"
)]
pub struct TooLarge {
    /// The scale that was asked for.
    pub scale: NonZeroU32,
    /// Of what there are too many.
    pub what: &'static str,
    /// How many.
    pub number: u64,
    /// How many are held.
    pub most: u64,
}

impl SimulationPlan {
    /// Whether the day fits into memory.
    ///
    /// # Errors
    /// [`TooLarge`], with the number of people or photos.
    pub fn check(&self) -> Result<(), TooLarge> {
        let hold = |what, number: u64, most| match number <= most {
            true => Ok(()),
            false => Err(TooLarge { scale: self.scale, what, number, most }),
        };
        let people = self.people();
        hold("people", people, MAX_PEOPLE)?;
        let of = |sum: f64| sum.max(1.0);
        let sizes = &self.script.people;
        let members = of(sizes.album_members.iter().map(|s| f64::from(s.members) * s.share).sum());
        let photos = of(sizes.album_photos.iter().map(|s| f64::from(s.photos) * s.share).sum());
        hold("photos", (people as f64 / members * photos) as u64, MAX_PHOTOS)
    }

    /// People at this scale: one at least.
    pub fn people(&self) -> u64 {
        (self.script.people.people / u64::from(self.scale.get())).max(1)
    }

    /// Microseconds from the start to a moment of the script.
    pub(crate) fn us(&self, at: &Timestamp) -> u64 {
        self.script.us(at)
    }

    /// One core's time for a usual conversion, in nanoseconds of virtual time.
    pub(super) fn conversion_ns(&self) -> f64 {
        self.script.fleet.conversion_ms * 1e6 * f64::from(self.scale.get())
    }
}
