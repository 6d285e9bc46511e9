//! Defines the arguments and errors that the commands on an album's file share.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::eprint;
use super::{Exit, OutputArgs};
use crate::album::{Clock, Moment, OpenError, Store, StoreError, StoreOptions};

/// Selects the file of an album.
#[derive(Args)]
pub(super) struct Data {
    /// File of the album. A `serve` command may be using it at the same time.
    #[arg(long, value_name = "FILE", default_value = "double-exposure.db")]
    data: PathBuf,
}

impl Data {
    /// Opens the file, which has to exist. A drill sets the clock to `now`.
    pub(super) fn open(&self, now: Option<Moment>) -> Result<Store, OpenError> {
        let clock = now.map_or(Clock::System, Clock::starting_at);
        Store::open(&self.data, clock, StoreOptions { create: false, ..StoreOptions::default() })
    }

    /// Returns the path of the file.
    pub(super) fn path(&self) -> &Path {
        &self.data
    }
}

/// Describes why a command on a file failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Prints the error of a command, if any, and returns the exit code.
pub(super) fn settle(result: Result<Exit, FileError>) -> Exit {
    result.unwrap_or_else(|error| {
        eprint(&format!("error: {error}\n"));
        Exit::Usage
    })
}

/// Prints a note on standard error, unless `--quiet` is set.
pub(super) fn note(output: OutputArgs, text: &str) {
    if !output.quiet {
        eprint(text);
    }
}
