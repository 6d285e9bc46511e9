//! Runs concurrent clients on a pipeline, with a checker's threads, and checks their thumbnails.
//!
//! All pipelines share one body. So a claim about a repair and the control that shows the failure
//! differ only in the pipeline.

use std::fmt;
use std::num::NonZeroU32;

use double_exposure::schedule::{Act, Schedule};

use super::codec::Step;
use super::pipeline::Pipeline;
use super::recorder::{self, Reached, Recorder, Run};
use super::requests::{End, Outcome, Request, attempt};
use super::sync::{Arc, Condvar, Mutex, switch_point, thread};
use crate::exploration::{Exploration, Finding};

/// Describes concurrent clients: their requests, the number of bands and the switch points.
#[derive(Clone)]
pub(crate) struct Clients {
    /// Requests of each client, which sends them one after the other.
    pub(crate) requests: Vec<Vec<Request>>,
    pub(crate) bands: usize,
    /// Upper bound of the requests in flight, if a semaphore precedes the pipeline.
    pub(crate) permits: Option<usize>,
    pub(crate) switch: Switch,
}

/// Selects the points where a checker can switch threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    /// The pipeline's own primitives.
    Locks,
    /// The pipeline's own primitives and the start of each band.
    Bands,
    /// The pipeline's own primitives and the start of each call of the codec.
    Calls,
    /// The pipeline's own primitives, the points between any two steps, and a point inside each
    /// step at which the pipeline has its frame. The client calls the steps, and not `convert`.
    Steps,
}

/// Holds the result of one execution as plain data.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) run: Run,
    pub(crate) outcomes: Vec<(Request, Outcome)>,
    /// Number of bands of a whole thumbnail.
    pub(crate) bands: usize,
}

/// Describes a broken promise and the run that broke it.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) served: Served,
    kind: FaultKind,
}

#[derive(Clone, Debug)]
enum FaultKind {
    /// The thumbnail of this request shows foreign photos.
    Mixed(u8),
    /// This request ended with another outcome than the model ordered, or with bands missing.
    Unexpected(u8),
    /// A request got a frame with old contents.
    Stale,
    /// The inspection reported this fault.
    Inspection(String),
}

/// Holds the semaphore and the switch points of all clients.
#[derive(Clone)]
struct Rules {
    semaphore: Option<Arc<Semaphore>>,
    switch: Switch,
}

/// Limits the requests in flight, which is a failed repair of the ring.
struct Semaphore {
    permits: Mutex<usize>,
    released: Condvar,
}

impl Clients {
    /// Creates `requests` clients with one request each.
    pub(crate) fn of(requests: usize, bands: usize) -> Self {
        let requests = (b'A'..=b'Z').take(requests).map(|owner| vec![Request::whole(owner)]);
        Self { requests: requests.collect(), bands, permits: None, switch: Switch::Locks }
    }

    /// Creates a client for each text, with a request for each letter. The request of the letter
    /// `X` ends with `end`.
    pub(crate) fn ending(owners: &[&str], end: End, bands: usize, switch: Switch) -> Self {
        let requests = owners.iter().map(|owners| Request::all(owners, end)).collect();
        Self { requests, bands, permits: None, switch }
    }

    /// Counts the thumbnails that the clients will get.
    pub(crate) fn thumbnails(&self) -> usize {
        self.requests.iter().flatten().filter(|request| request.end == End::Thumbnail).count()
    }

    /// Sends all requests concurrently, the first client's on this thread, and calls `inspect` on
    /// the pipeline when all clients are done. Then a begin for each client at once looks for
    /// old contents in the frames that are left.
    ///
    /// # Errors
    /// Returns [`Fault`] if a thumbnail is mixed, a request ended in an unexpected way, a frame had
    /// old contents, or `inspect` fails.
    pub(crate) fn serve<P>(
        &self,
        make: impl FnOnce(Recorder) -> P,
        inspect: impl FnOnce(&P, &Run) -> Result<(), String>,
    ) -> Result<Served, Fault>
    where
        P: Pipeline<Codec = Recorder> + Send + Sync + 'static,
    {
        // std's lock and `Arc`, so that no checker explores the recording.
        let recorded = std::sync::Arc::new(std::sync::Mutex::new(Run::default()));
        let codec = Recorder::new(self.bands, self.switch.hook(), &recorded);
        let pipeline = Arc::new(make(codec));
        let semaphore = self.permits.map(|permits| Arc::new(Semaphore::new(permits)));
        let rules = Rules { semaphore, switch: self.switch };
        let (here, elsewhere) = self.requests.split_first().expect("at least one client");
        let threads: Vec<_> = elsewhere
            .iter()
            .map(|requests| {
                let (pipeline, requests) = (Arc::clone(&pipeline), requests.clone());
                let rules = rules.clone();
                thread::spawn(move || convert_all(&*pipeline, &requests, &rules))
            })
            .collect();
        let mut outcomes = convert_all(&*pipeline, here, &rules);
        for thread in threads {
            outcomes.extend(thread.join().expect("a client's thread ends"));
        }
        let mut run = recorder::open(&recorded).clone();
        let inspection = inspect(&pipeline, &run).err();
        let jobs: Vec<_> =
            self.requests.iter().map(|_| pipeline.begin(&Request::whole(b'Z'))).collect();
        drop(jobs);
        run.stale = recorder::open(&recorded).stale;
        Served { run, outcomes, bands: self.bands }.check(inspection)
    }
}

/// Sends the requests of one client.
fn convert_all<P>(pipeline: &P, requests: &[Request], rules: &Rules) -> Vec<(Request, Outcome)>
where
    P: Pipeline<Codec = Recorder>,
{
    let mut outcomes = Vec::new();
    for request in requests {
        rules.semaphore.as_deref().inspect(|semaphore| semaphore.acquire());
        let outcome = attempt(|| match (request.end, rules.switch) {
            (End::GivenUp(bands), _) => {
                give_up(pipeline, request, bands).map(|()| Outcome::GivenUp)
            }
            (_, Switch::Steps) => convert_by_steps(pipeline, request).map(Outcome::Thumbnail),
            (_, Switch::Locks | Switch::Bands | Switch::Calls) => {
                pipeline.convert(request).map(Outcome::Thumbnail)
            }
        });
        outcomes.push((*request, outcome.unwrap_or_else(|end| end)));
        rules.semaphore.as_deref().inspect(|semaphore| semaphore.release());
    }
    outcomes
}

/// Converts a photo like `convert`, with a switch point between any two steps.
fn convert_by_steps<P>(pipeline: &P, request: &Request) -> Result<Vec<u8>, u8>
where
    P: Pipeline<Codec = Recorder>,
{
    let mut job = pipeline.begin(request)?;
    switch_point();
    while pipeline.band(&mut job) {
        switch_point();
    }
    switch_point();
    pipeline.finish(job)
}

/// Begins a job, makes `bands` bands and drops the job.
fn give_up<P>(pipeline: &P, request: &Request, bands: usize) -> Result<(), u8>
where
    P: Pipeline<Codec = Recorder>,
{
    let mut job = pipeline.begin(request)?;
    for _ in 0..bands {
        pipeline.band(&mut job);
    }
    Ok(())
}

/// Replays a complete word (a schedule written as letters) on this thread, and returns the outcome
/// of each request.
pub(crate) fn replay_word<P>(
    pipeline: &P,
    word: &Schedule,
    bands: NonZeroU32,
    requests: &[Request],
) -> Vec<(Request, Outcome)>
where
    P: Pipeline<Codec = Recorder>,
{
    let mut jobs: Vec<Option<P::Job>> = requests.iter().map(|_| None).collect();
    let mut outcomes: Vec<Option<Outcome>> = vec![None; requests.len()];
    for step in word.steps() {
        let (request, job) = (&requests[step.request], &mut jobs[step.request]);
        let outcome = &mut outcomes[step.request];
        if outcome.is_some() {
            continue;
        }
        let act = step.act(bands).expect("no request has too many letters");
        let thumbnail = attempt(|| match act {
            Act::Begin => pipeline.begin(request).map(|begun| *job = Some(begun)).map(|()| None),
            Act::Band(_) => {
                job.as_mut().map(|job| pipeline.band(job));
                Ok(None)
            }
            Act::Finish => job.take().map(|job| pipeline.finish(job)).transpose(),
        });
        *outcome = match thumbnail {
            // As many bands are made as there are earlier steps.
            Ok(None) if request.end == End::GivenUp(step.before) => Some(Outcome::GivenUp),
            Ok(thumbnail) => thumbnail.map(Outcome::Thumbnail),
            Err(outcome) => Some(outcome),
        };
        if outcome.is_some() {
            *job = None;
        }
    }
    let outcomes = outcomes.into_iter().map(|outcome| outcome.expect("the word is complete"));
    requests.iter().copied().zip(outcomes).collect()
}

impl Switch {
    fn hook(self) -> fn(Step) {
        match self {
            Self::Locks => |_| (),
            Self::Bands => |step| match step {
                Step::Band(_) => switch_point(),
                Step::Decode(_) | Step::Fill(_) | Step::Encode(_) => {}
            },
            Self::Calls => |_| switch_point(),
            Self::Steps => |step| match step {
                Step::Fill(_) | Step::Band(_) => switch_point(),
                Step::Decode(_) | Step::Encode(_) => {}
            },
        }
    }
}

impl Served {
    /// Checks the outcomes and the run. `inspection` is the fault that the inspection reported.
    ///
    /// # Errors
    /// Returns [`Fault`] if a thumbnail is mixed, a request ended in an unexpected way, a frame had
    /// old contents, or `inspection` is a fault.
    pub(crate) fn check(self, inspection: Option<String>) -> Result<Self, Fault> {
        let mixed = |(request, outcome): &&(Request, Outcome)| {
            let foreign = |band: &u8| *band != request.owner;
            matches!(outcome, Outcome::Thumbnail(bands) if bands.iter().any(foreign))
        };
        let unexpected =
            |(request, outcome): &&(Request, Outcome)| !request.end.allows(outcome, self.bands);
        let kind = if let Some((request, _)) = self.outcomes.iter().find(mixed) {
            Some(FaultKind::Mixed(request.owner))
        } else if let Some((request, _)) = self.outcomes.iter().find(unexpected) {
            Some(FaultKind::Unexpected(request.owner))
        } else if self.run.stale > 0 {
            Some(FaultKind::Stale)
        } else {
            inspection.map(FaultKind::Inspection)
        };
        match kind {
            Some(kind) => Err(Fault { served: self, kind }),
            None => Ok(self),
        }
    }

    /// Returns the run as a word (a schedule written as letters) for a ring of slots.
    pub(crate) fn ring_word(&self) -> String {
        recorder::word(&self.run.ring_steps())
    }

    /// Returns the owner of each band of each thumbnail, or `None` for a request without one.
    /// Requests and owners are numbered as in the ring word, so that a replay and a prediction of
    /// the word give the same form.
    pub(crate) fn owners(&self) -> Vec<Option<Vec<usize>>> {
        let order = recorder::order(&self.run.ring_steps());
        let number = |owner: &u8| order.iter().position(|other| other == owner);
        let owners = |owner: &u8| {
            let bands = self.thumbnail(*owner)?.iter();
            Some(bands.map(|band| number(band).expect("a band shows a photo")).collect())
        };
        order.iter().map(owners).collect()
    }

    /// Returns the owner of each band of an owner's thumbnail, if the owner got one.
    fn thumbnail(&self, owner: u8) -> Option<&[u8]> {
        self.outcomes.iter().find_map(|(request, outcome)| match outcome {
            Outcome::Thumbnail(bands) if request.owner == owner => Some(bands.as_slice()),
            _ => None,
        })
    }
}

impl fmt::Display for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, bands, permits, switch } = self;
        let count: usize = requests.iter().map(Vec::len).sum();
        write!(f, "requests {count}")?;
        if requests.len() != count {
            write!(f, " of clients {}", requests.len())?;
        }
        write!(f, ", bands {bands}")?;
        let fault = requests.iter().flatten().find(|request| request.end != End::Thumbnail);
        if let Some(Request { end, .. }) = fault {
            write!(f, ", {end}")?;
        }
        if let Some(permits) = permits {
            write!(f, ", semaphore {permits}")?;
        }
        match switch {
            Switch::Locks => Ok(()),
            Switch::Bands => write!(f, ", stops at bands"),
            Switch::Calls => write!(f, ", stops at calls"),
            Switch::Steps => write!(f, ", stops at steps"),
        }
    }
}

/// Describes what an exploration of clients found, or else the situations that it reached.
pub(crate) fn details(
    exploration: &Exploration<Fault>,
    on_ring: bool,
    reached: &Reached,
) -> String {
    match exploration {
        Exploration::Found { finding: Finding::Fault(fault), .. } if on_ring => fault.on_ring(),
        Exploration::Found { finding: Finding::Fault(fault), .. } => fault.in_execution_order(),
        Exploration::Found { finding: Finding::Panic(text), .. } => text.clone(),
        _ => reached.to_string(),
    }
}

impl Fault {
    /// Describes the fault, with its word for a ring of slots.
    pub(crate) fn on_ring(&self) -> String {
        self.describe(&self.served.run.ring_steps())
    }

    /// Describes the fault, with its word in the order of execution, for a pipeline without a ring.
    pub(crate) fn in_execution_order(&self) -> String {
        self.describe(&self.served.run.steps())
    }

    /// Describes the fault with the word of these steps, and names requests as in the word.
    fn describe(&self, steps: &[u8]) -> String {
        let word = recorder::word(steps);
        let order = recorder::order(steps);
        let letter = |owner: &u8| match (b'A'..).zip(&order).find(|(_, other)| *other == owner) {
            Some((letter, _)) => char::from(letter),
            None => char::from(*owner),
        };
        match &self.kind {
            FaultKind::Mixed(request) => {
                let bands = self.served.thumbnail(*request).into_iter().flatten();
                let bands: String = bands.map(letter).collect();
                format!("{word}: {}'s thumbnail shows {bands}", letter(request))
            }
            FaultKind::Unexpected(owner) => {
                let outcomes = &self.served.outcomes;
                let of_owner = outcomes.iter().find(|(request, _)| request.owner == *owner);
                let (Request { end, .. }, outcome) = of_owner.expect("the request has an outcome");
                let owner = letter(owner);
                format!("{word}: {owner}'s request ended with {outcome}, ordered was {end}")
            }
            FaultKind::Stale => format!("{word}: a request got a frame with old contents"),
            FaultKind::Inspection(fault) => format!("{word}: {fault}"),
        }
    }
}

impl Semaphore {
    fn new(permits: usize) -> Self {
        Self { permits: Mutex::new(permits), released: Condvar::new() }
    }

    fn acquire(&self) {
        let mut permits = self.permits.lock().expect("no panic under the lock");
        while *permits == 0 {
            permits = self.released.wait(permits).expect("no panic under the lock");
        }
        *permits -= 1;
    }

    fn release(&self) {
        *self.permits.lock().expect("no panic under the lock") += 1;
        self.released.notify_one();
    }
}
