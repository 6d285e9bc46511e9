//! Two checkers without a scheduler: every word of a size on one thread, and plain threads.
//!
//! Words see whatever goes wrong between steps, and nothing that goes wrong inside of one. Plain
//! threads see what the machine happens to do.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use double_exposure::schedule::{Act, Schedule, schedules};

use crate::ending::{Ending, Finding, message, quietly};
use crate::in_turn;
use crate::under_std as under;

use under::crowd::{Crowd, Served};
use under::pipeline::{self, Bounds};
use under::record::{self, Recorder, Run};

#[macro_use]
#[path = "subject.rs"]
#[allow(clippy::duplicate_mod, reason = "of other types for each checker")]
mod subject;

use subject::{Subject, models};

include!(concat!(env!("OUT_DIR"), "/subjects.rs"));

/// Executions of plain threads in each model.
const EXECUTIONS: usize = 200;

/// What the words say of each.
pub(crate) fn endings_of_words() -> Vec<(&'static str, Ending<String>)> {
    each!(play_all)
}

/// What plain threads come upon.
pub(crate) fn endings_of_stress() -> Vec<(&'static str, Ending<String>)> {
    each!(stress)
}

/// Plays the words of two requests and of three, with each of the models' bounds, the second
/// request's photo whole and then refused.
fn play_all<S: Subject>() -> Ending<String> {
    let sizes = [(2, 2, &b"AB"[..]), (2, 2, b"Ax"), (3, 1, b"ABC"), (3, 1, b"AxC")];
    let mut all_bounds: Vec<Bounds> = models().map(|(_, bounds)| bounds).into();
    all_bounds.dedup();
    let mut played = 0;
    let mut found = None;
    let panic = quietly(|| {
        for (requests, bands, photos) in sizes {
            for word in schedules(requests, NonZeroU32::new(bands).expect("a band")).expect("few") {
                for &bounds in &all_bounds {
                    played += 1;
                    found = play::<S>(&word, bands, photos, bounds).err();
                    if found.is_some() {
                        return;
                    }
                }
            }
        }
    });
    match (panic, found) {
        (Err(panic), _) => Ending::Found { at: played, finding: Finding::Panic(message(&*panic)) },
        (Ok(()), Some(fault)) => Ending::Found { at: played, finding: Finding::Fault(fault) },
        (Ok(()), None) => Ending::Exhausted { executions: played },
    }
}

/// Plays a word; its requests' photos stand in the order of its letters.
fn play<S: Subject>(
    word: &Schedule,
    bands: u32,
    photos: &[u8],
    bounds: Bounds,
) -> Result<(), String> {
    let bands = NonZeroU32::new(bands).expect("a band");
    let run = Arc::new(Mutex::new(Run::default()));
    let subject = S::make(Recorder::new(bands.get() as usize, |_| (), &run), bounds);
    let mut jobs: Vec<Option<S::Job>> = photos.iter().map(|_| None).collect();
    let mut thumbnails = Vec::new();
    for step in word.steps() {
        let (photo, job) = (&photos[step.request], &mut jobs[step.request]);
        match step.act(bands).expect("a word has no letter too many") {
            Act::Begin => *job = subject.begin(photo).ok(),
            Act::Band(_) => {
                job.as_mut().map(|job| subject.band(job));
            }
            Act::Finish => {
                let made = job.take().map(|job| subject.finish(job));
                thumbnails.extend(made.and_then(Result::ok).map(|bands| (*photo, bands)));
            }
        }
    }
    let run = record::open(&run).clone();
    let objection = subject.inspect(bounds, &run).err();
    let judged = Served { run, thumbnails }.judge(objection);
    judged.map(drop).map_err(|fault| format!("{}, played as {word}", fault.as_it_came()))
}

/// The models on plain threads, each client with its photos many times over.
fn stress<S: Subject>() -> Ending<String> {
    in_turn(models().into_iter().map(|(crowd, bounds)| {
        let mut ran = 0;
        let mut found = None;
        let panic = quietly(|| {
            while ran < EXECUTIONS && found.is_none() {
                ran += 1;
                found = serve::<S>(&crowd, bounds).err();
            }
        });
        match (panic, found) {
            (Err(panic), _) => Ending::Found { at: ran, finding: Finding::Panic(message(&*panic)) },
            (Ok(()), Some(fault)) => Ending::Found { at: ran, finding: Finding::Fault(fault) },
            (Ok(()), None) => Ending::Capped { executions: ran },
        }
    }))
}

fn serve<S: Subject>(crowd: &Crowd, bounds: Bounds) -> Result<(), String> {
    let make = |codec| S::make(codec, bounds);
    let served = crowd.serve(make, |subject, run| subject.inspect(bounds, run));
    served.map(drop).map_err(|fault| fault.as_it_came())
}
