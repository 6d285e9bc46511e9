//! Runs `backup` and `restore`: copies an album's file while it is in use, and brings a copy back.

use std::error::Error;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::data_args::Data;
use super::interrupt::Interrupt;
use super::{Exit, OutputArgs};
use crate::album::{BackupError, FileSummary, Restored, back_up, restore};

/// Writes a checked copy of an album's file, also while `serve` uses it.
///
/// The copy holds all that was acknowledged before. It appears under its name only once it is
/// complete and every photo in it has been read and compared with its hash. Only its owner can read
/// it. An existing file is never replaced.
#[derive(Args)]
pub(super) struct Backup {
    /// File to write, which must not exist.
    file: PathBuf,
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    output: OutputArgs,
}

/// Checks a backup, brings a copy of it up to date, and puts the copy in the album's place.
///
/// No other process may be using the album's file. A backup of an older version is brought up to
/// date; the backup itself stays as it is. What was deleted after the backup is there again, and so
/// are tokens that were changed or revoked.
#[derive(Args)]
pub(super) struct Restore {
    /// Backup to restore.
    file: PathBuf,
    #[command(flatten)]
    data: Data,
    /// Move an existing album file aside; the command prints where to.
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    output: OutputArgs,
}

impl Backup {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let Self { file, data, output } = self;
        let interrupt = Interrupt::listen();
        let Some(summary) = finished(back_up(&data.data, &file, move || !interrupt.heard()))?
        else {
            return Ok(interrupted(output));
        };
        let path = file.to_string_lossy();
        let document =
            json!({ "schema": "double-exposure/backup/1", "file": path, "contents": summary });
        output.print(&document, || format!("{path}: {}\n", line(&summary)));
        Ok(Exit::Held)
    }
}

impl Restore {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let Self { file, data: Data { data }, replace, output } = self;
        let interrupt = Interrupt::listen();
        let restored = restore(&file, &data, replace, move || !interrupt.heard());
        let Some(Restored { backup, set_aside }) = finished(restored)? else {
            return Ok(interrupted(output));
        };
        let document = json!({
            "schema": "double-exposure/restore/1",
            "data": data.to_string_lossy(),
            "contents": backup,
            "set_aside": set_aside.as_ref().map(|path| path.to_string_lossy()),
        });
        output.print(&document, || format!("{}: {}\n", data.display(), line(&backup)));
        if let Some(aside) = set_aside {
            output.note(&format!("the earlier file is {} now\n", aside.display()));
        }
        output.note("delete again what was deleted after the backup, and change such tokens\n");
        Ok(Exit::Held)
    }
}

/// Returns nothing if the user interrupted the work.
fn finished<T>(result: Result<T, BackupError>) -> Result<Option<T>, BackupError> {
    match result {
        Err(BackupError::Interrupted) => Ok(None),
        result => result.map(Some),
    }
}

fn interrupted(output: OutputArgs) -> Exit {
    output.note(&format!("{}\n", BackupError::Interrupted));
    Exit::Interrupted
}

fn line(summary: &FileSummary) -> String {
    let FileSummary { version, bytes, people, albums, photos, ledger_rows } = summary;
    format!(
        "{people} people, {albums} albums, {photos} photos, {ledger_rows} ledger rows; {bytes} \
         bytes, version {version}, checked"
    )
}
