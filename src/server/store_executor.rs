//! Where the store is asked: on threads that may wait, a bounded number at once, a bounded number
//! waiting.
//!
//! SQLite blocks, so it never runs on a thread that serves connections; and it has its own bound,
//! so that slow disks and slow conversions do not starve each other.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::problem::{Problem, ProblemKind};
use crate::album::Store;

/// Questions that the store answers at once.
const AT_ONCE: usize = 6;

/// The way to the store.
pub struct StoreExecutor {
    store: Arc<Store>,
    queue: usize,
    /// One for each question that is being answered or waits.
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl StoreExecutor {
    /// A desk at which `queue` questions may wait.
    pub fn new(store: Arc<Store>, queue: usize) -> Self {
        let places = Arc::new(Semaphore::new(AT_ONCE + queue));
        Self { store, queue, places, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Asks the store, on another thread. A question whose asker leaves before its turn is never
    /// put; after that it runs to its end.
    ///
    /// # Errors
    /// The question's; [`Kind::Overloaded`] if the queue is full; [`Kind::Fault`] if the question
    /// panics.
    pub async fn run<T, E>(
        &self,
        question: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let detail = format!("{} questions wait for the file: try again", self.queue);
            return Err(Problem::new(ProblemKind::Overloaded, detail));
        };
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let store = Arc::clone(&self.store);
        let answer = tokio::task::spawn_blocking(move || {
            let answer = question(&store);
            drop((turn, place));
            answer
        });
        match answer.await {
            Ok(answer) => answer.map_err(Into::into),
            Err(error) => {
                tracing::error!(%error, "a question to the store failed");
                Err(Problem::new(ProblemKind::Fault, "the server failed; the operator is told why"))
            }
        }
    }

    /// Questions that are being answered or wait.
    pub fn waiting(&self) -> usize {
        AT_ONCE + self.queue - self.places.available_permits()
    }
}
