//! Holds the parameters of a replay.

use std::num::{NonZeroU32, NonZeroUsize};

use crate::codec::ThumbnailSpec;
use crate::pipelines::PipelineKind;
use crate::schedule::{Act, Schedule, TraceStep, trace};

/// Holds a word (a schedule written as letters) and all other parameters of its replay.
pub(crate) struct ReplayConfig {
    pub(crate) word: Schedule,
    pub(crate) bands: NonZeroU32,
    pub(crate) slots: NonZeroUsize,
    pub(crate) pipeline: PipelineKind,
    pub(crate) spec: ThumbnailSpec,
}

impl ReplayConfig {
    /// Returns true if requests share the slots (buffers) of a ring.
    pub(super) fn has_ring(&self) -> bool {
        self.pipeline == PipelineKind::Shared
    }

    /// Returns the number of slots to which the lap law (which predicts the photo in each slot) is
    /// applied. A pipeline whose jobs own their frames behaves like a ring with a slot for each
    /// request.
    pub(super) fn ring(&self) -> NonZeroUsize {
        match self.pipeline {
            PipelineKind::Shared => self.slots,
            _ => NonZeroUsize::new(self.word.requests()).unwrap_or(NonZeroUsize::MIN),
        }
    }

    /// Traces the word by the lap law. A finished job that owned its frame has no frame any more.
    pub(super) fn trace(&self) -> Vec<TraceStep> {
        let mut steps = trace(&self.word, self.bands, self.ring());
        if !self.has_ring() {
            let mut finished = Vec::new();
            for step in &mut steps {
                finished.extend((step.act == Act::Finish).then_some(step.slot));
                finished.iter().for_each(|&frame| step.slots[frame] = None);
            }
        }
        steps
    }
}
