//! The flags that change one thing of the day.

use clap::Args;

use crate::incident::{Alternatives, SimulationPlan, WhatIf};
use crate::pipelines::PipelineKind;

/// What is changed. A flag without its value takes it from the script.
#[derive(Args)]
#[command(next_help_heading = "The same day with one thing changed")]
pub(super) struct WhatIfArgs {
    /// All of the following, each with the script's value
    #[arg(long, conflicts_with_all = [
        "pipeline", "slots", "canaries", "slow_rollout", "shed", "purge", "no_device_cache",
        "ledger",
    ])]
    what_ifs: bool,
    /// Another pipeline in the new maker
    #[arg(long, value_enum, value_name = "P")]
    pipeline: Option<PipelineKind>,
    /// More slots in each ring, or fewer
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = false)]
    slots: Option<Option<u32>>,
    /// Canary accounts, which look at their own known photos every minute
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true)]
    canaries: Option<Option<u32>>,
    /// A smaller first stage, in percent of instances, held for so many hours
    #[arg(long, value_name = "PERCENT,HOURS", num_args = 0..=1, require_equals = true,
          value_parser = stage)]
    slow_rollout: Option<Option<(f64, f64)>>,
    /// Load shed below the knee: at most so many conversions at work on an instance
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true)]
    shed: Option<Option<u32>>,
    /// All thumbnails of the wrong maker withdrawn so many minutes after the fix
    #[arg(long, value_name = "MINUTES", num_args = 0..=1, require_equals = true)]
    purge: Option<Option<u32>>,
    /// Devices keep no thumbnails
    #[arg(long)]
    no_device_cache: bool,
    /// People are told by a ledger
    #[arg(long)]
    ledger: bool,
}

fn stage(text: &str) -> Result<(f64, f64), String> {
    let refuse = || "write a percentage above 0 and hours, as 12.5,24".to_owned();
    let (percent, hours) = text.split_once(',').ok_or_else(refuse)?;
    let (percent, hours): (f64, f64) =
        (percent.parse().map_err(|_| refuse())?, hours.parse().map_err(|_| refuse())?);
    let sound = percent > 0.0 && percent <= 100.0 && hours > 0.0 && hours <= 744.0;
    sound.then_some((percent / 100.0, hours)).ok_or_else(refuse)
}

impl WhatIfArgs {
    /// Each change that is asked for, to be played alone.
    ///
    /// # Errors
    /// If the script contradicts itself with it.
    pub(super) fn asked(&self, day: &SimulationPlan) -> Result<Vec<WhatIf>, String> {
        let script = &day.script.what_ifs;
        let asked = if self.what_ifs { WhatIf::all(script) } else { self.flags(script) };
        for change in &asked {
            let changed = change.of(day.clone()).script.check();
            changed.map_err(|why| format!("{}: {why}", change.flag()))?;
        }
        Ok(asked)
    }

    /// The day that is told: with all changes that have a flag.
    ///
    /// # Errors
    /// If the script contradicts itself with them.
    pub(super) fn told(&self, day: &SimulationPlan) -> Result<SimulationPlan, String> {
        let changes = self.flags(&day.script.what_ifs);
        let told = changes.into_iter().fold(day.clone(), |plan, change| change.of(plan));
        told.script.check().map(|()| told)
    }

    fn flags(&self, script: &Alternatives) -> Vec<WhatIf> {
        let or = |flag: Option<Option<u32>>, usual: u32| flag.map(|value| value.unwrap_or(usual));
        let slow = self
            .slow_rollout
            .map(|value| value.unwrap_or((script.first_stage, script.first_stage_h)));
        let flags = [
            self.pipeline.map(WhatIf::Pipeline),
            or(self.slots, script.slots).map(WhatIf::Slots),
            or(self.canaries, script.canaries).map(WhatIf::Canaries),
            slow.map(|(share, hours)| WhatIf::SlowRollout(share, hours)),
            or(self.shed, script.at_work_most).map(WhatIf::Shedding),
            or(self.purge, script.purge_after_min).map(WhatIf::Purge),
            self.no_device_cache.then_some(WhatIf::NoDeviceCache),
            self.ledger.then_some(WhatIf::Ledger),
        ];
        flags.into_iter().flatten().collect()
    }
}
