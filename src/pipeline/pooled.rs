//! Implements the repair that reuses memory: the buffer moves into the job and returns on drop.
//!
//! [`Shared`](super::Shared) reuses memory too, but loses the isolation of requests. Here a kept
//! frame is either in the pool or in one job, because a frame moves and cannot be copied.

use std::mem;
use std::ops::{Deref, DerefMut};

use super::{Codec, Frame, Pipeline, lock};
use crate::sync::{Arc, Mutex};

/// Makes thumbnails in buffers that the jobs own, and reuses the buffers.
pub struct Pooled<C: Codec> {
    codec: C,
    pool: Arc<Pool<C::Frame>>,
}

/// Holds an unfinished thumbnail and the lease of the frame that its photo was decoded into.
pub struct Job<C: Codec> {
    frame: Lease<C::Frame>,
    thumbnail: C::Thumbnail,
}

impl<C: Codec> Pooled<C> {
    /// Creates a pipeline that keeps frames for reuse within `bounds`.
    pub fn new(codec: C, bounds: Bounds) -> Self {
        Self { codec, pool: Arc::new(Pool::new(bounds)) }
    }

    /// Returns the pool of the frames that no job holds.
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

/// Limits the memory that a pool keeps. A returned frame beyond these bounds is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Upper bound of the number of kept frames.
    pub max_frames: usize,
    /// Upper bound of the memory of one kept frame, in bytes.
    pub max_frame_bytes: usize,
}

/// Keeps empty frames for the next jobs. A pool never makes a caller wait for a frame: admission
/// control in front of the pipeline limits the number of concurrent jobs.
pub struct Pool<F> {
    /// Holds the frames that no job holds. Every kept frame is empty.
    kept: Mutex<Vec<F>>,
    bounds: Bounds,
}

impl<F: Frame> Pool<F> {
    /// Creates an empty pool.
    pub fn new(bounds: Bounds) -> Self {
        Self { kept: Mutex::default(), bounds }
    }

    /// Takes a kept frame, or creates a frame if the pool keeps none. The frame is always empty.
    pub fn take(pool: &Arc<Self>) -> Lease<F> {
        let frame = lock(&pool.kept).pop().unwrap_or_default();
        Lease { frame, pool: Arc::clone(pool) }
    }

    /// Returns the number of kept frames and the bytes of memory that these frames hold together.
    pub fn kept(&self) -> (usize, usize) {
        let kept = lock(&self.kept);
        (kept.len(), kept.iter().map(Frame::capacity).sum())
    }

    fn give_back(&self, mut frame: F) {
        frame.clear();
        if frame.capacity() <= self.bounds.max_frame_bytes {
            let mut kept = lock(&self.kept);
            if kept.len() < self.bounds.max_frames {
                kept.push(frame);
            }
        }
    }
}

/// Lends a frame of a pool to one holder. Dropping the lease gives the frame back to the pool.
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
