//! The primitives of the shipped pipelines, as they are shipped, and what a model's clients need.
//!
//! The same names as the checkers', so that the same clients run on plain threads.

pub(crate) use std::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
pub(crate) use std::thread;

/// Plain threads switch where the machine likes, and nowhere is it asked to.
pub(crate) fn touch() {}
