//! Findings replayed on the library's own ring, on one thread.
//!
//! A checker runs the shipped files on its own primitives and threads; that its finding happens in
//! the library as it is shipped, step for step, is seen by playing its word there.

use std::num::{NonZeroU32, NonZeroUsize};

use double_exposure::pipeline;
use double_exposure::schedule::{self, Schedule, predict};

use crate::crowd::Served;

// The model's codec a second time, now for the library's pipelines.
#[path = "codec.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "of other types here; a replay has no steps")]
mod codec;

/// Plays a run's word on the library's ring and says whose photo each band shows there.
///
/// # Panics
/// If the run, the replay and the lap law are not of one mind.
#[track_caller]
pub(crate) fn replay(served: &Served, bands: usize, slots: NonZeroUsize) -> Vec<Vec<usize>> {
    let word: Schedule = served.ring_word().parse().expect("a run spells a word");
    let count = NonZeroU32::new(u32::try_from(bands).expect("few bands")).expect("a band");
    let ring = pipeline::Shared::new(codec::Model::new(bands), slots);
    let photos: Vec<u8> = (b'A'..).take(word.requests()).collect();
    let played = schedule::replay(&word, count, &ring, |request| &photos[request]);
    let owners = |letters: Vec<u8>| letters.iter().map(|l| usize::from(l - b'A')).collect();
    let played: Vec<Vec<usize>> = played
        .into_iter()
        .map(|thumbnail| owners(thumbnail.expect("it finished").expect("its photo is whole")))
        .collect();
    assert_eq!(served.owners(), played, "{word} on {slots} slots: threads, library");
    let law: Option<Vec<_>> = predict(&word, count, slots).into_iter().collect();
    assert_eq!(law.as_ref(), Some(&played), "{word} on {slots} slots: law, library");
    played
}
