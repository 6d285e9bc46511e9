//! Searches random orders of threads with a fixed seed.
//!
//! The seed makes a finding repeatable. Without a finding, nothing is proved.

use shuttle::scheduler::RandomScheduler;

use crate::exploration::Exploration;
use crate::first_finding;
use crate::matrix::Explorations;
use crate::under_shuttle as under;

use under::explore::explore;
use under::model::recorder::Recorder;
use under::pipeline::{self, Bounds};

#[macro_use]
#[path = "subject.rs"]
#[allow(clippy::duplicate_mod, reason = "the types differ for each checker")]
mod subject;

use subject::{Subject, models, serve};

include!(concat!(env!("OUT_DIR"), "/subjects.rs"));

const EXECUTIONS: usize = 500;
const SEED: u64 = 2024;

/// Searches each mutant with shuttle.
pub(crate) fn explore_all() -> Explorations {
    each!(check)
}

/// Explores one mutant.
fn check<S: Subject>() -> Exploration<String> {
    first_finding(models().into_iter().map(|(clients, bounds)| {
        explore(RandomScheduler::new_from_seed(SEED, EXECUTIONS), move || {
            serve::<S>(&clients, bounds)
        })
    }))
}
