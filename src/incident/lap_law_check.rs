//! Checks every thumbnail of a simulation against the lap law, in two ways.
//!
//! Every thumbnail is compared with the ring model, band by band. Every wrong thumbnail is also
//! written as a word (a schedule written as letters) of its own slot, which a reader can replay,
//! and compared with the law's prediction for that word.

use std::num::{NonZeroU32, NonZeroUsize};

use serde::Serialize;

use super::node::Finished;
use super::ring_model::RingModel;
use crate::schedule::{Outcome, predict};

/// Maximum number of samples that are kept for images.
const MAX_SAMPLES: usize = 256;
/// Maximum number of requests in a sample's word. A reader can still follow a word of this size.
const MAX_SAMPLE_REQUESTS: usize = 4;

/// Counts the results of the check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LapLawCounts {
    /// Number of thumbnails compared with the law, band by band.
    pub thumbnails: u64,
    /// Number of wrong thumbnails written as a word and compared with the law's prediction for it.
    pub words: u64,
    /// Number of wrong thumbnails whose word would need more than 26 letters.
    pub too_long: u64,
    /// Number of thumbnails that violate the law. It is 0 unless the program is faulty.
    pub violations: u64,
}

/// Describes a wrong thumbnail by the word of its slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Virtual time at which the thumbnail was made, in microseconds since the start.
    pub at_us: u64,
    /// The thumbnail's number.
    pub thumbnail: u32,
    /// The word of the slot, for `replay --slots 1`. The thumbnail's own request is A.
    pub word: String,
    /// The index of the request that each band shows, in the order of first letters.
    pub bands: Vec<usize>,
}

impl Sample {
    /// Returns true if some rows belong to the thumbnail's own photo.
    pub fn is_torn(&self) -> bool {
        Outcome::of(&0, &self.bands) == Outcome::Torn
    }
}

/// Checks each finished thumbnail, and keeps samples of wrong thumbnails.
pub(super) struct LapLawCheck {
    bands: NonZeroU32,
    pub(super) counts: LapLawCounts,
    pub(super) samples: Vec<Sample>,
}

impl LapLawCheck {
    pub(super) fn new(bands: u32) -> Self {
        let bands = NonZeroU32::new(bands).unwrap_or(NonZeroU32::MIN);
        Self { bands, counts: LapLawCounts::default(), samples: Vec::new() }
    }

    pub(super) fn check(
        &mut self,
        finished: &Finished,
        ring: Option<&RingModel>,
        thumbnail: u32,
        at_us: u64,
    ) {
        let Finished { traced, slot, lawful, .. } = finished;
        self.counts.thumbnails += 1;
        self.counts.violations += u64::from(!lawful);
        let wrong = traced.bands.iter().any(|band| *band != Some(traced.own));
        let (true, Some(ring), &Some(slot)) = (wrong, ring, slot) else { return };
        let Some((word, decodes)) = ring.word((slot as usize, traced.own.decode)) else {
            self.counts.too_long += 1;
            return;
        };
        let predicted = predict(&word, self.bands, NonZeroUsize::MIN).swap_remove(0);
        let bands = traced.bands.iter().flatten();
        let shown: Option<Vec<usize>> =
            bands.map(|tag| decodes.iter().position(|&decode| decode == tag.decode)).collect();
        self.counts.words += 1;
        self.counts.violations += u64::from(predicted.is_none() || predicted != shown);
        let keep = decodes.len() <= MAX_SAMPLE_REQUESTS && self.samples.len() < MAX_SAMPLES;
        if let (true, Some(bands)) = (keep, shown) {
            self.samples.push(Sample { at_us, thumbnail, word: word.to_string(), bands });
        }
    }
}
