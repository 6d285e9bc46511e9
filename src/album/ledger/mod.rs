//! The ledger: a row for each thumbnail made and each shown, so that after a failure nobody has to
//! guess who saw what.
//!
//! Rows hold values and outlive what they name. Which photos lie in a thumbnail is the witness
//! codec's word, never the pipeline's.

mod entry;
mod group_commit;
mod impact;
mod insert;
mod query;
mod retention;
mod verify;
mod viewers;

pub use entry::{Band, Entry, MakingEvent, MakingRef, PhotoRef, ShownEntry, ThumbnailRecord};
pub use group_commit::{Ledger, MAX_BATCH_ROWS, Receipt};
pub use impact::{Confirmed, Estimated, Impact, ImpactQuery, impact};
pub use query::{ForeignBand, Record, RecordKind};
pub use retention::RETENTION;
pub use verify::Verification;
pub use viewers::{PhotoQuery, PhotoQueryError, PhotoView};
