//! Measures the throughput and the latency of the service, and its goodput at three times its
//! capacity. The bench runs the program in a process of its own, and sends requests over HTTP:
//! first in a closed loop, without and with cached thumbnails, and then in an open loop. In an open
//! loop each request is due at a fixed time, whether or not earlier ones have a response, and its
//! latency counts from that time.
//!
//! The client uses the same processors as the server. So the rate of cached thumbnails is also
//! given per second of the server's own processor time, and capacity means what the machine gives
//! both. Figures that are compared are measured in turn, and their median is printed, so that a
//! noisy moment decides nothing.

mod client;
mod ledger;
mod load;
mod process;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use double_exposure::codec::{Fit, ImageCodec, Size, ThumbnailRequest, ThumbnailSpec};
use double_exposure::pipeline::Owned;
use double_exposure::provenance::{Numbered, TaggingCodec};
use double_exposure::repro::load_generator::LoadGenerator;
use double_exposure::server::converter::codec;
use tokio::time::Instant;

use load::{closed_loop, open_loop};
use process::{PHOTOS, Server, cold};

/// Sets how long the bench runs: long enough for its figures, or only to see that it works.
#[derive(Clone, Copy)]
struct Scale {
    turns: usize,
    conversions: usize,
    cached_requests: usize,
    duration: Duration,
}

const FULL: Scale = Scale {
    turns: 3,
    conversions: 1_500,
    cached_requests: 60_000,
    duration: Duration::from_secs(12),
};
const SMOKE: Scale =
    Scale { turns: 1, conversions: 24, cached_requests: 64, duration: Duration::from_millis(300) };

fn main() {
    // `cargo bench` passes this argument, and `cargo test --benches` does not.
    let scale = if std::env::args().any(|arg| arg == "--bench") { FULL } else { SMOKE };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("the system starts threads");
    runtime.block_on(cold_and_cached(scale));
    ledger::cost(scale.turns, scale.conversions);
    let capacity = runtime.block_on(overload(scale));
    runtime.block_on(latencies(scale, capacity));
}

/// Compares conversions over HTTP with the same conversions called directly, in turn, and then
/// measures cached thumbnails.
async fn cold_and_cached(scale: Scale) {
    let (mut direct_rates, mut http_rates, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = None;
    for _ in 0..scale.turns {
        let direct = tokio::task::spawn_blocking(move || direct(scale.conversions));
        let direct = direct.await.expect("the photos are whole");
        let server = Arc::new(Server::start().await);
        let over_http = answered(&server, scale.conversions, cold).await;
        direct_rates.push(direct);
        http_rates.push(over_http);
        shares.push(over_http / direct);
        last = Some(server);
    }
    println!("called directly      {:8.0} thumbnails/s", median(&mut direct_rates));
    let (rate, share) = (median(&mut http_rates), median(&mut shares));
    println!("over HTTP, cold      {rate:8.0} thumbnails/s, {share:.2} of it");

    let server = last.expect("there is at least one turn");
    let cached = move |number| cold(number % scale.conversions.min(process::NAMES));
    let before = server.processor_time();
    let rate = answered(&server, scale.cached_requests, cached).await;
    let spent = server.processor_time() - before;
    println!(
        "over HTTP, cached    {rate:8.0} thumbnails/s, {:.0} a second of the server's processor \
         time",
        scale.cached_requests as f64 / spent.as_secs_f64()
    );
}

/// Measures the thumbnails per second of a closed loop in which every request gets a thumbnail.
async fn answered(
    server: &Arc<Server>,
    total: usize,
    thumbnail: impl Fn(usize) -> (usize, u32) + Copy + Send + 'static,
) -> f64 {
    let result = closed_loop(server, move |number| number < total, thumbnail).await;
    assert_eq!(result.rejected + result.lost, 0, "the loop is within the server's bounds");
    result.goodput()
}

/// Measures the rate of the same conversions by the same pipeline and tagging codec, without a
/// server.
fn direct(conversions: usize) -> f64 {
    let load = LoadGenerator::new(32).expect("the system starts threads");
    let requests = (0..conversions).map(|number| {
        let (photo, size) = cold(number);
        let photo = Bytes::from_static(PHOTOS[photo % PHOTOS.len()]);
        let size = Size::try_from(size).expect("the size is within the limits");
        Numbered {
            number,
            request: ThumbnailRequest { photo, spec: ThumbnailSpec { size, fit: Fit::Cover } },
        }
    });
    let pipeline: Arc<Owned<TaggingCodec<ImageCodec>>> = Arc::new(Owned::new(codec()));
    let driven = load.run(
        &pipeline,
        requests,
        || true,
        |_, thumbnail| {
            thumbnail.expect("the photos are whole");
        },
    );
    driven.per_second()
}

/// Measures a server at its capacity and at three times its capacity, in turn, each on a new server
/// and for the same time. Capacity is the rate of the closed loop with every worker busy and a
/// queue. The goodput and the memory at three times are compared with those at capacity.
async fn overload(scale: Scale) -> f64 {
    let (mut rates, mut goodputs, mut memories) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..scale.turns {
        let server = Arc::new(Server::start().await);
        let end = Instant::now() + scale.duration;
        let full = closed_loop(&server, move |_| Instant::now() < end, cold).await;
        let at_capacity = server.peak_memory();
        full.print("closed loop, 64", at_capacity);
        drop(server);

        let server = Arc::new(Server::start().await);
        let overloaded = open_loop(&server, full.goodput() * 3.0, scale.duration, 0).await;
        let memory = server.peak_memory();
        overloaded.print("open loop, 3.0 times", memory);
        recover(&server, full.goodput(), scale, overloaded.sent()).await;
        rates.push(full.goodput());
        goodputs.push(overloaded.goodput() / full.goodput());
        memories.push(memory as f64 / at_capacity as f64);
    }
    println!("goodput at 3 times: {:.2} of the peak", median(&mut goodputs));
    println!("memory at 3 times: {:.2} of that at capacity", median(&mut memories));
    median(&mut rates)
}

/// Measures how many seconds pass after the overload until no request is rejected for a second.
async fn recover(server: &Arc<Server>, capacity: f64, scale: Scale, sent: usize) {
    let step = scale.duration.min(Duration::from_secs(1));
    for second in 0..10 {
        let first = sent + second * (capacity as usize + 1);
        let calm = open_loop(server, capacity * 0.7, step, first).await;
        if calm.rejected + calm.lost == 0 {
            println!("back to normal at 0.7 times after {second} s, p99 {:.1} ms", calm.ms(0.99));
            return;
        }
    }
    println!("not back to normal at 0.7 times after 10 s");
}

/// Measures open loops of up to the capacity, each on a new server.
async fn latencies(scale: Scale, capacity: f64) {
    for share in [0.5, 0.9, 1.0] {
        let server = Arc::new(Server::start().await);
        let result = open_loop(&server, capacity * share, scale.duration, 0).await;
        result.print(&format!("open loop, {share:.1} times"), server.peak_memory());
    }
}

/// Returns the median, and the higher of the two middle values of an even number.
fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
