//! What lies where, step by step, as the lap law has it.
//!
//! A thumbnail shows only how it ended. The moment that mattered was earlier, when a frame changed
//! hands while somebody still needed it.

use std::num::{NonZeroU32, NonZeroUsize};

use super::word::{Act, Schedule, Step};

/// One step of a word, and what lies in the slots after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceStep {
    /// Whose step it is.
    pub step: Step,
    /// What it does.
    pub act: Act,
    /// The request's slot.
    pub slot: usize,
    /// Whose photo lies in each slot after it: as many as the word's requests can take.
    pub slots: Vec<Option<usize>>,
    /// For a band: whose photo it shows.
    pub shows: Option<usize>,
    /// For a begin: the request that it laps with bands still to make. From here on that request's
    /// next band shows somebody else's photo, whatever comes; until here it could have made all of
    /// its bands at once.
    pub laps: Option<usize>,
}

/// Follows a word on a ring of so many slots. A ring with a slot for each request is what jobs that
/// own their frames amount to: then slot and request have the same number.
///
/// Letters past a finish are passed over; [`Word::check`] refuses them.
pub fn trace(word: &Schedule, bands: NonZeroU32, slots: NonZeroUsize) -> Vec<TraceStep> {
    let mut last_decoded = vec![None; word.requests().min(slots.get())];
    let mut bands_left = vec![bands.get(); word.requests()];
    let mut moments = Vec::new();
    for step in word.steps() {
        let Some(act) = step.act(bands) else { continue };
        let slot = step.request % slots;
        let (mut shows, mut laps) = (None, None);
        match act {
            Act::Begin => {
                let before: Option<usize> = last_decoded[slot].replace(step.request);
                laps = before.filter(|&before| bands_left[before] > 0);
            }
            Act::Band(_) => {
                shows = last_decoded[slot];
                bands_left[step.request] -= 1;
            }
            Act::Finish => {}
        }
        moments.push(TraceStep { step, act, slot, slots: last_decoded.clone(), shows, laps });
    }
    moments
}
