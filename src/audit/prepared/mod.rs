//! Audits a service under the load of another tool, in two steps.
//!
//! [`prepare`] writes watermarked photos and a [`Manifest`] into a folder. A load tool uploads the
//! photos and requests their thumbnails, on any number of machines, and keeps records of its
//! answers. [`judge`] reads the records and gives the results of an audit, with the same checks,
//! verdict and report as [`run`](super::run).
//!
//! Records arrive in any order. The judge first stores them in a temporary SQLite file and removes
//! duplicates. Then it reads them in a canonical order, so that the results do not depend on the
//! order in which machines wrote them. Its memory does not grow with the number of records.

mod error;
mod judge;
mod limits;
mod manifest;
mod path_pattern;
mod record;
pub(super) mod record_counts;
mod record_source;
mod record_store;

pub use self::error::PreparedError;
pub use self::judge::{JudgeOptions, JudgeProgress, judge};
pub use self::limits::{MAX_LINE_BYTES, MAX_RECORD_FILES, MAX_RECORDS, MAX_STEPS};
pub use self::manifest::{
    MANIFEST, Manifest, ManifestPerson, ManifestPhoto, PhotoVersion, PrepareOptions, prepare,
};
pub use self::record::{AnswerRecord, NumberOrText, RecordError, Unread};
pub use self::record_counts::RecordCounts;
