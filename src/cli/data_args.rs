//! What the commands about an album's file have in common: which file, and by which clock.

use std::path::{Path, PathBuf};

use clap::Args;

use super::OutputArgs;
use super::output::eprint;
use crate::album::{Clock, Moment, OpenError, Store, StoreOptions};

/// The file that `serve` uses.
#[derive(Args)]
pub(super) struct Data {
    /// The album's file; `serve` may be using it meanwhile
    #[arg(long, value_name = "FILE", default_value = "double-exposure.db")]
    data: PathBuf,
}

impl Data {
    /// Opens it; it must be there.
    pub(super) fn open(&self, now: Option<Moment>) -> Result<Store, OpenError> {
        let clock = now.map_or(Clock::System, Clock::starting_at);
        Store::open(&self.data, clock, StoreOptions { make: false, ..StoreOptions::default() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.data
    }
}

/// A number of bytes for people.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut rest = count as f64;
    let mut unit = "bytes";
    for next in UNITS {
        if rest < 1024.0 {
            break;
        }
        rest /= 1024.0;
        unit = next;
    }
    if unit == "bytes" { format!("{count} bytes") } else { format!("{rest:.1} {unit}") }
}

/// Says something by the way, unless nobody wants to hear it.
pub(super) fn note(voice: OutputArgs, text: &str) {
    if !voice.quiet {
        eprint(text);
    }
}
