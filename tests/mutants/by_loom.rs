//! Every order of threads, in models of two clients.
//!
//! What is found here is a fact about the shipped text with the mistake, whatever a machine does;
//! where nothing is found there is nothing, at this size.

use crate::ending::Ending;
use crate::in_turn;
use crate::under_loom as under;

use under::explore::{Limits, explore};
use under::pipeline::{self, Bounds};
use under::record::Recorder;

#[macro_use]
#[path = "subject.rs"]
#[allow(clippy::duplicate_mod, reason = "of other types for each checker")]
mod subject;

use subject::{Subject, models};

include!(concat!(env!("OUT_DIR"), "/subjects.rs"));

/// What loom says of each.
pub(crate) fn endings() -> Vec<(&'static str, Ending<String>)> {
    each!(check)
}

fn check<S: Subject>() -> Ending<String> {
    in_turn(models().into_iter().map(|(crowd, bounds)| {
        explore(Limits::ALL, move || {
            let make = |codec| S::make(codec, bounds);
            let served = crowd.serve(make, |subject, run| subject.inspect(bounds, run));
            served.map(drop).map_err(|fault| fault.as_it_came())
        })
    }))
}
