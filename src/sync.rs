//! The primitives that a pipeline may use, and the whole list of them.
//!
//! `pipeline/` names `crate::sync` and never `std::sync`, so that a test may compile the shipped
//! files against a checker's primitives: inside `tests/loom.rs` and `tests/shuttle.rs` this module
//! is another one, with the same names.

pub(crate) use std::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
