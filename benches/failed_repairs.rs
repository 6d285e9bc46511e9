//! Measures the share of mixed thumbnails and the conversion rate of failed repairs: of a larger
//! ring, of a semaphore in front of the ring, and of a lock that is held for longer, beside the
//! failure and its repair. `cargo test --bench failed_repairs -- --bench` prints the table of
//! `docs/course/failed-repairs.md`. `cargo test --benches` makes a few thumbnails of each row.

#[path = "failed_repairs/long_lock.rs"]
mod long_lock;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::{env, process, thread};

use bytes::Bytes;
use double_exposure::codec::{ImageCodec, ThumbnailRequest, ThumbnailSpec};
use double_exposure::pipeline::{Owned, Pipeline, Shared};
use double_exposure::provenance::{Numbered, TaggingCodec, Traced};
use double_exposure::repro::load_generator::{LoadGenerator, LoadResult};
use double_exposure::sample_photos;
use double_exposure::schedule::Outcome;
use long_lock::LongLock;

const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();
const SLOTS: NonZeroUsize = NonZeroUsize::new(8).unwrap();
/// Default number of requests in flight.
const IN_FLIGHT: usize = 64;

type TaggingImageCodec = TaggingCodec<ImageCodec>;

/// Holds one variant of a pipeline and its measurements so far.
struct Row {
    name: String,
    in_flight: usize,
    /// True if no other request can reach a frame between two steps.
    is_repair: bool,
    run: Box<dyn Fn(usize) -> (usize, LoadResult)>,
    mixed: usize,
    driven: LoadResult,
}

impl Row {
    fn new<P>(name: String, in_flight: usize, pipeline: impl Fn() -> P + 'static) -> Self
    where
        P: Pipeline<Codec = TaggingImageCodec> + Send + Sync + 'static,
    {
        let run = Box::new(move |count| run(pipeline(), in_flight, count));
        Self { name, in_flight, is_repair: false, run, mixed: 0, driven: LoadResult::default() }
    }

    fn repair(self) -> Self {
        Self { is_repair: true, ..self }
    }

    /// Makes more thumbnails.
    fn run(&mut self, thumbnails: usize) {
        let (mixed, driven) = (self.run)(thumbnails);
        self.mixed += mixed;
        self.driven.conversions += driven.conversions;
        self.driven.elapsed += driven.elapsed;
    }

    fn print(&self, unit: f64) {
        let count = self.driven.conversions;
        let share = 100.0 * self.mixed as f64 / count as f64;
        let rate = self.driven.per_second() / unit;
        let Self { name, in_flight, mixed, .. } = self;
        println!("| {name} | {in_flight} | {mixed} of {count} | {share:.1} % | {rate:.2} |");
    }
}

/// Makes thumbnails of the default set in turn, and counts the mixed ones.
fn run<P>(pipeline: P, in_flight: usize, thumbnails: usize) -> (usize, LoadResult)
where
    P: Pipeline<Codec = TaggingImageCodec> + Send + Sync + 'static,
{
    let photos: Vec<ThumbnailRequest> = sample_photos::default_set()
        .into_iter()
        .map(|photo| ThumbnailRequest { photo: photo.bytes, spec: ThumbnailSpec::default() })
        .collect();
    let requests = photos.iter().cycle().take(thumbnails).cloned().enumerate();
    let requests = requests.map(|(number, request)| Numbered { number, request });
    let load = LoadGenerator::new(in_flight).expect("the system gives threads");
    let mut mixed = 0;
    let mut count = |result: Result<Traced<Bytes>, _>| {
        let traced = result.expect("the photos of the default set are whole");
        mixed += usize::from(Outcome::of(&Some(traced.own), &traced.bands).mixed());
    };
    let pipeline = Arc::new(pipeline);
    let driven = load.run(&pipeline, requests, || true, |_, result| count(result));
    (mixed, driven)
}

fn rows() -> Vec<Row> {
    let codec = || TaggingCodec::new(ImageCodec::new(BANDS));
    let shared = move |name: String, slots: usize, in_flight| {
        let slots = NonZeroUsize::new(slots).expect("a ring has slots");
        Row::new(name, in_flight, move || Shared::new(codec(), slots))
    };
    let mut rows = Vec::new();
    for slots in [8, 16, 32, 64, 128] {
        rows.push(shared(format!("shared, {slots} slots"), slots, IN_FLIGHT));
    }
    for permits in [8, 4, 2, 1] {
        let name = format!("shared, 8 slots, semaphore of {permits}");
        let row = shared(name, SLOTS.get(), permits);
        rows.push(if permits == 1 { row.repair() } else { row });
    }
    for bands in 1..=BANDS.get() as usize {
        let name = format!("shared, 8 slots, {bands} of {BANDS} bands under one lock");
        let row = Row::new(name, IN_FLIGHT, move || LongLock::new(codec(), SLOTS, bands));
        rows.push(if bands == BANDS.get() as usize { row.repair() } else { row });
    }
    rows.push(Row::new("owned".into(), IN_FLIGHT, move || Owned::new(codec())).repair());
    rows
}

fn main() {
    let measures = env::args().any(|argument| argument == "--bench");
    let (rounds, thumbnails) = if measures { (5, 300) } else { (1, 8) };
    let mut rows = rows();
    // The rows take turns, so that other work of the machine affects every row.
    for _ in 0..rounds {
        rows.iter_mut().for_each(|row| row.run(thumbnails));
    }
    let cores = thread::available_parallelism().map_or(0, NonZeroUsize::get);
    println!("{cores} cores, {BANDS} bands; the rates are multiples of the rate of owned\n");
    println!("| | in flight | mixed | share | rate |\n|---|---:|---:|---:|---:|");
    let unit = rows.last().map_or(1.0, |owned| owned.driven.per_second());
    rows.iter().for_each(|row| row.print(unit));
    if rows.iter().any(|row| row.is_repair && row.mixed > 0) {
        eprintln!("a pipeline mixed photos although no request can reach the frame of another one");
        process::exit(1);
    }
}
