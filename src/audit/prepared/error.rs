//! Describes why photos cannot be prepared, or records cannot be judged at all.

use std::io;
use std::path::{Path, PathBuf};

use super::limits::{MAX_RECORD_FILES, MAX_RECORDS, MAX_STEPS};
use crate::audit::self_test::SelfTestError;
use crate::audit::spec::SpecError;
use crate::audit::watermark::WatermarkError;

/// Describes why photos cannot be prepared, or records cannot be judged at all. A record that
/// cannot be used is part of the results.
#[derive(Debug, thiserror::Error)]
pub enum PreparedError {
    /// The folder for the photos holds files already.
    #[error("{} is not empty: name a new folder, so that no photo is issued twice", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The system cannot read or write a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// A checker of answers ended early.
    #[error("a checker of answers ended early, which is a fault of this program: report it")]
    Checker,
    /// The parameters of the photos or the thumbnails are invalid.
    #[error("{0}")]
    Parameters(String),
    /// The photos cannot hold watermarks.
    #[error("{0}")]
    Watermark(#[from] WatermarkError),
    /// The detector cannot read thumbnails of the sizes.
    #[error("{0}")]
    SelfTest(String),
    /// The manifest is not as `audit prepare` wrote it.
    #[error("{}: {reason}", path.display())]
    Manifest {
        /// File of the manifest.
        path: PathBuf,
        /// Reason, and how to correct it.
        reason: String,
    },
    /// The pattern for the paths of images cannot be used.
    #[error("the pattern {pattern:?}: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Reason, and how to correct it.
        reason: String,
    },
    /// A path leads to no records.
    #[error(
        "{} is no file of records, nor a folder that holds some (*.jsonl): name them, or describe \
         the images' paths with --pattern",
        path.display()
    )]
    NoRecords {
        /// The path.
        path: PathBuf,
    },
    /// There are more files of records than the judge reads.
    #[error("more than {MAX_RECORD_FILES} files of records: join them, for example with cat")]
    TooManyFiles,
    /// There are more records than the judge reads.
    #[error("more than {MAX_RECORDS} records: judge the machines' records in parts")]
    TooManyRecords,
    /// The records name more steps than the report shows.
    #[error("{found} steps, and at most {MAX_STEPS} are reported: number the steps of the load")]
    TooManySteps {
        /// Number of different steps.
        found: usize,
    },
    /// The temporary file that sorts the records cannot be written.
    #[error("the temporary file of records: {0}; make room in the folder of TMPDIR")]
    Store(#[from] rusqlite::Error),
}

impl PreparedError {
    /// Returns a function that adds the path to an error of the system.
    pub(super) fn io(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.into(), source }
    }
}

impl From<SpecError> for PreparedError {
    fn from(error: SpecError) -> Self {
        // The file in which the field stands is made of the options, and no user sees it.
        Self::Parameters(match error {
            SpecError::Invalid { field, reason, .. } => {
                format!("{}: {reason}", field.trim_start_matches("photos."))
            }
            other => other.to_string(),
        })
    }
}

impl From<SelfTestError> for PreparedError {
    fn from(error: SelfTestError) -> Self {
        Self::SelfTest(error.to_string())
    }
}
