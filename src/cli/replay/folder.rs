//! Writes the files of a replay: its document, and its thumbnails, each mixed one beside the
//! unmixed thumbnail.

use super::config::ReplayConfig;
use super::document::{ReplayDocument, file_name};
use super::result::ReplayResult;
use crate::output::{OutputDir, OutputError};
use crate::schedule::Outcome;

/// Name of the JSON document in the folder of a replay.
pub(super) const DOCUMENT: &str = "replay.json";

/// Writes thumbnails and document into a folder, in place of those of an earlier replay. Other
/// files in the folder stay.
///
/// # Errors
/// Returns [`OutputError::Io`] if a file cannot be written or removed.
pub(super) fn write(
    folder: &OutputDir,
    scene: &ReplayConfig,
    performance: &ReplayResult,
    document: &ReplayDocument,
) -> Result<(), OutputError> {
    clear(folder)?;
    for (request, thumbnail) in performance.thumbnails.iter().enumerate() {
        let Some(thumbnail) = thumbnail else { continue };
        let letter = scene.word.letter(request);
        folder.put(&file_name(letter, thumbnail.outcome), &thumbnail.made)?;
        if let Some(should_be) = &thumbnail.should_be {
            folder.put(&should_be_name(letter), should_be)?;
        }
    }
    folder.put_json(document)
}

/// Removes the thumbnails of an earlier replay: the names that a replay gives, and no others.
fn clear(folder: &OutputDir) -> Result<(), OutputError> {
    for letter in 'A'..='Z' {
        for outcome in [Outcome::Clean, Outcome::Torn, Outcome::Swapped] {
            folder.remove(&file_name(letter, outcome))?;
        }
        folder.remove(&should_be_name(letter))?;
    }
    Ok(())
}

/// Returns a file name such as `A-should-be.jpg`.
fn should_be_name(letter: char) -> String {
    format!("{letter}-should-be.jpg")
}
