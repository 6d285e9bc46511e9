//! Replaces `crate::runtime` for the shipped files of the server and the album.
//!
//! Threads, locks and tasks are shuttle's, and time is simulated. Channels and semaphores are
//! tokio's own, with a point before each operation at which shuttle can switch: so a model runs
//! what production runs, and their insides are tokio's to check.

pub(crate) mod channels;
pub(crate) mod clock;
pub(crate) mod tasks;

pub(crate) use channels::{Mutex, Notify, Semaphore, oneshot, watch};
pub(crate) use clock::{Instant, timeout, timeout_at};
use shuttle::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use tasks::{Builder, JoinHandle, Runtime, spawn, spawn_blocking};
pub(crate) use tokio::sync::OwnedSemaphorePermit;

/// Lets shuttle switch threads. The atomic is new each time, so that nothing outlives an execution
/// that a panic ends.
pub(crate) fn switch_point() {
    AtomicUsize::new(0).load(Ordering::SeqCst);
}

/// Lists the primitives that block a thread.
pub(crate) mod blocking {
    pub(crate) use super::channels::mpsc;
    pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use shuttle::thread;
}
