//! The failure: a ring of buffers, each locked for every access, and a job that keeps a number.
//!
//! A request's pixels must wait somewhere between two steps, and allocating megabytes for each is
//! waste: so there is a ring of buffers, each behind its lock, and requests take turns.

use std::num::NonZeroUsize;

use super::{Codec, Frame, Pipeline, lock};
use crate::sync::{AtomicUsize, Mutex, Ordering};

/// Makes thumbnails in a ring of reused buffers.
pub struct Shared<C: Codec> {
    codec: C,
    /// The ring. A slot's lock is held for every access to its frame.
    slots: Box<[Mutex<C::Frame>]>,
    /// How many requests have taken a slot so far; the next one takes this number, modulo the ring.
    taken: AtomicUsize,
}

/// A thumbnail in the making, and the number of the slot that its photo was decoded into.
pub struct Job<C: Codec> {
    slot: usize,
    thumbnail: C::Thumbnail,
}

impl<C: Codec> Shared<C> {
    /// A pipeline with a ring of `slots` buffers, each empty until its first photo.
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
