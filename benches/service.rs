//! What does the service cost, and what does it do when three times too much is asked for? The real
//! program in a process of its own is driven over HTTP by a client beside it, cold and cached, in a
//! closed loop; then in an open one, in which requests come at their time whether or not the
//! earlier ones were answered, and are late from that time on.
//!
//! The client takes its part of the machine too. So cached thumbnails are told per second of the
//! server's own processor time, and capacity is what this machine gives both. What is compared is
//! measured in turns, and the median of the turns is told: a noisy moment decides nothing.

#[path = "service/client.rs"]
mod client;
#[path = "service/drive.rs"]
mod drive;
#[path = "service/ledger.rs"]
mod ledger;
#[path = "service/process.rs"]
mod process;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use double_exposure::codec::{Fit, ImageCodec, Size, ThumbnailRequest, ThumbnailSpec};
use double_exposure::pipeline::Owned;
use double_exposure::provenance::{Numbered, TaggingCodec};
use double_exposure::repro::load_generator::LoadGenerator;
use double_exposure::server::converter::codec;

use drive::{closed, flood};
use process::{PHOTOS, Server, cold};

/// Requests in flight in the closed loops: more than the house's 32 conversions at work.
const IN_FLIGHT: usize = 64;

/// How long everything takes: to be believed, or to see that it runs.
#[derive(Clone, Copy)]
struct Scale {
    turns: usize,
    conversions: usize,
    cached: usize,
    span: Duration,
}

const FULL: Scale =
    Scale { turns: 3, conversions: 1_500, cached: 60_000, span: Duration::from_secs(12) };
const SMOKE: Scale =
    Scale { turns: 1, conversions: 24, cached: 64, span: Duration::from_millis(300) };

fn main() {
    // `cargo bench` says so; `cargo test --benches` does not.
    let scale = if std::env::args().any(|arg| arg == "--bench") { FULL } else { SMOKE };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("the system gives threads");
    runtime.block_on(cold_and_cached(scale));
    ledger::cost(scale.turns, scale.conversions);
    let capacity = runtime.block_on(overload(scale));
    runtime.block_on(latencies(scale, capacity));
}

/// Cold over HTTP against the same conversions called directly, in turns; then cached ones.
async fn cold_and_cached(scale: Scale) {
    let (mut called, mut asked, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = None;
    for _ in 0..scale.turns {
        let direct = tokio::task::spawn_blocking(move || direct(scale.conversions));
        let direct = direct.await.expect("the photos are whole");
        let server = Server::start(&[]).await;
        let over_http = closed(&server, IN_FLIGHT, scale.conversions, cold).await.goodput();
        called.push(direct);
        asked.push(over_http);
        shares.push(over_http / direct);
        last = Some(server);
    }
    println!("called directly      {:8.0} thumbnails/s", median(&mut called));
    let (rate, share) = (median(&mut asked), median(&mut shares));
    println!("over HTTP, cold      {rate:8.0} thumbnails/s, {share:.2} of it");

    let server = last.expect("there is a turn at least");
    let few = move |number| cold(number % scale.conversions.min(process::NAMES));
    let before = server.processor_time();
    let rate = closed(&server, IN_FLIGHT, scale.cached, few).await.goodput();
    let spent = server.processor_time() - before;
    println!(
        "over HTTP, cached    {rate:8.0} thumbnails/s, {:.0} a second of the server's processor \
         time",
        scale.cached as f64 / spent.as_secs_f64()
    );
}

/// The same conversions, by the same pipeline with its witness, without a server.
fn direct(conversions: usize) -> f64 {
    let load = LoadGenerator::new(32).expect("the system gives threads");
    let requests = (0..conversions).map(|number| {
        let (photo, size) = cold(number);
        let photo = Bytes::from_static(PHOTOS[photo % PHOTOS.len()]);
        let size = Size::try_from(size).expect("within the limits");
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
        |_, made| {
            made.expect("the photos are whole");
        },
    );
    driven.per_second()
}

/// The house at its capacity and at three times that, in turns, each on a new server and for the
/// same time. Capacity is what the closed loop gets through with every worker busy and a queue;
/// it is the peak that goodput is held against, and its memory is what memory is held against.
async fn overload(scale: Scale) -> f64 {
    let (mut rates, mut goodputs, mut memories) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..scale.turns {
        let server = Server::start(&[]).await;
        let end = tokio::time::Instant::now() + scale.span;
        let full = drive::closed_until(&server, IN_FLIGHT, end, cold).await;
        let at_capacity = server.peak_memory();
        full.print("closed loop, 64", at_capacity);
        drop(server);

        let server = Server::start(&[]).await;
        let beyond = flood(&server, full.goodput() * 3.0, scale.span, 0).await;
        let memory = server.peak_memory();
        beyond.print("open loop, 3.0 times", memory);
        recover(&server, full.goodput(), scale, beyond.asked()).await;
        rates.push(full.goodput());
        goodputs.push(beyond.goodput() / full.goodput());
        memories.push(memory as f64 / at_capacity as f64);
    }
    println!("goodput at 3 times: {:.2} of the peak", median(&mut goodputs));
    println!("memory at 3 times: {:.2} of that at capacity", median(&mut memories));
    median(&mut rates)
}

/// How long after the flood until a second goes by in which nothing is refused.
async fn recover(server: &Server, capacity: f64, scale: Scale, asked: usize) {
    let step = scale.span.min(Duration::from_secs(1));
    for second in 0..10 {
        let first = asked + second * (capacity as usize + 1);
        let calm = flood(server, capacity * 0.7, step, first).await;
        if calm.refused + calm.lost == 0 {
            println!("back to normal at 0.7 times after {second} s, p99 {:.1} ms", calm.ms(0.99));
            return;
        }
    }
    println!("not back to normal at 0.7 times after 10 s");
}

/// Open loops up to the capacity, each on a new server.
async fn latencies(scale: Scale, capacity: f64) {
    for share in [0.5, 0.9, 1.0] {
        let server = Server::start(&[]).await;
        let flood = flood(&server, capacity * share, scale.span, 0).await;
        flood.print(&format!("open loop, {share:.1} times"), server.peak_memory());
    }
}

/// The middle one; of an even number the higher of both.
fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
