//! Requests in a closed loop, where each waits for the one before it, and in an open one, where
//! none does; and what came of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use crate::client::{Client, Pool};
use crate::process::{Server, cold};

/// What came of a drive.
pub(crate) struct Came {
    good: Histogram<u64>,
    pub(crate) refused: u64,
    pub(crate) lost: u64,
    took: Duration,
}

impl Came {
    /// Answered with a thumbnail, a second.
    pub(crate) fn goodput(&self) -> f64 {
        self.good.len() as f64 / self.took.as_secs_f64()
    }

    /// All that was asked for.
    pub(crate) fn asked(&self) -> usize {
        (self.good.len() + self.refused + self.lost) as usize
    }

    /// A quantile of what thumbnails took, in milliseconds.
    pub(crate) fn ms(&self, quantile: f64) -> f64 {
        self.good.value_at_quantile(quantile) as f64 / 1e3
    }

    pub(crate) fn print(&self, name: &str, memory: u64) {
        println!(
            "{name:20} {:8.0} thumbnails/s, p50 {:7.1} ms, p99 {:7.1} ms, {} refused, {} lost, \
             peak {} MiB",
            self.goodput(),
            self.ms(0.5),
            self.ms(0.99),
            self.refused,
            self.lost,
            memory >> 20
        );
    }
}

/// A status, if there was an answer, and how long after the request was due.
type End = (Option<u16>, Duration);

/// Counts ends until all who send them have left.
async fn count(mut ends: UnboundedReceiver<End>, began: Instant) -> Came {
    let good = Histogram::new_with_bounds(1, 60_000_000, 3).expect("three digits are allowed");
    let mut came = Came { good, refused: 0, lost: 0, took: Duration::ZERO };
    while let Some((status, late)) = ends.recv().await {
        match status {
            Some(200) => came.good.saturating_record(late.as_micros() as u64),
            Some(503) => came.refused += 1,
            _ => came.lost += 1,
        }
    }
    came.took = began.elapsed();
    came
}

/// Asks for so many thumbnails, always so many at a time; all of them are to be answered.
pub(crate) async fn closed(
    server: &Server,
    in_flight: usize,
    most: usize,
    which: impl Fn(usize) -> (usize, u32) + Copy + Send + 'static,
) -> Came {
    let came = loops(server, in_flight, move |number| number < most, which).await;
    assert_eq!(came.refused + came.lost, 0, "{in_flight} in flight are within the house's bounds");
    came
}

/// The same until a moment.
pub(crate) async fn closed_until(
    server: &Server,
    in_flight: usize,
    end: Instant,
    which: impl Fn(usize) -> (usize, u32) + Copy + Send + 'static,
) -> Came {
    loops(server, in_flight, move |_| Instant::now() < end, which).await
}

async fn loops(
    server: &Server,
    in_flight: usize,
    go_on: impl Fn(usize) -> bool + Copy + Send + 'static,
    which: impl Fn(usize) -> (usize, u32) + Copy + Send + 'static,
) -> Came {
    let next = Arc::new(AtomicUsize::new(0));
    let (ends, ended) = unbounded_channel();
    let began = Instant::now();
    for _ in 0..in_flight {
        let (next, server, ends) = (Arc::clone(&next), server.clone(), ends.clone());
        tokio::spawn(async move {
            let mut client = Client::connect(server.address()).await;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if !go_on(number) {
                    return;
                }
                let (photo, size) = which(number);
                let due = Instant::now();
                let status = client.get(&server.thumbnail(photo, size)).await;
                let _ = ends.send((Some(status), due.elapsed()));
            }
        });
    }
    drop(ends);
    count(ended, began).await
}

/// Sends requests at a rate, each at its time, beginning with the `first` that nobody asked for.
pub(crate) async fn flood(server: &Server, rate: f64, span: Duration, first: usize) -> Came {
    let pool = Pool::new(server.address());
    let requests = (rate * span.as_secs_f64()).max(1.0) as usize;
    let (ends, ended) = unbounded_channel();
    let began = Instant::now();
    for number in 0..requests {
        let due = began + Duration::from_secs_f64(number as f64 / rate);
        sleep_until(due).await;
        let (server, pool, ends) = (server.clone(), Arc::clone(&pool), ends.clone());
        tokio::spawn(async move {
            let (photo, size) = cold(first + number);
            let status = pool.get(&server.thumbnail(photo, size)).await;
            // From when it was due, not from when it could be sent.
            let _ = ends.send((status, due.elapsed()));
        });
    }
    drop(ends);
    count(ended, began).await
}
