//! The threads that convert: as many as may be at work, and behind those that answer.
//!
//! With every processor converting, a kept thumbnail or a refusal would otherwise wait its turn
//! among dozens of conversions, and so would every other program on the machine, the client first.

use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Threads for work that takes long, started when they are first needed.
#[derive(Debug)]
pub(super) struct WorkerPool(Option<Runtime>);

impl WorkerPool {
    /// So many threads at most.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn new(threads: usize) -> io::Result<Self> {
        let threads = Builder::new_current_thread()
            .max_blocking_threads(threads)
            .thread_name("converter")
            .on_thread_start(lower_priority)
            .build()?;
        Ok(Self(Some(threads)))
    }

    /// Starts the work on a thread of its own. It goes on to its end, whoever stops waiting for it.
    ///
    /// # Panics
    /// Never: the threads are there until this is dropped.
    pub(super) fn start<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let threads = self.0.as_ref().expect("they are there until this is dropped");
        threads.spawn_blocking(work)
    }
}

/// A server ends inside a runtime, where nobody may wait for another.
impl Drop for WorkerPool {
    fn drop(&mut self) {
        if let Some(threads) = self.0.take() {
            threads.shutdown_background();
        }
    }
}

/// How far these threads stand behind the others: with a fifth of their weight while both want the
/// processor, with all of it otherwise.
#[cfg(target_os = "linux")]
const NICE_INCREMENT: i32 = 7;

#[cfg(target_os = "linux")]
fn lower_priority() {
    use rustix::process::{getpriority_process, setpriority_process};
    // On Linux a thread has a priority of its own, and may always lower it.
    let this = Some(rustix::thread::gettid());
    let lowered = getpriority_process(this)
        .and_then(|niceness| setpriority_process(this, (niceness + NICE_INCREMENT).min(19)));
    if let Err(error) = lowered {
        tracing::warn!(%error, "conversions run at the priority of everything else");
    }
}

#[cfg(not(target_os = "linux"))]
fn step_back() {}
