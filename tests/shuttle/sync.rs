//! The primitives of the shipped pipelines, as shuttle's, and what a model's clients need.
//!
//! The same names as loom's, so that the same clients run under both.

pub(crate) use shuttle::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};
pub(crate) use shuttle::thread;
pub(crate) use std::sync::{Arc, PoisonError};

shuttle::lazy_static! {
    static ref TOUCHED: AtomicUsize = AtomicUsize::new(0);
}

/// A step at which shuttle may switch, for pipelines that have nothing else to stop at.
pub(crate) fn touch() {
    TOUCHED.fetch_add(1, Ordering::SeqCst);
}
