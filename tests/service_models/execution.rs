//! Provides what the models of all parts need: clients that give up, failures on purpose, and the
//! start and end of an execution.

use std::future::poll_fn;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::atomic::{AtomicBool, Ordering};

use crate::runtime::switch_point;
use crate::runtime::{JoinHandle, clock, spawn, tasks};

/// Upper bound of the steps in which time passes. A whole execution takes a few thousand.
const MAX_IDLE_STEPS: usize = 40_000;

/// Collects the first broken claim of an execution.
#[derive(Clone, Default)]
pub(crate) struct Claims(Arc<Mutex<Option<String>>>);

impl Claims {
    /// Notes a broken claim, unless an earlier one is noted.
    pub(crate) fn check(&self, holds: bool, claim: impl FnOnce() -> String) {
        if !holds {
            let mut broken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            broken.get_or_insert_with(claim);
        }
    }

    fn broken(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Counts what is held at once, and claims that it is never more than a bound.
#[derive(Clone)]
pub(crate) struct Bounded {
    claims: Claims,
    what: &'static str,
    max: u64,
    held: Arc<Mutex<u64>>,
}

impl Bounded {
    pub(crate) fn new(claims: &Claims, what: &'static str, max: u64) -> Self {
        Self { claims: claims.clone(), what, max, held: Arc::default() }
    }

    /// Counts `amount` until the guard is dropped.
    pub(crate) fn hold(&self, amount: u64) -> Held {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        *held += amount;
        let now = *held;
        self.claims.check(now <= self.max, || format!("{now} {}, at most {}", self.what, self.max));
        Held { bounded: self.clone(), amount }
    }
}

pub(crate) struct Held {
    bounded: Bounded,
    amount: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        *self.bounded.held.lock().unwrap_or_else(PoisonError::into_inner) -= self.amount;
    }
}

/// Runs one execution: time passes, and the execution ends when every task has ended. Returns the
/// first broken claim.
pub(crate) fn run(body: impl AsyncFnOnce(&Claims)) -> Result<(), String> {
    run_at(16, body)
}

/// Runs an execution like [`run`], in which time passes more slowly: requests of many steps mostly
/// end before their deadline.
pub(crate) fn run_slowly(body: impl AsyncFnOnce(&Claims)) -> Result<(), String> {
    run_at(400, body)
}

fn run_at(steps: u32, body: impl AsyncFnOnce(&Claims)) -> Result<(), String> {
    clock::reset();
    tasks::reset();
    crate::planted::forget();
    let claims = Claims::default();
    let ended = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ended);
    let time = shuttle::thread::spawn(move || {
        for step in 0.. {
            if seen.load(Ordering::SeqCst) {
                break;
            }
            assert!(step < MAX_IDLE_STEPS, "something never ends");
            if one_in(steps) {
                clock::pass();
            }
        }
    });
    shuttle::future::block_on(body(&claims));
    while tasks::unfinished() > 0 {
        switch_point();
    }
    ended.store(true, Ordering::SeqCst);
    let _ = time.join();
    claims.broken().map_or(Ok(()), Err)
}

/// Waits for clients, each of which runs in a task. A client that panics breaks a claim.
pub(crate) async fn join_all(claims: &Claims, clients: Vec<JoinHandle<()>>) {
    for client in clients {
        let ended = client.await;
        if let Err(error) = ended {
            claims.check(false, || format!("a client ended early: {error}"));
        }
    }
}

/// Runs `client` once for each of the numbers below `count`, in tasks of their own.
pub(crate) fn clients<F>(count: usize, client: impl Fn(usize) -> F) -> Vec<JoinHandle<()>>
where
    F: Future<Output = ()> + Send + 'static,
{
    (0..count).map(|number| spawn(client(number))).collect()
}

/// Passes a number of switch points, at random.
pub(crate) fn linger() {
    for _ in 0..thread_rng().gen_range(0..3) {
        switch_point();
    }
}

/// Lets other tasks run, a number of times that is chosen at random.
pub(crate) async fn rest() {
    let mut times = thread_rng().gen_range(0..3_u32);
    poll_fn(|cx| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Waits for a future for at most `polls` polls, and then drops it: the client hangs up.
pub(crate) async fn give_up_after<F: Future>(polls: Option<u32>, future: F) -> Option<F::Output> {
    let Some(mut left) = polls else { return Some(future.await) };
    let mut future = pin!(future);
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => {
                // A client hangs up at a time of its own.
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    })
    .await
}

/// Chooses at random if a client gives up, and after how many polls.
pub(crate) fn patience() -> Option<u32> {
    thread_rng().gen_ratio(1, 4).then(|| thread_rng().gen_range(0..12))
}

/// Panics on purpose, without a message on standard error.
pub(crate) fn fail() -> ! {
    resume_unwind(Box::new("on purpose"))
}

/// Chooses at random, with a probability of one in `n`.
pub(crate) fn one_in(n: u32) -> bool {
    thread_rng().gen_ratio(1, n)
}
