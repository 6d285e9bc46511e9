//! Explores every order of threads in models of two clients.
//!
//! A finding is a fact about the shipped text with the mistake, on every machine. Without a
//! finding, the mutant has no fault that shows at this size.

use crate::exploration::Exploration;
use crate::first_finding;
use crate::matrix::Explorations;
use crate::under_loom as under;

use under::explore::{Limits, explore};
use under::model::recorder::Recorder;
use under::pipeline::{self, Bounds};

#[macro_use]
#[path = "subject.rs"]
#[allow(clippy::duplicate_mod, reason = "the types differ for each checker")]
mod subject;

use subject::{Subject, models, serve};

include!(concat!(env!("OUT_DIR"), "/subjects.rs"));

/// Explores each mutant with loom.
pub(crate) fn explore_all() -> Explorations {
    each!(check)
}

/// Explores one mutant.
fn check<S: Subject>() -> Exploration<String> {
    first_finding(
        models()
            .into_iter()
            .map(|(clients, bounds)| explore(Limits::ALL, move || serve::<S>(&clients, bounds))),
    )
}
