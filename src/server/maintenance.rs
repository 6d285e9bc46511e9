//! Runs the server's periodic maintenance: compresses photos after 35 days, and prunes the ledger.
//!
//! Maintenance yields to requests. A photo is compressed only while no conversion runs or waits,
//! and under a permit of the admission control like any other conversion.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::admission::Permit;
use super::state::AppState;
use crate::album::{CompressionSummary, RETENTION, Store, StoreError, compress_due};
use crate::codec;

/// Time before each step of a deletion in which other writes go first, 50 ms.
const DELETION_PAUSE: Duration = Duration::from_millis(50);

/// Starts the maintenance on a worker thread. It ends soon after the server begins to shut down.
pub(super) fn start(store: Arc<Store>, state: Arc<AppState>) -> JoinHandle<()> {
    let handle = Handle::current();
    let resources = Arc::clone(&state.resources);
    resources.workers.start(move || {
        while !*state.shutting_down.borrow() {
            if let Err(error) = run_once(&store, &state, &handle) {
                tracing::error!(%error, "the maintenance stopped, and will be tried again");
            }
            handle.block_on(shutdown(&state, state.limits.maintenance_interval));
        }
    })
}

fn run_once(store: &Store, state: &AppState, handle: &Handle) -> Result<(), StoreError> {
    let metrics = &state.resources.metrics;
    metrics.maintenance_runs.inc();
    store.finish_deletions(|| {
        // The lock of the writer is not fair: without a pause, a step could overtake the requests
        // that wait for it.
        handle.block_on(shutdown(state, DELETION_PAUSE));
        !*state.shutting_down.borrow()
    })?;
    let mut permit = None;
    let mut counted = 0;
    let mut count = |compressed: u64| {
        metrics.photos_compressed.inc_by(compressed - counted);
        counted = compressed;
    };
    let may_go_on = |summary: &CompressionSummary, needed_bytes: u64| {
        permit = None;
        count(summary.compressed);
        tracing::debug!(done = summary.processed(), due = summary.due, "compressing");
        permit = handle.block_on(permit_when_idle(state, needed_bytes));
        permit.is_some()
    };
    let limits = codec::PhotoLimits {
        max_pixels: state.limits.max_pixels,
        max_memory_bytes: state.resources.admission.max_bytes(),
    };
    let summary = compress_due(store, limits, may_go_on)?;
    drop(permit);
    count(summary.compressed);
    for failure in &summary.failures {
        tracing::warn!(
            photo = %failure.photo,
            next_attempt = %failure.next_attempt,
            "a photo was not compressed: {}",
            failure.reason
        );
    }
    if summary.compressed > 0 {
        let saved = summary.bytes_saved();
        tracing::info!("compressed {} photos and saved {saved} bytes", summary.compressed);
    }
    store.prune_ledger(store.now().before(RETENTION))?;
    store.forget_old_keys()?;
    Ok(())
}

/// Waits until no conversion runs or waits, and takes a permit. Returns `None` if the server shuts
/// down before. A photo that needs more than the whole memory budget is refused before.
async fn permit_when_idle(state: &AppState, needed_bytes: u64) -> Option<Permit> {
    state.resources.metrics.compression_waits.inc();
    let admission = &state.resources.admission;
    let admitted = async {
        loop {
            admission.idle().await;
            if let Ok(enqueued) = admission.try_enqueue(None, needed_bytes) {
                return enqueued.acquire().await;
            }
        }
    };
    tokio::select! {
        permit = admitted => Some(permit),
        () = shutdown(state, Duration::MAX) => None,
    }
}

/// Waits until the server begins to shut down, for at most `max_wait`.
async fn shutdown(state: &AppState, max_wait: Duration) {
    let mut shutting_down = state.shutting_down.subscribe();
    // The caller looks at the flag after both ends of the wait.
    let _ = tokio::time::timeout(max_wait, shutting_down.wait_for(|begun| *begun)).await;
}
