//! Runs transactions on one connection that writes and a few connections that read.
//!
//! SQLite allows one write at a time. A mutex makes further writes of this process wait without
//! polling, and the write-ahead log lets readers continue meanwhile.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::clock_guard::ClockGuard;
use super::private_file::FileIdentity;
use super::{Clock, OpenError, OpenFailure, StoreError, database, private_file};
use crate::runtime::blocking::{Condvar, Mutex, MutexGuard};

/// Room below which a file or its disk counts as full, 1 MiB.
pub const MIN_FREE_BYTES: u64 = 1 << 20;

/// Configures how a store is opened.
#[derive(Clone, Copy, Debug)]
pub struct StoreOptions {
    /// True if a missing file is created.
    pub create: bool,
    /// Upper bound of the connections that read at once. Further readers wait.
    pub max_readers: NonZeroUsize,
    /// Upper bound of the file's size in bytes, without the write-ahead log. The bound has no
    /// effect below the file's present size. `None` stands for the disk as the only bound.
    pub max_bytes: Option<u64>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        let max_readers = const { NonZeroUsize::new(4).unwrap() };
        Self { create: true, max_readers, max_bytes: None }
    }
}

/// Gives access to an open file. Every call blocks, and any number of threads may call.
pub struct Store {
    path: PathBuf,
    clock: Clock,
    guard: ClockGuard,
    identity: FileIdentity,
    writer: Mutex<Writer>,
    readers: ReaderPool,
}

/// Holds the connection that writes.
struct Writer {
    connection: Connection,
    /// Durability of the connection's next commit.
    durability: Durability,
}

/// Names the failure that a commit survives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// A crash of the process. The system writes the commit to the disk later.
    ProcessCrash,
    /// A crash of the system or a power loss. The commit waits for the disk.
    PowerLoss,
}

impl Durability {
    /// Returns the value of SQLite's pragma `synchronous`.
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
    /// Returns an [`OpenError`] if the file cannot be used. The file then is as it was before.
    pub fn open(path: &Path, clock: Clock, options: StoreOptions) -> Result<Self, OpenError> {
        let path = path.to_path_buf();
        let opened = open_writer(&path, options).and_then(|connection| {
            let guard = ClockGuard::load(&connection, clock)?;
            Ok((connection, guard))
        });
        match opened {
            Ok((connection, guard)) => {
                let writer = Writer { connection, durability: Durability::PowerLoss };
                let readers = ReaderPool::new(path.clone(), options.max_readers);
                let identity = FileIdentity::of(&path);
                Ok(Self { path, clock, guard, identity, writer: Mutex::new(writer), readers })
            }
            Err(failure) => Err(OpenError { path, failure }),
        }
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the clock that gives the times of rows.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Returns the guard that decides when the clock may be believed.
    pub(super) fn guard(&self) -> &ClockGuard {
        &self.guard
    }

    /// Checks that the opened file still lies at its path.
    ///
    /// # Errors
    /// Returns [`StoreError::FileReplaced`] if the file or its write-ahead log was deleted, moved
    /// or replaced.
    pub fn check_file(&self) -> Result<(), StoreError> {
        self.identity.check()
    }

    /// Returns the bytes that the file's disk has free, if the system tells.
    pub fn disk_free_bytes(&self) -> Option<u64> {
        private_file::free_bytes(&self.path)
    }

    /// Checks that the file can be written, and that it and its disk have room for at least
    /// [`MIN_FREE_BYTES`].
    ///
    /// # Errors
    /// Returns [`StoreError::Full`] if the room is less, or the error of the write.
    pub fn check_writable(&self) -> Result<(), StoreError> {
        if self.disk_free_bytes().is_some_and(|free| free < MIN_FREE_BYTES) {
            return Err(StoreError::Full);
        }
        self.write_with(Durability::ProcessCrash, |transaction| {
            let number = |pragma| transaction.query_row(pragma, [], |row| row.get::<_, i64>(0));
            let pages = number("PRAGMA max_page_count")? - number("PRAGMA page_count")?
                + number("PRAGMA freelist_count")?;
            if (pages * number("PRAGMA page_size")?) < MIN_FREE_BYTES as i64 {
                return Err(StoreError::Full);
            }
            transaction.execute("UPDATE clock SET latest = latest", [])?;
            Ok(())
        })
    }

    /// Runs `work` in a transaction that may write, and undoes the transaction if `work` fails.
    /// The commit is on the disk when this returns.
    pub(super) fn write<T, E: From<rusqlite::Error> + From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_with(Durability::PowerLoss, work)
    }

    /// Runs `work` in a transaction that may write, and commits it with the given durability.
    pub(super) fn write_with<T, E: From<rusqlite::Error> + From<StoreError>>(
        &self,
        wanted: Durability,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut writer = lock(&self.writer);
        let Writer { connection, durability } = &mut *writer;
        if *durability != wanted {
            connection.pragma_update(None, "synchronous", wanted.synchronous())?;
            *durability = wanted;
        }
        let mut transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(&mut transaction)?;
        self.identity.check()?;
        transaction.commit().map_err(StoreError::of_commit)?;
        // The file may have gone between the check and the commit.
        self.identity.check().map_err(|error| {
            let message = error.to_string();
            StoreError::OutcomeUnknown { message }
        })?;
        Ok(result)
    }

    /// Runs `work` on a snapshot of the file.
    pub(super) fn read<T, E: From<rusqlite::Error> + From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut reader = self.readers.take(&self.identity)?;
        let transaction = reader.connection().transaction()?;
        work(&transaction)
    }

    /// Runs `work` without a transaction. This suits a single statement, which sees one snapshot
    /// in any case.
    pub(super) fn read_once<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(self.readers.take(&self.identity)?.connection())
    }
}

fn open_writer(path: &Path, options: StoreOptions) -> Result<Connection, OpenFailure> {
    let connection = database::open(path, options.create)?;
    connection.pragma_update(None, "synchronous", Durability::PowerLoss.synchronous())?;
    if let Some(max_bytes) = options.max_bytes {
        let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        let pages = (max_bytes / page as u64).clamp(1, u64::from(u32::MAX - 1)) as i64;
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    Ok(connection)
}

/// Lends connections that read.
struct ReaderPool {
    path: PathBuf,
    idle: Mutex<Idle>,
    returned: Condvar,
}

struct Idle {
    connections: Vec<Connection>,
    /// Number of connections that may still be opened.
    unopened: usize,
}

impl ReaderPool {
    fn new(path: PathBuf, max_readers: NonZeroUsize) -> Self {
        let idle = Idle { connections: Vec::new(), unopened: max_readers.get() };
        Self { path, idle: Mutex::new(idle), returned: Condvar::new() }
    }

    /// Waits for a free connection. A new one is opened only to the file of this identity.
    fn take(&self, identity: &FileIdentity) -> Result<Reader<'_>, StoreError> {
        let mut idle = lock(&self.idle);
        loop {
            if let Some(connection) = idle.connections.pop() {
                return Ok(Reader { pool: self, connection: Some(connection) });
            }
            if idle.unopened > 0 {
                idle.unopened -= 1;
                drop(idle);
                // From here on the reader returns the permission to open, also if opening fails.
                let mut reader = Reader { pool: self, connection: None };
                let connection = database::open_reader(&self.path)?;
                // A connection to another file must not enter the pool.
                identity.check()?;
                reader.connection = Some(connection);
                return Ok(reader);
            }
            idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Borrows a connection from the pool and returns it on drop.
struct Reader<'r> {
    pool: &'r ReaderPool,
    connection: Option<Connection>,
}

impl Reader<'_> {
    fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("a reader holds its connection until it is dropped")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut idle = lock(&self.pool.idle);
        match self.connection.take() {
            Some(connection) => idle.connections.push(connection),
            None => idle.unopened += 1,
        }
        drop(idle);
        self.pool.returned.notify_one();
    }
}

/// Locks a mutex, also after a panic in another thread: SQLite has undone the transaction then.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
