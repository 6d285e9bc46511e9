//! All words of a size, one after the other, and how many there are.
//!
//! A share of outcomes over all of them is a fact and no sample. Their number grows fast, so they
//! are made one from the other and never kept.

use std::num::NonZeroU32;

use super::word::{MAX_LETTERS, MAX_REQUESTS, Schedule, ScheduleError};

/// All distinct complete words of `requests` requests with so many bands each, in alphabetical
/// order: every word has `bands + 2` of each of the first `requests` letters.
///
/// # Errors
/// [`WordError::Requests`] if there are no letters for so many (or for none), and
/// [`WordError::TooLong`] if the words would be longer than [`MAX_LETTERS`].
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

/// How many words [`words`] has for this size: (R(B + 2))! ÷ ((B + 2)!)^R, and none for no
/// requests. `None` past `u128`; the length of the words is no matter here.
pub fn count(requests: usize, bands: NonZeroU32) -> Option<u128> {
    if requests == 0 {
        return Some(0);
    }
    let steps = u128::from(bands.get()) + 2;
    let mut words: u128 = 1;
    for request in 2..=requests as u128 {
        // The places that one request more can take among all letters so far and its own.
        words = words.checked_mul(choose(request.checked_mul(steps)?, steps)?)?;
    }
    Some(words)
}

/// The words of one size. Holds one word, however many there are.
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

/// Rearranges the letters into the alphabetically next word, unless it is the last.
fn advance(letters: &mut [u8]) -> bool {
    let Some(rise) = letters.windows(2).rposition(|pair| pair[0] < pair[1]) else {
        return false;
    };
    // What follows the last rise only falls, so the last letter above it is the smallest such.
    let above = letters.iter().rposition(|&letter| letter > letters[rise]);
    letters.swap(rise, above.expect("the letter after the rise is above it"));
    letters[rise + 1..].reverse();
    true
}

/// The ways to choose `k` of `n`, for `n` at least 2 `k`; `None` past `u128`.
fn choose(n: u128, k: u128) -> Option<u128> {
    let mut ways: u128 = 1;
    for chosen in 1..=k {
        // Divided before multiplied: nothing on the way is larger than the result.
        let common = gcd(ways, chosen);
        ways = (ways / common).checked_mul((n - k + chosen) / (chosen / common))?;
    }
    Some(ways)
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}
