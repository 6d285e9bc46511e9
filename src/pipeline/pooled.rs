//! The repair that still reuses memory: the buffer moves into the job, and comes back on drop.
//!
//! What [`Shared`](super::Shared) wanted, without what it gave away for it: a kept frame is either
//! in the pool or in one job, never in both, because it is moved and there is one of it.

use std::mem;
use std::ops::{Deref, DerefMut};

use super::{Codec, Frame, Pipeline, lock};
use crate::sync::{Arc, Mutex};

/// Makes thumbnails in buffers that the jobs own, and that are used again.
pub struct Pooled<C: Codec> {
    codec: C,
    pool: Arc<Pool<C::Frame>>,
}

/// A thumbnail in the making, and the lease of the frame that its photo was decoded into.
pub struct Job<C: Codec> {
    frame: Lease<C::Frame>,
    thumbnail: C::Thumbnail,
}

impl<C: Codec> Pooled<C> {
    /// A pipeline that keeps as many frames for reuse as `bounds` allow.
    pub fn new(codec: C, bounds: Bounds) -> Self {
        Self { codec, pool: Arc::new(Pool::new(bounds)) }
    }

    /// The frames that no job holds.
    pub fn pool(&self) -> &Pool<C::Frame> {
        &self.pool
    }
}

impl<C: Codec> Pipeline for Pooled<C> {
    type Codec = C;
    type Job = Job<C>;

    fn begin(&self, request: &C::Request) -> Result<Job<C>, C::Error> {
        let mut frame = Pool::take(&self.pool);
        let photo = self.codec.decode(request)?;
        let thumbnail = self.codec.fill(photo, &mut frame);
        Ok(Job { frame, thumbnail })
    }

    fn band(&self, job: &mut Job<C>) -> bool {
        self.codec.band(&job.frame, &mut job.thumbnail)
    }

    fn finish(&self, job: Job<C>) -> Result<C::Output, C::Error> {
        self.codec.encode(job.thumbnail)
    }
}

/// How much a pool keeps. What comes back beyond it is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Frames kept at most.
    pub frames: usize,
    /// Bytes of memory that one kept frame holds at most.
    pub frame_bytes: usize,
}

/// Frames that wait, empty, for the next job. It never waits for one: how much may be at work is
/// decided before the pipeline, not here.
pub struct Pool<F> {
    /// The frames that no job holds. Every one of them is empty.
    kept: Mutex<Vec<F>>,
    bounds: Bounds,
}

impl<F: Frame> Pool<F> {
    /// An empty pool.
    pub fn new(bounds: Bounds) -> Self {
        Self { kept: Mutex::default(), bounds }
    }

    /// Takes a kept frame, or makes one if none is free. It is empty either way.
    pub fn take(pool: &Arc<Self>) -> Lease<F> {
        let frame = lock(&pool.kept).pop().unwrap_or_default();
        Lease { frame, pool: Arc::clone(pool) }
    }

    /// How many frames are kept, and how many bytes of memory they hold together.
    pub fn kept(&self) -> (usize, usize) {
        let kept = lock(&self.kept);
        (kept.len(), kept.iter().map(Frame::capacity).sum())
    }

    fn give_back(&self, mut frame: F) {
        frame.clear();
        if frame.capacity() <= self.bounds.frame_bytes {
            let mut kept = lock(&self.kept);
            if kept.len() < self.bounds.frames {
                kept.push(frame);
            }
        }
    }
}

/// A frame on loan from a pool, to one holder, who gives it back by dropping the lease.
pub struct Lease<F: Frame> {
    frame: F,
    pool: Arc<Pool<F>>,
}

impl<F: Frame> Deref for Lease<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.frame
    }
}

impl<F: Frame> DerefMut for Lease<F> {
    fn deref_mut(&mut self) -> &mut F {
        &mut self.frame
    }
}

impl<F: Frame> Drop for Lease<F> {
    fn drop(&mut self) {
        self.pool.give_back(mem::take(&mut self.frame));
    }
}
