//! Generates load in a closed loop, where each request waits for an earlier one, and in an open
//! loop, where none does, and counts the results.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use crate::client::{Client, Pool};
use crate::process::{Server, cold};

/// Number of requests in flight in a closed loop, more than the server's 32 running conversions.
const IN_FLIGHT: usize = 64;

/// Counts the results of one load.
pub(crate) struct LoadResult {
    /// Latencies of the thumbnails, in microseconds.
    latencies: Histogram<u64>,
    pub(crate) rejected: u64,
    pub(crate) lost: u64,
    elapsed: Duration,
}

impl LoadResult {
    /// Returns the thumbnails per second.
    pub(crate) fn goodput(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// Returns the number of requests.
    pub(crate) fn sent(&self) -> usize {
        (self.latencies.len() + self.rejected + self.lost) as usize
    }

    /// Returns a quantile of the latencies, in milliseconds.
    pub(crate) fn ms(&self, quantile: f64) -> f64 {
        self.latencies.value_at_quantile(quantile) as f64 / 1e3
    }

    pub(crate) fn print(&self, name: &str, memory: u64) {
        println!(
            "{name:20} {:8.0} thumbnails/s, p50 {:7.1} ms, p99 {:7.1} ms, {} rejected, {} lost, \
             peak {} MiB",
            self.goodput(),
            self.ms(0.5),
            self.ms(0.99),
            self.rejected,
            self.lost,
            memory >> 20
        );
    }
}

/// Holds the status, if there was a response, and the latency since the request was due.
type Sample = (Option<u16>, Duration);

/// Counts samples until every sender is dropped.
async fn count(mut samples: UnboundedReceiver<Sample>, began: Instant) -> LoadResult {
    let latencies = Histogram::new_with_bounds(1, 60_000_000, 3).expect("three digits are allowed");
    let mut result = LoadResult { latencies, rejected: 0, lost: 0, elapsed: Duration::ZERO };
    while let Some((status, latency)) = samples.recv().await {
        match status {
            Some(200) => result.latencies.saturating_record(latency.as_micros() as u64),
            Some(503) => result.rejected += 1,
            _ => result.lost += 1,
        }
    }
    result.elapsed = began.elapsed();
    result
}

/// Requests thumbnails, 64 of them at a time, as long as `go_on` returns true for the number of the
/// next one.
pub(crate) async fn closed_loop(
    server: &Arc<Server>,
    go_on: impl Fn(usize) -> bool + Copy + Send + 'static,
    thumbnail: impl Fn(usize) -> (usize, u32) + Copy + Send + 'static,
) -> LoadResult {
    let next = Arc::new(AtomicUsize::new(0));
    let (send, samples) = unbounded_channel();
    let began = Instant::now();
    for _ in 0..IN_FLIGHT {
        let (next, server, send) = (Arc::clone(&next), Arc::clone(server), send.clone());
        tokio::spawn(async move {
            let mut client = Client::connect(server.address).await;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if !go_on(number) {
                    return;
                }
                let (photo, size) = thumbnail(number);
                let due = Instant::now();
                let status = client.get(&server.thumbnail(photo, size)).await;
                let _ = send.send((Some(status), due.elapsed()));
            }
        });
    }
    drop(send);
    count(samples, began).await
}

/// Sends requests at a rate per second, each at its time. `first` is the number of the first
/// thumbnail, so that none was requested before.
pub(crate) async fn open_loop(
    server: &Arc<Server>,
    rate: f64,
    duration: Duration,
    first: usize,
) -> LoadResult {
    let pool = Pool::new(server.address);
    let requests = (rate * duration.as_secs_f64()).max(1.0) as usize;
    let (send, samples) = unbounded_channel();
    let began = Instant::now();
    for number in 0..requests {
        let due = began + Duration::from_secs_f64(number as f64 / rate);
        sleep_until(due).await;
        let (server, pool, send) = (Arc::clone(server), Arc::clone(&pool), send.clone());
        tokio::spawn(async move {
            let (photo, size) = cold(first + number);
            let status = pool.get(&server.thumbnail(photo, size)).await;
            // The latency counts from when the request was due, not from when it could be sent.
            let _ = send.send((status, due.elapsed()));
        });
    }
    drop(send);
    count(samples, began).await
}
