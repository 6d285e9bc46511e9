//! Words: parse one, print one, and say what each of its letters means.
//!
//! A word names requests only; what a letter does follows from how often it stood before. So every
//! string of letters is a schedule, and one letter more or less is still one.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// Letters of the alphabet, and so requests in one word at most.
pub(super) const MAX_REQUESTS: usize = 26;

/// Letters of a word at most: 26 requests, each with a begin, a finish and the 128 bands of the
/// largest thumbnail (2048 px high, in bands of 16 px).
pub const MAX_LETTERS: usize = MAX_REQUESTS * (1 + 128 + 1);

/// An interleaving of requests, of 1 to [`MAX_LETTERS`] letters `A` to `Z`.
///
/// Requests are numbered from 0 by the order of their first letters, whichever letters these are.
/// That is also the order in which they take their slots.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Schedule {
    letters: Box<[u8]>,
    /// Each letter once, by first appearance: a request's number is its place here.
    firsts: Box<[u8]>,
}

/// One letter of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whose step it is, by order of first letters, from 0.
    pub request: usize,
    /// How many of the request's letters stand before this one.
    pub before: usize,
}

/// What a letter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Takes the next slot, and decodes the photo.
    Begin,
    /// Makes the band of this number, from 0.
    Band(u32),
    /// Encodes the thumbnail and gives it away.
    Finish,
}

/// Why a word is refused. Positions count characters, from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// There is no letter.
    #[error("the word is empty: write a letter per step, such as AABABABB")]
    Empty,
    /// There is a character that names no request.
    #[error("{found:?} at position {position} names no request: {}", hint(*.found))]
    NotALetter {
        /// The character.
        found: char,
        /// Where it stands.
        position: usize,
    },
    /// There are more letters than any schedule needs.
    #[error("the word has {letters} letters: write at most {MAX_LETTERS}")]
    TooLong {
        /// How many there are, or would be.
        letters: usize,
    },
    /// A request has more letters than steps.
    #[error(
        "the {letter} at position {position} is one too many: with {bands} bands a request has {} \
         letters, so leave it out or ask for more bands",
        u64::from(.bands.get()) + 2
    )]
    TooManySteps {
        /// The request's letter.
        letter: char,
        /// Where the first letter past its finish stands.
        position: usize,
        /// The bands asked for.
        bands: NonZeroU32,
    },
    /// There are no letters for so many requests.
    #[error("words are for 1 to {MAX_REQUESTS} requests, a letter each, not for {requests}")]
    Requests {
        /// How many were asked for.
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
    /// How many requests it names, finished or not: 1 to 26.
    pub fn requests(&self) -> usize {
        self.firsts.len()
    }

    /// How many bands a thumbnail has if nothing else is said: the most letters of any request
    /// without its begin and finish, at least 1. With these no request has too many letters.
    pub fn bands(&self) -> NonZeroU32 {
        let most = self.steps().map(|step| step.before + 1).max().unwrap_or(0);
        let bands = u32::try_from(most.saturating_sub(2)).unwrap_or(u32::MAX);
        NonZeroU32::new(bands).unwrap_or(NonZeroU32::MIN)
    }

    /// The letter that names a request.
    ///
    /// # Panics
    /// If the word names fewer requests.
    pub fn letter(&self, request: usize) -> char {
        char::from(self.firsts[request])
    }

    /// Its letters in order, as steps.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        let mut before = [0; MAX_REQUESTS];
        self.letters.iter().map(move |letter| {
            let request = self.firsts.iter().position(|first| first == letter);
            let request = request.expect("a letter that stands in the word stood there first");
            before[request] += 1;
            Step { request, before: before[request] - 1 }
        })
    }

    /// Refuses the word if a request has more letters than steps when thumbnails have so many
    /// bands. Too few letters are no error: such a request stays unfinished, and is not counted.
    ///
    /// # Errors
    /// [`WordError::TooManySteps`], with the first letter too many.
    pub fn check(&self, bands: NonZeroU32) -> Result<(), ScheduleError> {
        match self.steps().zip(1..).find(|(step, _)| step.act(bands).is_none()) {
            None => Ok(()),
            Some((step, position)) => {
                let letter = self.letter(step.request);
                Err(ScheduleError::TooManySteps { letter, position, bands })
            }
        }
    }

    /// A word of letters that are already known to be `A` to `Z`, and not too many.
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
    /// What it does if thumbnails have so many bands; nothing past the request's finish.
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
        write!(f, "Word({self})")
    }
}
