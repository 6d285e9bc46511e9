//! Checks mutants without a scheduler: with every word (schedule written as letters) of a size on
//! one thread, and with plain threads.
//!
//! Words find mistakes between steps, and no mistake inside a step. Plain threads find what the
//! machine happens to run.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use double_exposure::schedule::{Schedule, schedules};

use crate::exploration::{Exploration, Finding, message, quietly};
use crate::first_finding;
use crate::matrix::Explorations;
use crate::under_std as under;

use under::model::clients::{Served, replay_word};
use under::model::recorder::{self, Recorder, Run};
use under::model::requests::{Call, End, Request};
use under::pipeline::{self, Bounds};

#[macro_use]
#[path = "subject.rs"]
#[allow(clippy::duplicate_mod, reason = "the types differ for each checker")]
mod subject;

use subject::{Subject, models, serve};

include!(concat!(env!("OUT_DIR"), "/subjects.rs"));

/// Number of executions of plain threads in each model.
const EXECUTIONS: usize = 200;

/// Replays all words on each mutant.
pub(crate) fn explore_words() -> Explorations {
    each!(replay_all)
}

/// Runs the models on plain threads for each mutant.
pub(crate) fn stress_all() -> Explorations {
    each!(stress)
}

/// Replays the words of two requests and of three with the bounds of each model. The request of
/// `X` ends in every possible way, before another request and after it.
fn replay_all<S: Subject>() -> Exploration<String> {
    let faults = End::faults(2).into_iter();
    let faults = faults.flat_map(|end| ["AX", "XB"].map(|owners| (2, Request::all(owners, end))));
    let three =
        [Request::all("ABC", End::Thumbnail), Request::all("AXC", End::Error(Call::Decode))];
    let sizes = [(2, Request::all("AB", End::Thumbnail))];
    let sizes = sizes.into_iter().chain(three.map(|requests| (1, requests))).chain(faults);
    let mut all_bounds: Vec<Bounds> = models().into_iter().map(|(_, bounds)| bounds).collect();
    all_bounds.dedup();
    let mut cases = sizes.flat_map(|(bands, requests)| {
        let bands = NonZeroU32::new(bands).expect("a band");
        let words = schedules(requests.len(), bands).expect("few words");
        let all_bounds = all_bounds.clone();
        words.flat_map(move |word| {
            let requests = requests.clone();
            let case = move |bounds| (word.clone(), bands, requests.clone(), bounds);
            all_bounds.clone().into_iter().map(case)
        })
    });
    explore_quietly(None, || {
        let (word, bands, requests, bounds) = cases.next()?;
        Some(replay::<S>(&word, bands, &requests, bounds))
    })
    .unwrap_or_else(|executions| Exploration::Exhausted { executions })
}

/// Runs executions until one fails or none is left. Returns the number of executions if none
/// failed. `cap` is the upper bound of the executions, if not all are tried.
fn explore_quietly(
    cap: Option<usize>,
    mut next: impl FnMut() -> Option<Result<(), String>>,
) -> Result<Exploration<String>, usize> {
    let (mut executions, mut fault) = (0, None);
    let panic = quietly(|| {
        executions += 1;
        while let Some(result) = next() {
            fault = result.err();
            if fault.is_some() {
                return;
            }
            executions += 1;
        }
        executions -= 1;
    });
    let finding = match (panic, fault) {
        (Err(panic), _) => Finding::Panic(message(&*panic)),
        (Ok(()), Some(fault)) => Finding::Fault(fault),
        (Ok(()), None) => return Err(executions),
    };
    Ok(Exploration::Found { at: executions, cap, finding })
}

/// Replays a word of these requests, in the order of its letters.
fn replay<S: Subject>(
    word: &Schedule,
    bands: NonZeroU32,
    requests: &[Request],
    bounds: Bounds,
) -> Result<(), String> {
    let run = Arc::new(Mutex::new(Run::default()));
    let subject = S::make(Recorder::new(bands.get() as usize, |_| (), &run), bounds);
    let outcomes = replay_word(&subject, word, bands, requests);
    let run = recorder::open(&run).clone();
    let inspection = subject.inspect(bounds, &run).err();
    let checked = Served { run, outcomes, bands: bands.get() as usize }.check(inspection);
    checked.map(drop).map_err(|fault| format!("{}, replay of {word}", fault.in_execution_order()))
}

/// Runs the models on plain threads, each many times.
fn stress<S: Subject>() -> Exploration<String> {
    first_finding(models().into_iter().map(|(clients, bounds)| {
        let mut runs = (0..EXECUTIONS).map(|_| serve::<S>(&clients, bounds));
        explore_quietly(Some(EXECUTIONS), || runs.next())
            .unwrap_or_else(|executions| Exploration::Capped { executions })
    }))
}
