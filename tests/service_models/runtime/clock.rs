//! Simulates time: it stands still until a model lets it pass, and then jumps to the next deadline.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::ops::Add;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

thread_local!(static CLOCK: RefCell<Clock> = RefCell::default());

/// Holds the time of one execution, and the timers that wait for a later one.
#[derive(Default)]
struct Clock {
    now: Duration,
    timers: BTreeMap<(Instant, u64), Waker>,
    timers_made: u64,
}

/// Holds a time since the start of the execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(Duration);

impl Instant {
    pub(crate) fn now() -> Self {
        CLOCK.with_borrow(|clock| Self(clock.now))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        Self::now().saturating_duration_since(*self)
    }

    pub(crate) fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

/// Starts the clock anew, for the next execution.
pub(crate) fn reset() {
    CLOCK.take();
}

/// Lets time pass up to the next deadline, if any timer waits.
pub(crate) fn pass() {
    let due = CLOCK.with_borrow_mut(|clock| {
        let ((deadline, _), waker) = clock.timers.pop_first()?;
        clock.now = clock.now.max(deadline.0);
        Some(waker)
    });
    if let Some(waker) = due {
        waker.wake();
    }
}

/// Resolves at a deadline.
struct Timer {
    deadline: Instant,
    number: u64,
}

impl Timer {
    fn new(deadline: Instant) -> Self {
        let number = CLOCK.with_borrow_mut(|clock| {
            clock.timers_made += 1;
            clock.timers_made
        });
        Self { deadline, number }
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        CLOCK.with_borrow_mut(|clock| {
            if clock.now >= self.deadline.0 {
                return Poll::Ready(());
            }
            clock.timers.insert((self.deadline, self.number), cx.waker().clone());
            Poll::Pending
        })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        CLOCK.with_borrow_mut(|clock| clock.timers.remove(&(self.deadline, self.number)));
    }
}

/// Reports that a deadline passed first.
#[derive(Debug)]
pub(crate) struct Elapsed;

/// Waits for a future, for at most a duration.
pub(crate) fn timeout<F: Future>(
    duration: Duration,
    future: F,
) -> impl Future<Output = Result<F::Output, Elapsed>> {
    timeout_at(Instant::now() + duration, future)
}

/// Waits for a future up to a deadline. As in tokio, the future is asked before the clock.
pub(crate) async fn timeout_at<F: Future>(
    deadline: Instant,
    future: F,
) -> Result<F::Output, Elapsed> {
    let timer = Timer::new(deadline);
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Ok(output)),
        Poll::Pending => timer.poll(cx).map(|()| Err(Elapsed)),
    })
    .await
}
