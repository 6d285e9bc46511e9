//! What does the service cost, and what does it do when three times too much is asked for? The real
//! program in a process of its own is driven over HTTP by a client beside it, cold and cached, in a
//! closed loop; then in an open one, in which requests come at their time whether or not the
//! earlier ones were answered, and are late from that time on.
//!
//! The client takes its part of the machine too. So cached thumbnails are told per second of the
//! server's own processor time, and capacity is what this machine gives both.

#[path = "service/client.rs"]
mod client;
#[path = "service/process.rs"]
mod process;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use double_exposure::codec::{Fit, ImageCodec, Request, Size};
use double_exposure::load::Load;
use double_exposure::pipeline::Owned;
use double_exposure::server::engine::codec;
use double_exposure::witness::{Asked, Witness};
use hdrhistogram::Histogram;

use client::Client;
use process::{PHOTOS, Server};

/// Requests in flight in the closed loops.
const IN_FLIGHT: usize = 64;

/// How long everything takes: to be believed, or to see that it runs.
#[derive(Clone, Copy)]
struct Scale {
    conversions: usize,
    cached: usize,
    open: Duration,
}

const FULL: Scale = Scale { conversions: 3_000, cached: 60_000, open: Duration::from_secs(20) };
const SMOKE: Scale = Scale { conversions: 24, cached: 64, open: Duration::from_millis(300) };

fn main() {
    // `cargo bench` says so; `cargo test --benches` does not.
    let scale = if std::env::args().any(|arg| arg == "--bench") { FULL } else { SMOKE };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("the system gives threads");
    let direct = direct(scale);
    println!("called directly      {direct:8.0} thumbnails/s");
    let capacity = runtime.block_on(closed(scale, direct));
    runtime.block_on(open(scale, capacity));
}

/// The same conversions, by the same pipeline with its witness, without a server.
fn direct(scale: Scale) -> f64 {
    let load = Load::new(32).expect("the system gives threads");
    let requests = (0..scale.conversions).map(|number| {
        let (photo, size) = cold(number);
        let photo = Bytes::from_static(PHOTOS[photo % PHOTOS.len()]);
        let size = Size::try_from(size).expect("within the limits");
        Asked { number, request: Request { photo, size, fit: Fit::Cover } }
    });
    let pipeline: Arc<Owned<Witness<ImageCodec>>> = Arc::new(Owned::new(codec()));
    let driven = load.drive(
        &pipeline,
        requests,
        || true,
        |_, made| {
            made.expect("the photos are whole");
        },
    );
    driven.conversions as f64 / driven.time.as_secs_f64()
}

/// The photo and the size of a thumbnail that nobody has asked for before.
fn cold(number: usize) -> (usize, u32) {
    (number % process::NAMES, 192 + (number / process::NAMES % 256) as u32)
}

/// Closed loops: cold, then cached. Gives the cold rate.
async fn closed(scale: Scale, direct: f64) -> f64 {
    let server = Server::start(&[]).await;
    let (took, _) = drive(&server, scale.conversions, cold).await;
    let rate = scale.conversions as f64 / took.as_secs_f64();
    println!("over HTTP, cold      {rate:8.0} thumbnails/s, {:.2} of it", rate / direct);

    let few = move |number: usize| cold(number % scale.conversions.min(process::NAMES));
    let before = server.processor_time();
    let (took, _) = drive(&server, scale.cached, few).await;
    let spent = server.processor_time() - before;
    println!(
        "over HTTP, cached    {:8.0} thumbnails/s, {:.0} a second of the server's processor time",
        scale.cached as f64 / took.as_secs_f64(),
        scale.cached as f64 / spent.as_secs_f64()
    );
    rate
}

/// Asks for so many thumbnails, always 64 at a time.
async fn drive(
    server: &Server,
    count: usize,
    which: impl Fn(usize) -> (usize, u32) + Copy + Send + 'static,
) -> (Duration, usize) {
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let clients: Vec<_> = (0..IN_FLIGHT)
        .map(|_| {
            let (next, server) = (Arc::clone(&next), server.clone());
            tokio::spawn(async move {
                let mut client = Client::connect(server.address()).await;
                let mut refused = 0;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return refused;
                    }
                    let (photo, size) = which(number);
                    let status = client.get(server.token(), &server.thumbnail(photo, size)).await;
                    refused += usize::from(status != 200);
                }
            })
        })
        .collect();
    let mut refused = 0;
    for client in clients {
        refused += client.await.expect("a client does not panic");
    }
    assert_eq!(refused, 0, "64 in flight are within the house's bounds");
    (began.elapsed(), refused)
}

/// What came of an open loop.
struct Flood {
    good: Histogram<u64>,
    refused: u64,
    lost: u64,
    took: Duration,
}

impl Flood {
    fn goodput(&self) -> f64 {
        self.good.len() as f64 / self.took.as_secs_f64()
    }

    fn print(&self, name: &str, memory: u64) {
        let ms = |quantile| self.good.value_at_quantile(quantile) as f64 / 1e3;
        println!(
            "{name:20} {:8.0} thumbnails/s, p50 {:7.1} ms, p99 {:7.1} ms, {} refused, {} lost, \
             peak {} MiB",
            self.goodput(),
            ms(0.5),
            ms(0.99),
            self.refused,
            self.lost,
            memory >> 20
        );
    }
}

/// Open loops at parts of the capacity and beyond it, each on a new server.
async fn open(scale: Scale, capacity: f64) {
    let mut peaks = Vec::new();
    for share in [0.5, 0.9, 1.0, 3.0] {
        let server = Server::start(&[]).await;
        let flood = flood(&server, capacity * share, scale.open, 0).await;
        let memory = server.peak_memory();
        flood.print(&format!("open loop, {share:.1} times"), memory);
        peaks.push((flood.goodput(), memory));
        if share > 1.0 {
            recover(&server, capacity, scale, flood.good.len() + flood.refused).await;
        }
    }
    let best = peaks[..3].iter().map(|peak| peak.0).fold(0.0, f64::max);
    let (at_capacity, beyond) = (peaks[2], peaks[3]);
    println!("goodput at 3 times: {:.2} of the peak", beyond.0 / best);
    println!(
        "memory at 3 times: {:.2} of that at capacity",
        beyond.1 as f64 / at_capacity.1 as f64
    );
}

/// How long after the flood until a second goes by in which nothing is refused.
async fn recover(server: &Server, capacity: f64, scale: Scale, asked: u64) {
    let step = scale.open.min(Duration::from_secs(1));
    for second in 0..10 {
        let first = asked as usize + second * (capacity as usize + 1);
        let flood = flood(server, capacity * 0.7, step, first).await;
        if flood.refused + flood.lost == 0 {
            let ms = flood.good.value_at_quantile(0.99) as f64 / 1e3;
            println!("back to normal at 0.7 times after {second} s, p99 {ms:.1} ms");
            return;
        }
    }
    println!("not back to normal at 0.7 times after 10 s");
}

/// Sends requests at a rate, each at its time.
async fn flood(server: &Server, rate: f64, span: Duration, first: usize) -> Flood {
    let pool = client::Pool::new(server.address());
    let count = (rate * span.as_secs_f64()).max(1.0) as usize;
    let (ends, mut ended) = tokio::sync::mpsc::unbounded_channel();
    let began = tokio::time::Instant::now();
    for number in 0..count {
        let due = began + Duration::from_secs_f64(number as f64 / rate);
        tokio::time::sleep_until(due).await;
        let (server, pool, ends) = (server.clone(), Arc::clone(&pool), ends.clone());
        tokio::spawn(async move {
            let (photo, size) = cold(first + number);
            let path = server.thumbnail(photo, size);
            let status = pool.get(server.token(), &path).await;
            // From when it was due, not from when it could be sent.
            let _ = ends.send((status, due.elapsed()));
        });
    }
    drop(ends);
    let good = Histogram::new_with_bounds(1, 60_000_000, 3).expect("three digits are allowed");
    let mut flood = Flood { good, refused: 0, lost: 0, took: span };
    while let Some((status, late)) = ended.recv().await {
        match status {
            Some(200) => flood.good.saturating_record(late.as_micros() as u64),
            Some(503) => flood.refused += 1,
            _ => flood.lost += 1,
        }
    }
    flood.took = began.elapsed();
    flood
}
