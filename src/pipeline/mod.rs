//! Defines the promise of every pipeline, and three pipelines that keep the promise or break it.
//!
//! A thumbnail is made in steps, so that many thumbnails can be in progress at once. A pipeline
//! decides only *where the pixels wait between two steps*. [`Shared`] keeps the pixels in a ring (a
//! fixed array of buffers that requests take in turn) and stores the index of a slot (one of these
//! buffers) in the job. [`Owned`] moves the pixels into the job. [`Pooled`] also moves the pixels
//! into the job, and reuses the memory afterwards. The codec defines what pixels are. So models run
//! these same files on photos of two bytes, and production runs the files on JPEG.
//!
//! # Programs that the compiler rejects
//!
//! The blocks come in pairs. The second block of a pair repeats the first and adds one line, which
//! the compiler rejects.
//!
//! `finish` consumes the job, and with the job the pixels that the job owns:
//!
//! ```
//! use double_exposure::pipeline::{Codec, Owned, Pipeline};
//!
//! fn finish<C: Codec>(owned: &Owned<C>, job: <Owned<C> as Pipeline>::Job) {
//!     let _thumbnail = owned.finish(job);
//! }
//! ```
//!
//! ```compile_fail,E0382
//! use double_exposure::pipeline::{Codec, Owned, Pipeline};
//!
//! fn finish<C: Codec>(owned: &Owned<C>, job: <Owned<C> as Pipeline>::Job) {
//!     let _thumbnail = owned.finish(job);
//!     let _another = owned.finish(job); // rejected: the job has moved
//! }
//! ```
//!
//! Dropping a lease gives the frame back, and no code can reach the frame through the lease any
//! more:
//!
//! ```
//! use std::sync::Arc;
//!
//! use double_exposure::pipeline::{Frame, Pool};
//!
//! fn give_back<F: Frame>(pool: &Arc<Pool<F>>) {
//!     let lease = Pool::take(pool);
//!     drop(lease);
//! }
//! ```
//!
//! ```compile_fail,E0382
//! use std::sync::Arc;
//!
//! use double_exposure::pipeline::{Frame, Pool};
//!
//! fn give_back<F: Frame>(pool: &Arc<Pool<F>>) {
//!     let lease = Pool::take(pool);
//!     drop(lease);
//!     lease.capacity(); // rejected: the lease has moved
//! }
//! ```
//!
//! Only one thread at a time can use a ring without locks:
//!
//! ```
//! use std::thread;
//!
//! use double_exposure::pipeline::Frame;
//!
//! fn overwrite<F: Frame + Send>(ring: &mut [F]) {
//!     thread::scope(|threads| {
//!         threads.spawn(|| ring[0].clear());
//!     });
//! }
//! ```
//!
//! ```compile_fail,E0499
//! use std::thread;
//!
//! use double_exposure::pipeline::Frame;
//!
//! fn overwrite<F: Frame + Send>(ring: &mut [F]) {
//!     thread::scope(|threads| {
//!         threads.spawn(|| ring[0].clear());
//!         threads.spawn(|| ring[0].clear()); // rejected: the first thread borrows it
//!     });
//! }
//! ```
//!
//! With a lock on each slot, as in [`Shared`], the compiler accepts the program. A lock prevents
//! two accesses at the same time, but does not know whose pixels the slot holds:
//!
//! ```
//! use std::sync::Mutex;
//! use std::thread;
//!
//! use double_exposure::pipeline::Frame;
//!
//! fn overwrite<F: Frame + Send>(ring: &[Mutex<F>]) {
//!     thread::scope(|threads| {
//!         threads.spawn(|| ring[0].lock().unwrap().clear());
//!         threads.spawn(|| ring[0].lock().unwrap().clear()); // accepted
//!     });
//! }
//! ```

mod owned;
mod pooled;
mod shared;

pub use owned::Owned;
pub use pooled::{Bounds, Lease, Pool, Pooled};
pub use shared::Shared;

use crate::sync::{Mutex, MutexGuard, PoisonError};

/// Converts a request for a thumbnail into the thumbnail's bytes, step by step.
///
/// A pipeline promises to make every band (some rows of the thumbnail) from the photo of the band's
/// own request. [`Shared`] breaks this promise under load.
pub trait Pipeline {
    /// Reads photos and writes thumbnails.
    type Codec: Codec;
    /// Holds a conversion that has begun and is not finished.
    type Job;

    /// Decodes the photo into a frame and returns the job.
    ///
    /// # Errors
    /// Returns the codec's error if the photo cannot be decoded whole. No frame is held then.
    fn begin(&self, request: &Request<Self>) -> Result<Self::Job, Error<Self>>;

    /// Makes the thumbnail's next band and returns true if more bands remain.
    fn band(&self, job: &mut Self::Job) -> bool;

    /// Encodes the thumbnail and returns its bytes. Bands that were not made are blank.
    ///
    /// # Errors
    /// Returns the codec's error if the thumbnail cannot be encoded.
    fn finish(&self, job: Self::Job) -> Result<Output<Self>, Error<Self>>;

    /// Runs all steps of one request, one after the other.
    ///
    /// # Errors
    /// Returns the codec's error if [`begin`](Self::begin) or [`finish`](Self::finish) fails.
    fn convert(&self, request: &Request<Self>) -> Result<Output<Self>, Error<Self>> {
        let mut job = self.begin(request)?;
        while self.band(&mut job) {}
        self.finish(job)
    }
}

/// Names the request type of a pipeline's codec.
pub type Request<P> = <<P as Pipeline>::Codec as Codec>::Request;

/// Names the type of the thumbnails that a pipeline's codec writes.
pub type Output<P> = <<P as Pipeline>::Codec as Codec>::Output;

/// Names the error type of a pipeline's codec.
pub type Error<P> = <<P as Pipeline>::Codec as Codec>::Error;

/// Decodes photos into pixels and encodes pixels as thumbnails.
pub trait Codec {
    /// Holds a photo and describes the requested thumbnail.
    type Request;
    /// Holds a photo that is decoded whole, in the decoder's own memory.
    type Photo;
    /// Holds the pixels between two steps. A frame is neither `Clone` nor `Copy`, so that each
    /// frame has one holder.
    type Frame: Frame;
    /// Holds an unfinished thumbnail: width, height, bands, and the rows made so far.
    type Thumbnail;
    /// Holds a finished thumbnail.
    type Output;
    /// Describes why a photo could not be decoded or a thumbnail could not be encoded.
    type Error;

    /// Decodes the whole photo.
    ///
    /// # Errors
    /// Returns the codec's error if the photo cannot be decoded whole.
    fn decode(&self, request: &Self::Request) -> Result<Self::Photo, Self::Error>;

    /// Appends the photo's pixels to an empty frame and returns a thumbnail without rows. The
    /// geometry of the thumbnail does not change afterwards.
    fn fill(&self, photo: Self::Photo, frame: &mut Self::Frame) -> Self::Thumbnail;

    /// Makes the thumbnail's next band from the photo that the frame holds, and returns true if
    /// more bands remain. A thumbnail has at least one band. A call after the last band does
    /// nothing.
    fn band(&self, frame: &Self::Frame, thumbnail: &mut Self::Thumbnail) -> bool;

    /// Encodes the thumbnail.
    ///
    /// # Errors
    /// Returns the codec's error if the thumbnail cannot be encoded.
    fn encode(&self, thumbnail: Self::Thumbnail) -> Result<Self::Output, Self::Error>;
}

/// Buffers pixels in memory that can be reused.
pub trait Frame: Default {
    /// Removes the pixels and keeps the memory.
    fn clear(&mut self);

    /// Returns the bytes of memory that the frame holds, used or not.
    fn capacity(&self) -> usize;
}

/// Locks a mutex and ignores poisoning. A panic under a lock of a pipeline leaves no half-written
/// value, because each step that runs under the lock leaves a whole value.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
