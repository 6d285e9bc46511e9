//! Runs `convert` on threads in the order of words (schedules written as letters): a scheduler
//! chooses the thread of the next letter, until the thread has made the step of the letter.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use double_exposure::schedule::Schedule as Word;
use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

use super::explore::exhaust;
use super::model::clients::Served;
use super::model::recorder::{Event, Kind, Recorder, Run, open};
use super::model::requests::{Outcome, Request};
use super::pipeline::Pipeline;
use super::sync::{switch_point, thread};
use crate::exploration::Exploration;

/// Chooses the thread of the next letter of each word.
struct ByWord<W> {
    words: W,
    progress: Arc<Mutex<Progress>>,
    /// Counts the steps that each request had made when its thread was last chosen.
    made: Vec<usize>,
}

/// Holds the current word and how far each request has come.
#[derive(Clone)]
struct Progress {
    word: Word,
    run: Arc<Mutex<Run>>,
    /// True for each request whose `convert` has returned.
    done: Vec<bool>,
}

impl Progress {
    fn new(word: Word) -> Self {
        Self { run: Arc::default(), done: vec![false; word.requests()], word }
    }

    /// Counts the steps of each request.
    fn made(&self) -> Vec<usize> {
        let run = open(&self.run);
        let count = |request| {
            let is_step = |event: &&Event| {
                event.request == owner(request) && matches!(event.kind, Kind::Begin | Kind::Band)
            };
            // The last step is made when `convert` has returned.
            run.events.iter().filter(is_step).count() + usize::from(self.done[request])
        };
        (0..self.done.len()).map(count).collect()
    }
}

/// Returns the letter of a request of a word, by its number.
pub(crate) fn owner(request: usize) -> u8 {
    b'A' + u8::try_from(request).expect("a letter for each request")
}

impl<W: Iterator<Item = Word>> Scheduler for ByWord<W> {
    fn new_execution(&mut self) -> Option<Schedule> {
        let word = self.words.next()?;
        self.made = vec![0; word.requests()];
        *open(&self.progress) = Progress::new(word);
        Some(Schedule::new(0))
    }

    fn next_task(&mut self, runnable: &[&Task], _: Option<TaskId>, _: bool) -> Option<TaskId> {
        let progress = open(&self.progress);
        let made = progress.made();
        let next = progress.word.steps().find(|step| made[step.request] <= step.before);
        // A request that has just made a step may still hold the lock of that step. If the request
        // of the next letter waits for it, it lets the lock go, and makes no other step before.
        let holders = (0..made.len()).filter(|&request| made[request] != self.made[request]);
        // The first thread is the model's, which starts the threads of the requests in order.
        let threads = next.map(|step| step.request + 1).into_iter().chain([0]);
        let threads = threads.chain(holders.map(|request| request + 1));
        let can_run =
            |thread: &usize| runnable.iter().any(|task| usize::from(task.id()) == *thread);
        let thread = threads.into_iter().find(can_run)?;
        if let Some(request) = thread.checked_sub(1) {
            self.made[request] = made[request];
        }
        Some(TaskId::from(thread))
    }

    fn next_u64(&mut self) -> u64 {
        0
    }
}

/// Converts a photo for each request of each word, on a thread each, in the order of the word, up
/// to the first word that `check` rejects.
///
/// # Panics
/// Panics if the steps of `convert` are not those of the word.
pub(crate) fn convert_by_words<P, F>(
    words: impl IntoIterator<Item = Word, IntoIter: Send + 'static>,
    bands: NonZeroU32,
    make: impl Fn(Recorder) -> P + Send + Sync + 'static,
    check: impl Fn(&Word, &P, Served) -> Result<(), F> + Send + Sync + 'static,
) -> Exploration<F>
where
    P: Pipeline<Codec = Recorder> + Send + Sync + 'static,
    F: Send + 'static,
{
    let words = words.into_iter();
    let progress = Arc::new(Mutex::new(Progress::new("A".parse().expect("a word"))));
    let scheduler = ByWord { words, progress: Arc::clone(&progress), made: Vec::new() };
    exhaust(scheduler, None, move || {
        let Progress { word, run, .. } = open(&progress).clone();
        let bands = bands.get() as usize;
        let pipeline = Arc::new(make(Recorder::new(bands, |_| switch_point(), &run)));
        let threads: Vec<_> = (0..word.requests())
            .map(|number| {
                let (pipeline, progress) = (Arc::clone(&pipeline), Arc::clone(&progress));
                thread::spawn(move || {
                    let request = Request::whole(owner(number));
                    let thumbnail = pipeline.convert(&request);
                    open(&progress).done[number] = true;
                    (request, thumbnail.map_or(Outcome::Error, Outcome::Thumbnail))
                })
            })
            .collect();
        let outcomes = threads.into_iter().map(|thread| thread.join().expect("a thread ends"));
        let outcomes = outcomes.collect();
        let run = open(&run).clone();
        check(&word, &pipeline, Served { run, outcomes, bands })
    })
}
