//! The file itself: whose it is, which version it has, and what brings it up to date.
//!
//! Nothing is written before the file is known to be ours and not newer than this program.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::{OpenError, StoreError};

/// What marks a file as an album's: "DbEx" in SQLite's `application_id`.
pub const APPLICATION_ID: i32 = i32::from_be_bytes(*b"DbEx");

/// The version that this program writes, in SQLite's `user_version`.
pub const VERSION: i64 = MIGRATIONS.len() as i64;

/// What brings a file from the version of its place in this list to the next.
const MIGRATIONS: [&str; 3] = [
    include_str!("schema/1_albums.sql"),
    include_str!("schema/2_ledger.sql"),
    include_str!("schema/3_operator.sql"),
];

/// Opens the file to write, makes it if it is missing and `make` says so, and brings it up to date.
pub(super) fn open(path: &Path, make: bool) -> Result<Connection, OpenError> {
    check_place(path, make)?;
    let failed = |error: rusqlite::Error| open_error(path, error);
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, make);
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    configure(&connection).map_err(failed)?;
    check_file(path, &connection)?;
    migrate(path, &mut connection)?;
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(failed)?;
    if mode != "wal" {
        let message = format!("no write-ahead log here: journal mode {mode}");
        return Err(store_error(path, StoreError::Other { code: 0, message }));
    }
    // A deleted photo, and an original that was replaced, are not left in free pages.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(())).map_err(failed)?;
    connection
        .pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(()))
        .map_err(failed)?;
    Ok(connection)
}

/// Opens the file once more, to read only.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "foreign_keys", true)?;
    // Without this, a statement whose plan might hang on a value is compiled anew for each value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Another program's file cannot make us run its code.
    connection.pragma_update(None, "trusted_schema", false)
}

/// How long one process waits for another to let go of the file.
const BUSY: std::time::Duration = std::time::Duration::from_secs(5);

/// What the write-ahead log may keep of the disk after a burst.
const LOG_BYTES: i64 = 64 << 20;

fn check_place(path: &Path, make: bool) -> Result<(), OpenError> {
    let path_buf = || path.to_path_buf();
    match path.metadata() {
        Ok(found) if !found.is_file() => Err(OpenError::NoFile { path: path_buf() }),
        // Also for those whom the system would let write: whoever set this meant it.
        Ok(found) if found.permissions().readonly() => {
            Err(OpenError::ReadOnly { path: path_buf() })
        }
        Ok(_) => Ok(()),
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            if folder.is_some_and(|folder| !folder.is_dir()) {
                Err(OpenError::NoFolder { path: path_buf() })
            } else if make {
                Ok(())
            } else {
                Err(OpenError::Missing { path: path_buf() })
            }
        }
    }
}

fn check_file(path: &Path, connection: &Connection) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| open_error(path, error);
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(failed);
    let found = number("PRAGMA application_id")? as i32;
    if found != APPLICATION_ID && (found != 0 || number("SELECT count(*) FROM sqlite_schema")? > 0)
    {
        return Err(OpenError::Foreign { path: path.to_path_buf(), found, ours: APPLICATION_ID });
    }
    let found = number("PRAGMA user_version")?;
    if found > VERSION {
        return Err(OpenError::Newer { path: path.to_path_buf(), found, known: VERSION });
    }
    Ok(())
}

/// Takes each missing step in a transaction of its own, looking again under the lock: another
/// process may be at it too.
fn migrate(path: &Path, connection: &mut Connection) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| open_error(path, error);
    loop {
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        check_file(path, &transaction)?;
        let version: i64 =
            transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
        let Some(step) = MIGRATIONS.get(version as usize) else { return Ok(()) };
        transaction.execute_batch(step).map_err(failed)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
        transaction.pragma_update(None, "user_version", version + 1).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
}

fn open_error(path: &Path, error: rusqlite::Error) -> OpenError {
    let path_buf = || path.to_path_buf();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotADatabase { path: path_buf() },
        Some(ErrorCode::ReadOnly) => OpenError::ReadOnly { path: path_buf() },
        _ => store_error(path, error.into()),
    }
}

pub(super) fn store_error(path: &Path, error: StoreError) -> OpenError {
    OpenError::Store { path: path.to_path_buf(), error }
}
