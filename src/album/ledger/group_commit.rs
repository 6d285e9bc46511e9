//! Group commit: many rows, one transaction.
//!
//! A commit costs much the same however many rows it holds. So rows wait for each other a
//! little, and an answer is sent when the end of this process can no longer undo the row that
//! vouches for it.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender, TrySendError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::super::{Moment, RowId, Store, StoreError};
use super::Entry;

/// Rows after which a batch is closed.
pub const MAX_BATCH_ROWS: usize = 256;

/// How long a batch waits for more rows.
const WAIT: Duration = Duration::from_millis(2);

/// Appends that may wait; further ones are refused.
const QUEUE: usize = 1_024;

/// Writes to the ledger of a store, in batches, on a thread of its own.
pub struct Ledger {
    store: Arc<Store>,
    queue: Option<SyncSender<Append>>,
    writer: Option<JoinHandle<()>>,
}

/// Entries that are committed together.
pub(super) struct Append {
    pub(super) at: Moment,
    pub(super) entries: Vec<Entry>,
    done: oneshot::Sender<Result<Vec<RowId>, StoreError>>,
}

/// The promise of an answer once the rows are committed, or are known not to be.
pub struct Receipt(oneshot::Receiver<Result<Vec<RowId>, StoreError>>);

impl Ledger {
    /// Starts the writer.
    ///
    /// # Errors
    /// The system's, if it gives no thread.
    pub fn start(store: Arc<Store>) -> std::io::Result<Self> {
        let (queue, appends) = mpsc::sync_channel(QUEUE);
        let to = store.clone();
        let writer = thread::Builder::new().name("ledger".to_owned()).spawn(move || {
            while let Ok(first) = appends.recv() {
                let batch = collect(first, &appends);
                commit(&to, batch);
            }
        })?;
        Ok(Self { store, queue: Some(queue), writer: Some(writer) })
    }

    /// Hands rows over and does not wait. They are committed together, in their order, or none.
    ///
    /// # Errors
    /// [`StoreError::Crowded`], if 1,024 appends wait already; [`StoreError::Closed`].
    pub fn submit(&self, entries: Vec<Entry>) -> Result<Receipt, StoreError> {
        let (done, receipt) = oneshot::channel();
        let append = Append { at: self.store.clock().now(), entries, done };
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(append).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Crowded { waiting: QUEUE },
            TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        Ok(Receipt(receipt))
    }

    /// Writes rows and waits until they are committed; gives their numbers. Blocks.
    ///
    /// # Errors
    /// As [`submit`](Self::submit), or the file's.
    ///
    /// # Panics
    /// Within an asynchronous task: it would block its thread. [`submit`](Self::submit) is for
    /// those.
    pub fn append(&self, entries: Vec<Entry>) -> Result<Vec<RowId>, StoreError> {
        self.submit(entries)?.wait()
    }
}

/// Commits what was handed over, then ends.
impl Drop for Ledger {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing left to commit, and its receipts say so.
            let _ = writer.join();
        }
    }
}

impl Receipt {
    /// Waits; gives the rows' numbers in the entries' order.
    ///
    /// # Errors
    /// The file's.
    pub async fn committed(self) -> Result<Vec<RowId>, StoreError> {
        self.0.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Waits on a thread that may block.
    ///
    /// # Errors
    /// The file's.
    ///
    /// # Panics
    /// Within an asynchronous task.
    pub fn wait(self) -> Result<Vec<RowId>, StoreError> {
        self.0.blocking_recv().unwrap_or(Err(StoreError::Closed))
    }
}

/// A batch: what comes within the wait, up to the bound.
fn collect(first: Append, appends: &mpsc::Receiver<Append>) -> Vec<Append> {
    let close = Instant::now() + WAIT;
    let mut rows = first.entries.len();
    let mut batch = vec![first];
    while rows < MAX_BATCH_ROWS {
        let left = close.saturating_duration_since(Instant::now());
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
                // Whoever hung up wants no answer; the row stays.
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
