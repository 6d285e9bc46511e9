//! The odds of a mix-up after each step: of all the ways in which the word's requests could go on,
//! how many end with somebody's photo in somebody else's thumbnail?
//!
//! The ways are counted and never tried, so that the odds are exact for words of which nobody could
//! try them all. By the lap law a word is clean if and only if each request but the first N begins
//! after the last band of the request N before it. So begins and the bands that somebody could lap
//! are counted step by step; all other steps only follow their own request's, and are shuffled in.

use std::num::{NonZeroU32, NonZeroUsize};

use super::biguint::Natural;
use super::word::{Act, Schedule};

/// Positions that are counted at most.
pub const MAX_POSITIONS: u64 = 1_000_000;

/// Steps of all requests together that are counted at most, so that it takes seconds.
const MAX_STEPS: usize = 1_000;

/// How a word could go on after some of its letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odds {
    /// The complete continuations that end with any mixed thumbnail.
    pub mixed: Natural,
    /// All complete continuations, in which every request of the word makes all of its steps.
    pub all: Natural,
}

/// Why the odds are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OddsError {
    /// The requests have more steps than are counted.
    #[error(
        "the word's requests have {letters} steps in all, where {MAX_STEPS} are counted at most: \
         take fewer requests or bands"
    )]
    TooLong {
        /// How many steps, each a letter of a complete word.
        letters: usize,
    },
    /// There are too many positions to count from.
    #[error(
        "{positions} positions would have to be counted from, where {MAX_POSITIONS} are possible: \
         take fewer requests, fewer bands, or another number of slots"
    )]
    TooManyPositions {
        /// How many there are; [`u64::MAX`] stands for more than it holds.
        positions: u64,
    },
}

impl Odds {
    /// The share that ends mixed, from 0 to 1, and exactly 0 or 1 only if none or all do.
    pub fn share(&self) -> f64 {
        self.mixed.share_of(&self.all)
    }

    /// Whether at least half of the continuations end mixed.
    pub fn likely(&self) -> bool {
        let mut twice = self.mixed.clone();
        twice.multiply(2);
        twice >= self.all
    }

    /// Whether all continuations end mixed.
    pub fn inevitable(&self) -> bool {
        self.mixed == self.all
    }
}

/// The odds in the ring of shared buffers before the first letter of a word, and after each. The
/// continuations are of the word's own requests, each with so many bands, in any order from there
/// on: who has not begun may begin in any order, and takes a slot by it.
///
/// # Errors
/// [`OddsError::TooManyPositions`] past [`MAX_POSITIONS`], and [`OddsError::TooLong`] past
/// 1,000 steps in all.
///
/// # Panics
/// If a request has more letters than steps: [`Word::check`] refuses such a word.
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
    let ways = CleanWays::count(word.requests(), bands.get(), slots.get())?;
    let mut left = vec![steps_each; word.requests()];
    let mut letters_left = letters as u32;
    let mut all = Natural::one();
    for request in 0..word.requests() as u32 {
        all.shuffle_in(steps_each, request * steps_each);
    }
    let mut saved = true;
    let mut begun = 0;
    let mut odds = vec![ways.odds(&left, begun, saved, &all)];
    for step in word.steps() {
        let act = step.act(bands).expect("the word is checked: no request has too many letters");
        if act == Act::Begin {
            begun += 1;
            // Who came to the same slot before must have made its bands; its finish may follow.
            let before = step.request.checked_sub(slots.get());
            saved &= before.is_none_or(|before| left[before] <= 1);
        }
        // Of all continuations, as many begin with this letter as its share of the letters left.
        all.multiply(left[step.request]);
        all.divide(letters_left);
        left[step.request] -= 1;
        letters_left -= 1;
        odds.push(ways.odds(&left, begun, saved, &all));
    }
    Ok(odds)
}

/// In how many ways the requests can go on without a mix-up, from every position that matters.
///
/// A position is how many have begun, and the bands left of each request that could still be
/// lapped: one whose slot has a next comer, who has not begun.
struct CleanWays {
    requests: usize,
    bands: u32,
    slots: usize,
    /// By the number of requests begun and the position's place. Counts the orders of the begins
    /// and bands to come, times the ways to shuffle in the steps that follow each of them.
    ways: Vec<Vec<Natural>>,
}

impl CleanWays {
    fn count(requests: usize, bands: u32, slots: usize) -> Result<Self, OddsError> {
        let mut counted = Self { requests, bands, slots, ways: vec![Vec::new(); requests + 1] };
        let places = |begun| {
            let open = u32::try_from(counted.open(begun).len()).unwrap_or(u32::MAX);
            (u64::from(bands) + 1).saturating_pow(open)
        };
        let positions = (0..=requests).map(places).fold(0, u64::saturating_add);
        if positions > MAX_POSITIONS {
            return Err(OddsError::TooManyPositions { positions });
        }
        for begun in (0..=requests).rev() {
            for place in 0..places_of(bands, counted.open(begun).len()) {
                let ways = counted.ways_from(begun, place);
                counted.ways[begun].push(ways);
            }
        }
        Ok(counted)
    }

    /// The requests that have begun and could still be lapped.
    fn open(&self, begun: usize) -> std::ops::Range<usize> {
        let first = begun.saturating_sub(self.slots);
        first..begun.min(self.requests.saturating_sub(self.slots)).max(first)
    }

    /// Counts from one position, by the positions after it.
    fn ways_from(&self, begun: usize, place: usize) -> Natural {
        let open = self.open(begun);
        let base = self.bands as usize + 1;
        let bands_left: Vec<usize> =
            (0..open.len()).map(|at| place / places_of(self.bands, at) % base).collect();
        let steps = self.steps_to_come(begun, &bands_left);
        let mut ways = Natural::default();
        for (at, &left) in bands_left.iter().enumerate().filter(|&(_, &left)| left > 0) {
            let mut then = self.ways[begun][place - places_of(self.bands, at)].clone();
            if left == 1 {
                // After the last band the finish may come whenever it likes.
                then.shuffle_in(1, steps - 2);
            }
            ways.add(&then);
        }
        if begun == self.requests {
            return if steps == 0 { Natural::one() } else { ways };
        }
        // The next comer ends the openness of whoever held its slot, who must have no bands left.
        let laps = begun >= self.slots;
        if !laps || bands_left[0] == 0 {
            let place = if laps { place / base } else { place };
            ways.add(&self.ways_after_begin(begun, place, steps - 1));
        }
        ways
    }

    /// Counts from where one more begins at a position that already left its lapped one out.
    fn ways_after_begin(&self, begun: usize, place: usize, steps: u32) -> Natural {
        let open = self.open(begun + 1);
        if open.contains(&begun) {
            let place = place + self.bands as usize * places_of(self.bands, open.len() - 1);
            return self.ways[begun + 1][place].clone();
        }
        // Nobody comes after it: its bands and its finish may come whenever they like.
        let follow = self.bands + 1;
        let mut ways = self.ways[begun + 1][place].clone();
        ways.shuffle_in(follow, steps - follow);
        ways
    }

    /// All steps of requests that have not begun, and of the open ones with bands left.
    fn steps_to_come(&self, begun: usize, bands_left: &[usize]) -> u32 {
        let not_begun = (self.requests - begun) as u32 * (self.bands + 2);
        let at_work = bands_left.iter().filter(|&&left| left > 0).map(|&left| left as u32 + 1);
        not_begun + at_work.sum::<u32>()
    }

    /// The odds where so many steps are left of each request.
    fn odds(&self, left: &[u32], begun: usize, saved: bool, all: &Natural) -> Odds {
        if !saved {
            return Odds { mixed: all.clone(), all: all.clone() };
        }
        let open = self.open(begun);
        let bands_left: Vec<usize> =
            left[open.clone()].iter().map(|&left| left.saturating_sub(1) as usize).collect();
        let place = bands_left.iter().enumerate();
        let place = place.map(|(at, left)| left * places_of(self.bands, at)).sum::<usize>();
        let mut clean = self.ways[begun][place].clone();
        let mut among = self.steps_to_come(begun, &bands_left);
        for (request, &left) in left[..begun].iter().enumerate() {
            if !open.contains(&request) || left == 1 {
                clean.shuffle_in(left, among);
                among += left;
            }
        }
        // The ways are counted with names given by the order of begins; any other will do.
        for names in 2..=(self.requests - begun) as u32 {
            clean.multiply(names);
        }
        Odds { mixed: all.minus(&clean), all: all.clone() }
    }
}

/// How many ways there are for so many requests to have 0 to `bands` bands left.
fn places_of(bands: u32, requests: usize) -> usize {
    (bands as usize + 1).pow(requests as u32)
}
