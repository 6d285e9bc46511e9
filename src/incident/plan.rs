//! Holds the plan of a simulation. Scenario, scale and seed determine all results.

use std::num::NonZeroU32;

use serde::{Serialize, Serializer};

use super::scenario::Scenario;

/// Maximum number of photos that a simulation holds in memory, after scaling.
pub const MAX_PHOTOS: u64 = 200_000_000;
/// Maximum number of people that a simulation holds in memory, after scaling.
pub const MAX_PEOPLE: u64 = 50_000_000;

pub(super) const MINUTE_US: u64 = 60_000_000;
pub(super) const DAY_US: u64 = 24 * 60 * MINUTE_US;

/// Plans a simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulationPlan {
    /// The scenario to simulate.
    pub scenario: Scenario,
    /// The divisor of people, photos and views, and the factor of a conversion's time.
    pub scale: NonZeroU32,
    /// The seed of every random number.
    pub seed: u64,
}

/// Reports a simulation that does not fit into memory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "1:{scale} gives about {count} {what}, and at most {max} are allowed: use a larger --scale"
)]
pub struct TooLarge {
    /// The requested scale.
    pub scale: NonZeroU32,
    /// The kind of things that are too many, `people` or `photos`.
    pub what: &'static str,
    /// Number of these things at the requested scale.
    pub count: u64,
    /// Maximum number of these things.
    pub max: u64,
}

impl SimulationPlan {
    /// Checks that the simulation fits into memory.
    ///
    /// # Errors
    /// Returns [`TooLarge`] if there are too many people or photos.
    pub fn check(&self) -> Result<(), TooLarge> {
        let check = |what, count: u64, max| match count <= max {
            true => Ok(()),
            false => Err(TooLarge { scale: self.scale, what, count, max }),
        };
        let people = self.people();
        check("people", people, MAX_PEOPLE)?;
        let sizes = &self.scenario.people;
        let mean = |values: &[super::scenario::WeightedValue]| {
            values.iter().map(|size| f64::from(size.value) * size.share).sum::<f64>().max(1.0)
        };
        let (members, photos) = (mean(&sizes.album_members), mean(&sizes.album_photos));
        check("photos", (people as f64 / members * photos) as u64, MAX_PHOTOS)
    }

    /// Returns the number of people at this scale, at least 1.
    pub fn people(&self) -> u64 {
        (self.scenario.people.count / u64::from(self.scale.get())).max(1)
    }

    /// Returns one core's mean time for a conversion, in nanoseconds of virtual time.
    pub(super) fn conversion_ns(&self) -> f64 {
        self.scenario.fleet.conversion_ms * 1e6 * f64::from(self.scale.get())
    }
}

/// Serializes microseconds as seconds.
pub(super) fn as_seconds<S: Serializer>(
    us: &(impl Into<Option<u64>> + Copy),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let us: Option<u64> = (*us).into();
    us.map(|us| us as f64 / 1e6).serialize(serializer)
}
