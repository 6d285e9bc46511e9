//! Counts the continuations of a word (a schedule written as letters) that end with a mixed
//! thumbnail, after each of the word's steps.
//!
//! The continuations are counted and not enumerated, so that the odds are exact for words with too
//! many continuations to enumerate. By the lap law a word is clean if and only if each request but
//! the first N begins after the last band (the last rows of the thumbnail) of the request N before
//! it, where N is the number of slots (buffers of the ring). So the begins, and the bands of
//! requests that can still be lapped (overwritten too early), are counted step by step. Every other
//! step depends only on steps of its own request, and a binomial coefficient counts its positions.

use std::collections::HashMap;
use std::num::{NonZeroU32, NonZeroUsize};

use num_bigint::BigUint;

use super::word::{Act, Schedule};

/// Upper bound of the positions that [`odds`] counts from.
pub const MAX_POSITIONS: u64 = 1_000_000;

/// Upper bound of the steps of all requests together, so that counting takes at most seconds.
const MAX_STEPS: usize = 1_000;

/// Counts the continuations of a word after some of its letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odds {
    /// Number of complete continuations that end with at least one mixed thumbnail.
    pub mixed: BigUint,
    /// Number of all complete continuations, in which every request makes all of its steps.
    pub all: BigUint,
}

/// Describes why the odds are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OddsError {
    /// The requests have more steps than [`odds`] counts.
    #[error(
        "the word's requests have {letters} steps in all, and at most {MAX_STEPS} are counted: set \
         fewer requests or bands"
    )]
    TooLong {
        /// Number of steps, which is the number of letters of a complete word.
        letters: usize,
    },
    /// The word has more positions than [`MAX_POSITIONS`].
    #[error(
        "the odds need {positions} positions, and at most {MAX_POSITIONS} are counted: set fewer \
         requests, fewer bands, or another number of slots"
    )]
    TooManyPositions {
        /// Number of positions, or [`u64::MAX`] if the number does not fit.
        positions: u64,
    },
}

impl Odds {
    /// Returns the share of continuations that end mixed, from 0 to 1, to about 15 digits. The
    /// share is 1 only if all of them end mixed.
    pub fn share(&self) -> f64 {
        if self.inevitable() {
            return 1.0;
        }
        // Both numbers lose the same low bits, so that each fits into an `f64`.
        let low_bits = self.all.bits().saturating_sub(1_000);
        let leading = |number: &BigUint| {
            let digits = (number >> low_bits).to_u64_digits().into_iter().rev();
            digits.fold(0.0, |sum, digit| sum * 2_f64.powi(64) + digit as f64)
        };
        (leading(&self.mixed) / leading(&self.all)).min(1_f64.next_down())
    }

    /// Returns true if at least half of the continuations end mixed.
    pub fn at_least_half(&self) -> bool {
        &self.mixed * 2_u32 >= self.all
    }

    /// Returns true if all continuations end mixed.
    pub fn inevitable(&self) -> bool {
        self.mixed == self.all
    }
}

/// Returns the odds in the ring of shared buffers before the first letter of a word and after each
/// letter. A continuation completes the word's own requests, each with `bands` bands, in any order.
/// The requests that have not begun take their slots in the order of their begins.
///
/// # Errors
/// Returns [`OddsError::TooManyPositions`] if there are more than [`MAX_POSITIONS`] positions, and
/// [`OddsError::TooLong`] if the requests have more than 1,000 steps in all.
///
/// # Panics
/// Panics if a request has more letters than steps. [`Schedule::check`] rejects such a word.
pub fn odds(
    word: &Schedule,
    bands: NonZeroU32,
    slots: NonZeroUsize,
) -> Result<Vec<Odds>, OddsError> {
    let steps_each = bands.get().saturating_add(2);
    let letters = word.requests().saturating_mul(steps_each as usize);
    if letters > MAX_STEPS {
        return Err(OddsError::TooLong { letters });
    }
    let mut clean = CleanContinuations::new(word.requests(), bands.get(), slots.get())?;
    let mut left = vec![steps_each; word.requests()];
    let mut letters_left = letters as u32;
    let mut all = BigUint::from(1_u32);
    for request in 0..word.requests() as u32 {
        interleave(&mut all, steps_each, request * steps_each);
    }
    let mut avoidable = true;
    let mut begun = 0;
    let mut odds = vec![clean.odds(&left, begun, avoidable, &all)];
    for step in word.steps() {
        let act = step.act(bands).expect("the word is checked: no request has too many letters");
        if act == Act::Begin {
            begun += 1;
            // The earlier request of the slot must have made its bands. Its finish may follow.
            let before = step.request.checked_sub(slots.get());
            avoidable &= before.is_none_or(|before| left[before] <= 1);
        }
        // The share of the continuations that begin with this letter is the letter's share of the
        // letters left.
        all *= left[step.request];
        all /= letters_left;
        left[step.request] -= 1;
        letters_left -= 1;
        odds.push(clean.odds(&left, begun, avoidable, &all));
    }
    Ok(odds)
}

/// Multiplies by the number of ways to interleave `steps` steps with `others` other steps, where
/// the order within each group is fixed. This number is a binomial coefficient.
fn interleave(ways: &mut BigUint, steps: u32, others: u32) {
    for step in 1..=steps {
        *ways *= others + step;
        *ways /= step;
    }
}

/// Counts the continuations without a mix-up from each position that is reached.
///
/// A position is the number of requests begun, and the bands left of each open request. A request
/// is open if it has begun and a request that has not begun will take its slot.
struct CleanContinuations {
    requests: usize,
    bands: u32,
    slots: usize,
    /// Continuations by position. Counts the orders of the begins and open bands to come, times the
    /// ways to interleave all other steps.
    counted: HashMap<(usize, Vec<u32>), BigUint>,
}

impl CleanContinuations {
    fn new(requests: usize, bands: u32, slots: usize) -> Result<Self, OddsError> {
        let clean = Self { requests, bands, slots, counted: HashMap::new() };
        let positions_of = |begun| {
            let open = u32::try_from(clean.open(begun).len()).unwrap_or(u32::MAX);
            (u64::from(bands) + 1).saturating_pow(open)
        };
        let positions = (0..=requests).map(positions_of).fold(0, u64::saturating_add);
        if positions > MAX_POSITIONS {
            return Err(OddsError::TooManyPositions { positions });
        }
        Ok(clean)
    }

    /// Returns the open requests.
    fn open(&self, begun: usize) -> std::ops::Range<usize> {
        let first = begun.saturating_sub(self.slots);
        first..begun.min(self.requests.saturating_sub(self.slots)).max(first)
    }

    /// Counts the continuations from a position.
    fn count(&mut self, begun: usize, bands_left: Vec<u32>) -> BigUint {
        let position = (begun, bands_left);
        if let Some(ways) = self.counted.get(&position) {
            return ways.clone();
        }
        let bands_left = &position.1;
        let steps = self.steps_to_come(begun, bands_left);
        let mut ways = BigUint::from(u32::from(steps == 0));
        for (index, &left) in bands_left.iter().enumerate().filter(|&(_, &left)| left > 0) {
            let mut next = bands_left.clone();
            next[index] -= 1;
            let mut after = self.count(begun, next);
            if left == 1 {
                // After the last band the finish may come at any time.
                interleave(&mut after, 1, steps - 2);
            }
            ways += after;
        }
        // The next begin closes the earlier request of its slot, which must have no bands left.
        let closes = begun >= self.slots;
        if begun < self.requests && !(closes && bands_left[0] > 0) {
            let mut next = bands_left[usize::from(closes)..].to_vec();
            if self.open(begun + 1).contains(&begun) {
                next.push(self.bands);
                ways += self.count(begun + 1, next);
            } else {
                // No later request takes its slot, so its bands and its finish may come at any
                // time.
                let follow = self.bands + 1;
                let mut after = self.count(begun + 1, next);
                interleave(&mut after, follow, steps - 1 - follow);
                ways += after;
            }
        }
        self.counted.insert(position, ways.clone());
        ways
    }

    /// Counts the remaining steps of requests that have not begun and of open requests with bands
    /// left.
    fn steps_to_come(&self, begun: usize, bands_left: &[u32]) -> u32 {
        let not_begun = (self.requests - begun) as u32 * (self.bands + 2);
        let in_progress = bands_left.iter().filter(|&&left| left > 0).map(|&left| left + 1);
        not_begun + in_progress.sum::<u32>()
    }

    /// Returns the odds where `left` holds the remaining steps of each request. `avoidable` is true
    /// if no request has been lapped yet.
    fn odds(&mut self, left: &[u32], begun: usize, avoidable: bool, all: &BigUint) -> Odds {
        if !avoidable {
            return Odds { mixed: all.clone(), all: all.clone() };
        }
        let open = self.open(begun);
        let bands_left: Vec<u32> =
            left[open.clone()].iter().map(|&left| left.saturating_sub(1)).collect();
        let mut others = self.steps_to_come(begun, &bands_left);
        let mut clean = self.count(begun, bands_left);
        for (request, &left) in left[..begun].iter().enumerate() {
            if !open.contains(&request) || left == 1 {
                interleave(&mut clean, left, others);
                others += left;
            }
        }
        // The counts name requests by the order of their begins. Every renaming counts too.
        for factor in 2..=(self.requests - begun) as u32 {
            clean *= factor;
        }
        Odds { mixed: all - clean, all: all.clone() }
    }
}
