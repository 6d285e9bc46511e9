//! Holds the state that all requests of a server share.

use std::sync::Arc;

use tokio::sync::watch;

use super::byte_budget::ByteBudget;
use super::limits::Limits;
use super::metrics::Occupancy;
use super::problem::{Problem, ProblemKind};
use super::resources::Resources;
use super::thumbnailer::ThumbnailService;
use super::upload_validation::UploadValidator;
use crate::album::ContentHash;

/// Holds a server's state.
pub(super) struct AppState {
    pub(super) resources: Arc<Resources>,
    pub(super) thumbnails: Arc<ThumbnailService>,
    pub(super) uploads: UploadValidator,
    pub(super) limits: Limits,
    pub(super) transit_budget: ByteBudget,
    /// Hash of the operator's key.
    pub(super) operator_key: ContentHash,
    /// True if the server rejects new requests.
    pub(super) shutting_down: watch::Sender<bool>,
    /// Number of requests without a response.
    pub(super) requests: watch::Sender<usize>,
    /// Number of open connections.
    pub(super) connections: watch::Sender<usize>,
}

impl AppState {
    /// Reads the gauges of everything that is counted outside the metrics.
    pub(super) fn occupancy(&self) -> Occupancy {
        let Resources { store, admission, .. } = &*self.resources;
        Occupancy {
            running: admission.running(),
            queued: admission.queued(),
            pixel_bytes: admission.reserved_bytes(),
            store_calls: store.pending(),
            requests: *self.requests.borrow(),
            connections: *self.connections.borrow(),
        }
    }

    /// Waits for a result, for at most the response timeout.
    pub(super) async fn with_timeout<T>(
        &self,
        result: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let timeout = self.limits.response_timeout;
        tokio::time::timeout(timeout, result).await.unwrap_or_else(|_elapsed| {
            let detail = format!("the response was not ready within {timeout:?}: try again");
            Err(Problem::new(ProblemKind::ResponseTimeout, detail))
        })
    }
}

/// Adds one to a count until the guard is dropped.
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
