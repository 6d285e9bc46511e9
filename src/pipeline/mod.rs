//! The promise that every pipeline makes, and three ways to hold the pixels, keeping it or not.
//!
//! A thumbnail is made in steps, so that many can be in the making at once. What a pipeline decides
//! is only *where the pixels wait between two steps*: [`Shared`] keeps them in a ring of buffers
//! and remembers a number, [`Owned`] moves them into the job, [`Pooled`] moves them and reuses the
//! memory. The pixels themselves are the codec's affair, which is how models run these very files
//! on photos of two bytes, and production on JPEG.
//!
//! # What the compiler refuses
//!
//! Each second block is the first and one line more, which is refused.
//!
//! A job is used up by its finish, and so are the pixels that it owns:
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
//!     let _another = owned.finish(job); // refused: the job has moved
//! }
//! ```
//!
//! A lease that is given back is gone, and nobody can look at the frame through it:
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
//!     lease.capacity(); // refused: the lease has moved
//! }
//! ```
//!
//! A ring without locks has one user at a time:
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
//!         threads.spawn(|| ring[0].clear()); // refused: the other thread has it
//!     });
//! }
//! ```
//!
//! With a lock on each slot, as in [`Shared`], the compiler has nothing to say. A lock keeps two
//! accesses from happening at once, and knows nothing of whose pixels they are:
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

/// Turns a request for a thumbnail into the thumbnail's bytes, step by step.
///
/// The promise: every band of a thumbnail is made from the photo of its own request. [`Shared`]
/// breaks it under load.
pub trait Pipeline {
    /// What reads photos and writes thumbnails.
    type Codec: Codec;
    /// A conversion that has begun and is not finished.
    type Job;

    /// Decodes the photo into a frame.
    ///
    /// # Errors
    /// The codec's, if the photo cannot be decoded whole. Nothing is held then.
    fn begin(&self, request: &Request<Self>) -> Result<Self::Job, Error<Self>>;

    /// Makes the thumbnail's next band, and says whether more remain.
    fn band(&self, job: &mut Self::Job) -> bool;

    /// Encodes the thumbnail and gives it away. Bands that were never made are blank.
    ///
    /// # Errors
    /// The codec's, if the thumbnail cannot be encoded.
    fn finish(&self, job: Self::Job) -> Result<Output<Self>, Error<Self>>;

    /// All the steps of one request, one after the other.
    ///
    /// # Errors
    /// The codec's, from [`begin`](Self::begin) or [`finish`](Self::finish).
    fn convert(&self, request: &Request<Self>) -> Result<Output<Self>, Error<Self>> {
        let mut job = self.begin(request)?;
        while self.band(&mut job) {}
        self.finish(job)
    }
}

/// What a pipeline's codec takes.
pub type Request<P> = <<P as Pipeline>::Codec as Codec>::Request;

/// What a pipeline's codec makes.
pub type Output<P> = <<P as Pipeline>::Codec as Codec>::Output;

/// What a pipeline's codec refuses with.
pub type Error<P> = <<P as Pipeline>::Codec as Codec>::Error;

/// Photo bytes to pixels, and pixels to a thumbnail's bytes.
pub trait Codec {
    /// A photo, and the thumbnail that is wanted of it.
    type Request;
    /// A photo decoded whole, in the decoder's own memory.
    type Photo;
    /// Pixels at rest between two steps. Neither `Clone` nor `Copy`: there is one of each.
    type Frame: Frame;
    /// A thumbnail in the making: its width, height, bands, and the rows made so far.
    type Thumbnail;
    /// A finished thumbnail.
    type Output;
    /// Why a photo was refused, or a thumbnail could not be written.
    type Error;

    /// Decodes a photo whole, or refuses it.
    ///
    /// # Errors
    /// Whatever the codec finds wrong with the photo.
    fn decode(&self, request: &Self::Request) -> Result<Self::Photo, Self::Error>;

    /// Appends the photo's pixels to an empty frame and plans its thumbnail, whose geometry is
    /// fixed from here on.
    fn fill(&self, photo: Self::Photo, frame: &mut Self::Frame) -> Self::Thumbnail;

    /// Makes the thumbnail's next band from whatever photo the frame holds, and says whether more
    /// remain. A thumbnail has at least one band; past the last, this does nothing.
    fn band(&self, frame: &Self::Frame, thumbnail: &mut Self::Thumbnail) -> bool;

    /// Encodes the thumbnail.
    ///
    /// # Errors
    /// Whatever keeps the codec from writing it.
    fn encode(&self, thumbnail: Self::Thumbnail) -> Result<Self::Output, Self::Error>;
}

/// A buffer of pixels that may be used again.
pub trait Frame: Default {
    /// Forgets the pixels and keeps the memory.
    fn clear(&mut self);

    /// How much memory it holds, in bytes, used or not.
    fn capacity(&self) -> usize;
}

/// Locks, also after a panic elsewhere: each lock here is held over steps that leave whole values.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
