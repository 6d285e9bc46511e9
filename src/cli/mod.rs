//! Parses the command line, runs a command, and maps its result to an exit code.

mod audit;
mod backup;
mod client_args;
mod clock;
mod compress;
mod course;
mod data_args;
mod incident;
mod interrupt;
mod ledger;
mod limit_args;
mod log;
mod malloc_arenas;
mod output;
mod parse;
mod play;
mod purge;
mod replay;
mod repro;
mod rotate_key;
mod serve;

use std::error::Error;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Lists the results of a command, each with its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Held = 0,
    Mixed = 1,
    Usage = 2,
    Inconclusive = 3,
    Unreachable = 4,
    Interrupted = 130,
}

/// Maps a command's result to its exit; prints an error, which always means unusable input.
fn exit_code(result: Result<Exit, Box<dyn Error>>) -> Exit {
    result.unwrap_or_else(|error| {
        output::eprint(&format!("error: {error}\n"));
        Exit::Usage
    })
}

/// Rebuilds a privacy failure, two people's photos in one frame, in safe Rust, and its repair.
///
/// Without a command this runs `repro`: the same load on three pipelines, one of which shares its
/// buffers. Every row of every thumbnail is checked.
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
    Backup(backup::Backup),
    Clock(clock::Clock),
    Compress(compress::Compress),
    Course(course::Course),
    Incident(incident::Incident),
    Ledger(ledger::Ledger),
    Play(play::Play),
    Purge(purge::Purge),
    Replay(replay::Replay),
    Restore(backup::Restore),
    RotateKey(rotate_key::RotateKey),
    Serve(serve::Serve),
}

/// Holds the flags that choose how a command prints its result.
#[derive(Args, Clone, Copy)]
struct OutputArgs {
    /// Print one JSON document on standard output, and all else on standard error.
    #[arg(long, env = "DOUBLE_EXPOSURE_JSON")]
    json: bool,
    /// Print the result only: no progress and no notes.
    #[arg(long, short, env = "DOUBLE_EXPOSURE_QUIET")]
    quiet: bool,
}

const EXITS: &str = "\
Exit codes:
  0    as expected: `shared` mixed photos under load, the repairs did not
  1    a thumbnail is mixed where none may be
  2    wrong usage or unusable input
  3    inconclusive: too few thumbnails for a verdict
  4    the target could not be reached
  130  interrupted; the result up to then is reported

Examples:
  double-exposure repro --quick                       see the failure, in 12 seconds
  double-exposure                                     all three pipelines at seven loads
  double-exposure --photos ~/Pictures                 the same with your photos
  double-exposure repro --pipeline owned --expect clean    a gate for CI";

/// Parses the command line, runs the command, and returns its exit code.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    crate::codec::silence_decoder_panics();
    let result = match cli.command {
        Some(Command::Repro(repro)) => repro.run(),
        Some(Command::Audit(audit)) => audit.run(),
        Some(Command::Backup(backup)) => backup.run(),
        Some(Command::Clock(clock)) => clock.run(),
        Some(Command::Compress(compress)) => compress.run(),
        Some(Command::Course(course)) => course.run(),
        Some(Command::Incident(incident)) => incident.run(),
        Some(Command::Ledger(ledger)) => ledger.run(),
        Some(Command::Play(play)) => play.run(),
        Some(Command::Purge(purge)) => purge.run(),
        Some(Command::Replay(replay)) => replay.run(),
        Some(Command::Restore(restore)) => restore.run(),
        Some(Command::RotateKey(rotate)) => rotate.run(),
        Some(Command::Serve(serve)) => serve.run(),
        None => cli.repro.run(),
    };
    ExitCode::from(exit_code(result) as u8)
}
