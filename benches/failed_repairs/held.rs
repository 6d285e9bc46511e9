//! The ring, with its lock held for longer: over the photo's decode and some of its bands.
//!
//! Over all of them it is a repair, since then no frame waits between two steps. A job still cannot
//! be left and taken up again with its pixels safe: that takes the lock's guard inside the job,
//! which is to own the frame by another name.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use double_exposure::pipeline::{Codec, Frame, Pipeline};

/// The ring, with a begin that makes some bands before it gives up the slot's lock.
pub(crate) struct Held<C: Codec> {
    codec: C,
    slots: Box<[Mutex<C::Frame>]>,
    taken: AtomicUsize,
    under_lock: usize,
}

/// A thumbnail in the making, the number of its slot, and whether bands remain.
pub(crate) struct HeldJob<C: Codec> {
    slot: usize,
    thumbnail: C::Thumbnail,
    more: bool,
}

impl<C: Codec> Held<C> {
    pub(crate) fn new(codec: C, slots: NonZeroUsize, under_lock: usize) -> Self {
        let slots = (0..slots.get()).map(|_| Mutex::default()).collect();
        Self { codec, slots, taken: AtomicUsize::new(0), under_lock }
    }
}

impl<C: Codec> Pipeline for Held<C> {
    type Codec = C;
    type Job = HeldJob<C>;

    fn begin(&self, request: &C::Request) -> Result<HeldJob<C>, C::Error> {
        let slot = self.taken.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        let mut frame = self.slots[slot].lock().unwrap_or_else(PoisonError::into_inner);
        let photo = self.codec.decode(request)?;
        frame.clear();
        let mut thumbnail = self.codec.fill(photo, &mut frame);
        let mut made = 0;
        let mut more = true;
        while more && made < self.under_lock {
            more = self.codec.band(&frame, &mut thumbnail);
            made += 1;
        }
        Ok(HeldJob { slot, thumbnail, more })
    }

    fn band(&self, job: &mut HeldJob<C>) -> bool {
        if job.more {
            let frame = self.slots[job.slot].lock().unwrap_or_else(PoisonError::into_inner);
            job.more = self.codec.band(&frame, &mut job.thumbnail);
        }
        job.more
    }

    fn finish(&self, job: HeldJob<C>) -> Result<C::Output, C::Error> {
        self.codec.encode(job.thumbnail)
    }
}
