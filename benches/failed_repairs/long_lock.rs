//! Implements a ring that holds a slot's lock for longer: over the decode and some of the bands.
//!
//! A slot is a buffer of the ring. With all bands under the lock this is a repair, because no frame
//! waits between two steps. To keep a job's pixels safe between steps, the job would have to hold
//! the lock's guard, which is to own the frame by another name.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use double_exposure::pipeline::{Codec, Frame, Pipeline};

/// Makes some bands in `begin`, before it releases the slot's lock.
pub(crate) struct LongLock<C: Codec> {
    codec: C,
    slots: Box<[Mutex<C::Frame>]>,
    taken: AtomicUsize,
    bands_under_lock: usize,
}

/// Holds an unfinished thumbnail, the index of its slot, and true if bands remain.
pub(crate) struct LongLockJob<C: Codec> {
    slot: usize,
    thumbnail: C::Thumbnail,
    more: bool,
}

impl<C: Codec> LongLock<C> {
    pub(crate) fn new(codec: C, slots: NonZeroUsize, bands_under_lock: usize) -> Self {
        let slots = (0..slots.get()).map(|_| Mutex::default()).collect();
        Self { codec, slots, taken: AtomicUsize::new(0), bands_under_lock }
    }
}

impl<C: Codec> Pipeline for LongLock<C> {
    type Codec = C;
    type Job = LongLockJob<C>;

    fn begin(&self, request: &C::Request) -> Result<LongLockJob<C>, C::Error> {
        let slot = self.taken.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        let mut frame = self.slots[slot].lock().unwrap_or_else(PoisonError::into_inner);
        let photo = self.codec.decode(request)?;
        frame.clear();
        let mut thumbnail = self.codec.fill(photo, &mut frame);
        let mut count = 0;
        let mut more = true;
        while more && count < self.bands_under_lock {
            more = self.codec.band(&frame, &mut thumbnail);
            count += 1;
        }
        Ok(LongLockJob { slot, thumbnail, more })
    }

    fn band(&self, job: &mut LongLockJob<C>) -> bool {
        if job.more {
            let frame = self.slots[job.slot].lock().unwrap_or_else(PoisonError::into_inner);
            job.more = self.codec.band(&frame, &mut job.thumbnail);
        }
        job.more
    }

    fn finish(&self, job: LongLockJob<C>) -> Result<C::Output, C::Error> {
        self.codec.encode(job.thumbnail)
    }
}
