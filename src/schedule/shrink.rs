//! Shrinks a word (a schedule written as letters) to a smallest word with the same outcome.
//!
//! A mix-up found among thousands of steps is no explanation. A reader can follow a word with few
//! switches from one request to another. By the lap law a mixed request waits while as many others
//! begin as there are slots (buffers in the ring), which costs a switch to each of them and a
//! switch back. The others need only their begin. So the smallest word is built and not searched
//! for.

use std::iter::repeat_n;
use std::num::{NonZeroU32, NonZeroUsize};

use super::lap_law::{Outcome, predict};
use super::word::{MAX_REQUESTS, Schedule};

/// Names the request that a word is about, and the outcome of the request's thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Number of the request, by order of first letters, from 0.
    pub request: usize,
    /// Outcome of the request's thumbnail.
    pub outcome: Outcome,
}

/// Returns the first request whose thumbnail is mixed, by order of first letters, or the first
/// finished request if no thumbnail is mixed. Returns `None` if no request finishes.
pub fn subject(word: &Schedule, bands: NonZeroU32, slots: NonZeroUsize) -> Option<Subject> {
    let finished = predict(word, bands, slots).into_iter().enumerate();
    let mut subjects = finished.filter_map(|(request, owners)| {
        Some(Subject { request, outcome: Outcome::of(&request, &owners?) })
    });
    let first = subjects.next()?;
    Some([first].into_iter().chain(subjects).find(|next| next.outcome.mixed()).unwrap_or(first))
}

/// Counts how often a word goes from one request to another.
pub fn switches(word: &Schedule) -> usize {
    let requests: Vec<usize> = word.steps().map(|step| step.request).collect();
    requests.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// Shrinks a word to a smallest one in which the same [`Subject`] has the same outcome: fewest
/// switches, then fewest requests, then fewest letters. Returns `None` if no request finishes.
///
/// The subject keeps its letter and all of its steps, and a lap (the begin of the request that
/// overwrites the subject's slot) stays between the same two of these steps. So the same bands
/// (parts of the thumbnail) show a foreign photo. Requests before the subject and after the lap are
/// removed. The requests between them keep only their begin, which moves to the lap.
pub fn shrink(word: &Schedule, bands: NonZeroU32, slots: NonZeroUsize) -> Option<Schedule> {
    let Subject { request, outcome } = subject(word, bands, slots)?;
    if outcome == Outcome::Clean {
        return Some(lapped_once(word, request, bands.get() as usize + 2, 0, bands));
    }
    let lap = request + slots.get();
    let before = word.steps().take_while(|step| step.request != lap);
    let before = before.filter(|step| step.request == request).count();
    Some(lapped_once(word, request, before, slots.get(), bands))
}

/// Builds a word from the letters of another one: `before` steps of a request, then the begins of
/// the next `others` requests, then the request's remaining steps.
fn lapped_once(
    word: &Schedule,
    request: usize,
    before: usize,
    others: usize,
    bands: NonZeroU32,
) -> Schedule {
    let letter = |request| word.letter(request) as u8;
    let after = bands.get() as usize + 2 - before;
    let others = (request + 1..=request + others).map(letter);
    let own = |steps| repeat_n(letter(request), steps);
    Schedule::of(&own(before).chain(others).chain(own(after)).collect::<Vec<u8>>())
}

/// Returns a shortest word in which request A is mixed: torn (its thumbnail has rows of two photos)
/// if there are two bands or more, else swapped. Returns `None` with as many slots as letters,
/// where no request is lapped.
pub fn shortest_mixed(bands: NonZeroU32, slots: NonZeroUsize) -> Option<Schedule> {
    if slots.get() >= MAX_REQUESTS {
        return None;
    }
    let letters: Vec<u8> = (b'A'..=b'Z').take(slots.get() + 1).collect();
    Some(lapped_once(&Schedule::of(&letters), 0, bands.get() as usize, slots.get(), bands))
}
