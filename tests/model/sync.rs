//! Lists the primitives of std that the pipelines and the clients of a model use.
//!
//! The names equal those of the other checkers, so that the same clients run on plain threads.

pub(crate) use std::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
pub(crate) use std::thread;

/// Does nothing: plain threads can switch at any point.
pub(crate) fn switch_point() {}
