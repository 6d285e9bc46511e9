//! Opens, checks, configures and migrates the SQLite file.
//!
//! Nothing is written before the file is known to be this program's own and of a version that this
//! program reads.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::{OpenFailure, StoreError, private_file};

/// Mark of an album's file in SQLite's `application_id`: the letters "DbEx".
pub const APPLICATION_ID: i32 = i32::from_be_bytes(*b"DbEx");

/// Version of the schema that this program writes, in SQLite's `user_version`.
pub const SCHEMA_VERSION: i64 = UNRELEASED_VERSIONS + MIGRATIONS.len() as i64;

/// Last of the versions, from 1 on, that were never released and had other column names.
const UNRELEASED_VERSIONS: i64 = 3;

/// First version that was released.
pub(super) const FIRST_VERSION: i64 = UNRELEASED_VERSIONS + 1;

/// Steps of the schema in order. The first makes a file of version 4, each further step
/// makes the next version.
const MIGRATIONS: [&str; 4] = [
    include_str!("schema/1_albums.sql"),
    include_str!("schema/2_ledger.sql"),
    include_str!("schema/3_operator.sql"),
    include_str!("schema/4_operations.sql"),
];

/// Opens the file for writing and brings it up to date. Creates a missing file if `create` is set.
pub(super) fn open(path: &Path, create: bool) -> Result<Connection, OpenFailure> {
    check_path(path, create)?;
    let loose = private_file::prepare(path, create)?;
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    let mut connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    check_file(&connection)?;
    if loose {
        private_file::tighten(path);
    }
    migrate(&mut connection)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        let message = format!("no write-ahead log here: journal mode {mode}");
        return Err(StoreError::Other { code: 0, message }.into());
    }
    // A deleted photo, and an original that was replaced, must not remain in free pages.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    let limit = MAX_IDLE_LOG_BYTES;
    connection.pragma_update_and_check(None, "journal_size_limit", limit, |_| Ok(()))?;
    Ok(connection)
}

/// Opens a further connection to the file, for reading only.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens a file for a backup, without bringing it up to date.
pub(super) fn open_unchanged(path: &Path) -> Result<Connection, OpenFailure> {
    check_path(path, false)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    if check_file(&connection)? == UNRELEASED_VERSIONS {
        return Err(OpenFailure::NotADatabase);
    }
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "foreign_keys", true)?;
    // Without this, SQLite compiles a statement again for each new value of a parameter that the
    // query plan might depend on.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A file of another program cannot make this program run SQL functions of its schema.
    connection.pragma_update(None, "trusted_schema", false)
}

/// Time that a write waits for another process to release the file.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// Bytes of disk that the write-ahead log keeps after a burst of writes, at most 64 MiB.
const MAX_IDLE_LOG_BYTES: i64 = 64 << 20;

fn check_path(path: &Path, create: bool) -> Result<(), OpenFailure> {
    match path.metadata() {
        Ok(metadata) if !metadata.is_file() => Err(OpenFailure::NotAFile),
        // Applies also to users such as root, whom the system would allow to write: the owner of
        // the file set the flag on purpose.
        Ok(metadata) if metadata.permissions().readonly() => Err(OpenFailure::ReadOnly),
        Ok(_) => Ok(()),
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            if folder.is_some_and(|folder| !folder.is_dir()) {
                Err(OpenFailure::NoFolder)
            } else if create {
                Ok(())
            } else {
                Err(OpenFailure::Missing)
            }
        }
    }
}

/// Checks that the file is new or of a version that this program reads. Returns the version.
fn check_file(connection: &Connection) -> Result<i64, OpenFailure> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let found = number("PRAGMA application_id")? as i32;
    if found != APPLICATION_ID && (found != 0 || number("SELECT count(*) FROM sqlite_schema")? > 0)
    {
        return Err(OpenFailure::Foreign { found, expected: APPLICATION_ID });
    }
    match number("PRAGMA user_version")? {
        // A new file.
        0 => Ok(UNRELEASED_VERSIONS),
        found @ 1..=UNRELEASED_VERSIONS => {
            Err(OpenFailure::TooOld { found, oldest: FIRST_VERSION })
        }
        found if found > SCHEMA_VERSION => {
            Err(OpenFailure::Newer { found, newest: SCHEMA_VERSION })
        }
        found => Ok(found),
    }
}

/// Runs all missing steps in one transaction, so that the file is brought up to date whole or stays
/// at its version. The check is repeated under the lock, because another process may be migrating
/// the same file.
fn migrate(connection: &mut Connection) -> Result<(), OpenFailure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = check_file(&transaction)?;
    let done = (version - UNRELEASED_VERSIONS) as usize;
    for sql in &MIGRATIONS[done..] {
        transaction.execute_batch(sql)?;
    }
    if done < MIGRATIONS.len() {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}
