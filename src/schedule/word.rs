//! Parses and prints words (schedules written as letters), and tells which step each letter means.
//!
//! A letter names only the request. The step follows from the number of equal letters before it. So
//! every string of letters is a schedule, and adding or removing a letter gives another schedule.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// Upper bound of the requests in one word, which is the number of letters A to Z.
pub(super) const MAX_REQUESTS: usize = 26;

/// Upper bound of the letters in a word: 26 requests, each with a begin, a finish and the 128 bands
/// of the largest thumbnail (2048 px high, in bands of 16 px).
pub const MAX_LETTERS: usize = MAX_REQUESTS * (1 + 128 + 1);

/// Holds an interleaving of requests as a word of 1 to [`MAX_LETTERS`] letters `A` to `Z`.
///
/// Requests are numbered from 0 by the order of their first letters. Requests also take their slots
/// (buffers of the ring) in this order.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Schedule {
    letters: Box<[u8]>,
    /// Holds each letter once, by first appearance. A request's number is the index of its letter.
    firsts: Box<[u8]>,
}

/// Describes one letter of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Number of the request that makes the step, by order of first letters, from 0.
    pub request: usize,
    /// Counts the request's earlier letters.
    pub before: usize,
}

/// Describes the action of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Takes the next slot and decodes the photo.
    Begin,
    /// Makes the band with this index, from 0.
    Band(u32),
    /// Encodes the thumbnail and returns it.
    Finish,
}

/// Describes why a word is rejected. Positions count characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The word has no letter.
    #[error("the word is empty: write a letter per step, such as AABABABB")]
    Empty,
    /// A character of the word is not a letter A to Z.
    #[error("{found:?} at position {position} names no request: {}", hint(*.found))]
    NotALetter {
        /// Rejected character.
        found: char,
        /// Position of the character.
        position: usize,
    },
    /// The word has more letters than [`MAX_LETTERS`].
    #[error("the word has {letters} letters: write at most {MAX_LETTERS}")]
    TooLong {
        /// Number of letters of the word.
        letters: usize,
    },
    /// A request has more letters than steps.
    #[error(
        "the {letter} at position {position} is one too many: with {bands} bands a request has {} \
         letters, so remove it or set more bands",
        u64::from(.bands.get()) + 2
    )]
    TooManySteps {
        /// Letter of the request.
        letter: char,
        /// Position of the first letter after the request's finish.
        position: usize,
        /// Number of bands per thumbnail.
        bands: NonZeroU32,
    },
    /// The number of requests is 0 or exceeds the letters A to Z.
    #[error("a word has 1 to {MAX_REQUESTS} requests, a letter each, and not {requests}")]
    Requests {
        /// Number of requests asked for.
        requests: usize,
    },
}

fn hint(found: char) -> &'static str {
    if found.is_ascii_lowercase() {
        "write capital letters"
    } else {
        "write letters A to Z and nothing else"
    }
}

impl Schedule {
    /// Returns the number of requests in the word, finished or not, from 1 to 26.
    pub fn requests(&self) -> usize {
        self.firsts.len()
    }

    /// Returns the default number of bands, at least 1: the letters of the longest request without
    /// its begin and finish. With this number no request has too many letters.
    pub fn bands(&self) -> NonZeroU32 {
        let max_letters = self.steps().map(|step| step.before + 1).max().unwrap_or(0);
        let bands = u32::try_from(max_letters.saturating_sub(2)).unwrap_or(u32::MAX);
        NonZeroU32::new(bands).unwrap_or(NonZeroU32::MIN)
    }

    /// Returns the letter that names a request.
    ///
    /// # Panics
    /// Panics if the word has no request of this number.
    pub fn letter(&self, request: usize) -> char {
        char::from(self.firsts[request])
    }

    /// Iterates over the letters of the word as steps.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        let mut before = [0; MAX_REQUESTS];
        self.letters.iter().map(move |letter| {
            let request = self.firsts.iter().position(|first| first == letter);
            let request = request.expect("each letter of the word has a first appearance");
            before[request] += 1;
            Step { request, before: before[request] - 1 }
        })
    }

    /// Checks that no request has more letters than steps if thumbnails have `bands` bands. A
    /// request with too few letters is allowed: it stays unfinished and is not counted.
    ///
    /// # Errors
    /// Returns [`ScheduleError::TooManySteps`] with the first superfluous letter.
    pub fn check(&self, bands: NonZeroU32) -> Result<(), ScheduleError> {
        match self.steps().zip(1..).find(|(step, _)| step.act(bands).is_none()) {
            None => Ok(()),
            Some((step, position)) => {
                let letter = self.letter(step.request);
                Err(ScheduleError::TooManySteps { letter, position, bands })
            }
        }
    }

    /// Creates a word of at most [`MAX_LETTERS`] letters, which the caller has checked to be `A` to
    /// `Z`.
    pub(super) fn of(letters: &[u8]) -> Self {
        let mut firsts = Vec::with_capacity(MAX_REQUESTS);
        for letter in letters {
            if !firsts.contains(letter) {
                firsts.push(*letter);
            }
        }
        Self { letters: letters.into(), firsts: firsts.into() }
    }
}

impl Step {
    /// Returns the action of the step if thumbnails have `bands` bands, and `None` after the
    /// request's finish.
    pub fn act(self, bands: NonZeroU32) -> Option<Act> {
        let before = u32::try_from(self.before).ok()?;
        match before.checked_sub(1) {
            None => Some(Act::Begin),
            Some(band) if band < bands.get() => Some(Act::Band(band)),
            Some(band) if band == bands.get() => Some(Act::Finish),
            Some(_) => None,
        }
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let stranger = text.chars().zip(1..).find(|(found, _)| !found.is_ascii_uppercase());
        if let Some((found, position)) = stranger {
            return Err(ScheduleError::NotALetter { found, position });
        }
        match text.len() {
            0 => Err(ScheduleError::Empty),
            1..=MAX_LETTERS => Ok(Self::of(text.as_bytes())),
            letters => Err(ScheduleError::TooLong { letters }),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.letters.iter().copied().map(char::from).collect::<String>())
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({self})")
    }
}
