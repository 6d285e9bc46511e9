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

/// Selects the file of an album, and the time that a drill takes for the present.
#[derive(Args)]
pub(super) struct DrillData {
    /// Sets the clock to this moment, by RFC 3339, for a drill.
    #[arg(long, value_name = "RFC3339")]
    now: Option<Moment>,
    #[command(flatten)]
    pub(super) file: Data,
}

impl DrillData {
    /// Opens the file, which has to exist, with the clock of the drill.
    pub(super) fn open(&self) -> Result<Store, OpenError> {
        self.file.open_by(self.now.map_or(Clock::System, Clock::starting_at))
    }
}

impl Data {
    /// Opens the file, which has to exist, with the system's clock.
    pub(super) fn open(&self) -> Result<Store, OpenError> {
        self.open_by(Clock::System)
    }

    fn open_by(&self, clock: Clock) -> Result<Store, OpenError> {
        Store::open(&self.data, clock, StoreOptions { create: false, ..StoreOptions::default() })
    }
}
