//! Replays a word (a schedule written as letters) on a system under test, on one thread.

use std::any::Any;
use std::cell::Cell;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::counterexample::{Counterexample, foreign_pixels};
use super::{ModelPhoto, SystemUnderTest};
use crate::schedule::{Act, Schedule};

thread_local! {
    /// Function that lets a model checker switch threads at a switch point.
    static SWITCH: Cell<fn()> = const { Cell::new(|| ()) };
    /// Switch points that are left before one panics, if one panics.
    static BEFORE_PANIC: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Returns the owner of a request's photo, from the letter of the request.
type Owner = fn(u8) -> u8;

/// Unwinds from the switch point at which a replay tests a panic.
struct PlantedPanic;

/// Marks a point inside a step of an adapter or of a codec, such as the middle of a decoder's loop.
///
/// A model checker can switch threads here, and a replay plants a panic here. On any other thread
/// the function does nothing.
pub fn switch_point() {
    if let Some(left) = BEFORE_PANIC.get() {
        BEFORE_PANIC.set(left.checked_sub(1));
        if left == 0 {
            resume_unwind(Box::new(PlantedPanic));
        }
    }
    SWITCH.get()();
}

/// Calls `run` with a function for the switch points of this thread.
pub(super) fn with_switch<T>(switch: fn(), run: impl FnOnce() -> T) -> T {
    struct Reset(fn());
    impl Drop for Reset {
        fn drop(&mut self) {
            SWITCH.set(self.0);
        }
    }
    let _reset = Reset(SWITCH.replace(switch));
    run()
}

/// Replays a word twice on a new system, the second time with photos of the same owners in small
/// letters, so that old pixels of the first time show. `damaged` has the letters of the requests
/// whose photos are damaged the first time. A request without its last letters is given up right
/// after the letters that it has.
///
/// If the steps have switch points, each of them panics once, each time on a new system.
///
/// # Errors
/// Returns a [`Counterexample`] if a thumbnail shows another photo than its owner's, if the system
/// panics, or if its `inspect` fails.
///
/// # Panics
/// Panics if `word` is not a word for thumbnails of `S::BANDS` bands.
pub fn replay<S: SystemUnderTest>(word: &str, damaged: &str) -> Result<(), Counterexample> {
    let schedule: Schedule = word.parse().unwrap_or_else(|error| panic!("{word}: {error}"));
    schedule.check(bands::<S>()).unwrap_or_else(|error| panic!("{word}: {error}"));
    replay_word::<S>(&schedule, damaged, true)
}

/// Replays a word that is parsed already, like [`replay`]. No switch point panics if `with_panics`
/// is false.
///
/// # Errors
/// Returns a [`Counterexample`] like [`replay`].
pub(super) fn replay_word<S: SystemUnderTest>(
    word: &Schedule,
    damaged: &str,
    with_panics: bool,
) -> Result<(), Counterexample> {
    let describe = |fault| Counterexample {
        word: word.to_string(),
        damaged: damaged.into(),
        fault,
        hint: None,
    };
    let attempt = |before_panic: Option<u32>| {
        BEFORE_PANIC.set(before_panic);
        let all_answered = before_panic.is_none() && !S::MAY_REFUSE;
        let result = catch_unwind(AssertUnwindSafe(|| run::<S>(word, damaged, all_answered)));
        let left = BEFORE_PANIC.replace(None);
        match result {
            Ok(Ok(())) => Ok(left),
            Ok(Err(fault)) => Err(fault),
            Err(payload) => Err(format!("the converter panics: {}", message(&*payload))),
        }
    };
    attempt(None).map_err(describe)?;
    for before_panic in (0..).take_while(|_| with_panics) {
        let planted = attempt(Some(before_panic));
        let point = before_panic + 1;
        let left = planted.map_err(|f| describe(format!("{f}, after a panic at point {point}")))?;
        if left.is_some() {
            break;
        }
    }
    Ok(())
}

/// Runs the word twice on one system, and inspects it. If `all_answered`, each request with a whole
/// photo and all of its letters must get a thumbnail.
fn run<S: SystemUnderTest>(
    word: &Schedule,
    damaged: &str,
    all_answered: bool,
) -> Result<(), String> {
    let system = S::new();
    let passes: [Owner; 2] = [|letter| letter, |letter| letter.to_ascii_lowercase()];
    for (pass, damaged) in passes.into_iter().zip([damaged, ""]) {
        for (request, pixels) in pass_over(&system, word, damaged, pass).into_iter().enumerate() {
            let letter = word.letter(request);
            let owner = pass(letter as u8);
            let fault = match pixels {
                Some(pixels) => foreign_pixels(owner, &pixels),
                None if all_answered && !damaged.contains(letter) => {
                    let letters = word.steps().filter(|step| step.request == request).count();
                    (letters == bands::<S>().get() as usize + 2)
                        .then(|| format!("{} gets no thumbnail", char::from(owner)))
                }
                None => None,
            };
            fault.map_or(Ok(()), Err)?;
        }
        system.inspect()?;
    }
    Ok(())
}

/// Returns the pixels of each request's thumbnail, and `None` for a request without a thumbnail.
fn pass_over<S: SystemUnderTest>(
    system: &S,
    word: &Schedule,
    damaged: &str,
    owner: Owner,
) -> Vec<Option<Vec<u8>>> {
    let mut letters_left = vec![0; word.requests()];
    word.steps().for_each(|step| letters_left[step.request] += 1);
    let mut jobs: Vec<Option<S::Job>> = (0..word.requests()).map(|_| None).collect();
    let mut thumbnails = vec![None; word.requests()];
    for step in word.steps() {
        let request = step.request;
        let act = step.act(bands::<S>()).expect("no request has too many letters");
        letters_left[request] -= 1;
        let job = jobs[request].take();
        // A step that panics takes its job with it, as in a service that catches the panic.
        let next = surviving(|| match act {
            Act::Begin => {
                let letter = word.letter(request);
                let photo =
                    ModelPhoto { owner: owner(letter as u8), whole: !damaged.contains(letter) };
                (system.begin(photo), None)
            }
            Act::Band(_) => {
                let job = job.map(|mut job| {
                    system.band(&mut job);
                    job
                });
                (job, None)
            }
            Act::Finish => (None, job.and_then(|job| system.finish(job))),
        });
        let (job, thumbnail) = next.unwrap_or((None, None));
        thumbnails[request] = thumbnail;
        if letters_left[request] > 0 {
            jobs[request] = job;
        }
    }
    thumbnails
}

/// Returns for each request the numbers of the requests whose photos its bands show, in the order
/// of first letters. A band is one part of as many equal parts of the pixels as there are bands.
///
/// # Errors
/// Returns the message of a panic of the system.
pub(super) fn owners<S: SystemUnderTest>(
    word: &Schedule,
) -> Result<Vec<Option<Vec<usize>>>, String> {
    let number = |pixel: u8| {
        let request = (0..word.requests()).find(|&request| word.letter(request) as u8 == pixel);
        request.unwrap_or(usize::MAX)
    };
    let replayed = catch_unwind(|| pass_over(&S::new(), word, "", |letter| letter));
    let thumbnails = replayed.map_err(|payload| message(&*payload))?;
    let of_bands = |pixels: Vec<u8>| {
        let band = pixels.len().div_ceil(S::BANDS as usize).max(1);
        pixels.chunks(band).map(|rows| number(rows[0])).collect()
    };
    Ok(thumbnails.into_iter().map(|pixels| pixels.map(of_bands)).collect())
}

/// Runs a step, and returns `None` if a planted panic ends it. Other panics go on.
fn surviving<T>(step: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(value) => Some(value),
        Err(payload) if payload.is::<PlantedPanic>() => None,
        Err(payload) => resume_unwind(payload),
    }
}

/// Returns the bands of each thumbnail.
pub(super) fn bands<S: SystemUnderTest>() -> NonZeroU32 {
    NonZeroU32::new(S::BANDS).expect("a thumbnail has at least one band: set BANDS to 1 or more")
}

/// Returns the message of a panic.
pub(super) fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".into())
}
