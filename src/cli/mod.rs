//! The command line: what can be asked, and the exit code that answers.

mod audit;
mod compress;
mod data_args;
mod incident;
mod interrupt;
mod ledger;
mod malloc_arenas;
mod output;
mod purge;
mod replay;
mod repro;
mod serve;

use std::error::Error;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Why a command ended, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Held = 0,
    Mixed = 1,
    Usage = 2,
    Inconclusive = 3,
    Unreachable = 4,
    Interrupted = 130,
}

/// A command's exit. What keeps one from being carried out is unusable input, and is said.
fn exit_code(carried_out: Result<Exit, Box<dyn Error>>) -> Exit {
    carried_out.unwrap_or_else(|error| {
        output::eprint(&format!("error: {error}\n"));
        Exit::Usage
    })
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Two people's photos on one frame: a privacy failure rebuilt in safe Rust, and its repair.
///
/// Without a command it runs `repro`: the same load on three pipelines, one of which shares its
/// buffers, and every row of every thumbnail looked at.
#[derive(Parser)]
#[command(name = "double-exposure", version, args_conflicts_with_subcommands = true)]
#[command(after_help = EXITS)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    repro: repro::Repro,
}

#[derive(Subcommand)]
enum Command {
    Repro(repro::Repro),
    Audit(Box<audit::Audit>),
    Compress(compress::Compress),
    Incident(incident::Incident),
    Ledger(ledger::Ledger),
    Purge(purge::Purge),
    Replay(replay::Replay),
    Serve(serve::Serve),
}

/// How a command speaks.
#[derive(Args, Clone, Copy)]
struct OutputArgs {
    /// One JSON document on standard output, all else on standard error
    #[arg(long)]
    json: bool,
    /// No progress, no remarks: only the result
    #[arg(long, short)]
    quiet: bool,
}

const EXITS: &str = "\
Exit codes:
  0    every promise held: what must mix mixed, what must not did not
  1    a mix-up where none may be
  2    wrong usage or unusable input
  3    inconclusive: too little seen to say
  4    the target could not be reached
  130  interrupted; what was done so far is reported

Examples:
  double-exposure                                     see it happen, in less than a minute
  double-exposure --photos ~/Pictures                 the same with your photos
  double-exposure repro --pipeline owned --expect clean    a gate for CI";

/// Parses the command line, runs the command, and answers with its exit code.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    crate::codec::silence_decoder_panics();
    let exit = match cli.command {
        Some(Command::Repro(repro)) => repro.run(),
        Some(Command::Audit(audit)) => audit.run(),
        Some(Command::Compress(compress)) => compress.run(),
        Some(Command::Incident(incident)) => incident.run(),
        Some(Command::Ledger(ledger)) => ledger.run(),
        Some(Command::Purge(purge)) => purge.run(),
        Some(Command::Replay(replay)) => replay.run(),
        Some(Command::Serve(serve)) => serve.run(),
        None => cli.repro.run(),
    };
    exit.into()
}
