//! Shows the orders that loom misses, and why the models do not need them.
//!
//! loom remembers the last access of each atomic only. A load hides an earlier load of another
//! thread from a store after it, because two loads are independent, so loom does not try that store
//! before the earlier load (tokio-rs/loom 392). Locks and read-modify-writes always depend on each
//! other, so none hides another. The pipelines and the models use nothing else.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use crate::explore::{Limits, explore};

/// Returns the values that a thread reads while another thread stores 1 after `first`.
fn values_beside(first: fn(&AtomicUsize)) -> BTreeSet<usize> {
    let values = Arc::new(Mutex::new(BTreeSet::new()));
    let read = Arc::clone(&values);
    let exploration = explore::<()>(Limits::ALL, move || {
        let value = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&value);
        let other = thread::spawn(move || {
            first(&other);
            other.store(1, Ordering::Relaxed);
        });
        read.lock().expect("no panic under the lock").insert(value.load(Ordering::Relaxed));
        other.join().expect("the other thread ends");
        Ok(())
    });
    exploration.proof();
    values.lock().expect("no panic under the lock").clone()
}

#[test]
fn loom_misses_orders_of_a_thread_that_begins_with_a_load() {
    let load = |value: &AtomicUsize| {
        value.load(Ordering::Relaxed);
    };
    assert_eq!(
        values_beside(load),
        BTreeSet::from([0]),
        "this loom tries the order too: remove this file and its passage in \
         docs/how-the-models-work.md"
    );
}

#[test]
fn loom_misses_no_order_of_a_thread_that_begins_with_a_read_modify_write() {
    let modify = |value: &AtomicUsize| {
        value.fetch_add(0, Ordering::Relaxed);
    };
    assert_eq!(values_beside(modify), BTreeSet::from([0, 1]));
    assert_eq!(values_beside(|_| ()), BTreeSet::from([0, 1]));
}

#[test]
fn no_pipeline_loads_an_atomic() {
    let pipelines = [
        include_str!("../../src/pipeline/mod.rs"),
        include_str!("../../src/pipeline/shared.rs"),
        include_str!("../../src/pipeline/owned.rs"),
        include_str!("../../src/pipeline/pooled.rs"),
    ];
    for text in pipelines {
        assert!(!text.contains(".load("), "loom may miss orders of this load");
    }
    assert!(include_str!("missed_orders.rs").contains(".load("), "a load is found");
}
