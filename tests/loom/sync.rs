//! The primitives of the shipped pipelines, as loom's, and what a model's clients need.
//!
//! `Arc` is std's: loom's own multiplies the executions of three requests on two buffers by more
//! than twenty-five.

pub(crate) use loom::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
pub(crate) use loom::thread;
pub(crate) use std::sync::{Arc, PoisonError};

loom::lazy_static! {
    static ref TOUCHED: AtomicUsize = AtomicUsize::new(0);
}

/// A step at which loom may switch, for pipelines that have nothing else to stop at.
pub(crate) fn touch() {
    TOUCHED.fetch_add(1, Ordering::Relaxed);
}
