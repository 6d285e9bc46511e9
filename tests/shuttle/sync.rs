//! Lists the primitives of shuttle that the pipelines and the clients of a model use.
//!
//! The names equal those of the other checkers, so that the same clients run under each.

pub(crate) use shuttle::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};
pub(crate) use shuttle::thread;
pub(crate) use std::sync::{Arc, PoisonError};

shuttle::lazy_static! {
    static ref TOUCHED: AtomicUsize = AtomicUsize::new(0);
}

/// Lets shuttle switch threads, for pipelines without a primitive of their own.
pub(crate) fn switch_point() {
    TOUCHED.fetch_add(1, Ordering::SeqCst);
}
