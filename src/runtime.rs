//! Lists the primitives through which the requests of a server share state and wait.
//!
//! The files of `server` and `album` that hold shared state name `crate::runtime`, and never the
//! primitives of std or tokio. So `tests/service_models` compiles the shipped files with a
//! `crate::runtime` of its own, whose threads, tasks and time a model checker controls.

pub(crate) use tokio::runtime::{Builder, Runtime};
pub(crate) use tokio::spawn;
pub(crate) use tokio::sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore, oneshot, watch};
pub(crate) use tokio::task::{JoinHandle, spawn_blocking};
pub(crate) use tokio::time::{Instant, timeout, timeout_at};

/// Lists the primitives that block a thread.
pub(crate) mod blocking {
    pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, mpsc};
    pub(crate) use std::thread;
}
