//! Holds the resources that requests, conversions and maintenance share.

use std::sync::Arc;

use super::admission::AdmissionControl;
use super::metrics::Metrics;
use super::store_executor::StoreExecutor;
use super::worker_pool::WorkerPool;

/// Holds what the routes, the thumbnail service and the maintenance use together.
pub(super) struct Resources {
    pub(super) store: StoreExecutor,
    pub(super) workers: WorkerPool,
    pub(super) admission: Arc<AdmissionControl>,
    pub(super) metrics: Arc<Metrics>,
}
