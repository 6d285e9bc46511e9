//! Predicts the owner of every band (some rows of a thumbnail) in the ring of shared buffers,
//! without running a pipeline.
//!
//! A failure that can be predicted to the band is understood. This file shares no code with the
//! pipelines, so that the prediction and the pipelines can be checked against each other.

use std::num::{NonZeroU32, NonZeroUsize};

use super::word::{Act, Schedule};

/// Predicts the owner of every band that [`Shared`](crate::pipeline::Shared) makes of a word (a
/// schedule written as letters), if every photo can be decoded. Returns for each request, in order
/// of first letters, the owners of its bands, and `None` for a request that does not finish. Owners
/// are numbered by the order of first letters too.
///
/// > **Lap law.** A band made now shows the photo last decoded into the slot.
///
/// A slot is a buffer of the ring. The index of a request's slot is the request's number modulo
/// `slots`. In a word, the order of the numbers is also the order of the decodes. So a foreign
/// owner always has a greater number than the request. Letters after a finish are ignored, and
/// [`Schedule::check`] rejects them.
pub fn predict(word: &Schedule, bands: NonZeroU32, slots: NonZeroUsize) -> Vec<Option<Vec<usize>>> {
    let slot_of = |request: usize| request % slots;
    // A request's slot is at most its own number, so a huge ring needs no more than this.
    let mut last_decoded = vec![None; word.requests()];
    let mut shown = vec![Vec::new(); word.requests()];
    let mut finished = vec![None; word.requests()];
    for step in word.steps() {
        let request = step.request;
        match step.act(bands) {
            Some(Act::Begin) => last_decoded[slot_of(request)] = Some(request),
            Some(Act::Band(_)) => shown[request].extend(last_decoded[slot_of(request)]),
            Some(Act::Finish) => finished[request] = Some(std::mem::take(&mut shown[request])),
            None => {}
        }
    }
    finished
}

/// Classifies a finished thumbnail by the owners of its bands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// A thumbnail with only its owner's rows.
    Clean,
    /// A thumbnail with some rows of its owner's photo and some of another photo.
    Torn,
    /// A thumbnail without any row of its owner's photo.
    Swapped,
}

impl Outcome {
    /// Classifies a thumbnail by the owners of its bands. A thumbnail without bands is clean.
    pub fn of<T: PartialEq>(own: &T, bands: &[T]) -> Self {
        let foreign = bands.iter().filter(|owner| *owner != own).count();
        match foreign {
            0 => Self::Clean,
            _ if foreign == bands.len() => Self::Swapped,
            _ => Self::Torn,
        }
    }

    /// Returns true if the thumbnail is mixed, which means that it has foreign rows.
    pub fn mixed(self) -> bool {
        self != Self::Clean
    }
}
