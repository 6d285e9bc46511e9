//! The detector names no photo that is not in a thumbnail, and finds the tampering. The tests read
//! 100,000 rows of thumbnails from simulated services, and count.
//!
//! `DOUBLE_EXPOSURE_ROWS=10000000 cargo test --release --test watermark accuracy -- --nocapture`
//! prints the table of docs/watermarks.md, which names the trials that are wrong.
//! `DOUBLE_EXPOSURE_TRIAL=46897 cargo test --test watermark trial -- --nocapture` describes a
//! single trial. `DOUBLE_EXPOSURE_SEED=N` selects another seed for both.

use std::str::FromStr;
use std::{env, thread};

use double_exposure::audit::watermark::{DetectionVerdict, MAX_IDS};

use crate::codebook;
use crate::evaluation::{Tampering, Trial, describe, run, table};

/// Returns the number in an environment variable.
fn variable<T: FromStr>(name: &str) -> Option<T> {
    env::var(name).ok().and_then(|text| text.parse().ok())
}

fn seed() -> u64 {
    variable("DOUBLE_EXPOSURE_SEED").unwrap_or(20_241_128)
}

#[test]
fn no_row_and_no_finding_names_a_photo_that_is_not_in_the_thumbnail() {
    let rows = variable("DOUBLE_EXPOSURE_ROWS");
    let min_rows = rows.unwrap_or(100_000);
    let counts = run(min_rows, seed(), thread::available_parallelism().map_or(2, usize::from));
    let table = table(seed(), &counts);
    if rows.is_some() {
        println!("{table}");
    }
    assert!(counts.total.rows >= min_rows);
    let wrong = (counts.total.wrong_rows, counts.total.wrong_findings);
    assert_eq!(wrong, (0, 0), "{:?}", counts.wrong);
    assert!((counts.bound() - 3.0 / counts.total.rows as f64).abs() < 1e-12);
    assert!(table.contains("0 rows and 0 findings name a photo"));
    // The control: a detector that reports nothing names no wrong photo either.
    for width in [128, 160, 200, 256] {
        for tampering in [
            Tampering::Tail(2),
            Tampering::Half,
            Tampering::Band,
            Tampering::Whole,
            Tampering::Blend(50),
        ] {
            let index = Tampering::ALL.iter().position(|other| *other == tampering);
            let count = counts.tampered[&(index.expect("the evaluation counts it"), width)];
            assert!(count.thumbnails > 0, "{tampering:?} at {width}");
            assert_eq!(count.found, count.thumbnails, "{tampering:?} at {width}");
        }
    }
    assert!(counts.total.rows_read * 10 > counts.total.rows * 8, "most rows are read");
}

#[test]
fn counts_do_not_depend_on_the_number_of_threads() {
    assert_eq!(run(5_000, 3, 1), run(5_000, 3, 3));
}

/// Replays the trial whose number is in `DOUBLE_EXPOSURE_TRIAL`, or else trial 46897: a blend of
/// two watermarks whose residual once looked like half of a third watermark.
#[test]
fn a_replayed_trial_names_only_the_photos_that_are_in_it() {
    if let Some(number) = variable("DOUBLE_EXPOSURE_TRIAL") {
        println!("{}", describe(&Trial::new(number, seed()), &codebook(MAX_IDS, seed())));
        return;
    }
    let (trial, codebook) = (Trial::new(46_897, 20_241_128), codebook(MAX_IDS, 20_241_128));
    assert_eq!(trial.tampering, Tampering::Blend(50));
    let [_, other] = trial.ids(&codebook);
    let detection = trial.detect(&codebook);
    assert!(detection.findings.iter().all(|finding| finding.id == Some(other)));
    assert_eq!(detection.verdict, DetectionVerdict::Mixed);
}
