//! Words to people and documents to machines. A reader who went away is no error.

use std::io::{self, Write};

use serde::Serialize;

/// Prints a text with ANSI colour; the colour only reaches terminals.
pub(super) fn say(text: &str) {
    settle(anstream::stdout().write_all(text.as_bytes()));
}

/// Prints a remark on standard error.
pub(super) fn remark(text: &str) {
    settle(anstream::stderr().write_all(text.as_bytes()));
}

/// Prints one JSON document.
pub(super) fn document(document: &impl Serialize) {
    let mut text = serde_json::to_vec_pretty(document)
        .expect("a document of numbers and strings is always JSON");
    text.push(b'\n');
    settle(io::stdout().write_all(&text));
}

/// A pipe that closed early wanted no more. Nothing else can be said where writing fails.
fn settle(written: io::Result<()>) {
    let _ = written;
}
