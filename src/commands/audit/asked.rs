//! What `audit` is given on the command line: numbers within their bounds, and files to write.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::audit::MOST_IN_FLIGHT;
use crate::audit::target::Fit;

pub(super) fn in_flight(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MOST_IN_FLIGHT).contains(number));
    number.ok_or_else(|| format!("not a whole number from 1 to {MOST_IN_FLIGHT}"))
}

pub(super) fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.1..=100_000.0).contains(rate));
    rate.ok_or_else(|| "not a number from 0.1 to 100000".to_owned())
}

pub(super) fn fit(text: &str) -> Result<Fit, String> {
    match text {
        "cover" => Ok(Fit::Cover),
        "contain" => Ok(Fit::Contain),
        "any" => Ok(Fit::Any),
        _ => Err("choose cover, contain or any".into()),
    }
}

/// A file, opened before anything runs: an audit whose result has no place is lost time.
pub(super) struct File<'a> {
    path: &'a Path,
    file: fs::File,
}

impl<'a> File<'a> {
    /// In place of what is there, which must not be taken for this audit's result.
    pub(super) fn create(path: &'a Path) -> Result<Self, String> {
        let file = fs::File::create(path).map_err(|error| unwritable(path, &error))?;
        Ok(Self { path, file })
    }

    /// Behind what is there, as a CI's summary wants it.
    pub(super) fn append(path: &'a Path) -> Result<Self, String> {
        let opened = fs::OpenOptions::new().create(true).append(true).open(path);
        let file = opened.map_err(|error| unwritable(path, &error))?;
        Ok(Self { path, file })
    }

    pub(super) fn write(mut self, bytes: &[u8]) -> Result<(), String> {
        self.file.write_all(bytes).map_err(|error| unwritable(self.path, &error))
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}; name a file that can be written", path.display())
}
