//! Checks `explore` itself: each result that a random search can have, from a small model.

use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler};
use shuttle::sync::Mutex;
use shuttle::thread;

use crate::exploration::{Exploration, Finding};
use crate::explore::{exhaust, explore};

fn random(executions: usize) -> RandomScheduler {
    RandomScheduler::new_from_seed(1, executions)
}

fn dfs() -> DfsScheduler {
    DfsScheduler::new(None, false)
}

/// Lets two threads race, and returns an error if the other thread is first.
fn race() -> Result<(), &'static str> {
    let order = std::sync::Arc::new(Mutex::new(Vec::new()));
    let other_order = std::sync::Arc::clone(&order);
    let other =
        thread::spawn(move || other_order.lock().expect("no panic under the lock").push("other"));
    order.lock().expect("no panic under the lock").push("self");
    other.join().expect("the other thread ends");
    match order.lock().expect("no panic under the lock")[0] {
        "self" => Ok(()),
        first => Err(first),
    }
}

#[test]
fn a_lost_race_is_found_with_the_fault_of_the_body() {
    let exploration = explore(random(1_000), 1_000, race);
    assert!(matches!(exploration, Exploration::Found { at: 1.., .. }), "{exploration}");
    assert_eq!(exploration.fault(), "other");
}

#[test]
#[should_panic(expected = "claimed EXHAUSTED, but it ended CAPPED 7 (no proof)")]
fn a_search_without_a_finding_is_no_proof() {
    explore(random(7), 7, || Ok::<_, ()>(())).proof();
}

#[test]
#[should_panic(expected = "claimed CAPPED, but it ended FOUND @1")]
fn a_finding_where_none_is_claimed_fails() {
    explore(random(7), 7, || Err::<(), _>("a fault")).capped();
}

#[test]
fn the_depth_first_scheduler_is_done_or_finds_the_fault_or_is_capped() {
    assert_eq!(
        exhaust(dfs(), Some(1_000), || race().or(Ok::<_, ()>(()))).to_string(),
        "EXHAUSTED 6"
    );
    assert_eq!(exhaust(dfs(), Some(1_000), race).fault(), "other");
    assert_eq!(
        exhaust(dfs(), Some(1), || Ok::<_, ()>(())).proof(),
        1,
        "capped, but no execution was left"
    );
    assert_eq!(exhaust(dfs(), Some(3), || race().or(Ok::<_, ()>(()))).capped(), 3);
}

#[test]
fn waiting_in_a_loop_diverges() {
    let exploration = explore::<()>(PctScheduler::new_from_seed(1, 2, 10), 10, || {
        loop {
            thread::yield_now();
        }
    });
    assert_eq!(exploration, Exploration::Diverged);
}

#[test]
fn a_deadlock_is_found() {
    let exploration = explore::<()>(random(10), 10, || {
        thread::park();
        Ok(())
    });
    let Exploration::Found { at: 1, finding: Finding::Panic(text), .. } = exploration else {
        panic!("ended {exploration}");
    };
    assert!(text.starts_with("deadlock"), "{text}");
}
