//! Runs conversions on a bounded pool of threads, at lower priority than the threads that serve
//! requests.
//!
//! With every processor converting, a cached thumbnail or a rejection would otherwise wait among
//! dozens of conversions. So would every other program on the machine, the client first.

use std::io;

use crate::runtime::{Builder, JoinHandle, Runtime};

/// Runs long work on threads that are started when first needed.
#[derive(Debug)]
pub(super) struct WorkerPool(Option<Runtime>);

impl WorkerPool {
    /// Creates a pool of at most `max_threads`.
    ///
    /// # Errors
    /// Returns the system's error if it refuses a resource.
    pub(super) fn new(max_threads: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(max_threads)
            .thread_name("converter")
            .on_thread_start(lower_priority)
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Starts work on a thread of the pool. Work that has started runs to its end, also if its
    /// handle is dropped.
    ///
    /// # Panics
    /// Never panics: the runtime lives until the pool is dropped.
    pub(super) fn start<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let runtime = self.0.as_ref().expect("the runtime lives until the pool is dropped");
        runtime.spawn_blocking(work)
    }
}

/// Shuts down without waiting: the server is dropped inside an asynchronous runtime, where tokio
/// forbids the wait.
impl Drop for WorkerPool {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Niceness that a worker adds to its own. At 7 the scheduler gives it a fifth of the weight of a
/// serving thread while both want the processor, and all of it otherwise.
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
        tracing::warn!(%error, "conversions run at the priority of the serving threads");
    }
}

#[cfg(not(target_os = "linux"))]
fn lower_priority() {}
