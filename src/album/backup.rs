//! Copies an album's file while it is in use, restores such a copy, and checks both.
//!
//! A copy appears under its name only once it is complete, checked and on the disk.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::Serialize;

use super::private_file::{self, COMPANIONS, with_suffix};
use super::{
    Clock, ContentHash, OpenError, OpenFailure, Store, StoreError, StoreOptions, database,
};

/// Virtual machine steps of SQLite between two looks at the caller's wish to stop.
const STEPS_BETWEEN_LOOKS: i32 = 100_000;

/// Distance between the last number in a backup and the first number after its restoration, for
/// photos and ledger rows. The lost file may have given the numbers between to other photos.
const NUMBERS_SKIPPED: i64 = 1_000_000_000;

/// Counts what a checked file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FileSummary {
    /// Version of the file's schema.
    pub version: i64,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Number of people.
    pub people: u64,
    /// Number of albums.
    pub albums: u64,
    /// Number of photos, each of which has the bytes of its hash.
    pub photos: u64,
    /// Number of ledger rows.
    pub ledger_rows: u64,
}

/// Describes why a copy was not made. The copy's name is free then, and the source unchanged.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The name of the copy is taken.
    #[error("{} exists: name another file{hint}", path.display())]
    Exists {
        /// Path of the existing file.
        path: PathBuf,
        /// Further advice.
        hint: &'static str,
    },
    /// Another process has the file open that is to be replaced.
    #[error("{} is in use: stop the server, and any other command on it, first", .0.display())]
    InUse(PathBuf),
    /// The checks found damage.
    #[error("{} is damaged ({problem}): it was not used", path.display())]
    Damaged {
        /// Path of the damaged file.
        path: PathBuf,
        /// First problem that was found.
        problem: String,
    },
    /// The file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The system failed.
    #[error("{}: {error}", path.display())]
    System {
        /// Path of the file or folder.
        path: PathBuf,
        /// Error of the system.
        error: io::Error,
    },
    /// The file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The caller stopped the copy.
    #[error("interrupted: no file was made")]
    Interrupted,
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ffi::ErrorCode::OperationInterrupted) => Self::Interrupted,
            _ => Self::Store(error.into()),
        }
    }
}

/// Writes a consistent copy of the file at `data` to `target`, also while a server uses the file.
/// The copy holds every write that was acknowledged before, and is checked before it appears.
/// `may_continue` ends the copy by returning false.
///
/// # Errors
/// Returns a [`BackupError`] if `target` exists, the file cannot be read or is damaged, the copy
/// cannot be written, or the caller stopped it.
pub fn back_up(
    data: &Path,
    target: &Path,
    may_continue: impl Fn() -> bool + Clone + Send + 'static,
) -> Result<FileSummary, BackupError> {
    refuse_existing(target, "")?;
    let mut source = open(data)?;
    stop_if(&mut source, &may_continue)?;
    let partial = Partial::create(target)?;
    let Some(name) = partial.0.to_str() else {
        let error = io::Error::new(io::ErrorKind::InvalidFilename, "the path is not text");
        return Err(BackupError::System { path: target.into(), error });
    };
    source.execute("VACUUM INTO ?1", [name])?;
    drop(source);
    let summary = check(&partial.0, &may_continue)?;
    partial.publish(target)?;
    Ok(summary)
}

/// Describes a finished restoration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// What the restored file holds, in the version of the backup.
    pub backup: FileSummary,
    /// Path to which an earlier file was moved.
    pub set_aside: Option<PathBuf>,
}

/// Checks a backup, brings a copy of it up to date, and puts the copy at `data`. An earlier file is
/// moved aside if `replace` is set. The backup stays as it is.
///
/// # Errors
/// Returns a [`BackupError`] if the backup is damaged or of a version that this program does not
/// read, if `data` exists and `replace` is not set, if another process uses `data`, if the system
/// fails, or if the caller stopped the restoration.
pub fn restore(
    backup: &Path,
    data: &Path,
    replace: bool,
    may_continue: impl Fn() -> bool + Clone + Send + 'static,
) -> Result<Restored, BackupError> {
    if !replace {
        refuse_existing(data, ", or move it aside with --replace")?;
    }
    drop(lock_against_other_processes(data)?);
    if !backup.is_file() {
        let failure = OpenFailure::MissingBackup;
        return Err(OpenError { path: backup.into(), failure }.into());
    }
    let partial = Partial::create(data)?;
    copy(backup, &partial.0)?;
    // A copy that was made by hand may have its log beside it.
    let log = with_suffix(backup, COMPANIONS[0]);
    if log.exists() {
        let log_copy = with_suffix(&partial.0, COMPANIONS[0]);
        private_file::create(&log_copy).map_err(|error| system(&log_copy, error))?;
        copy(&log, &log_copy)?;
    }
    let summary = match check(&partial.0, &may_continue) {
        // The copy is removed, so the message names the backup.
        Err(BackupError::Damaged { problem, .. }) => {
            return Err(BackupError::Damaged { path: backup.into(), problem });
        }
        Err(BackupError::Open(error)) => {
            return Err(OpenError { path: backup.into(), ..error }.into());
        }
        other => other?,
    };
    let options = StoreOptions { create: false, ..StoreOptions::default() };
    drop(Store::open(&partial.0, Clock::System, options)?);
    let connection = open(&partial.0)?;
    for table in ["photos", "ledger"] {
        connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, 0
             WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)",
            [table],
        )?;
        connection.execute(
            "UPDATE sqlite_sequence SET seq = seq + ?2 WHERE name = ?1",
            rusqlite::params![table, NUMBERS_SKIPPED],
        )?;
    }
    write_log_back(connection, &partial.0)?;
    check(&partial.0, &may_continue)?;
    let _lock = lock_against_other_processes(data)?;
    let set_aside = set_aside(data)?;
    partial.publish(data)?;
    Ok(Restored { backup: summary, set_aside })
}

/// Writes the whole log of a copy back into the copy, which is published without its log, and
/// closes the connection, which must be the only one.
fn write_log_back(connection: Connection, copy: &Path) -> Result<(), BackupError> {
    let busy: bool =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    connection.close().map_err(|(_connection, error)| error)?;
    let log = with_suffix(copy, COMPANIONS[0]);
    if busy || log.metadata().is_ok_and(|found| found.len() > 0) {
        let error = io::Error::other("the log was not written back into the file: try again");
        return Err(system(&log, error));
    }
    Ok(())
}

fn refuse_existing(path: &Path, hint: &'static str) -> Result<(), BackupError> {
    match path.symlink_metadata() {
        Ok(_) => Err(BackupError::Exists { path: path.into(), hint }),
        Err(_) => Ok(()),
    }
}

fn open(path: &Path) -> Result<Connection, OpenError> {
    database::open_unchanged(path).map_err(|failure| OpenError { path: path.into(), failure })
}

fn system(path: &Path, error: io::Error) -> BackupError {
    BackupError::System { path: path.into(), error }
}

/// Ends the statements of a connection once the caller wishes to stop.
fn stop_if(
    connection: &mut Connection,
    may_continue: &(impl Fn() -> bool + Clone + Send + 'static),
) -> rusqlite::Result<()> {
    let may_continue = may_continue.clone();
    connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || !may_continue()))
}

fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let mut source = File::open(from).map_err(|error| system(from, error))?;
    let mut target = File::options().write(true).open(to).map_err(|error| system(to, error))?;
    io::copy(&mut source, &mut target).map_err(|error| system(to, error))?;
    Ok(())
}

/// Checks a file that no other process uses: SQLite's own check, references, the hash of every
/// photo and cached thumbnail, and what each row of one table demands of another.
fn check(
    path: &Path,
    may_continue: &(impl Fn() -> bool + Clone + Send + 'static),
) -> Result<FileSummary, BackupError> {
    let damaged = |problem: String| BackupError::Damaged { path: path.into(), problem };
    let mut connection = match open(path) {
        Err(OpenError {
            failure: OpenFailure::Store(error @ StoreError::Corrupt { .. }), ..
        }) => {
            return Err(damaged(error.to_string()));
        }
        opened => opened?,
    };
    stop_if(&mut connection, may_continue)?;
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let checked = || -> Result<FileSummary, BackupError> {
        let verdict: String =
            connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(damaged(verdict));
        }
        let version = number("PRAGMA user_version")?;
        for (problem, sql, since) in DEMANDS {
            if version >= since && number(sql)? > 0 {
                return Err(damaged(format!("{} {problem}", number(sql)?)));
            }
        }
        check_hashes(&connection, PHOTO_HASHES, "photo", &damaged, may_continue)?;
        let mut ledger_rows = 0;
        if version > database::FIRST_VERSION {
            check_hashes(&connection, THUMBNAIL_HASHES, "thumbnail", &damaged, may_continue)?;
            ledger_rows = number("SELECT count(*) FROM ledger")? as u64;
        }
        Ok(FileSummary {
            version,
            bytes: path.metadata().map_err(|error| system(path, error))?.len(),
            people: number("SELECT count(*) FROM people")? as u64,
            albums: number("SELECT count(*) FROM albums")? as u64,
            photos: number("SELECT count(*) FROM photos")? as u64,
            ledger_rows,
        })
    };
    checked().map_err(|error| match error {
        BackupError::Store(StoreError::Corrupt { message }) => damaged(message),
        error => error,
    })
}

/// Lists queries that count rows against a rule, each with the first version that has its tables.
const DEMANDS: [(&str, &str, i64); 5] = [
    ("references to missing rows", "SELECT count(*) FROM pragma_foreign_key_check", 4),
    (
        "photos without bytes",
        "SELECT count(*) FROM photos WHERE id NOT IN (SELECT id FROM photo_bytes)",
        4,
    ),
    (
        "cached thumbnails without the ledger row of their making",
        "SELECT count(*) FROM thumbnails
         WHERE made_row NOT IN (SELECT id FROM ledger WHERE kind = 0)",
        5,
    ),
    (
        "bands of missing ledger rows",
        "SELECT count(*) FROM ledger_bands WHERE row NOT IN (SELECT id FROM ledger)",
        5,
    ),
    (
        "albums without their owner among the members",
        "SELECT count(*) FROM albums WHERE NOT EXISTS (
             SELECT 1 FROM members WHERE members.album = albums.album AND person = owner)
         AND album NOT IN (SELECT album FROM deleted_albums)",
        7,
    ),
];

const PHOTO_HASHES: &str = "SELECT id, content_hash, photo_bytes.bytes,
    byte_count = length(photo_bytes.bytes) FROM photos JOIN photo_bytes USING (id)";
const THUMBNAIL_HASHES: &str = "SELECT photo, hash, bytes, 1 FROM thumbnails";

fn check_hashes(
    connection: &Connection,
    sql: &str,
    kind: &str,
    damaged: &impl Fn(String) -> BackupError,
    may_continue: &impl Fn() -> bool,
) -> Result<(), BackupError> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, hash): (i64, ContentHash) = (row.get(0)?, row.get(1)?);
        let bytes = row.get_ref(2)?.as_blob().unwrap_or_default();
        if ContentHash::of(bytes) != hash || !row.get::<_, bool>(3)? {
            return Err(damaged(format!("the bytes of a {kind}, photo {id}, are not its own")));
        }
        if !may_continue() {
            return Err(BackupError::Interrupted);
        }
    }
    Ok(())
}

/// Holds the path of an unfinished copy, and removes the copy on drop.
struct Partial(PathBuf);

impl Partial {
    /// Creates an empty file beside `target`, which only its owner can read.
    fn create(target: &Path) -> Result<Self, BackupError> {
        let path = with_suffix(target, &format!(".{}.partial", std::process::id()));
        private_file::create(&path).map_err(|error| system(&path, error))?;
        Ok(Self(path))
    }

    /// Flushes the copy to the disk, and gives it its name, which must be free.
    fn publish(self, target: &Path) -> Result<(), BackupError> {
        let flushed = File::open(&self.0).and_then(|file| file.sync_all());
        flushed.map_err(|error| system(&self.0, error))?;
        // A link, unlike a renaming, never replaces a file.
        match fs::hard_link(&self.0, target) {
            Ok(()) => {}
            Err(_) => {
                refuse_existing(target, "")?;
                // The file system has no links.
                fs::rename(&self.0, target).map_err(|error| system(target, error))?;
            }
        }
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        // Some systems do not let a folder be opened; the name then reaches the disk later.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let companions = COMPANIONS.map(|suffix| with_suffix(&self.0, suffix));
        for path in [&self.0].into_iter().chain(&companions) {
            // What was published or never made is not there.
            let _ = fs::remove_file(path);
        }
    }
}

/// Locks an existing file, or fails if another process has it open. SQLite holds a lock on a file
/// with a write-ahead log for as long as a connection is open. No connection of this process may
/// be open to the file.
#[cfg(unix)]
fn lock_against_other_processes(data: &Path) -> Result<Option<File>, BackupError> {
    use rustix::fs::{FlockOperation, fcntl_lock};
    if !data.is_file() {
        return Ok(None);
    }
    let file = File::options().read(true).write(true).open(data);
    let file = file.map_err(|error| system(data, error))?;
    match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(_) => Err(BackupError::InUse(data.into())),
    }
}

/// Does nothing: the other systems do not let a file be moved while it is open.
#[cfg(not(unix))]
fn lock_against_other_processes(_data: &Path) -> Result<Option<File>, BackupError> {
    Ok(None)
}

/// Moves an earlier file and its companions aside, the log first: a log that stays behind alone
/// would be read into the restored file.
fn set_aside(data: &Path) -> Result<Option<PathBuf>, BackupError> {
    let aside = with_suffix(data, &format!(".replaced-{}", Clock::System.now().millis()));
    for suffix in COMPANIONS.into_iter().chain([""]) {
        let from = with_suffix(data, suffix);
        if from.symlink_metadata().is_ok() {
            fs::rename(&from, with_suffix(&aside, suffix)).map_err(|error| system(&from, error))?;
        }
    }
    Ok(aside.exists().then_some(aside))
}
