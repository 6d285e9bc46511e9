//! Runs the thumbnail makers of a node: the shipped pipelines, on photos that are numbers.
//!
//! A frame holds a photo's number and a tag instead of pixels, so a conversion costs nanoseconds.
//! The pipelines' own code decides which photo lies in which frame.

use std::fmt;
use std::num::NonZeroUsize;

use serde::Serialize;

use crate::pipeline::Pipeline;
use crate::pipelines::{AnyJob, AnyPipeline, PipelineKind};
use crate::provenance::{Numbered, TaggingCodec, Traced};
use crate::schedule::SymbolicCodec;

/// Names a version of the maker (the code that makes thumbnails).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MakerVersion {
    /// The version before the rollout, with the pipeline `owned`.
    Before,
    /// The new version, which the rollout brings to all nodes, with the scenario's pipeline.
    Rollout,
    /// The version after the fix, with the pipeline `owned`.
    Fix,
}

impl MakerVersion {
    pub(super) const ALL: [Self; 3] = [Self::Before, Self::Rollout, Self::Fix];

    /// Returns the pipeline of this version if the new version uses `rollout`.
    pub(super) fn pipeline(self, rollout: PipelineKind) -> PipelineKind {
        if self == Self::Rollout { rollout } else { PipelineKind::Owned }
    }
}

impl fmt::Display for MakerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

type Codec = TaggingCodec<SymbolicCodec>;

/// Holds a conversion between two steps.
pub(super) type Job = AnyJob<Codec>;

/// Holds one node's pipelines, by maker version.
pub(super) struct Pipelines([AnyPipeline<Codec>; 3]);

impl Pipelines {
    pub(super) fn new(rollout: PipelineKind, slots: NonZeroUsize, bands: u32) -> Self {
        Self(MakerVersion::ALL.map(|maker| {
            let codec = TaggingCodec::new(SymbolicCodec { bands: bands as usize });
            AnyPipeline::new(maker.pipeline(rollout), codec, slots, usize::MAX)
        }))
    }

    pub(super) fn begin(&self, maker: MakerVersion, photo: u32) -> Job {
        let number = photo as usize;
        let Ok(job) = self.0[maker as usize].begin(&Numbered { number, request: number });
        job
    }

    pub(super) fn band(&self, maker: MakerVersion, job: &mut Job) {
        self.0[maker as usize].band(job);
    }

    pub(super) fn finish(&self, maker: MakerVersion, job: Job) -> Traced<Vec<usize>> {
        let Ok(traced) = self.0[maker as usize].finish(job);
        traced
    }
}
