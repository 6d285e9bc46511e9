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
use super::sync::{Arc, Condvar, Mutex, switch_point, thread};
use crate::exploration::{Exploration, Finding};

/// Describes concurrent clients: their photos, the number of bands and the switch points.
#[derive(Clone)]
pub(crate) struct Clients {
    /// Photos of each client, which converts them one after the other. A photo is its owner's
    /// letter. A photo with a small letter cannot be decoded.
    pub(crate) photos: Vec<&'static [u8]>,
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
    /// The pipeline's own primitives, the points between any two steps, and a point inside each
    /// step at which the pipeline has its frame.
    Steps,
}

/// Holds the result of one execution as plain data.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) run: Run,
    /// Owner of each band of each thumbnail, by request.
    pub(crate) thumbnails: Vec<(u8, Vec<u8>)>,
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
    /// Creates `requests` clients with one photo each.
    pub(crate) fn of(requests: usize, bands: usize) -> Self {
        const LETTERS: &[u8; 26] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let photos = LETTERS.chunks(1).take(requests).collect();
        Self { photos, bands, permits: None, switch: Switch::Locks }
    }

    /// Counts the thumbnails that the clients will get.
    pub(crate) fn requests(&self) -> usize {
        let whole = |photo: &&u8| photo.is_ascii_uppercase();
        self.photos.iter().flat_map(|photos| photos.iter()).filter(whole).count()
    }

    /// Makes all thumbnails concurrently, the first client's on this thread, and calls `inspect` on
    /// the pipeline when all clients are done.
    ///
    /// # Errors
    /// Returns [`Fault`] if a thumbnail is mixed, a frame had old contents, or `inspect` fails.
    pub(crate) fn serve<P>(
        &self,
        make: impl FnOnce(Recorder) -> P,
        inspect: impl FnOnce(&P, &Run) -> Result<(), String>,
    ) -> Result<Served, Fault>
    where
        P: Pipeline<Codec = Recorder> + Send + Sync + 'static,
    {
        // std's lock and `Arc`, so that no checker explores the recording.
        let run = std::sync::Arc::new(std::sync::Mutex::new(Run::default()));
        let codec = Recorder::new(self.bands, self.switch.hook(), &run);
        let pipeline = Arc::new(make(codec));
        let semaphore = self.permits.map(|permits| Arc::new(Semaphore::new(permits)));
        let rules = Rules { semaphore, switch: self.switch };
        let (here, elsewhere) = self.photos.split_first().expect("at least one client");
        let threads: Vec<_> = elsewhere
            .iter()
            .map(|&photos| {
                let (pipeline, rules) = (Arc::clone(&pipeline), rules.clone());
                thread::spawn(move || convert_all(&*pipeline, photos, &rules))
            })
            .collect();
        let mut thumbnails = convert_all(&*pipeline, here, &rules);
        for thread in threads {
            thumbnails.extend(thread.join().expect("a client's thread ends"));
        }
        let run = recorder::open(&run).clone();
        let inspection = inspect(&pipeline, &run).err();
        Served { run, thumbnails }.check(inspection)
    }
}

/// Converts the photos of one client. A photo that cannot be decoded leaves no thumbnail.
fn convert_all<P>(pipeline: &P, photos: &[u8], rules: &Rules) -> Vec<(u8, Vec<u8>)>
where
    P: Pipeline<Codec = Recorder>,
{
    let mut thumbnails = Vec::new();
    for photo in photos {
        rules.semaphore.as_deref().inspect(|semaphore| semaphore.acquire());
        let bands = match rules.switch {
            Switch::Locks | Switch::Bands => pipeline.convert(photo),
            Switch::Steps => convert_by_steps(pipeline, photo),
        };
        thumbnails.extend(bands.map(|bands| (*photo, bands)));
        rules.semaphore.as_deref().inspect(|semaphore| semaphore.release());
    }
    thumbnails
}

/// Converts a photo like `convert`, with a switch point between any two steps.
fn convert_by_steps<P>(pipeline: &P, photo: &u8) -> Result<Vec<u8>, u8>
where
    P: Pipeline<Codec = Recorder>,
{
    let mut job = pipeline.begin(photo)?;
    switch_point();
    while pipeline.band(&mut job) {
        switch_point();
    }
    switch_point();
    pipeline.finish(job)
}

/// Replays a word (a schedule written as letters) on this thread, and returns the owners of the
/// bands of each finished thumbnail. `photos` has the photo of each request.
pub(crate) fn replay_word<P>(
    pipeline: &P,
    word: &Schedule,
    bands: NonZeroU32,
    photos: &[u8],
) -> Vec<(u8, Vec<u8>)>
where
    P: Pipeline<Codec = Recorder>,
{
    let mut jobs: Vec<Option<P::Job>> = photos.iter().map(|_| None).collect();
    let mut thumbnails = Vec::new();
    for step in word.steps() {
        let (photo, job) = (&photos[step.request], &mut jobs[step.request]);
        match step.act(bands).expect("no request has too many letters") {
            Act::Begin => *job = pipeline.begin(photo).ok(),
            Act::Band(_) => {
                job.as_mut().map(|job| pipeline.band(job));
            }
            Act::Finish => {
                let thumbnail = job.take().map(|job| pipeline.finish(job));
                thumbnails.extend(thumbnail.and_then(Result::ok).map(|bands| (*photo, bands)));
            }
        }
    }
    thumbnails
}

impl Switch {
    fn hook(self) -> fn(Step) {
        match self {
            Self::Locks => |_| (),
            Self::Bands => |step| match step {
                Step::Band(_) => switch_point(),
                Step::Decode(_) | Step::Fill(_) | Step::Encode(_) => {}
            },
            Self::Steps => |step| match step {
                Step::Fill(_) | Step::Band(_) => switch_point(),
                Step::Decode(_) | Step::Encode(_) => {}
            },
        }
    }
}

impl Served {
    /// Checks the thumbnails and the run. `inspection` is the fault that the inspection reported.
    ///
    /// # Errors
    /// Returns [`Fault`] if a thumbnail is mixed, a frame had old contents, or `inspection` is a
    /// fault.
    pub(crate) fn check(self, inspection: Option<String>) -> Result<Self, Fault> {
        let mixed = self.thumbnails.iter().find(|(owner, bands)| bands.iter().any(|b| b != owner));
        let kind = match mixed {
            Some((owner, _)) => Some(FaultKind::Mixed(*owner)),
            None if self.run.stale > 0 => Some(FaultKind::Stale),
            None => inspection.map(FaultKind::Inspection),
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

    /// Returns the owner of each band of each thumbnail. Requests and owners are numbered as in the
    /// ring word, so that a replay and a prediction of the word give the same form.
    pub(crate) fn owners(&self) -> Vec<Vec<usize>> {
        let order = recorder::order(&self.run.ring_steps());
        let number = |owner: &u8| order.iter().position(|other| other == owner);
        let owners = |request: &u8| {
            let thumbnail = self.thumbnails.iter().find(|(owner, _)| owner == request);
            let (_, bands) = thumbnail.expect("every request of the word is finished");
            bands.iter().map(|band| number(band).expect("a band shows a photo")).collect()
        };
        order.iter().map(owners).collect()
    }
}

impl fmt::Display for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { photos, bands, permits, switch } = self;
        let requests: usize = photos.iter().map(|photos| photos.len()).sum();
        write!(f, "requests {requests}")?;
        if photos.len() != requests {
            write!(f, " of clients {}", photos.len())?;
        }
        write!(f, ", bands {bands}")?;
        if let Some(permits) = permits {
            write!(f, ", semaphore {permits}")?;
        }
        match switch {
            Switch::Locks => Ok(()),
            Switch::Bands => write!(f, ", stops at bands"),
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
                let thumbnail = self.served.thumbnails.iter().find(|(owner, _)| owner == request);
                let bands: String =
                    thumbnail.iter().flat_map(|(_, bands)| bands).map(letter).collect();
                format!("{word}: {}'s thumbnail shows {bands}", letter(request))
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
