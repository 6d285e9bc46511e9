//! Holds the state that all requests of a server share.

use std::io;
use std::sync::Arc;

use super::admission::{AdmissionControl, AdmissionLimits};
use super::converter::Converter;
use super::limits::Limits;
use super::metrics::Occupancy;
use super::problem::{Problem, ProblemKind};
use super::readiness::Readiness;
use super::resources::Resources;
use super::shares::Shares;
use super::store_executor::StoreExecutor;
use super::thumbnailer::{Maker, ThumbnailService};
use super::transit::{ClientKey, DownloadBudget, UploadBudget};
use super::upload_validation::{MAX_INSPECTIONS, UploadValidator};
use super::worker_pool::WorkerPool;
use crate::album::{ContentHash, Ledger, Store};
use crate::runtime::{Instant, timeout, watch};

/// Number of worker threads for the maintenance.
const MAINTENANCE_THREADS: usize = 1;

/// Holds the parts that a server is built from.
pub struct Parts {
    /// Open store of the albums.
    pub store: Arc<Store>,
    /// Hash of the operator's key.
    pub operator_key: ContentHash,
    /// Converter that makes the thumbnails.
    pub converter: Arc<dyn Converter>,
    /// Version and pipeline name that are recorded with every thumbnail.
    pub maker: Maker,
    /// Limits of the concurrent conversions.
    pub admission: AdmissionLimits,
    /// Time limits, and bounds of everything but conversions.
    pub limits: Limits,
}

/// Holds a server's state.
pub(super) struct AppState {
    pub(super) resources: Arc<Resources>,
    pub(super) thumbnails: Arc<ThumbnailService>,
    pub(super) uploads: UploadValidator,
    pub(super) limits: Limits,
    /// Requests that are worked on, by their client.
    pub(super) requests_by_client: Shares<ClientKey>,
    pub(super) upload_budget: UploadBudget,
    pub(super) download_budget: DownloadBudget,
    pub(super) readiness: Readiness,
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
    /// Builds the state, and starts the ledger's writer.
    ///
    /// # Errors
    /// Returns the system's error if no thread can be started.
    pub(super) fn start(parts: Parts) -> io::Result<Self> {
        let Parts { store, operator_key, converter, maker, admission, limits } = parts;
        let threads = admission.max_running.get() + MAX_INSPECTIONS + MAINTENANCE_THREADS;
        let resources = Arc::new(Resources {
            store: StoreExecutor::new(Arc::clone(&store), limits.max_queued_calls),
            workers: WorkerPool::new(threads)?,
            admission: Arc::new(AdmissionControl::new(admission)),
            metrics: Arc::default(),
        });
        let thumbnails = ThumbnailService::new(
            Arc::clone(&resources),
            Ledger::start(store)?,
            converter,
            maker,
            limits.response_timeout,
        );
        Ok(Self {
            uploads: UploadValidator::new(Arc::clone(&resources)),
            resources,
            thumbnails: Arc::new(thumbnails),
            limits,
            requests_by_client: Shares::new(limits.max_requests_per_client),
            upload_budget: UploadBudget::new(limits.max_upload_bytes),
            download_budget: DownloadBudget::new(limits.max_download_bytes),
            readiness: Readiness::default(),
            operator_key,
            shutting_down: watch::Sender::new(false),
            requests: watch::Sender::new(0),
            connections: watch::Sender::new(0),
        })
    }

    /// Reads the gauges of everything that is counted outside the metrics.
    pub(super) fn occupancy(&self) -> Occupancy {
        let Resources { store, admission, .. } = &*self.resources;
        Occupancy {
            running: admission.running(),
            queued: admission.queued(),
            pixel_bytes: admission.reserved_bytes(),
            upload_bytes: self.upload_budget.taken_bytes(),
            download_bytes: self.download_budget.taken_bytes(),
            store_calls: store.pending(),
            requests: *self.requests.borrow(),
            connections: *self.connections.borrow(),
            clock: store.store().clock_status(),
            disk_free_bytes: store.store().disk_free_bytes(),
        }
    }

    /// Returns the moment by which a response that begins now must be decided.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.limits.response_timeout
    }

    /// Waits for a result, for at most the response timeout. The result must be one of reading: a
    /// write that has begun cannot be given up, see [`StoreExecutor::write`].
    pub(super) async fn with_timeout<T>(
        &self,
        result: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let longest = self.limits.response_timeout;
        timeout(longest, result).await.unwrap_or_else(|_elapsed| {
            let detail = format!("the response was not ready within {longest:?}: try again");
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
