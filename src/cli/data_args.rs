//! Defines the arguments and errors that the commands on an album's file share.

use std::path::{Path, PathBuf};

use clap::Args;

use super::OutputArgs;
use super::output::eprint;
use crate::album::{Clock, Moment, OpenError, Store, StoreOptions};

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

/// Prints a note on standard error, unless `--quiet` is set.
pub(super) fn note(output: OutputArgs, text: &str) {
    if !output.quiet {
        eprint(text);
    }
}
