//! Writes the files of a replay: its document, and its thumbnails, each mixed thumbnail beside the
//! undisturbed one.

use super::json::{ReplayDocument, file_name};
use crate::output::{OutputDir, OutputError};
use crate::replay::ReplayResult;
use crate::schedule::Outcome;

/// Name of the JSON document in the folder of a replay.
pub(crate) const DOCUMENT: &str = "replay.json";

/// Writes thumbnails and document into a folder, in place of those of an earlier replay. Other
/// files in the folder stay.
///
/// # Errors
/// Returns [`OutputError::Io`] if a file cannot be written or removed.
pub(crate) fn write(
    folder: &OutputDir,
    result: &ReplayResult,
    document: &ReplayDocument,
) -> Result<(), OutputError> {
    remove_thumbnails(folder)?;
    for (request, thumbnail) in result.thumbnails.iter().enumerate() {
        let Some(thumbnail) = thumbnail else { continue };
        let letter = result.name(request);
        folder.put(&file_name(letter, thumbnail.outcome), &thumbnail.jpeg)?;
        if let Some(undisturbed) = &thumbnail.undisturbed {
            folder.put(&undisturbed_name(letter), undisturbed)?;
        }
    }
    folder.put_json(document)
}

/// Removes the thumbnails of an earlier replay, which are the files that a replay may write.
fn remove_thumbnails(folder: &OutputDir) -> Result<(), OutputError> {
    for letter in 'A'..='Z' {
        for outcome in [Outcome::Clean, Outcome::Torn, Outcome::Swapped] {
            folder.remove(&file_name(letter, outcome))?;
        }
        folder.remove(&undisturbed_name(letter))?;
    }
    Ok(())
}

/// Returns the file name of an undisturbed thumbnail, such as `A-should-be.jpg`.
fn undisturbed_name(letter: char) -> String {
    format!("{letter}-should-be.jpg")
}
