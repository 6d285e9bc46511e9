//! A schedule is a word: a letter per request, a letter per step.
//!
//! An interleaving of threads happens once and is gone. Written as a word it can be typed, printed,
//! shrunk, and replayed on one thread, byte for byte, on any pipeline: `AABABABB` is A's begin and
//! first band, B's begin, A's second band, and so on. All words of a size can be counted and tried,
//! which makes a table of outcomes exact.

mod enumerate;
mod law;
mod names;
mod natural;
mod odds;
mod outcomes;
mod play;
mod shrink;
mod trace;
mod word;

pub use enumerate::{Words, count, words};
pub use law::{Outcome, predict};
pub use names::{Owners, Shipped, on_shipped};
pub use natural::Natural;
pub use odds::{Odds, OddsError, POSITIONS_MAX, odds};
pub use outcomes::{Outcomes, OutcomesError, WORDS_MAX, countable, outcomes};
pub use play::{Played, play};
pub use shrink::{kind, smallest, switches};
pub use trace::{Moment, trace};
pub use word::{Act, LETTERS_MAX, Step, Word, WordError};
