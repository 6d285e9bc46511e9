//! Names the shipped pipelines and builds the pipeline of a given kind.
//!
//! Only this file chooses a pipeline type by its kind, so that the reproduction, the replay, the
//! server and the simulation run the same code.

use std::fmt;
use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::pipeline::{Bounds, Codec, Error, Output, Owned, Pipeline, Pooled, Request, Shared};

/// Upper bound of a frame that `pooled` keeps for reuse, in bytes: 2048 × 2048 px of RGB.
pub const MAX_KEPT_FRAME_BYTES: usize = 2048 * 2048 * 3;

/// Names a shipped pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PipelineKind {
    /// The failure, a ring of buffers that requests share.
    Shared,
    /// The repair, a buffer in each request.
    Owned,
    /// The repair that reuses memory, a buffer in each request that goes back to a pool.
    Pooled,
}

impl PipelineKind {
    /// Returns true if the pipeline promises never to mix two photos.
    pub fn is_repair(self) -> bool {
        !matches!(self, Self::Shared)
    }
}

impl fmt::Display for PipelineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Runs the pipeline of a kind that is chosen at run time.
pub enum AnyPipeline<C: Codec> {
    /// The ring of shared buffers.
    Shared(Shared<C>),
    /// The buffer in each request.
    Owned(Owned<C>),
    /// The buffer in each request that goes back to a pool.
    Pooled(Pooled<C>),
}

/// Holds a conversion between two steps of an [`AnyPipeline`].
pub enum AnyJob<C: Codec> {
    /// A job of `shared`.
    Shared(<Shared<C> as Pipeline>::Job),
    /// A job of `owned`.
    Owned(<Owned<C> as Pipeline>::Job),
    /// A job of `pooled`.
    Pooled(<Pooled<C> as Pipeline>::Job),
}

impl<C: Codec> AnyPipeline<C> {
    /// Builds the pipeline of a kind. The ring of `shared` has `slots` buffers. `pooled` keeps at
    /// most `slots` frames of at most `max_frame_bytes` bytes each.
    pub fn new(kind: PipelineKind, codec: C, slots: NonZeroUsize, max_frame_bytes: usize) -> Self {
        let bounds = Bounds { max_frames: slots.get(), max_frame_bytes };
        match kind {
            PipelineKind::Shared => Self::Shared(Shared::new(codec, slots)),
            PipelineKind::Owned => Self::Owned(Owned::new(codec)),
            PipelineKind::Pooled => Self::Pooled(Pooled::new(codec, bounds)),
        }
    }
}

/// Forwards each step to the chosen pipeline.
///
/// # Panics
/// Panics in `band` and `finish` if a pipeline of another kind began the job.
impl<C: Codec> Pipeline for AnyPipeline<C> {
    type Codec = C;
    type Job = AnyJob<C>;

    fn begin(&self, request: &Request<Self>) -> Result<AnyJob<C>, Error<Self>> {
        match self {
            Self::Shared(shared) => shared.begin(request).map(AnyJob::Shared),
            Self::Owned(owned) => owned.begin(request).map(AnyJob::Owned),
            Self::Pooled(pooled) => pooled.begin(request).map(AnyJob::Pooled),
        }
    }

    fn band(&self, job: &mut AnyJob<C>) -> bool {
        match (self, job) {
            (Self::Shared(shared), AnyJob::Shared(job)) => shared.band(job),
            (Self::Owned(owned), AnyJob::Owned(job)) => owned.band(job),
            (Self::Pooled(pooled), AnyJob::Pooled(job)) => pooled.band(job),
            _ => panic!("{FOREIGN_JOB}"),
        }
    }

    fn finish(&self, job: AnyJob<C>) -> Result<Output<Self>, Error<Self>> {
        match (self, job) {
            (Self::Shared(shared), AnyJob::Shared(job)) => shared.finish(job),
            (Self::Owned(owned), AnyJob::Owned(job)) => owned.finish(job),
            (Self::Pooled(pooled), AnyJob::Pooled(job)) => pooled.finish(job),
            _ => panic!("{FOREIGN_JOB}"),
        }
    }

    fn convert(&self, request: &Request<Self>) -> Result<Output<Self>, Error<Self>> {
        match self {
            Self::Shared(shared) => shared.convert(request),
            Self::Owned(owned) => owned.convert(request),
            Self::Pooled(pooled) => pooled.convert(request),
        }
    }
}

const FOREIGN_JOB: &str = "a pipeline of another kind began this job";
