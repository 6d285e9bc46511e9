//! Orders of threads by chance, with a seed.
//!
//! The seed makes a finding stay one; where nothing is found, nothing is proved.

use shuttle::scheduler::RandomScheduler;

use crate::ending::Ending;
use crate::in_turn;
use crate::under_shuttle as under;

use under::explore::explore;
use under::pipeline::{self, Bounds};
use under::record::Recorder;

#[macro_use]
#[path = "subject.rs"]
#[allow(clippy::duplicate_mod, reason = "of other types for each checker")]
mod subject;

use subject::{Subject, models};

include!(concat!(env!("OUT_DIR"), "/subjects.rs"));

const EXECUTIONS: usize = 500;
const SEED: u64 = 2024;

/// What shuttle says of each.
pub(crate) fn endings() -> Vec<(&'static str, Ending<String>)> {
    each!(check)
}

fn check<S: Subject>() -> Ending<String> {
    in_turn(models().into_iter().map(|(crowd, bounds)| {
        explore(RandomScheduler::new_from_seed(SEED, EXECUTIONS), move || {
            let make = |codec| S::make(codec, bounds);
            let served = crowd.serve(make, |subject, run| subject.inspect(bounds, run));
            served.map(drop).map_err(|fault| fault.as_it_came())
        })
    }))
}
