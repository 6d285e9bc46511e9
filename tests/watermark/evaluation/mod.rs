//! Evaluates the detector: sends many thumbnails through simulated services, and counts what the
//! detector reports.
//!
//! The claim that no row is ever taken for a third photo's is worth as much as the number of rows
//! behind it. So the same function makes a short run for each test and a long run for the documents.

mod counts;
mod distortion;
mod print;
mod tampering;
mod trial;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use double_exposure::audit::watermark::{Codebook, MAX_IDS};

pub(crate) use self::counts::Counts;
pub(crate) use self::distortion::{Effect, Encoding, Filter, SimulatedService};
pub(crate) use self::print::{describe, table};
pub(crate) use self::tampering::Tampering;
pub(crate) use self::trial::{Trial, WIDTHS};

/// Returns the codebook of an evaluation: as many ids as a codebook can hold.
pub(crate) fn codebook(seed: u64) -> Codebook {
    Codebook::new(MAX_IDS, seed).expect("a codebook holds MAX_IDS")
}

/// Runs as many trials as it takes to read `min_rows` rows. The seed fixes ids, shapes, settings and
/// tampering, and the counts do not depend on the number of threads.
pub(crate) fn run(min_rows: u64, seed: u64, threads: usize) -> Counts {
    let codebook = codebook(seed);
    let next = AtomicU64::new(0);
    let trials = Trial::count_for_rows(min_rows, seed);
    let worker = || {
        let mut counts = Counts::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= trials {
                return counts;
            }
            counts.run(&Trial::new(number, seed), &codebook);
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let mut total = Counts::default();
        for worker in workers {
            total.add(&worker.join().expect("a worker does not panic"));
        }
        total
    })
}
