//! Commits the rows of many callers in one transaction (group commit).
//!
//! A commit costs about the same for one row as for many. Each row therefore waits up to 2 ms for
//! further rows. The server sends an answer after the commit of the answer's row, so that a crash
//! of the process cannot lose the row.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, TrySendError};
use std::time::Duration;

use super::super::{Moment, RowId, Store, StoreError};
use super::Entry;
use crate::runtime::blocking::mpsc::{self, SyncSender};
use crate::runtime::blocking::thread::{self, JoinHandle};
use crate::runtime::{Instant, oneshot};

/// Rows after which a batch is committed without waiting further, 256.
pub const MAX_BATCH_ROWS: usize = 256;

/// Time that a batch waits for further rows.
const BATCH_TIMEOUT: Duration = Duration::from_millis(2);

/// Appends in the queue, at most 1,024. Further appends are refused.
const MAX_QUEUED: usize = 1_024;

/// Appends to the ledger of a store in batches, on a thread of its own.
pub struct Ledger {
    store: Arc<Store>,
    queue: Option<SyncSender<Append>>,
    writer: Option<JoinHandle<()>>,
}

/// Holds entries that are committed together, and the channel for their result.
struct Append {
    at: Moment,
    entries: Vec<Entry>,
    done: oneshot::Sender<Result<Vec<RowId>, StoreError>>,
}

/// Resolves to the row numbers once the rows are committed, or to the error of the commit.
pub struct Receipt(oneshot::Receiver<Result<Vec<RowId>, StoreError>>);

impl Ledger {
    /// Starts the writer thread.
    ///
    /// # Errors
    /// Returns an [`std::io::Error`] if the system cannot start a thread.
    pub fn start(store: Arc<Store>) -> std::io::Result<Self> {
        let (queue, appends) = mpsc::sync_channel(MAX_QUEUED);
        let target = store.clone();
        let writer = thread::Builder::new().name("ledger".to_owned()).spawn(move || {
            while let Ok(first) = appends.recv() {
                let batch = collect(first, &appends);
                commit(&target, batch);
            }
        })?;
        Ok(Self { store, queue: Some(queue), writer: Some(writer) })
    }

    /// Queues rows without waiting. The rows are committed together and in order, or not at all.
    ///
    /// # Errors
    /// Returns [`StoreError::LedgerQueueFull`] if 1,024 appends are waiting, or
    /// [`StoreError::LedgerClosed`] if the writer thread has ended.
    pub fn submit(&self, entries: Vec<Entry>) -> Result<Receipt, StoreError> {
        let (done, receipt) = oneshot::channel();
        let append = Append { at: self.store.now(), entries, done };
        let queue = self.queue.as_ref().ok_or(StoreError::LedgerClosed)?;
        queue.try_send(append).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::LedgerQueueFull { waiting: MAX_QUEUED },
            TrySendError::Disconnected(_) => StoreError::LedgerClosed,
        })?;
        Ok(Receipt(receipt))
    }

    /// Appends rows, blocks until they are committed, and returns their numbers.
    ///
    /// # Errors
    /// Returns the errors of [`submit`](Self::submit), or another [`StoreError`] if the file cannot
    /// be written.
    ///
    /// # Panics
    /// Panics if called in an asynchronous task, whose thread must not block. Such a task calls
    /// [`submit`](Self::submit).
    pub fn append(&self, entries: Vec<Entry>) -> Result<Vec<RowId>, StoreError> {
        self.submit(entries)?.wait()
    }
}

/// Commits all queued rows, then ends the writer thread.
impl Drop for Ledger {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            // After a panic of the writer, each receipt resolves to an error.
            let _ = writer.join();
        }
    }
}

impl Receipt {
    /// Waits for the commit and returns the row numbers in the order of the entries.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the rows were not committed.
    pub async fn committed(self) -> Result<Vec<RowId>, StoreError> {
        self.0.await.unwrap_or(Err(StoreError::LedgerClosed))
    }

    /// Blocks until the commit and returns the row numbers in the order of the entries.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the rows were not committed.
    ///
    /// # Panics
    /// Panics if called in an asynchronous task.
    pub fn wait(self) -> Result<Vec<RowId>, StoreError> {
        self.0.blocking_recv().unwrap_or(Err(StoreError::LedgerClosed))
    }
}

/// Collects the appends that arrive within 2 ms of the first. Stops early at [`MAX_BATCH_ROWS`]
/// rows.
fn collect(first: Append, appends: &mpsc::Receiver<Append>) -> Vec<Append> {
    let deadline = Instant::now() + BATCH_TIMEOUT;
    let mut rows = first.entries.len();
    let mut batch = vec![first];
    while rows < MAX_BATCH_ROWS {
        let left = deadline.saturating_duration_since(Instant::now());
        match appends.recv_timeout(left) {
            Ok(append) => {
                rows += append.entries.len();
                batch.push(append);
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    batch
}

fn commit(store: &Store, batch: Vec<Append>) {
    let groups = batch.iter().map(|append| (append.at, &append.entries[..]));
    match store.append(groups) {
        Ok(results) => {
            for (append, result) in batch.into_iter().zip(results) {
                // A caller that has dropped its receipt needs no result. The row stays.
                let _ = append.done.send(result);
            }
        }
        Err(error) => {
            for append in batch {
                let _ = append.done.send(Err(error.clone()));
            }
        }
    }
}
