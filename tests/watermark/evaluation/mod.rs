//! Evaluates the detector with many thumbnails of simulated services, and counts the reports.
//!
//! The claim that no row is ever taken for a third photo's is worth as much as the number of rows
//! behind it. So the same function makes a short run for each test and a long run for the
//! documents.

mod counts;
mod distortion;
mod print;
mod tampering;
mod trial;

use std::thread;

use double_exposure::audit::watermark::MAX_IDS;

pub(crate) use self::counts::{Count, Counts};
pub(crate) use self::distortion::{Effect, Encoding, Filter, SimulatedService};
pub(crate) use self::print::{describe, table};
pub(crate) use self::tampering::Tampering;
pub(crate) use self::trial::{Trial, WIDTHS};
use crate::codebook;

/// Runs as many trials as it takes to read `min_rows` rows. The seed fixes ids, shapes, settings
/// and tampering, and the counts do not depend on the number of threads.
pub(crate) fn run(min_rows: u64, seed: u64, threads: usize) -> Counts {
    let codebook = codebook(MAX_IDS, seed);
    let trials = Trial::for_rows(min_rows, seed);
    let mut counts = Counts::default();
    thread::scope(|scope| {
        let worker = |first| {
            let trials = trials.iter().skip(first).step_by(threads);
            let counted = trials.map(|trial| (trial, Count::of(trial, &codebook)));
            counted.collect::<Vec<_>>()
        };
        let workers: Vec<_> =
            (0..threads).map(|first| scope.spawn(move || worker(first))).collect();
        for worker in workers {
            for (trial, count) in worker.join().expect("a worker does not panic") {
                counts.add(trial, &count, &codebook);
            }
        }
    });
    counts
}
