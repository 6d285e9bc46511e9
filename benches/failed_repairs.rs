//! What do failed repairs repair? Shares of mixed thumbnails, and rates of making them, of a
//! larger ring, of a semaphore in front of the ring, and of a lock that is held for longer, beside
//! the failure and its repair. `cargo test --bench failed_repairs -- --bench` prints the
//! table of `docs/failed-repairs.md`; `cargo test --benches` makes a few thumbnails of each row.

#[path = "failed_repairs/held.rs"]
mod held;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::{env, process, thread};

use bytes::Bytes;
use double_exposure::codec::{Fit, ImageCodec, Size, ThumbnailRequest, ThumbnailSpec};
use double_exposure::pipeline::{Owned, Pipeline, Shared};
use double_exposure::provenance::{Numbered, TaggingCodec, Traced};
use double_exposure::repro::load_generator::{LoadGenerator, LoadResult};
use double_exposure::sample_photos;
use double_exposure::schedule::Outcome;
use held::Held;

const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();
const SLOTS: NonZeroUsize = NonZeroUsize::new(8).unwrap();
/// Requests in flight where a row does not say otherwise.
const MANY: usize = 64;

type Witnesses = TaggingCodec<ImageCodec>;

/// One way to run the ring, or to do without, and what came of it so far.
struct Row {
    name: String,
    in_flight: usize,
    /// Whether nobody can reach a frame between two steps.
    is_repair: bool,
    run: Box<dyn Fn(usize) -> (usize, LoadResult)>,
    mixed: usize,
    driven: LoadResult,
}

impl Row {
    fn new<P>(name: String, in_flight: usize, pipeline: impl Fn() -> P + 'static) -> Self
    where
        P: Pipeline<Codec = Witnesses> + Send + Sync + 'static,
    {
        let run = Box::new(move |count| run(pipeline(), in_flight, count));
        Self { name, in_flight, is_repair: false, run, mixed: 0, driven: LoadResult::default() }
    }

    fn repair(self) -> Self {
        Self { is_repair: true, ..self }
    }

    fn go_on(&mut self, thumbnails: usize) {
        let (mixed, driven) = (self.run)(thumbnails);
        self.mixed += mixed;
        self.driven.conversions += driven.conversions;
        self.driven.elapsed += driven.elapsed;
    }

    fn print(&self, unit: f64) {
        let made = self.driven.conversions;
        let share = 100.0 * self.mixed as f64 / made as f64;
        let rate = self.driven.per_second() / unit;
        let Self { name, in_flight, mixed, .. } = self;
        println!("| {name} | {in_flight} | {mixed} of {made} | {share:.1} % | {rate:.2} |");
    }
}

/// Makes thumbnails of the default set in turn, so many in flight: how many are mixed?
fn run<P>(pipeline: P, in_flight: usize, thumbnails: usize) -> (usize, LoadResult)
where
    P: Pipeline<Codec = Witnesses> + Send + Sync + 'static,
{
    let photos: Vec<ThumbnailRequest> = sample_photos::default_set()
        .into_iter()
        .map(|photo| ThumbnailRequest {
            photo: photo.bytes,
            spec: ThumbnailSpec { size: Size::default(), fit: Fit::default() },
        })
        .collect();
    let asked = photos.iter().cycle().take(thumbnails).cloned().enumerate();
    let asked = asked.map(|(number, request)| Numbered { number, request });
    let load = LoadGenerator::new(in_flight).expect("the system gives threads");
    let mut mixed = 0;
    let mut judge = |made: Traced<Bytes>| {
        mixed += usize::from(Outcome::of(&Some(made.own), &made.bands).mixed());
    };
    let whole = "the photos of the default set are whole";
    let pipeline = Arc::new(pipeline);
    let driven = load.run(&pipeline, asked, || true, |_, made| judge(made.expect(whole)));
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
        rows.push(shared(format!("shared, {slots} slots"), slots, MANY));
    }
    for door in [8, 4, 2, 1] {
        let row = shared(format!("shared, 8 slots, semaphore of {door}"), SLOTS.get(), door);
        rows.push(if door == 1 { row.repair() } else { row });
    }
    for bands in 1..=BANDS.get() as usize {
        let name = format!("shared, 8 slots, {bands} of {BANDS} bands under one lock");
        let row = Row::new(name, MANY, move || Held::new(codec(), SLOTS, bands));
        rows.push(if bands == BANDS.get() as usize { row.repair() } else { row });
    }
    rows.push(Row::new("owned".into(), MANY, move || Owned::new(codec())).repair());
    rows
}

fn main() {
    let measures = env::args().any(|argument| argument == "--bench");
    let (rounds, thumbnails) = if measures { (5, 300) } else { (1, 8) };
    let mut rows = rows();
    // Round by round, so that whatever else the machine does falls on every row.
    for _ in 0..rounds {
        rows.iter_mut().for_each(|row| row.go_on(thumbnails));
    }
    let cores = thread::available_parallelism().map_or(0, NonZeroUsize::get);
    println!("{cores} cores, {BANDS} bands; rates are those of owned, times so much\n");
    println!("| | in flight | mixed | share | rate |\n|---|---:|---:|---:|---:|");
    let unit = rows.last().map_or(1.0, |owned| owned.driven.per_second());
    rows.iter().for_each(|row| row.print(unit));
    if rows.iter().any(|row| row.is_repair && row.mixed > 0) {
        eprintln!("a pipeline mixed photos in which nobody can reach a frame between two steps");
        process::exit(1);
    }
}
