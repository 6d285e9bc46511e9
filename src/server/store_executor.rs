//! Runs blocking store calls for asynchronous code: at most six at once, and a bounded number
//! waiting.
//!
//! SQLite blocks, so a call never runs on a thread that serves connections. Store calls have their
//! own bound, so that slow disks and slow conversions do not starve each other.

use std::sync::Arc;

use super::problem::{Problem, ProblemKind};
use crate::album::Store;
use crate::runtime::{Semaphore, spawn_blocking};

/// Upper bound of the store calls that run at once.
const MAX_RUNNING: usize = 6;

/// Runs calls of a [`Store`] on threads that may block.
pub struct StoreExecutor {
    store: Arc<Store>,
    max_queued: usize,
    /// One permit for each call that runs or waits.
    pending: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl StoreExecutor {
    /// Creates an executor in which at most `max_queued` calls wait.
    pub fn new(store: Arc<Store>, max_queued: usize) -> Self {
        let pending = Arc::new(Semaphore::new(MAX_RUNNING + max_queued));
        Self { store, max_queued, pending, running: Arc::new(Semaphore::new(MAX_RUNNING)) }
    }

    /// Runs a store call on another thread. If the caller's future is dropped while queued, the
    /// call never runs. Once started, it always completes.
    ///
    /// # Errors
    /// Returns the call's error; [`ProblemKind::Overloaded`] if the queue is full;
    /// [`ProblemKind::InternalError`] if the call panics.
    pub async fn run<T, E>(
        &self,
        call: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let Ok(pending) = Arc::clone(&self.pending).try_acquire_owned() else {
            let detail = format!("{} store calls wait already: try again", self.max_queued);
            return Err(Problem::new(ProblemKind::Overloaded, detail));
        };
        let running = Arc::clone(&self.running).acquire_owned().await;
        let store = Arc::clone(&self.store);
        let result = spawn_blocking(move || {
            let result = call(&store);
            drop((running, pending));
            result
        });
        result.await.map_err(|error| Problem::internal("a store call", &error))?.map_err(Into::into)
    }

    /// Returns the number of calls that run or wait.
    pub fn pending(&self) -> usize {
        MAX_RUNNING + self.max_queued - self.pending.available_permits()
    }
}
