//! How far the marks hold: many thumbnails through pretended services, read and counted.
//!
//! A claim that no row is ever taken for a third person's is worth as much as the number of rows
//! that were looked at, so the same function makes a short run for tests and a long one for the
//! record.

mod count;
mod plant;
mod print;
mod trial;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

pub use self::count::{Axis, Count, Counts};
pub use self::plant::Plant;
pub use self::print::text;
pub use self::trial::{CODINGS, TOUCHES, Trial, WIDTHS};
use super::Codebook;

/// Ids among which the table's readers look: as many as can be issued.
const IDS: usize = super::MAX_IDS;

/// What a run of the table is.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Rows to read, at least, unless it is ended before.
    pub rows: u64,
    /// Fixes ids, shapes, settings and plants.
    pub seed: u64,
    /// Threads that work on it.
    pub threads: usize,
}

/// One trial alone, in words: what it is, who is in it, and what was found. A run names the trials
/// that went wrong; this makes them again.
pub fn replay(number: u64, seed: u64) -> String {
    print::alone(&Trial::new(number, seed), &issued(seed))
}

fn issued(seed: u64) -> Codebook {
    Codebook::new(IDS, seed).expect("so many can be issued")
}

/// Reads thumbnails until the plan's rows are read or `goes_on` says no; it is asked after each
/// one, with the rows so far. The same plan counts the same, whatever the threads, unless it is
/// ended.
pub fn run(plan: &Plan, goes_on: impl Fn(u64) -> bool + Sync) -> Counts {
    let issued = issued(plan.seed);
    let (next, rows, ended) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let trials = Trial::needed(plan.rows, plan.seed);
    let work = || {
        let mut counts = Counts::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= trials || ended.load(Ordering::Relaxed) {
                return counts;
            }
            let read = Trial::new(number, plan.seed).run(&issued, &mut counts);
            let so_far = rows.fetch_add(read, Ordering::Relaxed) + read;
            if !goes_on(so_far) {
                ended.store(true, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..plan.threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mut all = Counts::default();
        for worker in workers {
            match worker.join() {
                Ok(counts) => all.add(&counts),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}
