//! Replays the findings of a checker on the library's ring, on one thread.
//!
//! A checker runs the shipped files with its own primitives and threads. The replay shows that the
//! finding also happens in the library, step for step.

use std::num::{NonZeroU32, NonZeroUsize};

use double_exposure::schedule::{Schedule, predict, replay_all};

use crate::model::clients::Served;

/// Replays a run's word (a schedule written as letters) on the library's ring, and returns the
/// owner of each band, or `None` for a request without a thumbnail.
///
/// # Panics
/// Panics if the run, the replay and the lap law differ.
#[track_caller]
pub(crate) fn replay(
    served: &Served,
    bands: usize,
    slots: NonZeroUsize,
) -> Vec<Option<Vec<usize>>> {
    let word: Schedule = served.ring_word().parse().expect("a run gives a word");
    let bands = NonZeroU32::new(u32::try_from(bands).expect("few bands")).expect("a band");
    let replayed = replay_all(&word, bands, slots).shared;
    assert_eq!(served.owners(), replayed, "{word} on {slots} slots: threads, library");
    let predicted = predict(&word, bands, slots);
    assert_eq!(predicted, replayed, "{word} on {slots} slots: law, library");
    replayed
}
