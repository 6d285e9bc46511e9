//! The lap law: whose photo each band shows in the ring of shared buffers, said without running it.
//!
//! A failure that can be predicted to the band is understood, and no accident. Nothing here knows
//! the pipeline's code, so that each can be held against the other.

use std::num::{NonZeroU32, NonZeroUsize};

use super::word::{Act, Schedule};

/// Predicts the owner of every band that [`Shared`](crate::pipeline::Shared) makes of a word, if
/// every photo can be decoded: of each request that finishes, in order of first letters, its
/// bands' owners by the same order. `None` for a request that does not finish.
///
/// > A band made now shows the photo last decoded into the slot.
///
/// The slot is a request's number modulo `slots`. In a word, numbers are also the order of
/// decodes: an owner with a greater number than the request is a later one, and none is earlier.
/// Letters past a finish are passed over; [`Word::check`] refuses them.
pub fn predict(word: &Schedule, bands: NonZeroU32, slots: NonZeroUsize) -> Vec<Option<Vec<usize>>> {
    let slot_of = |request: usize| request % slots;
    // No request has a higher slot than its own number: a huge ring needs no more than this.
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

/// What became of one thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Only its owner's rows.
    Clean,
    /// Some rows of its owner's photo, and some of another's.
    Torn,
    /// No row of its owner's photo: only another's, or several others'.
    Swapped,
}

impl Outcome {
    /// Judges a thumbnail by the owners of its bands. One without bands shows nobody: clean.
    pub fn of<T: PartialEq>(own: &T, bands: &[T]) -> Self {
        let foreign = bands.iter().filter(|owner| *owner != own).count();
        match foreign {
            0 => Self::Clean,
            _ if foreign == bands.len() => Self::Swapped,
            _ => Self::Torn,
        }
    }

    /// Whether a stranger's rows are in it: torn or swapped.
    pub fn mixed(self) -> bool {
        self != Self::Clean
    }
}
