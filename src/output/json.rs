//! Writes a document as JSON text.

use serde::Serialize;

/// Returns a document as indented JSON with a newline at its end.
///
/// # Panics
/// Panics if the document has a map whose keys are no strings; no report has one.
pub(crate) fn pretty(document: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(document)
        .expect("a document of numbers and strings is always JSON");
    text.push(b'\n');
    text
}
