//! What a replay plays: a word, and everything that is not in it.
//!
//! It is said on the command line, and never changes while the word is played.

use std::num::{NonZeroU32, NonZeroUsize};

use crate::codec::{Fit, Size};
use crate::pipelines::PipelineKind;
use crate::schedule::Schedule;

/// What is to be played.
pub(super) struct ReplayConfig {
    pub(super) word: Schedule,
    pub(super) bands: NonZeroU32,
    pub(super) slots: NonZeroUsize,
    pub(super) kind: PipelineKind,
    pub(super) size: Size,
    pub(super) fit: Fit,
}
