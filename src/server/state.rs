//! What all requests share: the way to the store, the workshop, the limits, and whether the server
//! is stopping.

use std::sync::Arc;

use tokio::sync::watch;

use super::extract::ByteBudget;
use super::limits::Limits;
use super::metrics::{Metrics, Occupancy};
use super::problem::{Problem, ProblemKind};
use super::store_executor::StoreExecutor;
use super::thumbnailer::ThumbnailService;
use crate::album::ContentHash;

/// A server's state.
pub(super) struct AppState {
    pub(super) store: Arc<StoreExecutor>,
    pub(super) thumbnails: Arc<ThumbnailService>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) limits: Limits,
    pub(super) transit_bytes: ByteBudget,
    /// The hash of the operator's key.
    pub(super) operator: ContentHash,
    /// Whether new work is refused.
    pub(super) stopping: watch::Sender<bool>,
    /// Requests begun and not answered.
    pub(super) at_work: watch::Sender<usize>,
    /// Connections open.
    pub(super) connections: watch::Sender<usize>,
}

impl AppState {
    pub(super) fn held(&self) -> Occupancy {
        let door = &self.thumbnails.admission;
        Occupancy {
            at_work: door.at_work(),
            waiting: door.waiting(),
            pixel_bytes: door.bytes_at_work(),
            store_waiting: self.store.waiting(),
            requests: *self.at_work.borrow(),
            connections: *self.connections.borrow(),
        }
    }

    /// Waits for an answer until the deadline.
    pub(super) async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        match tokio::time::timeout(self.limits.deadline, answer).await {
            Ok(answer) => answer,
            Err(_elapsed) => {
                let deadline = self.limits.deadline;
                let detail = format!("the answer was not there within {deadline:?}: try again");
                Err(Problem::new(ProblemKind::Deadline, detail))
            }
        }
    }
}

/// One more of something that is counted, until it is dropped.
pub(super) struct CountGuard(watch::Sender<usize>);

impl CountGuard {
    pub(super) fn increment(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for CountGuard {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
