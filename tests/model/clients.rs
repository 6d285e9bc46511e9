//! Clients who all have thumbnails made at once, on a checker's threads, and what came of it.
//!
//! One body for every pipeline, so that a claim about a repair and the control that shows the
//! failure differ in the pipeline alone.

use std::fmt;
use std::sync::Mutex as Plain;

use super::codec::Step;
use super::pipeline::Pipeline;
use super::record::{self, Recorder, Run};
use super::sync::{Arc, Condvar, Mutex, thread, touch};

/// Who comes, with which photos, and to what.
#[derive(Clone)]
pub(crate) struct Crowd {
    /// A client has its photos made into thumbnails one after the other. A photo is a letter, its
    /// owner; one with a small letter is refused.
    pub(crate) clients: Vec<&'static [u8]>,
    pub(crate) bands: usize,
    /// How many may be in flight at once, if a semaphore stands in front of the pipeline.
    pub(crate) door: Option<usize>,
    pub(crate) switch: Switch,
}

/// Where a checker may switch threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    /// At the pipeline's own primitives.
    Locks,
    /// There, and at the head of each band.
    Bands,
    /// There, between any two steps, and inside each once the pipeline has its frame at hand.
    Steps,
}

/// Everything that one execution left behind, as plain data.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) run: Run,
    /// The owner of each band of each thumbnail, by request.
    pub(crate) thumbnails: Vec<(u8, Vec<u8>)>,
}

/// What should not have happened, and the run in which it did.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) served: Served,
    wrong: Wrong,
}

#[derive(Clone, Debug)]
enum Wrong {
    /// This request's thumbnail shows others' photos.
    Mixed(u8),
    /// Frames were handed out with old contents.
    Stale,
    /// What the inspection says.
    Inspected(String),
}

/// What every client of a crowd keeps to.
#[derive(Clone)]
struct Rules {
    door: Option<Arc<Door>>,
    switch: Switch,
}

/// A semaphore: the repair that does not help a ring.
struct Door {
    free: Mutex<usize>,
    left: Condvar,
}

impl Crowd {
    /// So many requests, each by a client of its own.
    pub(crate) fn of(requests: usize, bands: usize) -> Self {
        const LETTERS: &[u8; 26] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let clients = LETTERS.chunks(1).take(requests).collect();
        Self { clients, bands, door: None, switch: Switch::Locks }
    }

    /// How many thumbnails there will be.
    pub(crate) fn requests(&self) -> usize {
        let whole = |photo: &&u8| photo.is_ascii_uppercase();
        self.clients.iter().flat_map(|photos| photos.iter()).filter(whole).count()
    }

    /// Has all thumbnails made at once, the first client's by this thread, and looks at `pipeline`
    /// with `inspect` when all have left.
    ///
    /// # Errors
    /// A mixed thumbnail, a frame with old contents, or what `inspect` objects to.
    pub(crate) fn serve<P>(
        &self,
        make: impl FnOnce(Recorder) -> P,
        inspect: impl FnOnce(&P, &Run) -> Result<(), String>,
    ) -> Result<Served, Fault>
    where
        P: Pipeline<Codec = Recorder> + Send + Sync + 'static,
    {
        let run = std::sync::Arc::new(Plain::new(Run::default()));
        let codec = Recorder::new(self.bands, self.switch.hook(), &run);
        let pipeline = Arc::new(make(codec));
        let door = self.door.map(|permits| Arc::new(Door::new(permits)));
        let rules = Rules { door, switch: self.switch };
        let (here, elsewhere) = self.clients.split_first().expect("a crowd has a client");
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
        let run = record::open(&run).clone();
        let objection = inspect(&pipeline, &run).err();
        Served { run, thumbnails }.judge(objection)
    }
}

/// The photos of one client. Those that are refused leave no thumbnail.
fn convert_all<P>(pipeline: &P, photos: &[u8], rules: &Rules) -> Vec<(u8, Vec<u8>)>
where
    P: Pipeline<Codec = Recorder>,
{
    let mut thumbnails = Vec::new();
    for photo in photos {
        rules.door.as_deref().inspect(|door| door.enter());
        let bands = match rules.switch {
            Switch::Locks | Switch::Bands => pipeline.convert(photo),
            Switch::Steps => convert_by_steps(pipeline, photo),
        };
        thumbnails.extend(bands.map(|bands| (*photo, bands)));
        rules.door.as_deref().inspect(|door| door.leave());
    }
    thumbnails
}

/// What `convert` does, with a stop between any two steps.
fn convert_by_steps<P>(pipeline: &P, photo: &u8) -> Result<Vec<u8>, u8>
where
    P: Pipeline<Codec = Recorder>,
{
    let mut job = pipeline.begin(photo)?;
    touch();
    while pipeline.band(&mut job) {
        touch();
    }
    touch();
    pipeline.finish(job)
}

impl Switch {
    fn hook(self) -> fn(Step) {
        match self {
            Self::Locks => |_| (),
            Self::Bands => |step| match step {
                Step::Band(_) => touch(),
                Step::Decode(_) | Step::Fill(_) | Step::Encode(_) => {}
            },
            Self::Steps => |step| match step {
                Step::Fill(_) | Step::Band(_) => touch(),
                Step::Decode(_) | Step::Encode(_) => {}
            },
        }
    }
}

impl Served {
    /// Holds everything against the promises.
    ///
    /// # Errors
    /// A mixed thumbnail, a frame with old contents, or the objection.
    pub(crate) fn judge(self, objection: Option<String>) -> Result<Self, Fault> {
        let mixed = self.thumbnails.iter().find(|(owner, bands)| bands.iter().any(|b| b != owner));
        let wrong = match mixed {
            Some((owner, _)) => Some(Wrong::Mixed(*owner)),
            None if self.run.stale > 0 => Some(Wrong::Stale),
            None => objection.map(Wrong::Inspected),
        };
        match wrong {
            Some(wrong) => Err(Fault { served: self, wrong }),
            None => Ok(self),
        }
    }

    /// The run as a word for a ring of slots.
    pub(crate) fn ring_word(&self) -> String {
        record::word(&self.run.ring_steps())
    }

    /// The owner of each band of each thumbnail, requests and owners by their place in the ring
    /// word: what a played or predicted word gives too.
    pub(crate) fn owners(&self) -> Vec<Vec<usize>> {
        let order = record::order(&self.run.ring_steps());
        let place = |owner: &u8| order.iter().position(|other| other == owner);
        let owners = |request: &u8| {
            let of = self.thumbnails.iter().find(|(owner, _)| owner == request);
            let (_, bands) = of.expect("every request of the word was finished");
            bands.iter().map(|band| place(band).expect("a band shows a photo")).collect()
        };
        order.iter().map(owners).collect()
    }
}

impl fmt::Display for Crowd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clients, bands, door, switch } = self;
        let requests: usize = clients.iter().map(|photos| photos.len()).sum();
        write!(f, "requests {requests}")?;
        if clients.len() != requests {
            write!(f, " of clients {}", clients.len())?;
        }
        write!(f, ", bands {bands}")?;
        if let Some(permits) = door {
            write!(f, ", semaphore {permits}")?;
        }
        match switch {
            Switch::Locks => Ok(()),
            Switch::Bands => write!(f, ", stops at bands"),
            Switch::Steps => write!(f, ", stops at steps"),
        }
    }
}

impl Fault {
    /// What happened, with its word for a ring of slots.
    pub(crate) fn on_the_ring(&self) -> String {
        self.tell(&self.served.run.ring_steps())
    }

    /// What happened, with its word for a pipeline that has no ring: the steps as they came.
    pub(crate) fn as_it_came(&self) -> String {
        self.tell(&self.served.run.steps())
    }

    /// Names requests as the word does.
    fn tell(&self, steps: &[u8]) -> String {
        let word = record::word(steps);
        let order = record::order(steps);
        let letter = |owner: &u8| match (b'A'..).zip(&order).find(|(_, other)| *other == owner) {
            Some((letter, _)) => char::from(letter),
            None => char::from(*owner),
        };
        match &self.wrong {
            Wrong::Mixed(request) => {
                let of = self.served.thumbnails.iter().find(|(owner, _)| owner == request);
                let bands: String = of.iter().flat_map(|(_, bands)| bands).map(letter).collect();
                format!("{word}: {}'s thumbnail shows {bands}", letter(request))
            }
            Wrong::Stale => format!("{word}: a frame was handed out with old contents"),
            Wrong::Inspected(objection) => format!("{word}: {objection}"),
        }
    }
}

impl Door {
    fn new(permits: usize) -> Self {
        Self { free: Mutex::new(permits), left: Condvar::new() }
    }

    fn enter(&self) {
        let mut free = self.free.lock().expect("no client panics at the door");
        while *free == 0 {
            free = self.left.wait(free).expect("no client panics at the door");
        }
        *free -= 1;
    }

    fn leave(&self) {
        *self.free.lock().expect("no client panics at the door") += 1;
        self.left.notify_one();
    }
}
