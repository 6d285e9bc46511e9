//! The reproduction: the same load on each pipeline, every row of every thumbnail looked at.
//!
//! A run is one pipeline at one number in flight. Runs share their photos, their truths and the
//! order of their requests, so that only the pipeline and the load differ.

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

/// Mixed thumbnails of which pictures are kept, at most.
pub const MAX_EXHIBITS: usize = 24;

/// What is to be run.
#[derive(Clone, Debug)]
pub struct ReproPlan {
    /// The pipelines, in the order of their runs.
    pub pipelines: Vec<PipelineKind>,
    /// Requests in flight, a run for each.
    pub in_flight: Vec<usize>,
    /// Slots in the ring of `shared`, and frames that `pooled` keeps.
    pub slots: NonZeroUsize,
    /// Bands of a thumbnail; a low thumbnail has fewer.
    pub bands: NonZeroU32,
    /// Thumbnails of one run.
    pub thumbnails: u64,
    /// The thumbnails' size and fit.
    pub spec: ThumbnailSpec,
    /// Fixes the order of the requests.
    pub seed: u64,
    /// What the caller expects of it.
    pub expect: Expectation,
    /// When the whole must have ended. Runs are shortened to keep it.
    pub deadline: Instant,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct ReproResults {
    /// The runs, in their order.
    pub runs: Vec<Run>,
    /// What they come to.
    pub verdict: ReproVerdict,
    /// Cores that the machine gives.
    pub cores: usize,
    /// Some mixed thumbnails, for people to look at.
    pub exhibits: Vec<Exhibit>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

impl ReproResults {
    /// Rows about which the oracles disagreed, in all runs. Anything but 0 is a fault of this
    /// program, and then nothing else here can be believed.
    pub fn oracle_faults(&self) -> u64 {
        self.runs.iter().map(|run| run.tally.oracle_faults).sum()
    }
}

/// Carries the plan out. `progress` is told before each thumbnail how many were begun in all;
/// `go_on` is asked before each, and ends the reproduction early by a `false`.
///
/// # Errors
/// The system's, if it gives no threads.
///
/// # Panics
/// If a number in flight is 0 or more than [`MAX_IN_FLIGHT`](crate::repro::load_generator::MAX_IN_FLIGHT).
pub fn run(
    plan: &ReproPlan,
    subjects: &PhotoSet,
    progress: impl Fn(u64),
    go_on: impl Fn() -> bool,
) -> std::io::Result<ReproResults> {
    let all = plan.pipelines.len() * plan.in_flight.len();
    let mut runs = Vec::with_capacity(all);
    let mut exhibits = Vec::with_capacity(all);
    'runs: for &kind in &plan.pipelines {
        for &in_flight in &plan.in_flight {
            let left = (all - runs.len()) as u32;
            let until = Instant::now() + share(plan.deadline, left);
            let begun = runs.len() as u64 * plan.thumbnails;
            let admit = |place: u64| {
                progress(begun + place);
                go_on() && Instant::now() < until
            };
            let (run, mixed) = run::measure(plan, subjects, kind, in_flight, admit)?;
            runs.push(run);
            exhibits.push(mixed);
            if !go_on() {
                break 'runs;
            }
        }
    }
    let interrupted = !go_on();
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Ok(ReproResults {
        verdict: ReproVerdict::of(&runs, plan.expect, cores, runs.len() == all),
        cores,
        exhibits: round_robin(exhibits),
        runs,
        interrupted,
    })
}

/// The time that one of `left` runs may take.
fn share(deadline: Instant, left: u32) -> Duration {
    deadline.saturating_duration_since(Instant::now()) / left.max(1)
}

/// The first of each run, then the second of each, up to the bound.
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
