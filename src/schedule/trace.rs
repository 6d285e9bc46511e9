//! Traces which photo each slot (buffer of the ring) holds after each step, by the lap law (which
//! predicts the photo that each band shows).
//!
//! A thumbnail shows only the result. The decisive step came earlier, when a frame was overwritten
//! while another request still needed it.

use std::num::{NonZeroU32, NonZeroUsize};

use super::word::{Act, Schedule, Step};

/// Describes one step of a word (a schedule written as letters) and the slots after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceStep {
    /// Request and position of the step.
    pub step: Step,
    /// Action of the step.
    pub act: Act,
    /// Index of the request's slot.
    pub slot: usize,
    /// Owner of the photo in each slot after the step, for the slots that the word's requests use.
    pub slots: Vec<Option<usize>>,
    /// Owner of the photo that the band shows, if the step makes a band.
    pub shows: Option<usize>,
    /// Request that the step laps (overwrites before its last band), if the step is a begin. From
    /// this step on, the next band of the lapped request shows a foreign photo. Before this step
    /// the lapped request could still have made all of its bands.
    pub laps: Option<usize>,
}

/// Traces a word on a ring of `slots` slots. A ring with a slot for each request behaves like jobs
/// that own their frames, and then the index of a slot is the number of its request.
///
/// Letters after a finish are ignored, and [`Schedule::check`] rejects them.
pub fn trace(word: &Schedule, bands: NonZeroU32, slots: NonZeroUsize) -> Vec<TraceStep> {
    let mut last_decoded = vec![None; word.requests().min(slots.get())];
    let mut bands_left = vec![bands.get(); word.requests()];
    let mut steps = Vec::new();
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
        steps.push(TraceStep { step, act, slot, slots: last_decoded.clone(), shows, laps });
    }
    steps
}
