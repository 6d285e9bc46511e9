//! Records each thumbnail that was made, shown or withheld, so that after a failure the operator
//! can find out which viewer saw which photo.
//!
//! Rows hold values and outlive the photos and people that they name. The record of the photos in
//! a thumbnail comes from the tagging codec of [`crate::provenance`], never from the pipeline.

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
