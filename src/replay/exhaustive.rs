//! Counts the outcomes of all words (schedules written as letters) of a size by the lap law (which
//! predicts the owner of every band), and replays every word on the shipped pipelines.

use std::num::{NonZeroU32, NonZeroUsize};

use serde::Serialize;

use crate::output::terminal;
use crate::schedule::{
    Outcome, Outcomes, OutcomesError, Owners, Schedule, outcomes, predict, replay_all,
};

const OUTCOMES: [Outcome; 3] = [Outcome::Clean, Outcome::Torn, Outcome::Swapped];

/// Holds the exact table of outcomes, which is also the document of `replay --all --json`.
#[derive(Serialize)]
pub(crate) struct ExhaustiveCount {
    schema: &'static str,
    pub(super) requests: usize,
    pub(super) bands: u32,
    pub(super) slots: usize,
    /// Number of words counted.
    pub(crate) words: u64,
    pub(super) words_mixed: u64,
    pub(super) thumbnails: u64,
    clean: u64,
    torn: u64,
    swapped: u64,
    pub(super) outcomes: Vec<OutcomeRow>,
    pub(super) as_expected: ReplayedWords,
}

/// Describes one outcome of a thumbnail in the table.
#[derive(Serialize)]
pub(super) struct OutcomeRow {
    pub(super) outcome: &'static str,
    pub(super) thumbnails: u64,
    /// Alphabetically first word with a thumbnail of this outcome.
    pub(super) example: Option<String>,
    pub(super) shared: &'static str,
    pub(super) owned: &'static str,
    pub(super) pooled: &'static str,
}

/// Counts the words whose replay was as expected: on `shared` as the lap law predicts, on `owned`
/// and `pooled` with only its owner's rows in every thumbnail.
#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct ReplayedWords {
    pub(super) shared: u64,
    pub(super) owned: u64,
    pub(super) pooled: u64,
}

impl ExhaustiveCount {
    /// Counts and replays all words of a size. Calls `on_progress` with the number of words so far,
    /// and stops early if `on_progress` returns false.
    ///
    /// # Errors
    /// Returns [`OutcomesError`] if there are too many words.
    pub(crate) fn new(
        requests: usize,
        bands: NonZeroU32,
        slots: NonZeroUsize,
        on_progress: impl Fn(u64) -> bool,
    ) -> Result<Self, OutcomesError> {
        // A visited word stands for all its renamings, whose replays differ only in the letters.
        let renamings: u64 = (1..=requests as u64).product();
        let mut as_expected = ReplayedWords::default();
        let mut words = 0;
        let counted = outcomes(requests, bands, slots, |word, _| {
            as_expected.add(renamings, word, bands, slots);
            words += renamings;
            on_progress(words)
        })?;
        let [clean, torn, swapped] = counted.thumbnails;
        Ok(Self {
            schema: "double-exposure/outcomes/1",
            requests,
            bands: bands.get(),
            slots: slots.get(),
            words: counted.words,
            words_mixed: counted.words_mixed,
            thumbnails: clean + torn + swapped,
            clean,
            torn,
            swapped,
            outcomes: OUTCOMES.map(|outcome| OutcomeRow::new(outcome, &counted)).into(),
            as_expected,
        })
    }

    /// Returns true if every replay of every word was as expected.
    pub(crate) fn is_as_expected(&self) -> bool {
        let ReplayedWords { shared, owned, pooled } = self.as_expected;
        [shared, owned, pooled] == [self.words; 3]
    }
}

impl OutcomeRow {
    fn new(outcome: Outcome, counted: &Outcomes) -> Self {
        let thumbnails = counted.thumbnails[outcome as usize];
        let expected = |expected: bool| if expected { "expected" } else { "forbidden" };
        Self {
            outcome: terminal::outcome(outcome),
            thumbnails,
            example: counted.examples[outcome as usize].as_ref().map(Schedule::to_string),
            shared: expected(thumbnails > 0),
            owned: expected(!outcome.mixed()),
            pooled: expected(!outcome.mixed()),
        }
    }
}

impl ReplayedWords {
    /// Replays a word on every pipeline and adds its renamings to the counts.
    fn add(&mut self, renamings: u64, word: &Schedule, bands: NonZeroU32, slots: NonZeroUsize) {
        let replayed = replay_all(word, bands, slots);
        let only_own = |owners: &[Owners]| {
            let mut numbered = owners.iter().enumerate();
            numbered.all(|(number, owners)| {
                owners.as_ref().is_some_and(|owners| {
                    owners.len() == bands.get() as usize && owners.iter().all(|&o| o == number)
                })
            })
        };
        self.shared += renamings * u64::from(replayed.shared == predict(word, bands, slots));
        self.owned += renamings * u64::from(only_own(&replayed.owned));
        self.pooled += renamings * u64::from(only_own(&replayed.pooled));
    }
}
