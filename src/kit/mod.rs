//! Checks other people's thumbnail pipelines: whether some interleaving of requests mixes photos.
//!
//! The caller writes one type, an adapter that implements [`SystemUnderTest`] for the caller's
//! converter. The macro [`check!`](crate::check) makes the tests: all words of a size (a word is a
//! schedule, written with a letter for each step), random words, loom and shuttle on the caller's
//! own file, and real threads. Each check has a control: the same check on [`Ring`], which puts the
//! caller's own jobs into a shared buffer, and must find a mix-up. `docs/your-own-pipeline.md` is
//! the manual.
//!
//! The kit needs no other module than `schedule`. With `default-features = false`, a dependency on
//! this crate compiles the lesson, the schedules and the kit.

mod clients;
mod control;
mod counterexample;
mod explore;
mod macros;
mod real_threads;
mod replay;
mod words;

pub use clients::{ModelClients, ModelThreads, serve};
pub use control::{Claim, Ring};
pub use counterexample::Counterexample;
pub use explore::{Explored, explain, explore_all, search};
pub use real_threads::real_threads;
pub use replay::{replay, switch_point};
pub use words::{MAX_EXHAUSTIVE_WORDS, lap_law, replay_choices, words};

/// Holds a photo of a check: every pixel of the photo shows its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelPhoto {
    /// Letter of the owner. An adapter fills the photo with this byte.
    pub owner: u8,
    /// False if the photo is damaged, so that it cannot be decoded.
    pub whole: bool,
}

/// Adapts a thumbnail converter to the checks of the kit.
///
/// The adapter translates photos into the converter's input, and thumbnails into the owners of
/// their pixels. A conversion has three kinds of steps, between which other requests can run. A
/// converter without steps of its own converts in `begin`, returns false from `band`, and returns
/// the thumbnail from `finish`; the words then find less, and the model checkers find the rest.
pub trait SystemUnderTest: Send + Sync + Sized + 'static {
    /// Holds a conversion that has begun and is not finished.
    type Job: Send + 'static;

    /// Number of calls of [`band`](Self::band) that make a thumbnail whole. Two is enough to find a
    /// thumbnail with rows of two photos, and each further band multiplies the interleavings.
    const BANDS: u32;

    /// Upper bound of the conversions that can be in progress at once without waiting. A converter
    /// whose pool waits for a free frame sets the number of frames. Replays have no more requests
    /// in flight, because on one thread a wait would never end.
    const MAX_IN_FLIGHT: usize = 26;

    /// True if the converter may refuse a whole photo, as a service that is full does. If false, a
    /// request without a thumbnail is a fault.
    const MAY_REFUSE: bool = false;

    /// Upper bound of the executions of each model under loom. A model that has more proves
    /// nothing, and its test fails.
    const MAX_EXECUTIONS: usize = 100_000;

    /// Upper bound of the times that loom leaves a thread that could go on, in one execution, if
    /// there is one. A bound of three makes large models small, and proves less.
    const MAX_PREEMPTIONS: Option<usize> = None;

    /// Creates the converter as the service creates it, with empty pools. A pool whose size can be
    /// set should have a small one, such as two frames.
    fn new() -> Self;

    /// Decodes the photo and returns the job, or `None` if the photo cannot be decoded.
    fn begin(&self, photo: ModelPhoto) -> Option<Self::Job>;

    /// Makes some rows of the thumbnail, and returns true if more rows remain.
    fn band(&self, job: &mut Self::Job) -> bool;

    /// Finishes the thumbnail and returns its pixels, or at least a byte of every row, or `None` if
    /// the thumbnail cannot be encoded. A pixel of the photo of an owner is the owner's letter.
    fn finish(&self, job: Self::Job) -> Option<Vec<u8>>;

    /// Runs all steps of one request, one after the other. An adapter overrides this with the call
    /// that the service makes.
    fn convert(&self, photo: ModelPhoto) -> Option<Vec<u8>> {
        let mut job = self.begin(photo)?;
        while self.band(&mut job) {}
        self.finish(job)
    }

    /// Inspects the converter when it has no job, such as the number of frames that its pool keeps.
    ///
    /// # Errors
    /// Returns a sentence about what is wrong. By default, nothing is.
    fn inspect(&self) -> Result<(), String> {
        Ok(())
    }
}
