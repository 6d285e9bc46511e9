//! The table of the marks is made of rows in which nobody is ever named who is not there, and
//! counts what is. A hundred thousand rows are read here; the command reads as many as it is asked
//! for.

use std::sync::atomic::{AtomicU64, Ordering};

use double_exposure::audit::watermark::table::{Count, Plan, Plant, run, text};

const ROWS: u64 = 100_000;

#[test]
fn nobody_is_named_in_a_hundred_thousand_rows_who_is_not_in_them() {
    let plan = Plan { rows: ROWS, seed: 16, threads: 2 };
    let counts = run(&plan, |_| true);
    assert!(counts.all.rows >= ROWS);
    assert_eq!((counts.all.wrong_rows, counts.all.wrong_findings), (0, 0));
    assert!((counts.bound() - 3.0 / counts.all.rows as f64).abs() < 1e-12);
    assert!(text(&plan, &counts).contains("0 rows and 0 findings name somebody"));
    // The control: a reader that says nothing names nobody either.
    let sure = |plant: Plant, width: u32| {
        let at = Plant::ALL.iter().position(|other| *other == plant).expect("it is planted");
        counts.planted.get(&(at, width)).copied().unwrap_or_default()
    };
    for width in [128, 160, 200, 256] {
        for plant in [Plant::Tail(2), Plant::Half, Plant::Band, Plant::Whole, Plant::Blend(50)] {
            let Count { found, thumbnails, .. } = sure(plant, width);
            assert!(thumbnails > 0 && found == thumbnails, "{plant:?} at {width}: {found}");
        }
    }
    assert!(counts.all.read * 10 > counts.all.rows * 8, "most rows are read");
}

#[test]
fn the_same_plan_counts_the_same_on_one_thread_and_on_three() {
    let plan = |threads| Plan { rows: 5_000, seed: 3, threads };
    assert_eq!(run(&plan(1), |_| true), run(&plan(3), |_| true));
}

#[test]
fn a_run_that_is_ended_counts_what_was_read() {
    let asked = AtomicU64::new(0);
    let plan = Plan { rows: 1_000_000, seed: 3, threads: 1 };
    let counts = run(&plan, |_| asked.fetch_add(1, Ordering::Relaxed) < 4);
    assert_eq!((counts.all.thumbnails, asked.into_inner()), (5, 5));
}
