//! Writes text, JSON and report files. A closed pipe is not an error.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;

use super::OutputArgs;
use crate::output::json;

/// Prints a text with ANSI colour on standard output; the colour reaches terminals only. A prompt,
/// which has no line end, is shown at once.
pub(super) fn print(text: &str) {
    let mut stdout = anstream::stdout();
    ignore(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
}

/// Prints a text with ANSI colour on standard error; the colour reaches terminals only.
pub(super) fn eprint(text: &str) {
    ignore(anstream::stderr().write_all(text.as_bytes()));
}

/// Prints one JSON document on standard output.
pub(super) fn print_json(document: &impl Serialize) {
    ignore(io::stdout().write_all(&json::pretty(document)));
}

impl OutputArgs {
    /// Prints the result on standard output, as a JSON document or as text.
    pub(super) fn print(self, document: &impl Serialize, text: impl FnOnce() -> String) {
        if self.json { print_json(document) } else { print(&text()) }
    }

    /// Prints a note on standard error, unless `--quiet` is set.
    pub(super) fn note(self, text: &str) {
        if !self.quiet {
            eprint(text);
        }
    }
}

/// Ignores a write error: the reader of a closed pipe wants no more, and an error about standard
/// output or standard error cannot be printed anywhere.
fn ignore(written: io::Result<()>) {
    let _ = written;
}

/// Holds a file that is opened before a run starts, so that an unwritable path costs no time. A run
/// that fails before it has a result leaves neither a new nor an emptied file behind.
pub(super) struct File<'a> {
    path: &'a Path,
    file: fs::File,
    /// True if removing the file loses nothing: it is new or emptied, and nothing was written.
    removable: bool,
}

impl<'a> File<'a> {
    /// Creates a file, and empties an earlier one, which must not be taken for this run's result.
    pub(super) fn create(path: &'a Path) -> Result<Self, String> {
        let file = fs::File::create(path).map_err(|error| unwritable(path, &error))?;
        Ok(Self { path, file, removable: true })
    }

    /// Opens a file to append to, as CI summaries need it; creates the file if it is missing.
    pub(super) fn append(path: &'a Path) -> Result<Self, String> {
        let removable = !path.exists();
        let opened = fs::OpenOptions::new().create(true).append(true).open(path);
        let file = opened.map_err(|error| unwritable(path, &error))?;
        Ok(Self { path, file, removable })
    }

    /// Returns a writer for a result that is written piece by piece, and keeps the file.
    pub(super) fn writer(&mut self) -> BufWriter<&fs::File> {
        self.removable = false;
        BufWriter::with_capacity(1 << 20, &self.file)
    }

    /// Writes the result, and keeps the file.
    pub(super) fn write(mut self, bytes: &[u8]) -> Result<(), String> {
        self.removable = false;
        self.file.write_all(bytes).map_err(|error| unwritable(self.path, &error))
    }
}

impl Drop for File<'_> {
    fn drop(&mut self) {
        // Terminals, pipes and symbolic links were there before, and stay.
        if self.removable && self.path.symlink_metadata().is_ok_and(|found| found.is_file()) {
            ignore(fs::remove_file(self.path));
        }
    }
}

fn unwritable(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}; name a file that can be written", path.display())
}
