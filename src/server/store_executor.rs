//! Runs blocking store calls for asynchronous code: at most six at once, and a bounded number
//! waiting.
//!
//! A write has a deadline that is decided before the write begins: it either never runs, or its
//! outcome is waited for. So a response that says that nothing was stored is true.
//!
//! SQLite blocks, so a call never runs on a thread that serves connections. Store calls have their
//! own bound, so that slow disks and slow conversions do not starve each other.

use std::sync::Arc;
use std::time::Duration;

use super::problem::{Problem, ProblemKind, UNKNOWN_OUTCOME};
use crate::album::Store;
use crate::runtime::{
    Instant, OwnedSemaphorePermit, Semaphore, spawn_blocking, timeout, timeout_at,
};

/// Upper bound of the store calls that run at once.
const MAX_RUNNING: usize = 6;

/// Longest time that a response waits for a write that has begun, 60 s. Six writes that each wait
/// 5 s for another process end in half of it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);

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
        let pending = self.enqueue()?;
        let running = Arc::clone(&self.running).acquire_owned().await;
        self.start(running, pending, call).await
    }

    /// Runs a store call that writes, on another thread. The call never runs if it cannot begin
    /// before the deadline. Once it has begun, this waits for its end, also beyond the deadline.
    ///
    /// # Errors
    /// Returns the errors of [`run`](Self::run); [`ProblemKind::ResponseTimeout`] if the call did
    /// not begin; [`ProblemKind::OutcomeUnknown`] if it has not ended after 60 s.
    pub async fn write<T, E>(
        &self,
        deadline: Instant,
        call: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let pending = self.enqueue()?;
        let running = Arc::clone(&self.running).acquire_owned();
        let running = timeout_at(deadline, running).await;
        let Some(running) = running.ok().filter(|_| Instant::now() < deadline) else {
            let detail = "the write did not begin in time, and nothing was stored: try again";
            return Err(Problem::new(ProblemKind::ResponseTimeout, detail));
        };
        timeout(WRITE_TIMEOUT, self.start(running, pending, call)).await.unwrap_or_else(|_| {
            tracing::error!("a write has not ended after {WRITE_TIMEOUT:?}");
            Err(Problem::new(ProblemKind::OutcomeUnknown, UNKNOWN_OUTCOME))
        })
    }

    fn enqueue(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.pending).try_acquire_owned().map_err(|_full| {
            let detail = format!("{} store calls wait already: try again", self.max_queued);
            Problem::new(ProblemKind::Overloaded, detail)
        })
    }

    /// Runs a call that has its permits, and keeps the permits to its end.
    async fn start<T, E>(
        &self,
        running: Result<OwnedSemaphorePermit, impl Send + 'static>,
        pending: OwnedSemaphorePermit,
        call: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let store = Arc::clone(&self.store);
        let span = tracing::Span::current();
        let result = spawn_blocking(move || {
            let result = span.in_scope(|| call(&store));
            drop((running, pending));
            result
        });
        result.await.map_err(|error| Problem::internal("a store call", &error))?.map_err(Into::into)
    }

    /// Returns the store, for what it answers without reading its file.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the number of calls that run or wait.
    pub fn pending(&self) -> usize {
        MAX_RUNNING + self.max_queued - self.pending.available_permits()
    }
}
