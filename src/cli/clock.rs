//! Runs `clock`: shows if the clock may be believed, and accepts a jump.

use std::error::Error;

use clap::{Args, Subcommand};
use serde_json::json;

use super::data_args::DrillData;
use super::{Exit, OutputArgs};
use crate::album::{ClockStatus, MAX_CLOCK_JUMP};

/// Shows if the clock may be believed, or accepts a jump of it.
///
/// Old ledger rows are deleted, and old photos compressed, only while the clock is at most 24 hours
/// away from the time that the album's file lets expect. Exit code 1 means that it is not.
#[derive(Args)]
pub(super) struct Clock {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Show(ClockArgs),
    Accept(ClockArgs),
}

/// Shows the clock beside the expected time.
#[derive(Args)]
struct ClockArgs {
    #[command(flatten)]
    data: DrillData,
    #[command(flatten)]
    output: OutputArgs,
}

impl Clock {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let (arguments, accept) = match self.command {
            Command::Show(arguments) => (arguments, false),
            Command::Accept(arguments) => (arguments, true),
        };
        let ClockArgs { data, output } = arguments;
        let store = data.open()?;
        let status = if accept { store.accept_clock()? } else { store.observe_clock()? };
        let ClockStatus { reading, expected } = status;
        let believed = accept || status.is_believed();
        let due = store.due_at(reading)?;
        let document = json!({
            "schema": "double-exposure/clock/1",
            "reading": reading,
            "expected": expected,
            "believed": believed,
            "photos_due": due.photos,
            "ledger_rows_due": due.ledger_rows,
        });
        output.print(&document, || {
            let verdict = match (accept, believed) {
                (true, _) => "accepted".to_owned(),
                (false, true) => "believed".to_owned(),
                (false, false) => format!(
                    "NOT believed, more than {} hours away: nothing is deleted or compressed",
                    MAX_CLOCK_JUMP.as_secs() / 3_600
                ),
            };
            format!(
                "the clock shows {reading}, expected was {expected}: {verdict}\n\
                 due by it: {} photos to compress, {} ledger rows to delete\n",
                due.photos, due.ledger_rows
            )
        });
        Ok(if believed { Exit::Held } else { Exit::Mixed })
    }
}
