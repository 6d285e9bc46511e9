//! The wrapper's own proof: each word that a search by chance can end in, from a little model.

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::sync::Mutex;
use shuttle::thread;

use crate::ending::{Ending, Finding};
use crate::explore::explore;

/// Two threads race for first place; says who lost.
fn race() -> Result<(), &'static str> {
    let places = std::sync::Arc::new(Mutex::new(Vec::new()));
    let others = std::sync::Arc::clone(&places);
    let other = thread::spawn(move || others.lock().expect("nobody panics").push("other"));
    places.lock().expect("nobody panics").push("self");
    other.join().expect("the other thread ends");
    match places.lock().expect("nobody panics")[0] {
        "self" => Ok(()),
        first => Err(first),
    }
}

#[test]
fn a_race_that_some_order_loses_is_found_with_the_bodys_own_account() {
    let ending = explore(RandomScheduler::new_from_seed(1, 1_000), race);
    assert!(matches!(ending, Ending::Found { at: 1.., .. }), "{ending}");
    assert_eq!(ending.fault(), "other");
}

#[test]
#[should_panic(expected = "claimed EXHAUSTED, but it ended CAPPED 7 (no proof)")]
fn a_search_without_a_finding_is_no_proof() {
    explore(RandomScheduler::new_from_seed(1, 7), || Ok::<_, ()>(())).proof();
}

#[test]
#[should_panic(expected = "claimed CAPPED, but it ended FOUND @1")]
fn a_finding_where_none_is_claimed_fails() {
    explore(RandomScheduler::new_from_seed(1, 7), || Err::<(), _>("a fault")).unfound();
}

#[test]
fn waiting_in_a_loop_diverges() {
    let ending = explore::<()>(PctScheduler::new_from_seed(1, 2, 10), || {
        loop {
            thread::yield_now();
        }
    });
    assert_eq!(ending, Ending::Diverged);
}

#[test]
fn a_deadlock_is_found() {
    let ending = explore::<()>(RandomScheduler::new_from_seed(1, 10), || {
        thread::park();
        Ok(())
    });
    let Ending::Found { at: 1, finding: Finding::Panic(text) } = ending else {
        panic!("ended {ending}");
    };
    assert!(text.starts_with("deadlock"), "{text}");
}
