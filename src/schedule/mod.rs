//! A schedule is a word: a letter per request, a letter per step.
//!
//! An interleaving of threads happens once and is gone. Written as a word it can be typed, printed,
//! shrunk, and replayed on one thread, byte for byte, on any pipeline: `AABABABB` is A's begin and
//! first band, B's begin, A's second band, and so on. All words of a size can be counted and tried,
//! which makes a table of outcomes exact.

mod biguint;
mod enumerate;
mod lap_law;
mod minimal;
mod odds;
mod outcomes;
mod replay;
mod symbolic_codec;
mod trace;
mod word;

pub use biguint::Natural;
pub use enumerate::{Schedules, count, schedules};
pub use lap_law::{Outcome, predict};
pub use minimal::{classify, minimal, switches};
pub use odds::{MAX_POSITIONS, Odds, OddsError, odds};
pub use outcomes::{MAX_SCHEDULES, Outcomes, OutcomesError, countable, outcomes};
pub use replay::{Replayed, replay};
pub(crate) use symbolic_codec::SymbolicCodec;
pub use symbolic_codec::{AllOwners, Owners, replay_all};
pub use trace::{TraceStep, trace};
pub use word::{Act, MAX_LETTERS, Schedule, ScheduleError, Step};
