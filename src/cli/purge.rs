//! `purge`: throws a bad batch of thumbnails away.

use std::error::Error;

use clap::Args;
use serde_json::json;

use super::data_args::Data;
use super::output::{print, print_json};
use super::{Exit, OutputArgs};

/// Throw away every kept thumbnail of one maker
///
/// Each is made anew when it is next asked for, under another ETag, so that devices drop their
/// copies too. Photos and ledger stay.
#[derive(Args)]
pub(super) struct Purge {
    #[command(flatten)]
    data: Data,
    /// The version of the thumbnail maker whose batch it is
    #[arg(long, value_name = "V")]
    maker: String,
    #[command(flatten)]
    voice: OutputArgs,
}

impl Purge {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let purged = self.data.open(None)?.purge(&self.maker)?;
        if self.voice.json {
            print_json(&json!({
                "schema": "double-exposure/purge/1",
                "maker": self.maker,
                "purged": purged,
            }));
        } else {
            print(&format!("{purged} thumbnails of maker {} thrown away\n", self.maker));
        }
        Ok(Exit::Held)
    }
}
