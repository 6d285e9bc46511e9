//! Runs `rotate-key`: replaces the operator's key.

use std::error::Error;

use clap::Args;
use serde_json::json;

use super::data_args::Data;
use super::{Exit, OutputArgs};

/// Replaces the operator's key in the file, and prints the new key once.
///
/// A running server uses the new key from its next start on. A server whose key comes from
/// DOUBLE_EXPOSURE_OPERATOR_KEY ignores the key in the file.
#[derive(Args)]
pub(super) struct RotateKey {
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    output: OutputArgs,
}

impl RotateKey {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let key = self.data.open()?.rotate_operator_key()?;
        let document = json!({ "schema": "double-exposure/rotate-key/1", "key": key.reveal() });
        self.output.print(&document, || format!("{}\n", key.reveal()));
        self.output.note("start the server again, so that it takes this key\n");
        Ok(Exit::Held)
    }
}
