//! Changes one thing of a plan, and compares the results of the changed plans.

use std::fmt;

use serde::Serialize;

use super::plan::{MINUTE_US, SimulationPlan};
use super::results::{Notifications, SimulationResults};
use super::scenario::{Alternatives, RolloutStage};
use crate::pipelines::PipelineKind;

/// Names one change of a plan, with its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WhatIf {
    /// Another pipeline in the new maker.
    Pipeline(PipelineKind),
    /// Another number of slots (buffers in the shared ring).
    Slots(u32),
    /// A number of canary accounts, each of which views its own photo every minute.
    Canaries(u32),
    /// A first stage with a share of the nodes, held for a number of hours. Then all other nodes
    /// follow.
    SlowRollout(f64, f64),
    /// A maximum number of conversions in flight on a node, without a queue. Further requests are
    /// shed.
    Shedding(u32),
    /// A purge of all thumbnails of the new maker, a number of minutes after the fix.
    Purge(u32),
    /// No cache on devices.
    NoDeviceCache,
    /// Notifications by a ledger.
    Ledger,
}

impl WhatIf {
    /// Returns all changes, with the values of a scenario.
    pub fn all(values: &Alternatives) -> Vec<Self> {
        vec![
            Self::Pipeline(PipelineKind::Owned),
            Self::Slots(values.slots),
            Self::Canaries(values.canaries),
            Self::SlowRollout(values.first_stage, values.first_stage_h),
            Self::Shedding(values.max_conversions),
            Self::Purge(values.purge_after_min),
            Self::NoDeviceCache,
            Self::Ledger,
        ]
    }

    /// Returns the plan with this change.
    pub fn apply(self, mut plan: SimulationPlan) -> SimulationPlan {
        let scenario = &mut plan.scenario;
        match self {
            Self::Pipeline(kind) => scenario.fleet.pipeline = kind,
            Self::Slots(slots) => scenario.fleet.slots = slots,
            Self::Canaries(canaries) => {
                if let Some(detection) = &mut scenario.detection {
                    detection.canaries = canaries;
                }
            }
            Self::SlowRollout(share, hours) => {
                if let Some(first) = scenario.rollout.first() {
                    let later = first.at.plus((hours * 60.0 * MINUTE_US as f64) as u64);
                    let rest = RolloutStage { at: later, share: 1.0 };
                    let first = RolloutStage { at: first.at.clone(), share };
                    scenario.rollout = vec![first];
                    scenario.rollout.extend((share < 1.0).then_some(rest));
                }
            }
            Self::Shedding(max_conversions) => {
                scenario.fleet.max_conversions = max_conversions;
                scenario.fleet.max_queue = 0;
            }
            Self::Purge(minutes) => scenario.caches.purge_after_min = Some(minutes),
            Self::NoDeviceCache => scenario.caches.device_enabled = false,
            Self::Ledger => {
                if let Some(estimate) = &mut scenario.estimate {
                    estimate.ledger = true;
                }
            }
        }
        plan
    }

    /// Returns the flag that requests this change.
    pub fn flag(self) -> String {
        match self {
            Self::Pipeline(kind) => format!("--pipeline {kind}"),
            Self::Slots(slots) => format!("--slots {slots}"),
            Self::Canaries(canaries) => format!("--canaries={canaries}"),
            Self::SlowRollout(share, hours) => format!("--slow-rollout={},{hours}", share * 100.0),
            Self::Shedding(max) => format!("--shed={max}"),
            Self::Purge(minutes) => format!("--purge={minutes}"),
            Self::NoDeviceCache => "--no-device-cache".into(),
            Self::Ledger => "--ledger".into(),
        }
    }
}

/// Writes the change in words, for the table.
impl fmt::Display for WhatIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pipeline(PipelineKind::Shared) => f.write_str("shared buffers"),
            Self::Pipeline(PipelineKind::Owned) => f.write_str("owned buffers"),
            Self::Pipeline(PipelineKind::Pooled) => f.write_str("owned buffers, pooled"),
            Self::Slots(slots) => write!(f, "{slots} slots"),
            Self::Canaries(canaries) => write!(f, "{canaries} canary accounts"),
            Self::SlowRollout(share, hours) => {
                write!(f, "stage of {} % for {hours} h", share * 100.0)
            }
            Self::Shedding(max) => write!(f, "at most {max} in flight"),
            Self::Purge(minutes) => write!(f, "purge by maker in {minutes} min"),
            Self::NoDeviceCache => f.write_str("no device cache"),
            Self::Ledger => f.write_str("a ledger"),
        }
    }
}

/// Holds the what-if table: the same day with one thing changed in each row.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// Scale of the rows, which may be larger than that of the day.
    pub scale: u32,
    /// The day itself, and each changed day.
    pub rows: Vec<WhatIfResult>,
}

/// Holds a row of the what-if table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatIfResult {
    /// The change in words.
    pub name: String,
    /// The flag that requests the change; `None` for the day itself.
    pub flag: Option<String>,
    /// Number of thumbnails made.
    pub made: u64,
    /// Number of wrong thumbnails made.
    pub wrong_made: u64,
    /// Number of times a wrong thumbnail was shown.
    pub wrong_shown: u64,
    /// Number of conversions shed.
    pub shed: u64,
    /// Number of owners whose rows were shown to a stranger.
    pub exposed_owners: u64,
    /// Number of viewers who were shown a stranger's rows.
    pub affected_viewers: u64,
    /// Minutes from the first wrong thumbnail to the detection.
    pub minutes_to_detection: Option<f64>,
    /// Hours from the first wrong thumbnail until its last copy is deleted.
    pub hours_until_last_copy: Option<f64>,
    /// Counts of notified and missed people.
    pub notifications: Notifications,
}

impl WhatIfResult {
    /// Summarizes the results of one plan.
    pub fn new(name: String, flag: Option<String>, results: &SimulationResults) -> Self {
        let tenths = |number: f64| (number * 10.0).round() / 10.0;
        Self {
            name,
            flag,
            made: results.made,
            wrong_made: results.wrong_made,
            wrong_shown: results.confirmed.shown_wrong,
            shed: results.shed,
            exposed_owners: results.exposed_owners(),
            affected_viewers: results.affected_viewers(),
            minutes_to_detection: results.minutes_to_detection().map(tenths),
            hours_until_last_copy: results.hours_until_last_copy().map(tenths),
            notifications: results.notifications,
        }
    }
}
