//! Reports a word (a schedule written as letters) and the smallest word that it shrinks to.

use std::num::{NonZeroU32, NonZeroUsize};

use serde::Serialize;

use crate::output::terminal::{self, many, wrap};
use crate::schedule::{Schedule, Subject, shrink, subject, switches};

/// Holds the document of `replay --shrink --json`.
#[derive(Serialize)]
pub(crate) struct ShrinkDocument {
    schema: &'static str,
    bands: u32,
    slots: usize,
    /// Letter of the request whose outcome is kept.
    letter: char,
    outcome: &'static str,
    given: WordSize,
    shrunk: WordSize,
}

/// Describes a word and its size.
#[derive(Serialize)]
struct WordSize {
    word: String,
    switches: usize,
    requests: usize,
    letters: usize,
}

/// Reports that a word has no outcome to keep.
#[derive(Debug, thiserror::Error)]
#[error(
    "no request of {0} finishes, so it has no outcome to keep: with {1} each needs {2} letters"
)]
pub(crate) struct UnfinishedError(Schedule, String, u32);

impl ShrinkDocument {
    /// Shrinks a word.
    ///
    /// # Errors
    /// Returns [`UnfinishedError`] if no request finishes.
    pub(crate) fn new(
        word: &Schedule,
        bands: NonZeroU32,
        slots: NonZeroUsize,
    ) -> Result<Self, UnfinishedError> {
        let unfinished = || UnfinishedError(word.clone(), many(bands, "band"), bands.get() + 2);
        let Subject { request, outcome } = subject(word, bands, slots).ok_or_else(unfinished)?;
        let shrunk = shrink(word, bands, slots).ok_or_else(unfinished)?;
        Ok(Self {
            schema: "double-exposure/shrink/1",
            bands: bands.get(),
            slots: slots.get(),
            letter: word.letter(request),
            outcome: terminal::outcome(outcome),
            given: WordSize::of(word),
            shrunk: WordSize::of(&shrunk),
        })
    }

    /// Returns the shrunk word.
    pub(crate) fn word(&self) -> &str {
        &self.shrunk.word
    }

    /// Explains the shrunk word, in lines of at most `width` columns.
    pub(crate) fn explanation(&self, width: usize) -> String {
        let Self { letter, outcome, given, shrunk, .. } = self;
        let (bands, slots) = (many(self.bands, "band"), many(self.slots, "slot"));
        let text = format!(
            "In {} ({}), with {bands} on {slots}, the thumbnail of {letter} is {outcome}. It is \
             also {outcome} in the shrunk word ({}), and in no word with fewer switches, then \
             requests, then letters. A request that only begins stays unfinished.",
            given.word,
            given.describe(),
            shrunk.describe()
        );
        wrap(&text, width) + "\n"
    }
}

impl WordSize {
    fn of(word: &Schedule) -> Self {
        let (switches, requests) = (switches(word), word.requests());
        Self { word: word.to_string(), switches, requests, letters: word.steps().count() }
    }

    fn describe(&self) -> String {
        let switches = many(self.switches, "switch").replace("switchs", "switches");
        format!("{switches}, {}, {}", many(self.requests, "request"), many(self.letters, "letter"))
    }
}
