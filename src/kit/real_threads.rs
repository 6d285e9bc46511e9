//! Runs a system under test on the threads of the operating system: in forced orders, each request
//! on a thread of its own, and then all at once.

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;

use super::counterexample::{Counterexample, foreign_pixels};
use super::replay::{bands, message};
use super::words::{MAX_EXHAUSTIVE_WORDS, in_flight};
use super::{ModelPhoto, SystemUnderTest};
use crate::schedule::{Act, Schedule, count, schedules};

/// Number of threads that convert at once.
const THREADS: u8 = 4;

/// Number of conversions of each thread.
const CONVERSIONS: usize = 500;

/// Runs all words (schedules written as letters) of two requests with each request on its own
/// thread, then 2,000 conversions on four threads, of which half begin together if the system can
/// have four in flight. Returns the number of conversions.
///
/// The forced orders show a buffer that belongs to a thread. What the free threads show is luck, so
/// that only the forced orders have a control.
///
/// # Errors
/// Returns the first [`Counterexample`].
pub fn real_threads<S: SystemUnderTest>() -> Result<usize, Counterexample> {
    let bands = bands::<S>();
    let mut conversions = 0;
    if count(2, bands).is_some_and(|words| words <= MAX_EXHAUSTIVE_WORDS) {
        let words = schedules(2, bands).into_iter().flatten();
        for word in words.filter(|word| in_flight(word) <= S::MAX_IN_FLIGHT) {
            conversions += forced::<S>(&word, bands).map_err(|fault| Counterexample {
                word: word.to_string(),
                damaged: String::new(),
                fault,
                hint: Some("each request ran on its own thread, in the order of the word".into()),
            })?;
        }
    }
    let faults = Mutex::new(Vec::new());
    let system = S::new();
    let barrier = Barrier::new(usize::from(THREADS));
    thread::scope(|threads| {
        for owner in (b'A'..).take(THREADS.into()) {
            let (system, barrier, faults) = (&system, &barrier, &faults);
            threads.spawn(move || {
                for conversion in 0..CONVERSIONS {
                    let photo = ModelPhoto { owner, whole: true };
                    let together = conversion % 2 == 0 && S::MAX_IN_FLIGHT >= THREADS.into();
                    let barrier = together.then_some(barrier);
                    if let Some(fault) = convert(system, photo, barrier).err() {
                        faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap_or_else(PoisonError::into_inner);
    let fault = faults.into_iter().next().or(system.inspect().err());
    match fault {
        None => Ok(conversions + CONVERSIONS * usize::from(THREADS)),
        Some(fault) => Err(Counterexample {
            word: "free threads".into(),
            damaged: String::new(),
            fault,
            hint: Some(
                "threads that run freely show this by luck, and may not show it again".into(),
            ),
        }),
    }
}

/// Converts a photo, with `convert` or with a barrier after the begin.
fn convert<S: SystemUnderTest>(
    system: &S,
    photo: ModelPhoto,
    barrier: Option<&Barrier>,
) -> Result<(), String> {
    let guarded = |step: &mut dyn FnMut()| {
        catch_unwind(AssertUnwindSafe(step))
            .map_err(|payload| format!("the converter panics: {}", message(&*payload)))
    };
    let (mut job, mut pixels) = (None, None);
    if let Some(barrier) = barrier {
        let begun = guarded(&mut || job = system.begin(photo));
        barrier.wait();
        begun?;
        guarded(&mut || {
            pixels = job.take().and_then(|mut job| {
                while system.band(&mut job) {}
                system.finish(job)
            });
        })?;
    } else {
        guarded(&mut || pixels = system.convert(photo))?;
    }
    pixels.and_then(|pixels| foreign_pixels(photo.owner, &pixels)).map_or(Ok(()), Err)
}

/// Holds the answer of a request's thread to one step: the thumbnail after the last step.
type Answer = Result<Option<Vec<u8>>, String>;

/// Runs a word with a thread for each request, which makes a step when it is told to.
fn forced<S: SystemUnderTest>(word: &Schedule, bands: NonZeroU32) -> Result<usize, String> {
    let system = &S::new();
    thread::scope(|threads| {
        let mut channels: Vec<(Sender<Act>, Receiver<Answer>)> = Vec::new();
        for request in 0..word.requests() {
            let (orders, order) = channel();
            let (answer, answers) = channel();
            let photo = ModelPhoto { owner: word.letter(request) as u8, whole: true };
            threads.spawn(move || make_steps(system, photo, &order, &answer));
            channels.push((orders, answers));
        }
        for step in word.steps() {
            let (orders, answers) = &channels[step.request];
            let act = step.act(bands).expect("no request has too many letters");
            orders.send(act).expect("the thread waits for steps");
            let pixels = answers.recv().expect("the thread answers each step")?;
            let owner = word.letter(step.request) as u8;
            if let Some(fault) = pixels.and_then(|pixels| foreign_pixels(owner, &pixels)) {
                return Err(fault);
            }
        }
        Ok(word.requests())
    })
}

/// Makes the steps of one request on this thread, until there are no more orders.
fn make_steps<S: SystemUnderTest>(
    system: &S,
    photo: ModelPhoto,
    order: &Receiver<Act>,
    answer: &Sender<Answer>,
) {
    let mut job = None;
    for act in order {
        let made = catch_unwind(AssertUnwindSafe(|| match act {
            Act::Begin => {
                job = system.begin(photo);
                None
            }
            Act::Band(_) => {
                job.as_mut().map(|job| system.band(job));
                None
            }
            Act::Finish => job.take().and_then(|job| system.finish(job)),
        }));
        let made = made.map_err(|payload| format!("the converter panics: {}", message(&*payload)));
        if answer.send(made).is_err() {
            break;
        }
    }
}
