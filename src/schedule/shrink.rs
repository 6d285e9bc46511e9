//! The smallest word that ends like a given one.
//!
//! A mix-up found among thousands of steps is a mix-up, but no explanation. What a person can keep
//! in mind is the fewest switches from one request to another.

use std::iter::repeat_n;
use std::num::{NonZeroU32, NonZeroUsize};

use super::lap_law::{Outcome, predict};
use super::word::{MAX_REQUESTS, Schedule};

/// The kind of outcome of a word: that of its first mixed thumbnail, in order of first letters, or
/// clean if none of its finished thumbnails is mixed. `None` if no thumbnail is finished.
pub fn classify(word: &Schedule, bands: NonZeroU32, slots: NonZeroUsize) -> Option<Outcome> {
    let finished = predict(word, bands, slots).into_iter().enumerate();
    let mut outcomes =
        finished.filter_map(|(request, owners)| Some(Outcome::of(&request, &owners?)));
    let first = outcomes.next()?;
    Some(std::iter::once(first).chain(outcomes).find(|outcome| outcome.mixed()).unwrap_or(first))
}

/// How often a word goes from one request to another.
pub fn switches(word: &Schedule) -> usize {
    let requests: Vec<usize> = word.steps().map(|step| step.request).collect();
    requests.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// The word with the fewest switches that ends in this [`kind`] of outcome; among those the one of
/// the fewest requests, then of the fewest letters, then the first in the alphabet. `None` if no
/// word ends like this: with one band nobody is torn, and with as many slots as letters nobody is
/// lapped.
///
/// By the lap law a mixed request must wait while as many others begin as there are slots, which
/// is a switch to each of them and one back; they need not do more than begin. Nothing shorter is
/// left to search.
pub fn minimal(kind: Outcome, bands: NonZeroU32, slots: NonZeroUsize) -> Option<Schedule> {
    let bands = bands.get() as usize;
    // Letters of the mixed request before it is lapped: as many of its bands as can be its own.
    let before = match kind {
        Outcome::Clean => return Some(Schedule::of(&vec![b'A'; bands + 2])),
        Outcome::Torn if bands == 1 => return None,
        Outcome::Torn => bands,
        Outcome::Swapped => 1,
    };
    if slots.get() >= MAX_REQUESTS {
        return None;
    }
    let after = bands + 2 - before;
    let others = (b'B'..=b'Z').take(slots.get());
    let letters = repeat_n(b'A', before).chain(others).chain(repeat_n(b'A', after));
    Some(Schedule::of(&letters.collect::<Vec<u8>>()))
}
