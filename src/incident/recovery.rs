//! Computes the times of the recovery. Detection, fix, purge, server change and builds reach each
//! person at a time of their own.
//!
//! Wrong thumbnails stop with the fix; their copies disappear one by one. A person's times are
//! computed from the person's number, so no time is stored for a person.

use super::plan::{MINUTE_US, SimulationPlan};
use super::population::Population;
use super::rng::Stream;
use super::scenario::Platform;
use super::versions::MakerVersion;

const HOUR_US: f64 = 60.0 * MINUTE_US as f64;

/// Holds the times of the recovery, in microseconds since the start. Every time after the fix is
/// known as soon as the fix is.
pub(super) struct Recovery {
    /// The time from which on a shown wrong thumbnail is detected.
    pub(super) detection_us: Option<u64>,
    /// The time from detection to fix.
    repair_us: Option<u64>,
    purge_after_us: Option<u64>,
    server_change_us: Option<(u64, u64)>,
    /// The release time of each platform's build, and the time until every user has installed it.
    builds: Vec<(Option<u64>, f64)>,
    /// The scenario's time of the fix. An earlier detection makes the simulated fix earlier.
    scenario_fix_us: u64,
    pub(super) detected_us: Option<u64>,
    pub(super) fixed_us: Option<u64>,
}

impl Recovery {
    pub(super) fn new(plan: &SimulationPlan) -> Self {
        let scenario = &plan.scenario;
        let detection_us = scenario.detection.as_ref().map(|detection| scenario.us(&detection.at));
        let fix_us = scenario.fix.as_ref().map(|fix| scenario.us(&fix.at));
        let purge_after_us = scenario.caches.purge_after_min.map(|min| u64::from(min) * MINUTE_US);
        let change = scenario.server_change.as_ref();
        let build = |platform: &Platform| {
            (platform.build.as_ref().map(|at| scenario.us(at)), platform.adoption_h * HOUR_US)
        };
        Self {
            detection_us,
            repair_us: fix_us.zip(detection_us).map(|(fix, detection)| fix - detection),
            purge_after_us,
            server_change_us: change
                .map(|change| (scenario.us(&change.from), scenario.us(&change.to))),
            builds: scenario.platforms.iter().map(build).collect(),
            scenario_fix_us: fix_us.unwrap_or(0),
            detected_us: None,
            fixed_us: None,
        }
    }

    /// Records the detection, and returns the time of the fix if the scenario has one.
    pub(super) fn detect(&mut self, now_us: u64) -> Option<u64> {
        self.detected_us = Some(now_us);
        self.repair_us.map(|repair| now_us + repair)
    }

    /// Shifts a time of the scenario by the difference between the simulated fix and the scenario's
    /// fix.
    fn relative_to_fix(&self, scenario_us: u64) -> Option<u64> {
        let fixed = self.fixed_us?;
        Some((scenario_us + fixed).saturating_sub(self.scenario_fix_us))
    }

    /// Returns the time at which the purge removes all thumbnails of the new maker.
    pub(super) fn purged_us(&self) -> Option<u64> {
        Some(self.fixed_us? + self.purge_after_us?)
    }

    /// Returns the time at which the server change has reached every person.
    pub(super) fn server_change_end_us(&self) -> Option<u64> {
        self.relative_to_fix(self.server_change_us?.1)
    }

    /// Returns the time at which the server change reaches a person.
    pub(super) fn server_change_us(&self, population: &Population, person: u32) -> Option<u64> {
        let (from, to) = self.server_change_us?;
        let position = population.position(Stream::ServerChange, person);
        self.relative_to_fix(from + ((to - from) as f64 * position) as u64)
    }

    /// Returns the time at which a person installs the build that empties the device's cache.
    pub(super) fn update_us(&self, population: &Population, person: u32) -> Option<u64> {
        self.fixed_us?;
        let (build, adoption_us) = self.builds[population.platform_of(person)];
        let position = population.position(Stream::Update, person);
        self.relative_to_fix(build? + (adoption_us * position) as u64)
    }

    /// Returns true if thumbnails of a maker are no longer shown to a person.
    pub(super) fn is_withdrawn(
        &self,
        population: &Population,
        person: u32,
        maker: MakerVersion,
        now_us: u64,
    ) -> bool {
        let is_past = |at: Option<u64>| at.is_some_and(|at| at <= now_us);
        maker == MakerVersion::Rollout
            && self.fixed_us.is_some()
            && (is_past(self.purged_us()) || is_past(self.server_change_us(population, person)))
    }
}
