//! Writes down which request used which frame, and when, so that a finding can be read.
//!
//! A thumbnail alone says *that* it was mixed; the steps that led there, as a word, say how.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::codec::{Model, ModelFrame, ModelThumbnail, Step};
use super::pipeline::{Codec, Frame};

/// A model's codec that keeps a [`Run`]. The run lies behind std's lock, which no checker sees.
pub(crate) struct Recorder {
    model: Model,
    run: Arc<Mutex<Run>>,
}

/// The steps of one execution, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    pub(crate) events: Vec<Event>,
    /// Frames that were filled at least once; each has a number, from zero, at its first fill.
    pub(crate) frames: usize,
    /// Requests whose photo could not be decoded.
    pub(crate) refused: usize,
    /// Requests that were given a frame with old contents.
    pub(crate) stale: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) request: u8,
    /// The frame of the step; of a finish, the frame of its begin.
    pub(crate) frame: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Begin,
    Band,
    Finish,
}

/// A frame that keeps its number for life.
#[derive(Default)]
pub(crate) struct NumberedFrame {
    frame: ModelFrame,
    number: Option<usize>,
}

/// A thumbnail that remembers whose it is and where its photo was put.
pub(crate) struct TracedThumbnail {
    request: u8,
    frame: usize,
    thumbnail: ModelThumbnail,
}

impl Recorder {
    pub(crate) fn new(bands: usize, step: fn(Step), run: &Arc<Mutex<Run>>) -> Self {
        Self { model: Model { bands, step }, run: Arc::clone(run) }
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        open(&self.run)
    }
}

/// Opens a run, also one that a panic left behind.
pub(crate) fn open(run: &Mutex<Run>) -> MutexGuard<'_, Run> {
    run.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Codec for Recorder {
    type Request = u8;
    type Photo = u8;
    type Frame = NumberedFrame;
    type Thumbnail = TracedThumbnail;
    type Output = Vec<u8>;
    type Error = u8;

    fn decode(&self, request: &u8) -> Result<u8, u8> {
        self.model.decode(request).inspect_err(|_| self.run().refused += 1)
    }

    // The model's step comes first each time: a checker may switch inside it, and what is written
    // down after it is what happened next.
    fn fill(&self, request: u8, frame: &mut NumberedFrame) -> TracedThumbnail {
        let stale = !frame.frame.0.is_empty();
        let thumbnail = self.model.fill(request, &mut frame.frame);
        let mut run = self.run();
        run.stale += usize::from(stale);
        let frame = *frame.number.get_or_insert(run.frames);
        run.frames = run.frames.max(frame + 1);
        run.events.push(Event { request, frame, kind: Kind::Begin });
        TracedThumbnail { request, frame, thumbnail }
    }

    fn band(&self, frame: &NumberedFrame, thumbnail: &mut TracedThumbnail) -> bool {
        let more = self.model.band(&frame.frame, &mut thumbnail.thumbnail);
        let frame = frame.number.unwrap_or(thumbnail.frame);
        self.run().events.push(Event { request: thumbnail.request, frame, kind: Kind::Band });
        more
    }

    fn encode(&self, thumbnail: TracedThumbnail) -> Result<Vec<u8>, u8> {
        let TracedThumbnail { request, frame, thumbnail } = thumbnail;
        let bands = self.model.encode(thumbnail);
        self.run().events.push(Event { request, frame, kind: Kind::Finish });
        bands
    }
}

impl Frame for NumberedFrame {
    fn clear(&mut self) {
        self.frame.clear();
    }

    fn capacity(&self) -> usize {
        self.frame.capacity()
    }
}

impl Run {
    /// Whether a frame was filled again before the last band of the request before.
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

    /// Whether a frame was filled more than once.
    pub(crate) fn reused(&self) -> bool {
        self.events.iter().filter(|event| event.kind == Kind::Begin).count() > self.frames
    }

    /// How many requests were between their begin and their finish at once, at most.
    pub(crate) fn most_out(&self) -> usize {
        let mut out = 0_usize;
        let counts = self.events.iter().map(|event| {
            match event.kind {
                Kind::Begin => out += 1,
                Kind::Band => {}
                Kind::Finish => out -= 1,
            }
            out
        });
        counts.max().unwrap_or(0)
    }

    /// The requests in the order of their steps: a letter of the word each.
    pub(crate) fn steps(&self) -> Vec<u8> {
        self.events.iter().map(|event| event.request).collect()
    }

    /// The same for a ring of slots, where a word's begins go round the ring.
    ///
    /// Threads may take their numbers in one order and decode in another. So each slot's steps are
    /// taken as they came, and the slots are merged: the first begin of every slot with what
    /// followed it there, then the second of every slot. Steps in different slots do not touch, so
    /// this changes no thumbnail. A slot that served one more request than another comes earlier
    /// in the ring.
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

/// In how many executions of an exploration it came to what a model is about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reached {
    /// Steps of one request lay between those of another.
    pub(crate) overlapped: usize,
    pub(crate) lapped: usize,
    /// More than one frame was made: a pool makes a second only while the first is out.
    pub(crate) second: usize,
    pub(crate) reused: usize,
    pub(crate) refused: usize,
}

impl Reached {
    pub(crate) fn note(&mut self, run: &Run) {
        self.overlapped += usize::from(run.most_out() >= 2);
        self.lapped += usize::from(run.lapped());
        self.second += usize::from(run.frames >= 2);
        self.reused += usize::from(run.reused());
        self.refused += usize::from(run.refused > 0);
    }

    /// # Panics
    /// If no two requests were ever at work at once: then nothing was tried.
    #[track_caller]
    pub(crate) fn overlap(&self) {
        assert!(self.overlapped > 0, "no two requests ever overlapped: {self}");
    }
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { overlapped, lapped, second, reused, refused } = self;
        write!(f, "overlapped {overlapped}, lapped {lapped}, second frame {second}, ")?;
        write!(f, "reused {reused}, refused {refused}")
    }
}

/// The word that these steps spell: the first request to begin is A, the next one B.
pub(crate) fn word(steps: &[u8]) -> String {
    let order = order(steps);
    steps.iter().map(|step| char::from(b'A' + place(&order, *step))).collect()
}

/// The requests in the order in which they began.
pub(crate) fn order(steps: &[u8]) -> Vec<u8> {
    let mut order = Vec::new();
    for step in steps {
        if !order.contains(step) {
            order.push(*step);
        }
    }
    order
}

fn place(order: &[u8], request: u8) -> u8 {
    let place = order.iter().position(|other| *other == request);
    place.and_then(|place| u8::try_from(place).ok()).expect("a request of the run")
}
