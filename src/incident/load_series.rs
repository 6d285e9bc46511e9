//! What was going on, minute by minute, for the page and for the table of load.

use serde::Serialize;

use super::plan::{MINUTE_US, SimulationPlan};

/// One minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Minute {
    /// Views: albums opened.
    pub views: u32,
    /// Thumbnails made by the new maker.
    pub made: u32,
    /// Of them, wrong.
    pub wrong: u32,
    /// Times a wrong thumbnail was shown.
    pub wrong_shown: u32,
    /// Conversions refused because an instance was full.
    pub shed: u32,
    /// Work done, in milliseconds of one core's virtual time.
    pub work_ms: u64,
    /// The most conversions at work at once on one instance.
    pub at_work_most: u32,
    /// Instances with the new maker.
    pub instances: u32,
}

/// What share of the new maker's thumbnails was mixed at some load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AtLoad {
    /// From this percentage of all cores' time
    pub from_percent: u32,
    /// to below this one.
    pub to_percent: u32,
    /// Minutes.
    pub minutes: u64,
    /// Thumbnails made by the new maker in them.
    pub made: u64,
    /// Of them, mixed.
    pub wrong: u64,
}

/// Minutes whose mean is a load: long enough to be one, short against the evening.
const LOAD_MINUTES: usize = 10;
const LIMITS: [u32; 9] = [0, 50, 60, 70, 80, 85, 90, 95, 100];

/// The minutes of a day and those after it.
#[derive(Default)]
pub(super) struct LoadSeries(pub(super) Vec<Minute>);

impl LoadSeries {
    /// The minute of a moment.
    pub(super) fn at(&mut self, us: u64) -> &mut Minute {
        let minute = (us / MINUTE_US) as usize;
        if self.0.len() <= minute {
            self.0.resize(minute + 1, Minute::default());
        }
        &mut self.0[minute]
    }
}

/// The share of all cores' time that each minute's work takes, with those around it.
pub fn loads(plan: &SimulationPlan, minutes: &[Minute]) -> Vec<f64> {
    let fleet = &plan.script.fleet;
    let cores = f64::from(fleet.instances) * f64::from(fleet.cores);
    let full_ms = cores * LOAD_MINUTES as f64 * 60_000.0;
    let mut sum = 0;
    let mut loads = vec![0.0; minutes.len()];
    for end in 0..minutes.len() {
        sum += minutes[end].work_ms;
        if end >= LOAD_MINUTES {
            sum -= minutes[end - LOAD_MINUTES].work_ms;
        }
        let middle = (end + 1).saturating_sub(LOAD_MINUTES / 2);
        loads[middle.min(end)] = sum as f64 / full_ms;
    }
    loads
}

/// The knee: what was made and mixed by the new maker, by load.
pub fn by_load(plan: &SimulationPlan, minutes: &[Minute]) -> Vec<AtLoad> {
    let to = |place: usize| LIMITS.get(place + 1).copied().unwrap_or(u32::MAX);
    let row = |(place, &from_percent): (usize, &u32)| AtLoad {
        from_percent,
        to_percent: to(place),
        minutes: 0,
        made: 0,
        wrong: 0,
    };
    let mut table: Vec<AtLoad> = LIMITS.iter().enumerate().map(row).collect();
    for (minute, load) in minutes.iter().zip(loads(plan, minutes)) {
        let percent = (load * 100.0) as u32;
        let at = table.iter_mut().rfind(|row| row.from_percent <= percent);
        if let (Some(row), 1..) = (at, minute.made) {
            row.minutes += 1;
            row.made += u64::from(minute.made);
            row.wrong += u64::from(minute.wrong);
        }
    }
    table.retain(|row| row.made > 0);
    table
}
