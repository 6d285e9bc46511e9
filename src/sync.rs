//! Lists all synchronization primitives that a pipeline may use.
//!
//! The files of `pipeline/` name `crate::sync` and never `std::sync`. So a test can compile the
//! shipped files with the primitives of a model checker: `tests/loom` and `tests/shuttle` each have
//! a `crate::sync` of their own with the same names.

pub(crate) use std::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
