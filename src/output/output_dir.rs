//! Opens a folder for a report, and refuses a folder that holds something else.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::codec::ImageError;

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The folder holds something, and it is no report.
    #[error("{} holds something else than a report: name an empty or a new folder", .0.display())]
    Foreign(PathBuf),
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was read or written.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A thumbnail could not be made alone, to show what it should have been.
    #[error("a thumbnail cannot be made alone: {0}")]
    Alone(#[from] ImageError),
}

/// Makes a folder if it is missing, and says whether it may be written into: it is empty, or a file
/// of this name in it says that it was written here before.
pub(crate) fn is_ours(path: &Path, document: &str) -> io::Result<bool> {
    fs::create_dir_all(path)?;
    Ok(fs::read_dir(path)?.next().is_none() || path.join(document).is_file())
}
