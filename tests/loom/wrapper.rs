//! Checks `explore` itself: each of its four results, from a model of a few executions.
//!
//! loom unwinds only from a model that holds none of loom's guards and `Arc`s. Otherwise loom
//! aborts the process, which fails the test too.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use crate::exploration::{Exploration, Finding};
use crate::explore::{Limits, explore};

/// Lets two threads add 1 to a counter, atomically or with a gap between reading and writing.
fn count_to_two(atomically: bool) -> Result<(), usize> {
    let counter = Arc::new(AtomicUsize::new(0));
    let add = move |counter: &AtomicUsize| {
        if atomically {
            counter.fetch_add(1, Ordering::SeqCst);
        } else {
            counter.store(counter.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
        }
    };
    let other = {
        let counter = Arc::clone(&counter);
        thread::spawn(move || add(&counter))
    };
    add(&counter);
    other.join().expect("the other thread ends");
    match counter.load(Ordering::SeqCst) {
        2 => Ok(()),
        sum => Err(sum),
    }
}

#[test]
fn a_lost_update_is_found_with_the_fault_of_the_body() {
    let exploration = explore(Limits::ALL, || count_to_two(false));
    assert!(matches!(exploration, Exploration::Found { at: 1.., finding: Finding::Fault(1), .. }));
    assert!(exploration.to_string().starts_with("FOUND @"));
}

#[test]
fn a_model_without_a_fault_is_exhausted() {
    let exploration = explore(Limits::ALL, || count_to_two(true));
    assert_eq!(exploration.to_string(), "EXHAUSTED 4");
    assert_eq!(exploration.proof(), 4);
}

#[test]
fn a_cap_is_exact_and_no_proof() {
    let capped = |max_executions| {
        let limits = Limits { max_executions, ..Limits::ALL };
        explore(limits, || count_to_two(true)).to_string()
    };
    assert_eq!(capped(3), "CAPPED 3 (no proof)");
    assert_eq!(capped(4), "EXHAUSTED 4", "the cap was reached, but no execution was left");
}

#[test]
#[should_panic(expected = "claimed EXHAUSTED, but it ended CAPPED 3 (no proof)")]
fn a_cap_where_a_proof_is_claimed_fails() {
    explore(Limits { max_executions: 3, ..Limits::ALL }, || count_to_two(true)).proof();
}

#[test]
#[should_panic(expected = "claimed FOUND, but it ended EXHAUSTED 4")]
fn a_proof_where_a_finding_is_claimed_fails() {
    explore(Limits::ALL, || count_to_two(true)).fault();
}

#[test]
#[should_panic(expected = "found @1, too near the cap Some(9): raise it 10-fold")]
fn a_finding_near_the_cap_fails() {
    explore(Limits { max_executions: 9, ..Limits::ALL }, || count_to_two(false)).fault();
}

#[test]
#[should_panic(expected = "claimed EXHAUSTED, but it ended DIVERGED")]
fn waiting_in_a_loop_diverges_and_proves_nothing() {
    let exploration = explore(Limits::ALL, || {
        for _ in 0..=Limits::ALL.max_branches {
            thread::yield_now();
        }
        Ok::<_, ()>(())
    });
    assert_eq!(exploration.to_string(), "DIVERGED");
    exploration.proof();
}

#[test]
fn a_deadlock_is_found() {
    let exploration = explore(Limits::ALL, || {
        thread::park();
        Ok::<_, ()>(())
    });
    let Exploration::Found { finding: Finding::Panic(text), .. } = exploration else {
        panic!("ended {exploration}");
    };
    assert!(text.starts_with("deadlock"), "{text}");
}

#[test]
fn a_panic_in_a_thread_is_found_with_its_message() {
    let exploration = explore(Limits::ALL, || {
        thread::spawn(|| panic!("out of ink")).join().expect("the other thread ends");
        Ok::<_, ()>(())
    });
    assert_eq!(
        exploration,
        Exploration::Found {
            at: 1,
            cap: Some(Limits::ALL.max_executions),
            finding: Finding::Panic("out of ink".into()),
        }
    );
}
