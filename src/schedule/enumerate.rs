//! Enumerates all words (schedules written as letters) of a size, and counts them.
//!
//! A share of outcomes over all words is exact, and not a sample. The number of words grows fast,
//! so each word is made from the word before it, and no word is kept.

use std::num::NonZeroU32;

use num_bigint::BigUint;

use super::word::{MAX_LETTERS, MAX_REQUESTS, Schedule, ScheduleError};

/// Enumerates all distinct complete words of `requests` requests with `bands` bands (parts of a
/// thumbnail) each, in alphabetical order. Every word has `bands + 2` of each of the first
/// `requests` letters.
///
/// # Errors
/// Returns [`ScheduleError::Requests`] if `requests` is 0 or more than the letters A to Z, and
/// [`ScheduleError::TooLong`] if the words would be longer than [`MAX_LETTERS`].
pub fn schedules(requests: usize, bands: NonZeroU32) -> Result<Schedules, ScheduleError> {
    if requests == 0 || requests > MAX_REQUESTS {
        return Err(ScheduleError::Requests { requests });
    }
    let steps = usize::try_from(bands.get()).unwrap_or(usize::MAX).saturating_add(2);
    let letters = requests.saturating_mul(steps);
    if letters > MAX_LETTERS {
        return Err(ScheduleError::TooLong { letters });
    }
    let alphabet = (b'A'..=b'Z').take(requests);
    let first = alphabet.flat_map(|letter| std::iter::repeat_n(letter, steps)).collect();
    Ok(Schedules { next: Some(first) })
}

/// Counts the words that [`schedules`] enumerates: (R(B + 2))! ÷ ((B + 2)!)^R, and 0 for no
/// requests. Returns `None` if the count exceeds `u128`. The count ignores [`MAX_LETTERS`].
pub fn count(requests: usize, bands: NonZeroU32) -> Option<u128> {
    if requests == 0 {
        return Some(0);
    }
    let steps = u64::from(bands.get()) + 2;
    let mut words = BigUint::from(1_u32);
    for letters in (1..requests as u128).map(|request| request * u128::from(steps)) {
        // The positions that one more request can take among all letters so far and its own.
        for step in 1..=steps {
            words *= letters + u128::from(step);
            words /= step;
            if words.bits() > 128 {
                return None;
            }
        }
    }
    u128::try_from(words).ok()
}

/// Iterates over the words of one size. Holds one word at a time.
#[derive(Clone, Debug)]
pub struct Schedules {
    next: Option<Vec<u8>>,
}

impl Iterator for Schedules {
    type Item = Schedule;

    fn next(&mut self) -> Option<Schedule> {
        let mut letters = self.next.take()?;
        let word = Schedule::of(&letters);
        if advance(&mut letters) {
            self.next = Some(letters);
        }
        Some(word)
    }
}

/// Rearranges the letters into the alphabetically next word, and returns false if there is none.
fn advance(letters: &mut [u8]) -> bool {
    let Some(rise) = letters.windows(2).rposition(|pair| pair[0] < pair[1]) else {
        return false;
    };
    // The letters after the last rise only fall, so the last letter above it is the smallest such.
    let above = letters.iter().rposition(|&letter| letter > letters[rise]);
    letters.swap(rise, above.expect("the letter after the rise is above it"));
    letters[rise + 1..].reverse();
    true
}
