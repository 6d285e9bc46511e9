//! Implements the failure: a ring of locked buffers, and jobs that keep the index of a buffer.
//!
//! The pixels of a request must wait somewhere between two steps, and allocating megabytes for each
//! request seems wasteful. So requests take the buffers of a ring in turn. A slot is one of these
//! buffers behind its own lock.

use std::num::NonZeroUsize;

use super::{Codec, Frame, Pipeline, lock};
use crate::sync::{AtomicUsize, Mutex, Ordering};

/// Makes thumbnails in a ring of shared buffers.
pub struct Shared<C: Codec> {
    codec: C,
    /// Holds the ring. Each access to a slot's frame holds the lock of that slot.
    slots: Box<[Mutex<C::Frame>]>,
    /// Counts the requests that have taken a slot. The next request takes the slot whose index is
    /// this count modulo the length of the ring.
    taken: AtomicUsize,
}

/// Holds an unfinished thumbnail and the index of the slot that its photo was decoded into.
pub struct Job<C: Codec> {
    slot: usize,
    thumbnail: C::Thumbnail,
}

impl<C: Codec> Shared<C> {
    /// Creates a pipeline with a ring of `slots` empty buffers.
    pub fn new(codec: C, slots: NonZeroUsize) -> Self {
        let slots = (0..slots.get()).map(|_| Mutex::default()).collect();
        Self { codec, slots, taken: AtomicUsize::new(0) }
    }
}

impl<C: Codec> Pipeline for Shared<C> {
    type Codec = C;
    type Job = Job<C>;

    fn begin(&self, request: &C::Request) -> Result<Job<C>, C::Error> {
        let slot = self.taken.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        let mut frame = lock(&self.slots[slot]);
        let photo = self.codec.decode(request)?;
        frame.clear();
        let thumbnail = self.codec.fill(photo, &mut frame);
        Ok(Job { slot, thumbnail })
    }

    fn band(&self, job: &mut Job<C>) -> bool {
        let frame = lock(&self.slots[job.slot]);
        self.codec.band(&frame, &mut job.thumbnail)
    }

    fn finish(&self, job: Job<C>) -> Result<C::Output, C::Error> {
        self.codec.encode(job.thumbnail)
    }
}
