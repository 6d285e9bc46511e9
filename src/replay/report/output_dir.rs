//! Writes a replay into a folder: its document, and its thumbnails, each mixed thumbnail beside the
//! undisturbed one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::json::{ReplayDocument, file_name};
use crate::output::is_ours;
use crate::replay::ReplayResult;
use crate::schedule::Outcome;

const DOCUMENT: &str = "replay.json";

/// Holds the path of a folder that a replay may be written into.
pub(crate) struct ReplayDir {
    path: PathBuf,
}

/// Describes why a replay could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayDirError {
    /// The folder holds something else than a replay.
    #[error("{} holds something else than a replay: name an empty or a new folder", .0.display())]
    Foreign(PathBuf),
    /// The file system returned an error.
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl ReplayDir {
    /// Opens `path` for a replay, and creates the folder if it is missing. A later
    /// [`write`](Self::write) replaces the thumbnails of an earlier replay and no other file.
    ///
    /// # Errors
    /// Returns [`ReplayDirError::Foreign`] if the folder holds anything else than a replay, and
    /// [`ReplayDirError::Io`] if the folder cannot be read or created.
    pub(crate) fn open(path: &Path) -> Result<Self, ReplayDirError> {
        let io = |source| ReplayDirError::Io { path: path.into(), source };
        if !is_ours(path, DOCUMENT).map_err(io)? {
            return Err(ReplayDirError::Foreign(path.into()));
        }
        Ok(Self { path: path.into() })
    }

    /// Returns the path of the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the thumbnails and the document, and replaces those of an earlier replay.
    ///
    /// # Errors
    /// Returns [`ReplayDirError::Io`] if a file cannot be written or removed.
    pub(crate) fn write(
        &self,
        result: &ReplayResult,
        document: &ReplayDocument,
    ) -> Result<(), ReplayDirError> {
        self.clear()?;
        for (request, thumbnail) in result.thumbnails.iter().enumerate() {
            let Some(thumbnail) = thumbnail else { continue };
            let letter = result.name(request);
            self.put(&file_name(letter, thumbnail.outcome), &thumbnail.jpeg)?;
            if let Some(undisturbed) = &thumbnail.undisturbed {
                self.put(&undisturbed_name(letter), undisturbed)?;
            }
        }
        let mut text = serde_json::to_vec_pretty(document)
            .expect("a document of numbers and strings is always JSON");
        text.push(b'\n');
        self.put(DOCUMENT, &text)
    }

    /// Removes the thumbnails of an earlier replay, which are the files that a replay may write.
    fn clear(&self) -> Result<(), ReplayDirError> {
        for letter in 'A'..='Z' {
            let outcomes = [Outcome::Clean, Outcome::Torn, Outcome::Swapped];
            let names = outcomes.map(|outcome| file_name(letter, outcome));
            for name in names.into_iter().chain([undisturbed_name(letter)]) {
                let path = self.path.join(name);
                match fs::remove_file(&path) {
                    Err(source) if source.kind() != io::ErrorKind::NotFound => {
                        return Err(ReplayDirError::Io { path, source });
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), ReplayDirError> {
        let path = self.path.join(name);
        fs::write(&path, bytes).map_err(|source| ReplayDirError::Io { path, source })
    }
}

/// Returns the file name of an undisturbed thumbnail, such as `A-should-be.jpg`.
fn undisturbed_name(letter: char) -> String {
    format!("{letter}-should-be.jpg")
}
