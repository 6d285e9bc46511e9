//! Writes a report into a folder, and refuses a folder that holds something else.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::json;
use crate::codec::ImageError;

/// Name of the subfolder that holds a report's pictures.
pub(crate) const PICTURES: &str = "pictures";

/// Describes why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The folder is not empty, and the report's document is not in it.
    #[error(
        "{} holds something other than a report (it has no {document}): name an empty or a new \
         folder",
        path.display()
    )]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// Name of the JSON document that every report of this kind holds.
        document: &'static str,
    },
    /// The system refused to read or write a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The codec could not make the unmixed thumbnail that a mixed one is shown beside.
    #[error("cannot make an unmixed thumbnail for comparison: {0}")]
    Unmixed(#[from] ImageError),
}

/// Holds a folder that one report may be written into.
pub struct OutputDir {
    path: PathBuf,
    document: &'static str,
}

impl OutputDir {
    /// Opens the folder `path`, and creates it if it is missing. A folder is accepted if it is
    /// empty or holds the file `document`, which every report of this kind writes.
    ///
    /// # Errors
    /// Returns [`OutputError::Foreign`] if the folder holds anything else; nothing is changed then.
    /// Returns [`OutputError::Io`] if the folder cannot be created or listed.
    pub fn open(path: &Path, document: &'static str) -> Result<Self, OutputError> {
        let io = |source| OutputError::Io { path: path.into(), source };
        fs::create_dir_all(path).map_err(io)?;
        let is_empty = fs::read_dir(path).map_err(io)?.next().is_none();
        if !is_empty && !path.join(document).is_file() {
            return Err(OutputError::Foreign { path: path.into(), document });
        }
        Ok(Self { path: path.into(), document })
    }

    /// Returns the folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file under `name`, in place of an earlier one.
    ///
    /// # Errors
    /// Returns [`OutputError::Io`] if the file cannot be written.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), OutputError> {
        let path = self.path.join(name);
        fs::write(&path, bytes).map_err(|source| OutputError::Io { path, source })
    }

    /// Writes the report's JSON document, in place of an earlier one.
    ///
    /// # Errors
    /// Returns [`OutputError::Io`] if the file cannot be written.
    pub fn put_json(&self, document: &impl Serialize) -> Result<(), OutputError> {
        self.put(self.document, &json::pretty(document))
    }

    /// Removes a file; a file that is not there is no error.
    ///
    /// # Errors
    /// Returns [`OutputError::Io`] if the file is there and cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), OutputError> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(OutputError::Io { path, source })
            }
            _ => Ok(()),
        }
    }

    /// Replaces the pictures of an earlier report: empties the subfolder `pictures`, and writes
    /// each file of `pictures` into it under its name.
    ///
    /// # Errors
    /// Returns [`OutputError::Io`] if a file cannot be removed or written.
    pub fn replace_pictures<B: AsRef<[u8]>>(
        &self,
        pictures: impl IntoIterator<Item = (String, B)>,
    ) -> Result<(), OutputError> {
        let folder = self.path.join(PICTURES);
        let io = |source| OutputError::Io { path: folder.clone(), source };
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(io)?;
        }
        fs::create_dir(&folder).map_err(io)?;
        for (name, bytes) in pictures {
            self.put(&format!("{PICTURES}/{name}"), bytes.as_ref())?;
        }
        Ok(())
    }
}
