//! Runs tasks, blocking calls and the threads of a pool on shuttle. A panic ends its own task only,
//! as in tokio.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread::Result as Caught;

use tokio::sync::oneshot;

use crate::exploration::message;
use crate::runtime::switch_point;

thread_local!(static UNFINISHED: Cell<usize> = const { Cell::new(0) });

/// Returns the number of tasks and calls that have begun or wait, and have not ended.
pub(crate) fn unfinished() -> usize {
    UNFINISHED.get()
}

/// Forgets the tasks of an earlier execution, which a finding cut off.
pub(crate) fn reset() {
    UNFINISHED.set(0);
}

/// Counts a task until it is dropped.
struct Unfinished;

impl Unfinished {
    fn count() -> Self {
        UNFINISHED.set(UNFINISHED.get() + 1);
        Self
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        UNFINISHED.set(UNFINISHED.get().saturating_sub(1));
    }
}

/// Waits for the output of a task. Dropping it lets the task go on.
#[derive(Debug)]
pub(crate) struct JoinHandle<T>(oneshot::Receiver<Caught<T>>);

/// Reports that a task panicked, or was dropped before it began.
#[derive(Debug)]
pub(crate) struct JoinError(String);

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|output| match output {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(panic)) => Err(JoinError(message(&*panic))),
            Err(dropped) => Err(JoinError(dropped.to_string())),
        })
    }
}

/// Runs a future in a task of its own.
pub(crate) fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let (done, output) = oneshot::channel();
    let unfinished = Unfinished::count();
    drop(shuttle::future::spawn(async move {
        let mut future = Some(Box::pin(future));
        let caught = poll_fn(|cx| {
            let running = future.as_mut().expect("the task is not polled after its end");
            match catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(cx))) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
                Err(panic) => Poll::Ready(Err(panic)),
            }
        })
        .await;
        // What the future holds is dropped before its output is seen, also after a panic.
        future = None;
        drop(future);
        let _ = done.send(caught);
        drop(unfinished);
    }));
    JoinHandle(output)
}

/// Runs a call on a thread of its own.
pub(crate) fn spawn_blocking<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let (job, output) = job(call);
    shuttle::thread::spawn(job);
    output
}

type Job = Box<dyn FnOnce() + Send>;

fn job<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> (Job, JoinHandle<T>) {
    let (done, output) = oneshot::channel();
    let unfinished = Unfinished::count();
    let job = Box::new(move || {
        let caught = catch_unwind(AssertUnwindSafe(call));
        let _ = done.send(caught);
        drop(unfinished);
    });
    (job, JoinHandle(output))
}

/// Builds a [`Runtime`].
pub(crate) struct Builder {
    max_threads: usize,
}

impl Builder {
    pub(crate) fn new_current_thread() -> Self {
        Self { max_threads: 1 }
    }

    pub(crate) fn max_blocking_threads(&mut self, max_threads: usize) -> &mut Self {
        self.max_threads = max_threads;
        self
    }

    pub(crate) fn thread_name(&mut self, _: &str) -> &mut Self {
        self
    }

    /// Does not call `start`, which would change the test's own thread.
    pub(crate) fn on_thread_start(&mut self, _start: fn()) -> &mut Self {
        self
    }

    pub(crate) fn build(&mut self) -> io::Result<Runtime> {
        let queue = Queue { jobs: VecDeque::new(), idle: self.max_threads };
        Ok(Runtime(Arc::new(Mutex::new(queue))))
    }
}

/// Runs calls on a bounded number of threads, first come, first served.
#[derive(Debug)]
pub(crate) struct Runtime(Arc<Mutex<Queue>>);

struct Queue {
    jobs: VecDeque<Job>,
    /// Number of threads that may still begin.
    idle: usize,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} jobs wait", self.jobs.len())
    }
}

impl Runtime {
    pub(crate) fn spawn_blocking<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        switch_point();
        let (job, output) = job(call);
        let mut queue = lock(&self.0);
        queue.jobs.push_back(job);
        if queue.idle > 0 {
            queue.idle -= 1;
            drop(queue);
            let queue = Arc::clone(&self.0);
            shuttle::thread::spawn(move || work(&queue));
        }
        output
    }

    /// Drops the jobs that have not begun.
    pub(crate) fn shutdown_background(self) {
        // To drop what a job holds may be a switch point, which must not lie under this lock.
        let dropped = mem::take(&mut lock(&self.0).jobs);
        drop(dropped);
    }
}

fn work(queue: &Mutex<Queue>) {
    loop {
        let mut locked = lock(queue);
        let Some(job) = locked.jobs.pop_front() else {
            locked.idle += 1;
            return;
        };
        drop(locked);
        job();
    }
}

/// Locks a mutex of std, under which shuttle never switches.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
