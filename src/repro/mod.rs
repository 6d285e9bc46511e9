//! The reproduction: the same load on each pipeline, every row of every thumbnail looked at.
//!
//! A run is one pipeline at one number in flight. Runs share their photos, their truths and the
//! order of their requests, so that only the pipeline and the load differ.

mod measure;
mod subjects;
mod verdict;

pub use measure::{Exhibit, Kind, Run};
pub use subjects::{MOST_PHOTOS, Subjects, SubjectsError};
pub use verdict::{Expect, GATE_THUMBNAILS, Verdict};

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::{Duration, Instant};

use crate::codec::{Fit, Size};

/// Mixed thumbnails of which pictures are kept, at most.
pub const MOST_EXHIBITS: usize = 24;

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The pipelines, in the order of their runs.
    pub pipelines: Vec<Kind>,
    /// Requests in flight, a run for each.
    pub in_flight: Vec<usize>,
    /// Slots in the ring of `shared`, and frames that `pooled` keeps.
    pub slots: NonZeroUsize,
    /// Bands of a thumbnail; a low thumbnail has fewer.
    pub bands: NonZeroU32,
    /// Thumbnails of one run.
    pub thumbnails: u64,
    /// The thumbnails' size.
    pub size: Size,
    /// How a thumbnail fits its square.
    pub fit: Fit,
    /// Fixes the order of the requests.
    pub seed: u64,
    /// What the caller expects of it.
    pub expect: Expect,
    /// When the whole must have ended. Runs are shortened to keep it.
    pub deadline: Instant,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The runs, in their order.
    pub runs: Vec<Run>,
    /// What they come to.
    pub verdict: Verdict,
    /// Cores that the machine gives.
    pub cores: usize,
    /// Some mixed thumbnails, for people to look at.
    pub exhibits: Vec<Exhibit>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

impl Findings {
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
/// If a number in flight is 0 or more than [`MOST_IN_FLIGHT`](crate::load::MOST_IN_FLIGHT).
pub fn run(
    plan: &Plan,
    subjects: &Subjects,
    progress: impl Fn(u64),
    go_on: impl Fn() -> bool,
) -> std::io::Result<Findings> {
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
            let (run, mixed) = measure::measure(plan, subjects, kind, in_flight, admit)?;
            runs.push(run);
            exhibits.push(mixed);
            if !go_on() {
                break 'runs;
            }
        }
    }
    let interrupted = !go_on();
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Ok(Findings {
        verdict: Verdict::of(&runs, plan.expect, cores, runs.len() == all),
        cores,
        exhibits: in_turn(exhibits),
        runs,
        interrupted,
    })
}

/// The time that one of `left` runs may take.
fn share(deadline: Instant, left: u32) -> Duration {
    deadline.saturating_duration_since(Instant::now()) / left.max(1)
}

/// The first of each run, then the second of each, up to the bound.
fn in_turn(runs: Vec<Vec<Exhibit>>) -> Vec<Exhibit> {
    let mut runs: Vec<_> = runs.into_iter().map(Vec::into_iter).collect();
    let mut taken = Vec::with_capacity(MOST_EXHIBITS);
    for turn in 0..MOST_EXHIBITS * runs.len() {
        let run = turn % runs.len();
        taken.extend(runs[run].next());
        if taken.len() == MOST_EXHIBITS {
            break;
        }
    }
    taken.sort_by_key(|exhibit| exhibit.outcome);
    taken
}
