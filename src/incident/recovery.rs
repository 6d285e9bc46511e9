//! What ends a failure, and when it reaches whom: fix, purge, server change, builds.
//!
//! Wrong thumbnails stop with the fix; their copies go one by one, and each of these moments can
//! be said of every person without remembering any.

use super::plan::{MINUTE_US, SimulationPlan};
use super::population::Population;
use super::versions::MakerVersion;

const HOUR_US: f64 = 60.0 * MINUTE_US as f64;

/// Moments in microseconds since the start. All that follows a fix is known once there is one.
pub(super) struct Recovery {
    detection_us: Option<u64>,
    /// From detection to fix.
    repair_us: Option<u64>,
    purge_after_us: Option<u64>,
    server_change_us: Option<(u64, u64)>,
    builds: Vec<(Option<u64>, f64)>,
    fix_by_script_us: u64,
    pub(super) detected_us: Option<u64>,
    pub(super) fixed_us: Option<u64>,
}

impl Recovery {
    pub(super) fn new(plan: &SimulationPlan) -> Self {
        let script = &plan.script;
        let detection_us = script.detection.as_ref().map(|detection| plan.us(&detection.at));
        let fix_us = script.fix.as_ref().map(|fix| plan.us(&fix.at));
        let purge_after_us = script.caches.purge_after_min.map(|min| u64::from(min) * MINUTE_US);
        let change = script.server_change.as_ref();
        let build = |platform: &super::scenario::Platform| {
            (platform.build.as_ref().map(|at| plan.us(at)), platform.everybody_in_h * HOUR_US)
        };
        Self {
            detection_us,
            repair_us: fix_us.zip(detection_us).map(|(fix, detection)| fix - detection),
            purge_after_us,
            server_change_us: change.map(|change| (plan.us(&change.from), plan.us(&change.to))),
            builds: script.platforms.iter().map(build).collect(),
            fix_by_script_us: fix_us.unwrap_or(0),
            detected_us: None,
            fixed_us: None,
        }
    }

    /// From when on a wrong thumbnail is noticed.
    pub(super) fn detection_us(&self) -> Option<u64> {
        self.detection_us
    }

    /// Somebody noticed: the moment of the fix, if there is to be one.
    pub(super) fn detect(&mut self, now_us: u64) -> Option<u64> {
        self.detected_us = Some(now_us);
        self.repair_us.map(|repair| now_us + repair)
    }

    /// A moment of the script that keeps its distance from the fix.
    fn follows(&self, by_script_us: u64) -> Option<u64> {
        let fixed = self.fixed_us?;
        Some((by_script_us + fixed).saturating_sub(self.fix_by_script_us))
    }

    /// When all thumbnails of the wrong maker are withdrawn at once.
    pub(super) fn purged_us(&self) -> Option<u64> {
        Some(self.fixed_us? + self.purge_after_us?)
    }

    /// When the server change has reached everybody.
    pub(super) fn changed_us(&self) -> Option<u64> {
        self.follows(self.server_change_us?.1)
    }

    /// When the server change reaches a person.
    pub(super) fn changes_us(&self, world: &Population, person: u32) -> Option<u64> {
        let (from, to) = self.server_change_us?;
        let turn = world.turn_of_server_change(person);
        self.follows(from + ((to - from) as f64 * turn) as u64)
    }

    /// When a person installs the build that empties his device's cache.
    pub(super) fn updates_us(&self, world: &Population, person: u32) -> Option<u64> {
        self.fixed_us?;
        let (build, everybody_in) = self.builds[world.platform_of(person)];
        self.follows(build? + (everybody_in * world.turn_of_update(person)) as u64)
    }

    /// Whether a person is no longer given what a maker made.
    pub(super) fn withdrawn(
        &self,
        world: &Population,
        person: u32,
        maker: MakerVersion,
        now_us: u64,
    ) -> bool {
        let reached = |at: Option<u64>| at.is_some_and(|at| at <= now_us);
        maker == MakerVersion::Rollout
            && self.fixed_us.is_some()
            && (reached(self.purged_us()) || reached(self.changes_us(world, person)))
    }
}
