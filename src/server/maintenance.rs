//! What the server does on its own: the 35-day compression, and letting old evidence go.
//!
//! Both yield to people: a photo is compressed only in a moment in which nobody waits for a
//! thumbnail, and it holds a place at the door like any other conversion.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::admission::Permit;
use super::state::AppState;
use crate::album::{CompressionSummary, RETENTION, Store, StoreError, compress_due};

/// Starts it on a thread of those that convert. It ends soon after the house begins to stop.
pub(super) fn start(store: Arc<Store>, state: Arc<AppState>) -> JoinHandle<()> {
    let handle = Handle::current();
    let at_work = Arc::clone(&state);
    at_work.thumbnails.workers.start(move || {
        let every = state.limits.compress_every;
        while !*state.stopping.borrow() {
            if let Err(error) = round(&store, &state, &handle) {
                tracing::error!(%error, "the compression stopped; it is tried again");
            }
            handle.block_on(stopping(&state, every));
        }
    })
}

fn round(store: &Store, state: &AppState, handle: &Handle) -> Result<(), StoreError> {
    state.metrics.compression_rounds.inc();
    let mut permit = None;
    let mut counted = 0;
    let mut count = |compressed: u64| {
        state.metrics.compressed.inc_by(compressed - counted);
        counted = compressed;
    };
    let may_go_on = |summary: &CompressionSummary| {
        permit = None;
        count(summary.compressed);
        tracing::debug!(done = summary.processed(), due = summary.due, "compressing");
        permit = handle.block_on(admitted(state));
        permit.is_some()
    };
    let summary = compress_due(store, may_go_on)?;
    drop(permit);
    count(summary.compressed);
    for failure in &summary.failures {
        tracing::warn!(
            photo = %failure.photo,
            next_attempt = %failure.next_attempt,
            "not compressed: {}",
            failure.reason
        );
    }
    if summary.compressed > 0 {
        let saved = summary.bytes_saved();
        tracing::info!("compressed {} photos and saved {saved} bytes", summary.compressed);
    }
    store.prune_ledger(store.clock().now().before(RETENTION))?;
    Ok(())
}

/// Waits for a quiet moment. `None`: the house is stopping.
async fn admitted(state: &AppState) -> Option<Permit> {
    state.metrics.compression_waits.inc();
    let door = &state.thumbnails.admission;
    let admitted = async {
        loop {
            door.idle().await;
            // How much the next photo needs is not known before it is read: a large one's share.
            if let Ok(place) = door.try_enqueue(door.memory_bytes() / 4) {
                return place.acquire().await;
            }
        }
    };
    tokio::select! {
        permit = admitted => Some(permit),
        () = stopping(state, Duration::MAX) => None,
    }
}

/// Returns when the house begins to stop, and after `most` at the latest.
async fn stopping(state: &AppState, most: Duration) {
    let mut stopping = state.stopping.subscribe();
    // Either way it is time to look.
    let _ = tokio::time::timeout(most, stopping.wait_for(|stopping| *stopping)).await;
}
