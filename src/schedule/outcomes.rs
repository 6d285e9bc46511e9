//! What becomes of people over all words of a size: not a sample, and so not a matter of luck.
//!
//! Words are walked as a tree, letter by letter, so that what words have in common is worked out
//! once. Requests differ in nothing but their names: only words whose first letters come in
//! alphabetical order are walked, and each counts for all renamings of it.

use std::num::{NonZeroU32, NonZeroUsize};

use super::enumerate::{count, schedules};
use super::lap_law::Outcome;
use super::word::{Act, Schedule, ScheduleError, Step};

/// Words that are walked at most.
pub const MAX_SCHEDULES: u128 = 5_000_000;

/// The outcomes of all distinct complete words of a size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Distinct complete words.
    pub words: u64,
    /// Words with any mixed thumbnail.
    pub words_mixed: u64,
    /// Thumbnails by their outcome: clean, torn, swapped.
    pub thumbnails: [u64; 3],
    /// For each outcome the alphabetically first word with such a thumbnail, if there is any.
    pub examples: [Option<Schedule>; 3],
}

/// Why the words of a size are not walked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutcomesError {
    /// There are too many.
    #[error(
        "there are {words} words of this size, where {MAX_SCHEDULES} are walked at most: {LESS}"
    )]
    TooMany {
        /// How many.
        words: u128,
    },
    /// There are more than can be said.
    #[error(
        "there are more than {} words of this size, where {MAX_SCHEDULES} are walked at most: {LESS}",
        u128::MAX
    )]
    Countless,
    /// There are no letters for so many requests, or the words would be too long.
    #[error(transparent)]
    Word(#[from] ScheduleError),
}

const LESS: &str = "take fewer requests or bands";

/// Refuses a size that has more words than [`MAX_SCHEDULES`], and says how many there are of any other.
///
/// # Errors
/// [`OutcomesError`], with the number.
pub fn countable(requests: usize, bands: NonZeroU32) -> Result<u64, OutcomesError> {
    schedules(requests, bands)?;
    match count(requests, bands) {
        Some(words) if words <= MAX_SCHEDULES => Ok(words as u64),
        Some(words) => Err(OutcomesError::TooMany { words }),
        None => Err(OutcomesError::Countless),
    }
}

/// Counts what the lap law says of every distinct complete word of a size, on so many slots.
///
/// `each` is shown every word whose first letters come in alphabetical order, with the outcomes of
/// its thumbnails, and ends the walk early by a `false`: the counts are of what was walked then.
///
/// # Errors
/// [`OutcomesError`] if there are too many words; see [`countable`].
pub fn outcomes(
    requests: usize,
    bands: NonZeroU32,
    slots: NonZeroUsize,
    each: impl FnMut(&Schedule, &[Outcome]) -> bool,
) -> Result<Outcomes, OutcomesError> {
    countable(requests, bands)?;
    let mut walk = Walk {
        bands,
        slots: slots.get(),
        names: (1..=requests as u64).product(),
        letters: Vec::new(),
        made: vec![0; requests],
        begun: 0,
        last_decoded: vec![None; requests.min(slots.get())],
        foreign: vec![0; requests],
        outcomes: vec![Outcome::Clean; requests],
        counted: Outcomes::default(),
        each,
    };
    walk.on();
    Ok(walk.counted)
}

/// A place in the tree of words, and the counts of what lies behind it.
struct Walk<E> {
    bands: NonZeroU32,
    slots: usize,
    /// The renamings of a word: the words that one walked word stands for.
    names: u64,
    letters: Vec<u8>,
    /// Each request's letters so far.
    made: Vec<usize>,
    begun: usize,
    /// The owner in each slot that is taken by anybody.
    last_decoded: Vec<Option<usize>>,
    /// Each request's bands so far that show somebody else's photo.
    foreign: Vec<u32>,
    outcomes: Vec<Outcome>,
    counted: Outcomes,
    each: E,
}

impl<E: FnMut(&Schedule, &[Outcome]) -> bool> Walk<E> {
    /// Walks everything that begins with the letters so far. `false` ends the walk.
    fn on(&mut self) -> bool {
        let mut complete = true;
        // The next to begin has the next letter; all before it have begun.
        for request in 0..self.made.len().min(self.begun + 1) {
            let step = Step { request, before: self.made[request] };
            let Some(act) = step.act(self.bands) else { continue };
            complete = false;
            self.made[request] += 1;
            self.letters.push(b'A' + request as u8);
            let go_on = self.step(request, act);
            self.letters.pop();
            self.made[request] -= 1;
            if !go_on {
                return false;
            }
        }
        if complete { self.count() } else { true }
    }

    /// Makes one step, walks on from there, and takes the step back.
    fn step(&mut self, request: usize, act: Act) -> bool {
        let slot = request % self.slots;
        match act {
            Act::Begin => {
                let before = self.last_decoded[slot].replace(request);
                self.begun += 1;
                let go_on = self.on();
                self.begun -= 1;
                self.last_decoded[slot] = before;
                go_on
            }
            Act::Band(_) => {
                let foreign = u32::from(self.last_decoded[slot] != Some(request));
                self.foreign[request] += foreign;
                let go_on = self.on();
                self.foreign[request] -= foreign;
                go_on
            }
            Act::Finish => self.on(),
        }
    }

    fn count(&mut self) -> bool {
        for (outcome, &foreign) in self.outcomes.iter_mut().zip(&self.foreign) {
            *outcome = match foreign {
                0 => Outcome::Clean,
                all if all == self.bands.get() => Outcome::Swapped,
                _ => Outcome::Torn,
            };
        }
        let word = Schedule::of(&self.letters);
        let counted = &mut self.counted;
        counted.words += self.names;
        counted.words_mixed +=
            if self.outcomes.iter().any(|outcome| outcome.mixed()) { self.names } else { 0 };
        for &outcome in &self.outcomes {
            counted.thumbnails[outcome as usize] += self.names;
            counted.examples[outcome as usize].get_or_insert_with(|| word.clone());
        }
        (self.each)(&word, &self.outcomes)
    }
}
