//! Records the order of steps, and which request used which frame, so that a finding can be read.
//!
//! A thumbnail shows only *that* it was mixed. The steps, as a word (a schedule written as
//! letters), show how.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::codec::{ModelCodec, ModelFrame, ModelThumbnail, Step};
use super::pipeline::Codec;
use super::requests::{Call, End, Request};

/// Wraps the model's codec, ends each request as the model ordered, and records a [`Run`]. std's
/// lock protects the run, so that no checker explores it.
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
    /// Number of requests that ended before a frame was filled.
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
    /// The request ended without a thumbnail. This is no step of a word.
    End,
}

/// Holds a thumbnail, its request, and the number of the frame that the photo was decoded into.
pub(crate) struct RecordedThumbnail {
    thumbnail: ModelThumbnail,
    request: Request,
    frame: usize,
}

impl Recorder {
    pub(crate) fn new(bands: usize, step: fn(Step), run: &Arc<Mutex<Run>>) -> Self {
        Self { codec: ModelCodec { bands, step }, run: Arc::clone(run) }
    }

    fn record(&self, request: Request, frame: usize, kind: Kind) {
        open(&self.run).events.push(Event { request: request.owner, frame, kind });
    }

    /// Ends the request if the model ordered it to end in `call`. `frame` is the number of the
    /// request's frame, if it has filled one.
    fn reach(&self, request: Request, frame: Option<usize>, call: Call) -> Result<(), u8> {
        if request.end.is_in(call) {
            match frame {
                Some(frame) => self.record(request, frame, Kind::End),
                None => open(&self.run).failed += 1,
            }
        }
        request.end.reach(call).map_err(|()| request.owner)
    }
}

/// Locks a mutex and ignores poisoning, because a panic is a finding.
pub(crate) fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Codec for Recorder {
    type Request = Request;
    type Photo = Request;
    type Frame = ModelFrame;
    type Thumbnail = RecordedThumbnail;
    type Output = Vec<u8>;
    type Error = u8;

    // The codec's step comes first in each method. A checker can switch threads inside it, and the
    // record after it has the order in which the steps ran.
    fn decode(&self, request: &Request) -> Result<Request, u8> {
        self.codec.decode(&request.owner)?;
        self.reach(*request, None, Call::Decode)?;
        Ok(*request)
    }

    fn fill(&self, request: Request, frame: &mut ModelFrame) -> RecordedThumbnail {
        let stale = !frame.pixels.is_empty();
        let thumbnail = self.codec.fill(request.owner, frame);
        let mut run = open(&self.run);
        run.stale += usize::from(stale);
        let number = *frame.number.get_or_insert(run.frames);
        run.frames = run.frames.max(number + 1);
        drop(run);
        self.record(request, number, Kind::Begin);
        // The frame holds pixels already, as after a panic in the middle of a photo.
        let _ = self.reach(request, Some(number), Call::Fill);
        if request.end == End::GivenUp(0) {
            self.record(request, number, Kind::End);
        }
        RecordedThumbnail { thumbnail, request, frame: number }
    }

    fn band(&self, frame: &ModelFrame, thumbnail: &mut RecordedThumbnail) -> bool {
        let RecordedThumbnail { thumbnail, request, frame: own } = thumbnail;
        let _ = self.reach(*request, Some(*own), Call::Band(thumbnail.bands.len()));
        let more = self.codec.band(frame, thumbnail);
        // A mutant may make a band from a frame that was never filled.
        self.record(*request, frame.number.unwrap_or(*own), Kind::Band);
        if request.end == End::GivenUp(thumbnail.bands.len()) {
            self.record(*request, *own, Kind::End);
        }
        more
    }

    fn encode(&self, thumbnail: RecordedThumbnail) -> Result<Vec<u8>, u8> {
        let RecordedThumbnail { thumbnail, request, frame } = thumbnail;
        let bands = self.codec.encode(thumbnail)?;
        self.reach(request, Some(frame), Call::Encode)?;
        self.record(request, frame, Kind::Finish);
        Ok(bands)
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

    /// Returns the largest number of requests between begin and end at the same time.
    pub(crate) fn max_in_flight(&self) -> usize {
        let mut in_flight = 0_usize;
        let counts = self.events.iter().map(|event| {
            match event.kind {
                Kind::Begin => in_flight += 1,
                Kind::Band => {}
                Kind::Finish | Kind::End => in_flight -= 1,
            }
            in_flight
        });
        counts.max().unwrap_or(0)
    }

    /// Returns the requests that filled each frame, in their order. Frames are sorted, so that
    /// their numbers, which depend on the order of independent steps, do not matter.
    pub(crate) fn users_by_frame(&self) -> Vec<Vec<u8>> {
        let mut users = vec![Vec::new(); self.frames];
        for event in self.events.iter().filter(|event| event.kind == Kind::Begin) {
            users[event.frame].push(event.request);
        }
        users.sort();
        users
    }

    /// Returns the request of each step in the order of execution.
    pub(crate) fn steps(&self) -> Vec<u8> {
        let steps = self.events.iter().filter(|event| event.kind != Kind::End);
        steps.map(|event| event.request).collect()
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
        for event in self.events.iter().filter(|event| event.kind != Kind::End) {
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
