//! Counts what happens in each minute, and how many wrong thumbnails each load gives.

use super::plan::{MINUTE_US, SimulationPlan};

/// Counts what happened in one minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MinuteStats {
    /// Number of views: a view is one opened album.
    pub views: u32,
    /// Number of thumbnails that the new maker made.
    pub made: u32,
    /// Number of wrong thumbnails among all thumbnails made.
    pub wrong: u32,
    /// Number of times a wrong thumbnail was shown.
    pub wrong_shown: u32,
    /// Number of conversions shed because a node or an album's queue was full.
    pub shed: u32,
    /// Work done, in milliseconds of one core's virtual time.
    pub work_ms: u64,
    /// Highest number of conversions in flight on one node.
    pub peak_conversions: u32,
    /// Number of nodes with the new maker.
    pub nodes: u32,
}

/// Counts the new maker's thumbnails at one range of load.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LoadBucket {
    /// Lower bound of the load, in percent of all cores' time (inclusive).
    pub from_percent: u32,
    /// Upper bound of the load, in percent of all cores' time (exclusive).
    pub to_percent: u32,
    /// Number of minutes with this load in which the new maker made a thumbnail.
    pub minutes: u64,
    /// Number of thumbnails that the new maker made in these minutes.
    pub made: u64,
    /// Number of wrong thumbnails among these.
    pub wrong: u64,
}

/// Number of minutes over which a load is averaged. It is long enough for a mean and short against
/// the evening.
const LOAD_MINUTES: usize = 10;
/// Lower bounds of the buckets, in percent.
const BUCKETS: [u32; 9] = [0, 50, 60, 70, 80, 85, 90, 95, 100];

/// Holds the counts of every minute since the start.
#[derive(Default)]
pub(super) struct LoadSeries(pub(super) Vec<MinuteStats>);

impl LoadSeries {
    /// Returns the counts of the minute that contains a time, in microseconds since the start.
    pub(super) fn at(&mut self, us: u64) -> &mut MinuteStats {
        let minute = (us / MINUTE_US) as usize;
        if self.0.len() <= minute {
            self.0.resize(minute + 1, MinuteStats::default());
        }
        &mut self.0[minute]
    }
}

/// Returns each minute's load. The load is the share of all cores' time that conversions use in the
/// minutes around that minute.
fn loads(plan: &SimulationPlan, minutes: &[MinuteStats]) -> Vec<f64> {
    let fleet = &plan.scenario.fleet;
    let cores = f64::from(fleet.nodes) * f64::from(fleet.cores);
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

/// Counts the new maker's thumbnails by load. The counts show the knee (the load from which on
/// thumbnails are wrong).
pub fn by_load(plan: &SimulationPlan, minutes: &[MinuteStats]) -> Vec<LoadBucket> {
    let bucket = |(index, &from_percent): (usize, &u32)| LoadBucket {
        from_percent,
        to_percent: BUCKETS.get(index + 1).copied().unwrap_or(u32::MAX),
        minutes: 0,
        made: 0,
        wrong: 0,
    };
    let mut buckets: Vec<LoadBucket> = BUCKETS.iter().enumerate().map(bucket).collect();
    for (minute, load) in minutes.iter().zip(loads(plan, minutes)) {
        let percent = (load * 100.0) as u32;
        let bucket = buckets.iter_mut().rfind(|bucket| bucket.from_percent <= percent);
        if let (Some(bucket), 1..) = (bucket, minute.made) {
            bucket.minutes += 1;
            bucket.made += u64::from(minute.made);
            bucket.wrong += u64::from(minute.wrong);
        }
    }
    buckets.retain(|bucket| bucket.made > 0);
    buckets
}
