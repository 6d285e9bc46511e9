//! Lists the primitives of loom that the pipelines and the clients of a model use.
//!
//! `Arc` is std's. loom's own `Arc` multiplies the executions of three requests on two buffers by
//! more than twenty-five.

pub(crate) use loom::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
pub(crate) use loom::thread;
pub(crate) use std::sync::{Arc, PoisonError};

loom::lazy_static! {
    static ref TOUCHED: AtomicUsize = AtomicUsize::new(0);
}

/// Lets loom switch threads, for pipelines without a primitive of their own.
pub(crate) fn switch_point() {
    TOUCHED.fetch_add(1, Ordering::Relaxed);
}
