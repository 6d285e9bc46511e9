//! The store: one connection that writes, a few that read, and the transactions round both.
//!
//! SQLite lets one write at a time anyway; a lock of our own makes the others wait in this process
//! without polling, and a write-ahead log lets readers go on meanwhile.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{Clock, OpenError, StoreError, database};

/// How a store is opened.
#[derive(Clone, Copy, Debug)]
pub struct StoreOptions {
    /// Whether the file is made if it is missing.
    pub make: bool,
    /// Connections that read at once; more readers wait for one.
    pub readers: NonZeroUsize,
    /// Bytes that the file may grow to, its write-ahead log not counted; at least what it has
    /// already. `None`: what the disk holds.
    pub limit_bytes: Option<u64>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        let readers = const { NonZeroUsize::new(4).unwrap() };
        Self { make: true, readers, limit_bytes: None }
    }
}

/// An open file. Every call blocks; any number of threads may call.
pub struct Store {
    path: PathBuf,
    clock: Clock,
    writer: Mutex<Writer>,
    readers: Readers,
}

/// The connection that writes.
struct Writer {
    connection: Connection,
    /// What its commits survive at the moment.
    survives: Durability,
}

/// An end that a commit survives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// The process's: the commit is the system's to write.
    ProcessCrash,
    /// The system's or its power's too: the commit waits for the disk.
    PowerLoss,
}

impl Durability {
    fn synchronous(self) -> &'static str {
        match self {
            Self::ProcessCrash => "normal",
            Self::PowerLoss => "full",
        }
    }
}

impl Store {
    /// Opens the file and brings it up to date.
    ///
    /// # Errors
    /// An [`OpenError`]; a file that is refused is left as it is.
    pub fn open(path: &Path, clock: Clock, options: StoreOptions) -> Result<Self, OpenError> {
        let connection = database::open(path, options.make)?;
        let survives = Durability::PowerLoss;
        connection
            .pragma_update(None, "synchronous", survives.synchronous())
            .and_then(|()| limit(&connection, options.limit_bytes))
            .map_err(|error| database::store_error(path, error.into()))?;
        let writer = Writer { connection, survives };
        let readers = Readers {
            path: path.to_path_buf(),
            idle: Mutex::new(Idle { connections: Vec::new(), unopened: options.readers.get() }),
            back: Condvar::new(),
        };
        Ok(Self { path: path.to_path_buf(), clock, writer: Mutex::new(writer), readers })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The clock that dates are taken from.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Runs `work` in a transaction that may write; an error of its undoes it all. It is committed,
    /// and on the disk, when this returns.
    pub(super) fn write<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_with(Durability::PowerLoss, work)
    }

    /// The same, where the commit need not survive every end.
    pub(super) fn write_with<T, E: From<rusqlite::Error>>(
        &self,
        end: Durability,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut writer = lock(&self.writer);
        let Writer { connection, survives } = &mut *writer;
        if *survives != end {
            connection.pragma_update(None, "synchronous", end.synchronous())?;
            *survives = end;
        }
        let mut transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&mut transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// Runs `work` on one unchanging state of the file.
    pub(super) fn read<T, E: From<rusqlite::Error> + From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut reader = self.readers.take()?;
        let transaction = reader.connection().transaction()?;
        work(&transaction)
    }

    /// Runs `work` that is one statement, which sees one state of the file anyway.
    pub(super) fn read_once<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(self.readers.take()?.connection())
    }
}

fn limit(writer: &Connection, bytes: Option<u64>) -> rusqlite::Result<()> {
    let Some(bytes) = bytes else { return Ok(()) };
    let page: i64 = writer.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let pages = (bytes / page as u64).clamp(1, i64::from(u32::MAX - 1) as u64) as i64;
    writer.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
}

/// The connections that read.
struct Readers {
    path: PathBuf,
    idle: Mutex<Idle>,
    back: Condvar,
}

struct Idle {
    connections: Vec<Connection>,
    /// How many may still be opened.
    unopened: usize,
}

impl Readers {
    /// Waits for a free connection.
    fn take(&self) -> Result<Reader<'_>, StoreError> {
        let mut idle = lock(&self.idle);
        loop {
            if let Some(connection) = idle.connections.pop() {
                return Ok(Reader { readers: self, connection: Some(connection) });
            }
            if idle.unopened > 0 {
                idle.unopened -= 1;
                drop(idle);
                // From here the place is the reader's, also if opening fails.
                let mut reader = Reader { readers: self, connection: None };
                reader.connection = Some(database::open_reader(&self.path)?);
                return Ok(reader);
            }
            idle = self.back.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A connection on loan; back on drop.
struct Reader<'r> {
    readers: &'r Readers,
    connection: Option<Connection>,
}

impl Reader<'_> {
    fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("a reader holds its connection until it is dropped")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut idle = lock(&self.readers.idle);
        match self.connection.take() {
            Some(connection) => idle.connections.push(connection),
            None => idle.unopened += 1,
        }
        drop(idle);
        self.readers.back.notify_one();
    }
}

/// Locks, also after a panic elsewhere: a transaction that panicked was undone.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
