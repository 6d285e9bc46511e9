//! What do failed repairs repair? Shares of mixed thumbnails, and thumbnails per second, of a
//! larger ring, of a semaphore in front of the ring, and of a lock that is held for longer, beside
//! the failure and its repair. `cargo bench --bench failed_repairs` prints the table of
//! `docs/failed-repairs.md`; `cargo test --benches` makes a few thumbnails of each row.

#[path = "failed_repairs/held.rs"]
mod held;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::{env, process, thread};

use double_exposure::codec::{Fit, ImageCodec, Request, Size};
use double_exposure::load::Load;
use double_exposure::photos;
use double_exposure::pipeline::{Owned, Pipeline, Shared};
use double_exposure::schedule::Outcome;
use double_exposure::witness::{Asked, Witness};
use held::Held;

const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();
const SLOTS: usize = 8;
/// Requests in flight where a row does not say otherwise.
const MANY: usize = 64;

type Witnesses = Witness<ImageCodec>;

/// Thumbnails of a row, of which so many were mixed, and how fast they were made.
struct Row {
    mixed: usize,
    made: usize,
    per_second: f64,
}

/// Makes thumbnails of the default set in turn, so many in flight.
fn row<P>(pipeline: P, in_flight: usize, thumbnails: usize) -> Row
where
    P: Pipeline<Codec = Witnesses> + Send + Sync + 'static,
{
    let photos: Vec<Request> = photos::default_set()
        .into_iter()
        .map(|photo| Request { photo: photo.bytes, size: Size::default(), fit: Fit::default() })
        .collect();
    let asked = photos.iter().cycle().take(thumbnails).cloned().enumerate();
    let asked = asked.map(|(number, request)| Asked { number, request });
    let load = Load::new(in_flight).expect("the system gives threads");
    let mut mixed = 0;
    let driven = load.drive(
        &Arc::new(pipeline),
        asked,
        || true,
        |_, made| {
            let made = made.expect("the photos of the default set are whole");
            mixed += usize::from(Outcome::of(&Some(made.own), &made.bands).mixed());
        },
    );
    Row { mixed, made: thumbnails, per_second: driven.per_second() }
}

fn print(name: &str, in_flight: usize, row: &Row) {
    let Row { mixed, made, per_second } = row;
    let share = 100.0 * *mixed as f64 / *made as f64;
    println!("| {name} | {in_flight} | {mixed} of {made} | {share:.1} % | {per_second:.0} |");
}

fn main() {
    let measures = env::args().any(|argument| argument == "--bench");
    let thumbnails = if measures { 1_500 } else { 16 };
    let codec = || Witness::new(ImageCodec::new(BANDS));
    let slots = |slots| NonZeroUsize::new(slots).expect("a ring has slots");
    let cores = thread::available_parallelism().map_or(0, NonZeroUsize::get);
    println!("{cores} cores, {BANDS} bands, {thumbnails} thumbnails a row\n");
    println!("| | in flight | mixed | share | per second |\n|---|---:|---:|---:|---:|");
    let shared = |name: &str, ring, in_flight| {
        print(name, in_flight, &row(Shared::new(codec(), slots(ring)), in_flight, thumbnails));
    };
    for ring in [8, 16, 32, 64, 128] {
        shared(&format!("shared, {ring} slots"), ring, MANY);
    }
    for door in [8, 4, 2, 1] {
        shared(&format!("shared, 8 slots, semaphore of {door}"), SLOTS, door);
    }
    let mut repairs = 0;
    for under_lock in 1..=BANDS.get() as usize {
        let held = row(Held::new(codec(), slots(SLOTS), under_lock), MANY, thumbnails);
        print(&format!("shared, 8 slots, {under_lock} of 4 bands under one lock"), MANY, &held);
        repairs = held.mixed;
    }
    let owned = row(Owned::new(codec()), MANY, thumbnails);
    print("owned", MANY, &owned);
    if repairs + owned.mixed > 0 {
        eprintln!("a pipeline in which nobody else can reach a waiting frame mixed photos");
        process::exit(1);
    }
}
