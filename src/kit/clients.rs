//! Runs concurrent clients on a system under test, with the threads of a model checker.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::counterexample::{Counterexample, foreign_pixels};
use super::replay::with_switch;
use super::{ModelPhoto, SystemUnderTest};

/// Provides the threads of a model checker. The macro [`check!`](crate::check) implements this for
/// loom and for shuttle.
pub trait ModelThreads: 'static {
    /// Starts a thread, and returns a function that waits for its end.
    fn spawn(work: Box<dyn FnOnce() + Send>) -> Box<dyn FnOnce()>;

    /// Lets the checker switch to another thread.
    fn switch_point();
}

/// Describes concurrent clients, each of which converts its photos one after the other.
#[derive(Clone, Copy, Debug)]
pub struct ModelClients {
    /// Letters of the photos of each client.
    photos: &'static [&'static str],
    /// Letters of the damaged photos.
    damaged: &'static str,
    /// True if the clients call step after step, with switch points between the steps, and false
    /// if they call `convert`, with the system's own switch points.
    by_steps: bool,
    /// Upper bound of the times that loom leaves a thread that could go on, if there is one.
    pub(super) max_preemptions: Option<usize>,
}

/// Returns the models that each checker runs, the smallest first.
pub(super) fn model_clients<S: SystemUnderTest>() -> [ModelClients; 5] {
    let two = ModelClients {
        photos: &["A", "B"],
        damaged: "",
        by_steps: true,
        max_preemptions: S::MAX_PREEMPTIONS,
    };
    [
        two,
        ModelClients { by_steps: false, ..two },
        ModelClients { photos: &["AC", "B"], by_steps: false, ..two },
        ModelClients { photos: &["AC", "B"], damaged: "A", by_steps: false, ..two },
        ModelClients { photos: &["A", "B", "C"], max_preemptions: Some(2), ..two },
    ]
}

/// Collects what the clients of one execution do. std's lock protects it, so that no checker
/// explores the recording.
#[derive(Default)]
struct Record {
    /// Letters of the steps in the order in which they ended.
    steps: String,
    fault: Option<String>,
}

/// Converts the photos of all clients concurrently on a new system, and inspects the system.
///
/// # Errors
/// Returns a [`Counterexample`] if a thumbnail shows another photo than its owner's, or if the
/// system's `inspect` fails. Its word has the steps in the order in which they ended.
pub fn serve<S: SystemUnderTest, T: ModelThreads>(
    clients: ModelClients,
) -> Result<(), Counterexample> {
    let inside_steps = if clients.by_steps { || () } else { T::switch_point };
    with_switch(inside_steps, || {
        let record = Arc::new(Mutex::new(Record::default()));
        let system = Arc::new(S::new());
        let (here, elsewhere) = clients.photos.split_first().expect("at least one client");
        let threads: Vec<_> = elsewhere
            .iter()
            .map(|&photos| {
                let (system, record) = (Arc::clone(&system), Arc::clone(&record));
                T::spawn(Box::new(move || convert_all::<S, T>(&system, photos, clients, &record)))
            })
            .collect();
        convert_all::<S, T>(&system, here, clients, &record);
        threads.into_iter().for_each(|join| join());
        let inspection = system.inspect().err();
        let record = std::mem::take(&mut *open(&record));
        match record.fault.or(inspection) {
            None => Ok(()),
            Some(fault) => {
                let damaged = clients.damaged.into();
                Err(Counterexample { word: record.steps, damaged, fault, hint: None })
            }
        }
    })
}

/// Converts the photos of one client.
fn convert_all<S: SystemUnderTest, T: ModelThreads>(
    system: &S,
    photos: &str,
    clients: ModelClients,
    record: &Mutex<Record>,
) {
    for letter in photos.chars() {
        let photo = ModelPhoto { owner: letter as u8, whole: !clients.damaged.contains(letter) };
        let pixels = if clients.by_steps {
            convert_by_steps::<S, T>(system, photo, record)
        } else {
            system.convert(photo)
        };
        let fault = pixels.and_then(|pixels| foreign_pixels(photo.owner, &pixels));
        let mut record = open(record);
        record.fault = record.fault.take().or(fault);
    }
}

/// Converts a photo like `convert`, and records each step, with a switch point between any two.
fn convert_by_steps<S: SystemUnderTest, T: ModelThreads>(
    system: &S,
    photo: ModelPhoto,
    record: &Mutex<Record>,
) -> Option<Vec<u8>> {
    let note = || open(record).steps.push(char::from(photo.owner));
    let job = system.begin(photo);
    note();
    let mut job = job?;
    for _ in 0..S::BANDS {
        T::switch_point();
        system.band(&mut job);
        note();
    }
    T::switch_point();
    let pixels = system.finish(job);
    note();
    pixels
}

fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
