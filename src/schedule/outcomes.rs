//! Counts the outcomes of all words (schedules written as letters) of a size, exactly.
//!
//! The counts are not a sample. The words form a tree, letter by letter, and a depth first search
//! evaluates a common beginning once. Requests differ only in their names. So the search visits
//! only words whose first letters come in alphabetical order, and counts each of them for all its
//! renamings.

use std::num::{NonZeroU32, NonZeroUsize};

use super::enumerate::{count, schedules};
use super::lap_law::Outcome;
use super::word::{Act, Schedule, ScheduleError, Step};

/// Upper bound of the words that [`outcomes`] counts.
pub const MAX_SCHEDULES: u128 = 5_000_000;

/// Counts the outcomes of all distinct complete words of a size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Number of distinct complete words.
    pub words: u64,
    /// Number of words with at least one mixed thumbnail.
    pub words_mixed: u64,
    /// Numbers of thumbnails by outcome, in the order clean, torn, swapped.
    pub thumbnails: [u64; 3],
    /// Alphabetically first word with a thumbnail of each outcome, if there is such a word.
    pub examples: [Option<Schedule>; 3],
}

/// Describes why the words of a size are not counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutcomesError {
    /// The size has more words than [`MAX_SCHEDULES`].
    #[error(
        "there are {words} words of this size, and at most {MAX_SCHEDULES} are counted: {ADVICE}"
    )]
    TooMany {
        /// Number of words of the size.
        words: u128,
    },
    /// The number of words exceeds `u128`.
    #[error(
        "there are more than {} words of this size, and at most {MAX_SCHEDULES} are counted: \
         {ADVICE}",
        u128::MAX
    )]
    Overflow,
    /// The words of the size cannot be written.
    #[error(transparent)]
    Word(#[from] ScheduleError),
}

const ADVICE: &str = "set fewer requests or bands";

/// Returns the number of words of a size that [`outcomes`] counts.
///
/// # Errors
/// Returns [`OutcomesError`] if the size has more words than [`MAX_SCHEDULES`], or if its words
/// cannot be written.
pub fn countable(requests: usize, bands: NonZeroU32) -> Result<u64, OutcomesError> {
    schedules(requests, bands)?;
    match count(requests, bands) {
        Some(words) if words <= MAX_SCHEDULES => Ok(words as u64),
        Some(words) => Err(OutcomesError::TooMany { words }),
        None => Err(OutcomesError::Overflow),
    }
}

/// Counts the outcomes that the lap law (which predicts the owner of every band) gives for every
/// distinct complete word of a size, on a ring of `slots` slots (buffers).
///
/// `each` receives every word whose first letters come in alphabetical order, with the outcomes of
/// its thumbnails. If `each` returns false, the search ends, and the counts cover the words so far.
///
/// # Errors
/// Returns [`OutcomesError`] if [`countable`] does.
pub fn outcomes(
    requests: usize,
    bands: NonZeroU32,
    slots: NonZeroUsize,
    each: impl FnMut(&Schedule, &[Outcome]) -> bool,
) -> Result<Outcomes, OutcomesError> {
    countable(requests, bands)?;
    let mut search = Search {
        bands,
        slots: slots.get(),
        renamings: (1..=requests as u64).product(),
        letters: Vec::new(),
        steps_made: vec![0; requests],
        begun: 0,
        last_decoded: vec![None; requests.min(slots.get())],
        foreign: vec![0; requests],
        outcomes: vec![Outcome::Clean; requests],
        counted: Outcomes::default(),
        each,
    };
    search.visit();
    Ok(search.counted)
}

/// Searches the tree of words: holds the current beginning and the counts of the visited words.
struct Search<E> {
    bands: NonZeroU32,
    slots: usize,
    /// Number of words that one visited word stands for.
    renamings: u64,
    letters: Vec<u8>,
    /// Number of each request's letters so far.
    steps_made: Vec<usize>,
    begun: usize,
    /// Owner of the photo in each slot that a request uses.
    last_decoded: Vec<Option<usize>>,
    /// Number of each request's bands so far that show a foreign photo.
    foreign: Vec<u32>,
    outcomes: Vec<Outcome>,
    counted: Outcomes,
    each: E,
}

impl<E: FnMut(&Schedule, &[Outcome]) -> bool> Search<E> {
    /// Visits all words that begin with the letters so far. Returns false to end the search.
    fn visit(&mut self) -> bool {
        let mut complete = true;
        // The next request to begin has the next letter. All requests before it have begun.
        for request in 0..self.steps_made.len().min(self.begun + 1) {
            let step = Step { request, before: self.steps_made[request] };
            let Some(act) = step.act(self.bands) else { continue };
            complete = false;
            self.steps_made[request] += 1;
            self.letters.push(b'A' + request as u8);
            let go_on = self.step(request, act);
            self.letters.pop();
            self.steps_made[request] -= 1;
            if !go_on {
                return false;
            }
        }
        if complete { self.count() } else { true }
    }

    /// Makes one step, visits all words from there, and undoes the step.
    fn step(&mut self, request: usize, act: Act) -> bool {
        let slot = request % self.slots;
        match act {
            Act::Begin => {
                let before = self.last_decoded[slot].replace(request);
                self.begun += 1;
                let go_on = self.visit();
                self.begun -= 1;
                self.last_decoded[slot] = before;
                go_on
            }
            Act::Band(_) => {
                let foreign = u32::from(self.last_decoded[slot] != Some(request));
                self.foreign[request] += foreign;
                let go_on = self.visit();
                self.foreign[request] -= foreign;
                go_on
            }
            Act::Finish => self.visit(),
        }
    }

    /// Counts the complete word and passes it to `each`.
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
        counted.words += self.renamings;
        counted.words_mixed +=
            if self.outcomes.iter().any(|outcome| outcome.mixed()) { self.renamings } else { 0 };
        for &outcome in &self.outcomes {
            counted.thumbnails[outcome as usize] += self.renamings;
            counted.examples[outcome as usize].get_or_insert_with(|| word.clone());
        }
        (self.each)(&word, &self.outcomes)
    }
}
