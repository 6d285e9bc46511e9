//! Words to people, documents to machines, files for CI. A reader who went away is no error.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

/// Prints a text with ANSI colour; the colour only reaches terminals.
pub(super) fn print(text: &str) {
    settle(anstream::stdout().write_all(text.as_bytes()));
}

/// Prints a remark on standard error.
pub(super) fn eprint(text: &str) {
    settle(anstream::stderr().write_all(text.as_bytes()));
}

/// Prints one JSON document.
pub(super) fn print_json(document: &impl Serialize) {
    let mut text = serde_json::to_vec_pretty(document)
        .expect("a document of numbers and strings is always JSON");
    text.push(b'\n');
    settle(io::stdout().write_all(&text));
}

/// A pipe that closed early wanted no more. Nothing else can be said where this fails.
fn settle(written: io::Result<()>) {
    let _ = written;
}

/// A file, opened before anything runs: a result that has no place is lost time. Whoever fails
/// before there is a result leaves no file that was not there, and no empty one in its place.
pub(super) struct File<'a> {
    path: &'a Path,
    file: fs::File,
    /// Whether nothing is lost with it, as long as nothing is written.
    ours: bool,
}

impl<'a> File<'a> {
    /// In place of what is there, which must not be taken for this run's result.
    pub(super) fn create(path: &'a Path) -> Result<Self, String> {
        let file = fs::File::create(path).map_err(|error| unwritable(path, &error))?;
        Ok(Self { path, file, ours: true })
    }

    /// Behind what is there, as a CI's summary wants it.
    pub(super) fn append(path: &'a Path) -> Result<Self, String> {
        let ours = !path.exists();
        let opened = fs::OpenOptions::new().create(true).append(true).open(path);
        let file = opened.map_err(|error| unwritable(path, &error))?;
        Ok(Self { path, file, ours })
    }

    pub(super) fn write(mut self, bytes: &[u8]) -> Result<(), String> {
        self.ours = false;
        self.file.write_all(bytes).map_err(|error| unwritable(self.path, &error))
    }
}

impl Drop for File<'_> {
    fn drop(&mut self) {
        // A terminal, a pipe, or a link to one is not ours to remove.
        if self.ours && self.path.symlink_metadata().is_ok_and(|found| found.is_file()) {
            settle(fs::remove_file(self.path));
        }
    }
}

fn unwritable(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}; name a file that can be written", path.display())
}
