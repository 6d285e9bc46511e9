//! The lap law, held against what the day's pipelines made, thumbnail by thumbnail.
//!
//! Twice: every thumbnail against the ring as the law has it, band by band; and every mixed one as
//! the word of its own slot, which anybody can replay.

use std::num::{NonZeroU32, NonZeroUsize};

use serde::Serialize;

use super::node::Finished;
use super::ring_model::RingModel;
use crate::schedule::{Outcome, Schedule, predict};

/// Samples that are kept to choose pictures from.
const MOST_SAMPLES: usize = 256;
/// Requests of a word that a room can follow.
const MOST_REQUESTS: usize = 4;

/// What came of the check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LawCheck {
    /// Thumbnails whose every band was held against the law.
    pub thumbnails: u64,
    /// Mixed thumbnails that were written as a word and predicted from it.
    pub words: u64,
    /// Mixed ones whose word would need more than 26 letters.
    pub too_long: u64,
    /// Thumbnails that are not what the law says. Anything but 0 is a broken promise.
    pub broken: u64,
}

/// A mixed thumbnail of the day, as the word of its slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// When it was made, in microseconds since the start.
    pub at_us: u64,
    /// Its number.
    pub thumbnail: u32,
    /// For `replay --slots 1`. Its own request is A.
    pub word: String,
    /// Which of the word's requests each band shows, by order of first letters.
    pub bands: Vec<usize>,
}

impl Sample {
    /// Whether some rows are its owner's.
    pub fn is_torn(&self) -> bool {
        Outcome::of(&0, &self.bands) == Outcome::Torn
    }
}

pub(super) struct LapLawCheck {
    bands: NonZeroU32,
    pub(super) held: LawCheck,
    pub(super) samples: Vec<Sample>,
}

impl LapLawCheck {
    pub(super) fn new(bands: u32) -> Self {
        let bands = NonZeroU32::new(bands).unwrap_or(NonZeroU32::MIN);
        Self { bands, held: LawCheck::default(), samples: Vec::new() }
    }

    pub(super) fn hold(
        &mut self,
        finished: &Finished,
        slots: Option<&RingModel>,
        thumbnail: u32,
        at_us: u64,
    ) {
        let Finished { made, slot, lawful, .. } = finished;
        self.held.thumbnails += 1;
        self.held.broken += u64::from(!lawful);
        let mixed = made.bands.iter().any(|band| *band != Some(made.own));
        let (true, Some(slots), &Some(slot)) = (mixed, slots, slot) else { return };
        let Some((word, decodes)) = slots.word((slot as usize, made.own.decode)) else {
            self.held.too_long += 1;
            return;
        };
        let predicted = predict(&word, self.bands, NonZeroUsize::MIN).swap_remove(0);
        let bands = made.bands.iter().flatten();
        let shown: Option<Vec<usize>> =
            bands.map(|tag| decodes.iter().position(|&decode| decode == tag.decode)).collect();
        self.held.words += 1;
        self.held.broken += u64::from(predicted.is_none() || predicted != shown);
        let few = decodes.len() <= MOST_REQUESTS && self.samples.len() < MOST_SAMPLES;
        if let (true, Some(bands)) = (few, shown) {
            let word = Schedule::to_string(&word);
            self.samples.push(Sample { at_us, thumbnail, word, bands });
        }
    }
}
