//! The same day again with one thing changed.

use std::fmt;

use super::plan::{MINUTE_US, SimulationPlan};
use super::scenario::{Alternatives, RolloutStage, Timestamp};
use crate::pipelines::PipelineKind;

/// One thing changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WhatIf {
    /// Another pipeline in the new maker.
    Pipeline(PipelineKind),
    /// So many slots.
    Slots(u32),
    /// So many accounts that look at their own photos every minute.
    Canaries(u32),
    /// A first stage of this share of instances, held for so many hours, and then all at once.
    SlowRollout(f64, f64),
    /// So many conversions at work on an instance at most, and none waits: more are shed.
    Shedding(u32),
    /// All thumbnails of the wrong maker are withdrawn so many minutes after the fix.
    Purge(u32),
    /// Devices keep no thumbnails.
    NoDeviceCache,
    /// People are told by a ledger.
    Ledger,
}

impl WhatIf {
    /// All of them, as the script has them.
    pub fn all(script: &Alternatives) -> Vec<Self> {
        vec![
            Self::Pipeline(PipelineKind::Owned),
            Self::Slots(script.slots),
            Self::Canaries(script.canaries),
            Self::SlowRollout(script.first_stage, script.first_stage_h),
            Self::Shedding(script.at_work_most),
            Self::Purge(script.purge_after_min),
            Self::NoDeviceCache,
            Self::Ledger,
        ]
    }

    /// The plan with this changed.
    pub fn of(self, mut plan: SimulationPlan) -> SimulationPlan {
        let script = &mut plan.script;
        match self {
            Self::Pipeline(kind) => script.fleet.pipeline = kind,
            Self::Slots(slots) => script.fleet.slots = slots,
            Self::Canaries(canaries) => {
                if let Some(detection) = &mut script.detection {
                    detection.canaries = canaries;
                }
            }
            Self::SlowRollout(share, hours) => {
                if let Some(first) = script.rollout.first() {
                    let later =
                        Timestamp::after(&first.at, (hours * 60.0 * MINUTE_US as f64) as u64);
                    let rest = RolloutStage { at: later, share: 1.0 };
                    let first = RolloutStage { at: first.at.clone(), share };
                    script.rollout = vec![first];
                    script.rollout.extend((share < 1.0).then_some(rest));
                }
            }
            Self::Shedding(at_work_most) => {
                script.fleet.at_work_most = at_work_most;
                script.fleet.queue_most = 0;
            }
            Self::Purge(minutes) => script.caches.purge_after_min = Some(minutes),
            Self::NoDeviceCache => script.caches.device = false,
            Self::Ledger => {
                if let Some(estimate) = &mut script.estimate {
                    estimate.ledger = true;
                }
            }
        }
        plan
    }

    /// The flag that asks for it.
    pub fn flag(self) -> String {
        match self {
            Self::Pipeline(kind) => format!("--pipeline {kind}"),
            Self::Slots(slots) => format!("--slots {slots}"),
            Self::Canaries(canaries) => format!("--canaries={canaries}"),
            Self::SlowRollout(share, hours) => format!("--slow-rollout={},{hours}", share * 100.0),
            Self::Shedding(most) => format!("--shed={most}"),
            Self::Purge(minutes) => format!("--purge={minutes}"),
            Self::NoDeviceCache => "--no-device-cache".into(),
            Self::Ledger => "--ledger".into(),
        }
    }
}

/// In words, for the table.
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
            Self::Shedding(most) => write!(f, "shed above {most} at work"),
            Self::Purge(minutes) => write!(f, "purge by maker in {minutes} min"),
            Self::NoDeviceCache => f.write_str("no device cache"),
            Self::Ledger => f.write_str("a ledger"),
        }
    }
}
