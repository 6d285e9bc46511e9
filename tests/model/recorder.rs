//! Records the order of steps, and which request used which frame, so that a finding can be read.
//!
//! A thumbnail shows only *that* it was mixed. The steps, as a word (a schedule written as
//! letters), show how.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::codec::{ModelCodec, ModelFrame, ModelThumbnail, Step};
use super::pipeline::Codec;

/// Wraps the model's codec and records a [`Run`]. std's lock protects the run, so that no checker
/// explores it.
pub(crate) struct Recorder {
    codec: ModelCodec,
    run: Arc<Mutex<Run>>,
}

/// Holds the steps of one execution in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    pub(crate) events: Vec<Event>,
    /// Number of frames that were filled at least once. Frames are numbered from 0 by first fill.
    pub(crate) frames: usize,
    /// Number of requests whose photo could not be decoded.
    pub(crate) failed: usize,
    /// Number of requests that got a frame with old contents.
    pub(crate) stale: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) request: u8,
    /// Number of the step's frame. A finish has the frame of its begin.
    pub(crate) frame: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Begin,
    Band,
    Finish,
}

impl Recorder {
    pub(crate) fn new(bands: usize, step: fn(Step), run: &Arc<Mutex<Run>>) -> Self {
        Self { codec: ModelCodec { bands, step }, run: Arc::clone(run) }
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        open(&self.run)
    }
}

/// Locks a run and ignores poisoning, because a panic is a finding.
pub(crate) fn open(run: &Mutex<Run>) -> MutexGuard<'_, Run> {
    run.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Codec for Recorder {
    type Request = u8;
    type Photo = u8;
    type Frame = ModelFrame;
    type Thumbnail = ModelThumbnail;
    type Output = Vec<u8>;
    type Error = u8;

    fn decode(&self, request: &u8) -> Result<u8, u8> {
        self.codec.decode(request).inspect_err(|_| self.run().failed += 1)
    }

    // The codec's step comes first in each method. A checker can switch threads inside it, and the
    // record after it has the order in which the steps ran.
    fn fill(&self, request: u8, frame: &mut ModelFrame) -> ModelThumbnail {
        let stale = !frame.pixels.is_empty();
        let mut thumbnail = self.codec.fill(request, frame);
        let mut run = self.run();
        run.stale += usize::from(stale);
        let number = *frame.number.get_or_insert(run.frames);
        run.frames = run.frames.max(number + 1);
        run.events.push(Event { request, frame: number, kind: Kind::Begin });
        thumbnail.frame = Some(number);
        thumbnail
    }

    fn band(&self, frame: &ModelFrame, thumbnail: &mut ModelThumbnail) -> bool {
        let more = self.codec.band(frame, thumbnail);
        // A mutant may make a band from a frame that was never filled.
        let number = frame.number.or(thumbnail.frame).expect("a photo was filled into a frame");
        self.run().events.push(Event { request: thumbnail.owner, frame: number, kind: Kind::Band });
        more
    }

    fn encode(&self, thumbnail: ModelThumbnail) -> Result<Vec<u8>, u8> {
        let (request, frame) = (thumbnail.owner, thumbnail.frame);
        let bands = self.codec.encode(thumbnail);
        let frame = frame.expect("a photo was filled into a frame");
        self.run().events.push(Event { request, frame, kind: Kind::Finish });
        bands
    }
}

impl Run {
    /// Returns true if a request was lapped: its frame was filled again before its last band.
    pub(crate) fn lapped(&self) -> bool {
        self.events.iter().enumerate().any(|(begin, event)| {
            event.kind == Kind::Begin && {
                let rest = &self.events[begin + 1..];
                let bands = |e: &Event| e.request == event.request && e.kind == Kind::Band;
                let last = rest.iter().rposition(bands).unwrap_or(0);
                rest[..last].iter().any(|e| e.kind == Kind::Begin && e.frame == event.frame)
            }
        })
    }

    /// Returns true if a frame was filled more than once.
    pub(crate) fn reused(&self) -> bool {
        self.events.iter().filter(|event| event.kind == Kind::Begin).count() > self.frames
    }

    /// Returns the largest number of requests between begin and finish at the same time.
    pub(crate) fn max_in_flight(&self) -> usize {
        let mut in_flight = 0_usize;
        let counts = self.events.iter().map(|event| {
            match event.kind {
                Kind::Begin => in_flight += 1,
                Kind::Band => {}
                Kind::Finish => in_flight -= 1,
            }
            in_flight
        });
        counts.max().unwrap_or(0)
    }

    /// Returns the request of each step in the order of execution.
    pub(crate) fn steps(&self) -> Vec<u8> {
        self.events.iter().map(|event| event.request).collect()
    }

    /// Returns the request of each step for a ring, in an order in which begins go round the ring.
    ///
    /// Threads may take their numbers in one order and decode in another. So each slot (buffer of
    /// the ring) keeps the order of its own steps, and the slots are merged: the first begin of
    /// every slot with the steps after it, then the second begin of every slot. Steps in different
    /// slots are independent, so the merge changes no thumbnail. A slot that served one more
    /// request than another comes earlier in the ring.
    pub(crate) fn ring_steps(&self) -> Vec<u8> {
        let mut slots = vec![Vec::<Vec<u8>>::new(); self.frames];
        for event in &self.events {
            let laps = &mut slots[event.frame];
            if event.kind == Kind::Begin {
                laps.push(Vec::new());
            }
            laps.last_mut().expect("a slot's first step is a begin").push(event.request);
        }
        slots.sort_by_key(|laps| std::cmp::Reverse(laps.len()));
        let laps = slots.first().map_or(0, Vec::len);
        (0..laps)
            .flat_map(|lap| slots.iter().filter_map(move |slot| slot.get(lap)))
            .flatten()
            .copied()
            .collect()
    }
}

/// Counts the executions of an exploration that reached the situations of interest.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reached {
    /// Number of executions in which steps of two requests overlapped.
    pub(crate) overlapped: usize,
    pub(crate) lapped: usize,
    /// Number of executions with a second frame, which a pool makes only if the first is leased.
    pub(crate) second_frame: usize,
    pub(crate) reused: usize,
    pub(crate) failed: usize,
}

impl Reached {
    /// Adds one execution.
    pub(crate) fn add(&mut self, run: &Run) {
        self.overlapped += usize::from(run.max_in_flight() >= 2);
        self.lapped += usize::from(run.lapped());
        self.second_frame += usize::from(run.frames >= 2);
        self.reused += usize::from(run.reused());
        self.failed += usize::from(run.failed > 0);
    }

    /// Asserts that two requests overlapped in some execution.
    ///
    /// # Panics
    /// Panics if no two requests overlapped, because then the exploration tested nothing.
    #[track_caller]
    pub(crate) fn assert_overlap(&self) {
        assert!(self.overlapped > 0, "no two requests ever overlapped: {self}");
    }
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { overlapped, lapped, second_frame, reused, failed } = self;
        write!(f, "overlapped {overlapped}, lapped {lapped}, second frame {second_frame}, ")?;
        write!(f, "reused {reused}, failed {failed}")
    }
}

/// Returns the word of these steps. The first request to begin is A, the next one B.
pub(crate) fn word(steps: &[u8]) -> String {
    let order = order(steps);
    let letter = |step| (b'A'..).zip(&order).find(|(_, request)| *request == step);
    steps.iter().map(|step| char::from(letter(step).expect("a request of the run").0)).collect()
}

/// Returns the requests in the order of their first steps.
pub(crate) fn order(steps: &[u8]) -> Vec<u8> {
    let mut order = Vec::new();
    for step in steps {
        if !order.contains(step) {
            order.push(*step);
        }
    }
    order
}
