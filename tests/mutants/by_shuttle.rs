//! Searches random orders of threads with a fixed seed, and runs `convert` in the order of words
//! (schedules written as letters).
//!
//! The seed makes a finding repeatable. Without a finding, a random search proves nothing.

use std::num::NonZeroU32;

use double_exposure::schedule::{Schedule, schedules};
use shuttle::scheduler::RandomScheduler;

use crate::exploration::Exploration;
use crate::first_finding;
use crate::matrix::Explorations;
use crate::under_shuttle as under;

use under::by_word;
use under::explore::explore;
use under::model::clients::Served;
use under::model::recorder::Recorder;
use under::pipeline::{self, Bounds};

#[macro_use]
#[path = "subject.rs"]
#[allow(clippy::duplicate_mod, reason = "the types differ for each checker")]
mod subject;

use subject::{Subject, models, serve};

include!(concat!(env!("OUT_DIR"), "/subjects.rs"));

/// Upper bound of the executions of a model.
const CAP: usize = 5_000;
const SEED: u64 = 2024;

/// Converts in the order of all words of two requests and of three, for each mutant.
pub(crate) fn convert_by_words() -> Explorations {
    each!(convert_all)
}

fn convert_all<S: Subject>() -> Exploration<String> {
    let bounds = Bounds { max_frames: 2, max_frame_bytes: 64 };
    first_finding([(2, 2), (3, 1)].into_iter().map(|(requests, bands)| {
        let bands = NonZeroU32::new(bands).expect("a band");
        let words = schedules(requests, bands).expect("few words");
        let check = move |word: &Schedule, subject: &S, served: Served| {
            let inspection = subject.inspect(bounds, &served.run).err();
            let checked = served.check(inspection).map(drop);
            checked.map_err(|fault| format!("{}, convert by {word}", fault.in_execution_order()))
        };
        by_word::convert_by_words(words, bands, move |codec| S::make(codec, bounds), check)
    }))
}

/// Searches each mutant with shuttle.
pub(crate) fn explore_all() -> Explorations {
    each!(check)
}

/// Explores one mutant.
fn check<S: Subject>() -> Exploration<String> {
    first_finding(models().into_iter().map(|(clients, bounds)| {
        explore(RandomScheduler::new_from_seed(SEED, CAP), CAP, move || {
            serve::<S>(&clients, bounds)
        })
    }))
}
