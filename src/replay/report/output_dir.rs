//! The folder that a replay leaves behind: its document, and its thumbnails, each mixed one beside
//! what it should have been.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::config::ReplayConfig;
use super::document::{ReplayDocument, file_name};
use super::result::ReplayResult;
use crate::output::is_ours;
use crate::schedule::Outcome;

const DOCUMENT: &str = "replay.json";

/// A folder that a replay may be written into.
pub(super) struct ReplayDir {
    path: PathBuf,
}

/// Why a replay could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum FolderError {
    /// The folder holds something, and it is no replay.
    #[error("{} holds something else than a replay: name an empty or a new folder", .0.display())]
    Foreign(PathBuf),
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl ReplayDir {
    /// Opens `path` for a replay, and makes it if it is missing. The thumbnails of a replay that is
    /// there will be replaced, and nothing else.
    ///
    /// # Errors
    /// [`FolderError::Foreign`] if it holds anything and no replay: nothing is written then.
    pub(super) fn open(path: &Path) -> Result<Self, FolderError> {
        let io = |source| FolderError::Io { path: path.into(), source };
        if !is_ours(path, DOCUMENT).map_err(io)? {
            return Err(FolderError::Foreign(path.into()));
        }
        Ok(Self { path: path.into() })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the thumbnails and the document, in place of those of an earlier replay.
    ///
    /// # Errors
    /// The system's, with the path.
    pub(super) fn write(
        &self,
        scene: &ReplayConfig,
        performance: &ReplayResult,
        document: &ReplayDocument,
    ) -> Result<(), FolderError> {
        self.clear()?;
        for (request, thumbnail) in performance.thumbnails.iter().enumerate() {
            let Some(thumbnail) = thumbnail else { continue };
            let letter = scene.word.letter(request);
            self.put(&file_name(letter, thumbnail.outcome), &thumbnail.made)?;
            if let Some(should_be) = &thumbnail.should_be {
                self.put(&should_be_name(letter), should_be)?;
            }
        }
        let mut text = serde_json::to_vec_pretty(document)
            .expect("a document of numbers and strings is always JSON");
        text.push(b'\n');
        self.put(DOCUMENT, &text)
    }

    /// Removes the thumbnails of an earlier replay: the names that a replay gives, and no others.
    fn clear(&self) -> Result<(), FolderError> {
        for letter in 'A'..='Z' {
            let outcomes = [Outcome::Clean, Outcome::Torn, Outcome::Swapped];
            let made = outcomes.map(|outcome| file_name(letter, outcome));
            for name in made.into_iter().chain([should_be_name(letter)]) {
                let path = self.path.join(name);
                match fs::remove_file(&path) {
                    Err(source) if source.kind() != io::ErrorKind::NotFound => {
                        return Err(FolderError::Io { path, source });
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let path = self.path.join(name);
        fs::write(&path, bytes).map_err(|source| FolderError::Io { path, source })
    }
}

/// Such as `A-should-be.jpg`.
fn should_be_name(letter: char) -> String {
    format!("{letter}-should-be.jpg")
}
