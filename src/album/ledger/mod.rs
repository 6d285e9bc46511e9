//! The ledger: a row for each thumbnail made and each shown, so that after a failure nobody has to
//! guess who saw what.
//!
//! Rows hold values and outlive what they name. Which photos lie in a thumbnail is the witness
//! codec's word, never the pipeline's.

mod append;
mod event;
mod impact;
mod recheck;
mod retention;
mod row;
mod sightings;
mod writer;

pub use event::{Band, Entry, Event, Kept, Making, Shown, Source};
pub use impact::{Confirmed, Estimated, Impact, Question, impact};
pub use recheck::Recheck;
pub use retention::RETENTION;
pub use row::{Foreign, Record, What};
pub use sightings::{Sighting, Sought, SoughtError};
pub use writer::{Ledger, MOST_ROWS_A_BATCH, Receipt};
