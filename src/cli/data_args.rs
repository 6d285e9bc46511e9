//! Defines the arguments that the commands on an album's file share.

use std::path::PathBuf;

use clap::Args;

use crate::album::{Clock, Moment, OpenError, Store, StoreOptions};

/// Selects the file of an album.
#[derive(Args)]
pub(super) struct Data {
    /// File of the album. A `serve` command may be using it at the same time.
    #[arg(
        long,
        env = "DOUBLE_EXPOSURE_DATA",
        value_name = "FILE",
        default_value = "double-exposure.db"
    )]
    pub(super) data: PathBuf,
}

impl Data {
    /// Opens the file, which has to exist. A drill sets the clock to `now`.
    pub(super) fn open(&self, now: Option<Moment>) -> Result<Store, OpenError> {
        let clock = now.map_or(Clock::System, Clock::starting_at);
        Store::open(&self.data, clock, StoreOptions { create: false, ..StoreOptions::default() })
    }
}
