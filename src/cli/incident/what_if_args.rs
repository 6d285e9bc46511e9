//! Defines the flags that change one thing of the day.

use clap::Args;

use crate::incident::{Alternatives, SimulationPlan, WhatIf};
use crate::pipelines::PipelineKind;

/// Holds the selected changes. A flag without a value takes the scenario's value.
#[derive(Args)]
#[command(next_help_heading = "The same day with one thing changed")]
pub(super) struct WhatIfArgs {
    /// All of the following changes, each with the scenario's value.
    #[arg(long, conflicts_with_all = [
        "pipeline", "slots", "canaries", "slow_rollout", "shed", "purge", "no_device_cache",
        "ledger",
    ])]
    what_ifs: bool,
    /// Another pipeline in the new maker.
    #[arg(long, value_enum, value_name = "P")]
    pipeline: Option<PipelineKind>,
    /// Another number of slots (buffers in each ring).
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = false)]
    slots: Option<Option<u32>>,
    /// Canary accounts, each of which views its own known photo every minute.
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true)]
    canaries: Option<Option<u32>>,
    /// A smaller first stage, in percent of the nodes, held for a number of hours.
    #[arg(long, value_name = "PERCENT,HOURS", num_args = 0..=1, require_equals = true,
          value_parser = stage)]
    slow_rollout: Option<Option<(f64, f64)>>,
    /// Load shedding below the knee, with at most N conversions in flight on a node and no queue.
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true)]
    shed: Option<Option<u32>>,
    /// A purge of all thumbnails of the new maker, a number of minutes after the fix.
    #[arg(long, value_name = "MINUTES", num_args = 0..=1, require_equals = true)]
    purge: Option<Option<u32>>,
    /// No cache on devices.
    #[arg(long)]
    no_device_cache: bool,
    /// Notifications by a ledger.
    #[arg(long)]
    ledger: bool,
}

fn stage(text: &str) -> Result<(f64, f64), String> {
    let refuse = || "write a percentage above 0 and hours, such as 12.5,24".to_owned();
    let (percent, hours) = text.split_once(',').ok_or_else(refuse)?;
    let (percent, hours): (f64, f64) =
        (percent.parse().map_err(|_| refuse())?, hours.parse().map_err(|_| refuse())?);
    let valid = percent > 0.0 && percent <= 100.0 && hours > 0.0 && hours <= 744.0;
    valid.then_some((percent / 100.0, hours)).ok_or_else(refuse)
}

impl WhatIfArgs {
    /// Returns each selected change, to be simulated alone.
    ///
    /// # Errors
    /// Returns the flag and the reason if the scenario contradicts itself with a change.
    pub(super) fn selected(&self, plan: &SimulationPlan) -> Result<Vec<WhatIf>, String> {
        let values = &plan.scenario.what_ifs;
        let selected = if self.what_ifs { WhatIf::all(values) } else { self.flags(values) };
        for change in &selected {
            let checked = change.apply(plan.clone()).scenario.check();
            checked.map_err(|why| format!("{}: {why}", change.flag()))?;
        }
        Ok(selected)
    }

    /// Returns the plan with all changes that have a flag.
    ///
    /// # Errors
    /// Returns the reason if the scenario contradicts itself with the changes.
    pub(super) fn combined(&self, plan: &SimulationPlan) -> Result<SimulationPlan, String> {
        let changes = self.flags(&plan.scenario.what_ifs);
        let plan = changes.into_iter().fold(plan.clone(), |plan, change| change.apply(plan));
        plan.scenario.check().map(|()| plan)
    }

    fn flags(&self, values: &Alternatives) -> Vec<WhatIf> {
        let or = |flag: Option<Option<u32>>, usual: u32| flag.map(|value| value.unwrap_or(usual));
        let slow = self
            .slow_rollout
            .map(|value| value.unwrap_or((values.first_stage, values.first_stage_h)));
        let flags = [
            self.pipeline.map(WhatIf::Pipeline),
            or(self.slots, values.slots).map(WhatIf::Slots),
            or(self.canaries, values.canaries).map(WhatIf::Canaries),
            slow.map(|(share, hours)| WhatIf::SlowRollout(share, hours)),
            or(self.shed, values.max_conversions).map(WhatIf::Shedding),
            or(self.purge, values.purge_after_min).map(WhatIf::Purge),
            self.no_device_cache.then_some(WhatIf::NoDeviceCache),
            self.ledger.then_some(WhatIf::Ledger),
        ];
        flags.into_iter().flatten().collect()
    }
}
