//! Runs `purge`: deletes the cached thumbnails of a bad batch.

use std::error::Error;

use clap::Args;
use serde_json::json;

use super::data_args::Data;
use super::{Exit, OutputArgs};
use crate::output::terminal::many;

/// Deletes every cached thumbnail of one maker.
///
/// The server makes each thumbnail again on its next request, under another ETag, so that devices
/// drop their copies too. Photos and ledger stay.
#[derive(Args)]
pub(super) struct Purge {
    #[command(flatten)]
    data: Data,
    /// Version of the thumbnail maker.
    #[arg(long, value_name = "V")]
    maker: String,
    #[command(flatten)]
    output: OutputArgs,
}

impl Purge {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let purged = self.data.open()?.purge(&self.maker)?;
        let Self { maker, output, .. } = self;
        let document =
            json!({ "schema": "double-exposure/purge/1", "maker": maker, "purged": purged });
        let purged = many(purged, "thumbnail");
        output.print(&document, || format!("{purged} of maker {maker} deleted\n"));
        Ok(Exit::Held)
    }
}
