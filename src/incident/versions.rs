//! The makers of an instance: the shipped pipelines, run on photos that are numbers.
//!
//! A frame holds nothing but the witness's tag, so a conversion costs nanoseconds; which photo
//! comes to lie where is decided by the pipelines' own code, and by nothing here.

use std::convert::Infallible;
use std::num::NonZeroUsize;

use crate::pipeline::{Bounds, Codec, Frame, Owned, Pipeline, Pooled, Shared};
use crate::pipelines::PipelineKind;
use crate::provenance::{Numbered, TaggingCodec, Traced};

/// The version of the thumbnail maker that a thumbnail came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MakerVersion {
    /// The one before the rollout; on `owned`.
    Before,
    /// The one that is rolled out; on the script's pipeline.
    Rollout,
    /// The one after the fix; on `owned`.
    Fix,
}

impl MakerVersion {
    /// As the log has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Rollout => "rollout",
            Self::Fix => "fix",
        }
    }
}

/// A codec without pixels.
pub(super) struct SymbolicCodec {
    bands: u32,
}

/// A frame without pixels: whose photo lies in it is on the witness's tag.
#[derive(Default)]
pub(super) struct SymbolicFrame;

/// How many bands are still to be made.
pub(super) struct BandsLeft(u32);

impl Frame for SymbolicFrame {
    fn clear(&mut self) {}

    fn capacity(&self) -> usize {
        0
    }
}

impl Codec for SymbolicCodec {
    type Request = ();
    type Photo = ();
    type Frame = SymbolicFrame;
    type Thumbnail = BandsLeft;
    type Output = ();
    type Error = Infallible;

    fn decode(&self, (): &()) -> Result<(), Infallible> {
        Ok(())
    }

    fn fill(&self, (): (), _: &mut SymbolicFrame) -> BandsLeft {
        BandsLeft(self.bands)
    }

    fn band(&self, _: &SymbolicFrame, left: &mut BandsLeft) -> bool {
        left.0 = left.0.saturating_sub(1);
        left.0 > 0
    }

    fn encode(&self, _: BandsLeft) -> Result<(), Infallible> {
        Ok(())
    }
}

type Watched = TaggingCodec<SymbolicCodec>;
type Request = Numbered<()>;
type JobOf<P> = <P as Pipeline>::Job;

/// A conversion between two steps, by the pipeline that has it.
pub(super) enum Job {
    Shared(JobOf<Shared<Watched>>),
    Owned(JobOf<Owned<Watched>>),
    Pooled(JobOf<Pooled<Watched>>),
}

enum RolloutPipeline {
    Shared(Shared<Watched>),
    Owned(Owned<Watched>),
    Pooled(Pooled<Watched>),
}

/// One instance's makers.
pub(super) struct Pipelines {
    before: Owned<Watched>,
    rollout: RolloutPipeline,
    fix: Owned<Watched>,
}

impl Pipelines {
    pub(super) fn new(kind: PipelineKind, slots: NonZeroUsize, bands: u32) -> Self {
        let codec = || TaggingCodec::new(SymbolicCodec { bands });
        let bounds = Bounds { max_frames: slots.get(), max_frame_bytes: usize::MAX };
        let rollout = match kind {
            PipelineKind::Shared => RolloutPipeline::Shared(Shared::new(codec(), slots)),
            PipelineKind::Owned => RolloutPipeline::Owned(Owned::new(codec())),
            PipelineKind::Pooled => RolloutPipeline::Pooled(Pooled::new(codec(), bounds)),
        };
        Self { before: Owned::new(codec()), rollout, fix: Owned::new(codec()) }
    }

    pub(super) fn begin(&self, maker: MakerVersion, photo: u32) -> Job {
        let request = Numbered { number: photo as usize, request: () };
        match (maker, &self.rollout) {
            (MakerVersion::Before, _) => Job::Owned(begun(&self.before, &request)),
            (MakerVersion::Fix, _) => Job::Owned(begun(&self.fix, &request)),
            (MakerVersion::Rollout, RolloutPipeline::Shared(shared)) => {
                Job::Shared(begun(shared, &request))
            }
            (MakerVersion::Rollout, RolloutPipeline::Owned(owned)) => {
                Job::Owned(begun(owned, &request))
            }
            (MakerVersion::Rollout, RolloutPipeline::Pooled(pooled)) => {
                Job::Pooled(begun(pooled, &request))
            }
        }
    }

    /// Makes the next band, and says whether more remain.
    pub(super) fn band(&self, maker: MakerVersion, job: &mut Job) -> bool {
        match (job, &self.rollout) {
            (Job::Shared(job), RolloutPipeline::Shared(shared)) => shared.band(job),
            (Job::Pooled(job), RolloutPipeline::Pooled(pooled)) => pooled.band(job),
            (Job::Owned(job), rollout) => self.owned(maker, rollout).band(job),
            _ => unreachable!("a job is stepped by the pipeline that began it"),
        }
    }

    pub(super) fn finish(&self, maker: MakerVersion, job: Job) -> Traced<()> {
        let Ok(made) = match (job, &self.rollout) {
            (Job::Shared(job), RolloutPipeline::Shared(shared)) => shared.finish(job),
            (Job::Pooled(job), RolloutPipeline::Pooled(pooled)) => pooled.finish(job),
            (Job::Owned(job), rollout) => self.owned(maker, rollout).finish(job),
            _ => unreachable!("a job is finished by the pipeline that began it"),
        };
        made
    }

    fn owned<'a>(
        &'a self,
        maker: MakerVersion,
        rollout: &'a RolloutPipeline,
    ) -> &'a Owned<Watched> {
        match (maker, rollout) {
            (MakerVersion::Rollout, RolloutPipeline::Owned(owned)) => owned,
            (MakerVersion::Fix, _) => &self.fix,
            _ => &self.before,
        }
    }
}

fn begun<P>(pipeline: &P, request: &Request) -> P::Job
where
    P: Pipeline<Codec = Watched>,
{
    let Ok(job) = pipeline.begin(request);
    job
}
