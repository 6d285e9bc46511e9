//! Reproduces the failure: runs the same load on each pipeline, and checks every row of every
//! thumbnail.
//!
//! A run is one pipeline at one number of requests in flight (begun and not finished). Runs share
//! their photos, their truths (the unmixed thumbnails) and the order of their requests, so that
//! they differ in the pipeline and the load only.

pub mod load_generator;
mod photo_set;
pub mod report;
mod run;
mod verdict;

pub use photo_set::{MAX_PHOTOS, PhotoSet, PhotoSetError};
pub use run::{Exhibit, Run};
pub use verdict::{Expectation, MIN_GATE_THUMBNAILS, ReproVerdict};

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::{Duration, Instant};

use crate::codec::ThumbnailSpec;
use crate::pipelines::PipelineKind;

/// Upper bound of the mixed thumbnails whose pictures are kept.
pub const MAX_EXHIBITS: usize = 24;

/// Holds the parameters of a reproduction.
#[derive(Clone, Debug)]
pub struct ReproPlan {
    /// Pipelines, in the order of their runs.
    pub pipelines: Vec<PipelineKind>,
    /// Numbers of requests in flight, with a run for each.
    pub in_flight: Vec<usize>,
    /// Slots in the ring of `shared`, and frames that `pooled` keeps.
    pub slots: NonZeroUsize,
    /// Bands (the steps of a resize) of a thumbnail; a thumbnail with fewer rows has fewer bands.
    pub bands: NonZeroU32,
    /// Thumbnails of one run.
    pub thumbnails: u64,
    /// Size and fit of the thumbnails.
    pub spec: ThumbnailSpec,
    /// Seed that fixes the order of the requests.
    pub seed: u64,
    /// Result that the caller expects.
    pub expect: Expectation,
    /// Time at which all runs must have ended. Runs are shortened to keep it.
    pub deadline: Instant,
}

/// Holds the results of a reproduction.
#[derive(Clone, Debug)]
pub struct ReproResults {
    /// Results of the runs, in their order.
    pub runs: Vec<Run>,
    /// Verdict on all runs together.
    pub verdict: ReproVerdict,
    /// Cores that the machine provides.
    pub cores: usize,
    /// Mixed thumbnails that the report shows, at most [`MAX_EXHIBITS`].
    pub exhibits: Vec<Exhibit>,
    /// True if the caller stopped the reproduction before its end.
    pub interrupted: bool,
}

impl ReproResults {
    /// Counts the rows about which the two oracles disagree, in all runs. Any number but 0 means
    /// that this program has a fault, and that no other count can be trusted.
    pub fn oracle_faults(&self) -> u64 {
        self.runs.iter().map(|run| run.stats.oracle_faults).sum()
    }
}

/// Runs the plan. Before each thumbnail, calls `on_progress` with the number of thumbnails begun in
/// all runs, and `keep_going`, which ends the reproduction early by returning false.
///
/// # Errors
/// Returns the system's error if it provides no threads.
///
/// # Panics
/// Panics if a number in flight is 0 or more than [`MAX_IN_FLIGHT`](load_generator::MAX_IN_FLIGHT).
pub fn run(
    plan: &ReproPlan,
    photo_set: &PhotoSet,
    on_progress: impl Fn(u64),
    keep_going: impl Fn() -> bool,
) -> std::io::Result<ReproResults> {
    let planned = plan.pipelines.len() * plan.in_flight.len();
    let mut runs = Vec::with_capacity(planned);
    let mut exhibits = Vec::with_capacity(planned);
    'runs: for &kind in &plan.pipelines {
        for &in_flight in &plan.in_flight {
            let remaining = (planned - runs.len()) as u32;
            let until = Instant::now() + time_share(plan.deadline, remaining);
            let begun = runs.len() as u64 * plan.thumbnails;
            let admit = |index: u64| {
                on_progress(begun + index);
                keep_going() && Instant::now() < until
            };
            let (run, mixed) = run::measure(plan, photo_set, kind, in_flight, admit)?;
            runs.push(run);
            exhibits.push(mixed);
            if !keep_going() {
                break 'runs;
            }
        }
    }
    let interrupted = !keep_going();
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Ok(ReproResults {
        verdict: ReproVerdict::of(&runs, plan.expect, cores, runs.len() == planned),
        cores,
        exhibits: round_robin(exhibits),
        runs,
        interrupted,
    })
}

/// Returns the time that one of `remaining` runs may take.
fn time_share(deadline: Instant, remaining: u32) -> Duration {
    deadline.saturating_duration_since(Instant::now()) / remaining.max(1)
}

/// Takes the first exhibit of each run, then the second of each, up to [`MAX_EXHIBITS`].
fn round_robin(runs: Vec<Vec<Exhibit>>) -> Vec<Exhibit> {
    let mut runs: Vec<_> = runs.into_iter().map(Vec::into_iter).collect();
    let mut taken = Vec::with_capacity(MAX_EXHIBITS);
    for turn in 0..MAX_EXHIBITS * runs.len() {
        let run = turn % runs.len();
        taken.extend(runs[run].next());
        if taken.len() == MAX_EXHIBITS {
            break;
        }
    }
    taken.sort_by_key(|exhibit| exhibit.outcome);
    taken
}
