//! Represents interleavings of requests as data: parses, replays, predicts and counts them.
//!
//! A schedule is a word (a string with a letter per step, where the letter names the request). An
//! interleaving of threads happens once and is gone. A word can be typed, printed, shrunk, and
//! replayed on one thread, byte for byte, on any pipeline. In `AABABABB` the steps are A's begin,
//! A's first band (some rows of its thumbnail), B's begin, A's second band, and so on. All words of
//! a size can be counted and replayed, which makes a table of outcomes exact.

mod enumerate;
mod lap_law;
mod odds;
mod outcomes;
mod replay;
mod shrink;
mod symbolic_codec;
mod trace;
mod word;

pub use enumerate::{Schedules, count, schedules};
pub use lap_law::{Outcome, predict};
pub use odds::{MAX_POSITIONS, Odds, OddsError, odds};
pub use outcomes::{MAX_SCHEDULES, Outcomes, OutcomesError, countable, outcomes};
pub use replay::{Replayed, replay};
pub use shrink::{Subject, shortest_mixed, shrink, subject, switches};
#[cfg(feature = "app")]
pub(crate) use symbolic_codec::SymbolicCodec;
pub use symbolic_codec::{AllOwners, Owners, replay_all};
pub use trace::{TraceStep, trace};
pub use word::{Act, MAX_LETTERS, Schedule, ScheduleError, Step};
