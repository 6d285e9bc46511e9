//! Models single flight and the bodies of uploads: what a request gets is its own.

use std::collections::{HashMap, HashSet, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};

use super::byte_budget::ByteBudget;
use super::extract::read_body;
use super::limits::Limits;
use super::problem::ProblemKind;
use super::single_flight::{Leader, SingleFlight};
use crate::execution::{
    Bounded, Claims, clients, fail, give_up_after, join_all, one_in, patience, rest, run,
};
use crate::runtime::{Instant, spawn};

/// Key of a piece of work, and the number of the run that made the result.
type Made = (u8, usize);

/// Records the work of one execution.
#[derive(Default)]
struct Works {
    /// Number of runs that have begun.
    begun: usize,
    /// Number of runs that are between their begin and their end, by key.
    running: HashMap<u8, usize>,
    /// Keys of the runs that panicked.
    failed: HashSet<u8>,
    /// Results that a request has received.
    received: Vec<Made>,
}

/// Runs six requests for two keys, whose work can wait, panic, and lose all its requests.
pub(crate) fn single_flight() -> Result<(), String> {
    run(async |claims| {
        let flights = Arc::new(SingleFlight::<u8, Made>::default());
        let works = Arc::new(Mutex::new(Works::default()));
        let requests = clients(6, |number| {
            let key = [1, 2, 1, 2, 1, 1][number];
            let (flights, works) = (Arc::clone(&flights), Arc::clone(&works));
            let claims = claims.clone();
            async move {
                rest().await;
                request(&claims, &flights, &works, key).await;
            }
        });
        join_all(claims, requests).await;
        // The work of requests that left may still run.
        let landed = spawn(async move {
            while flights.in_flight() > 0 {
                rest().await;
            }
        });
        let _ = landed.await;
    })
}

async fn request(
    claims: &Claims,
    flights: &SingleFlight<u8, Made>,
    works: &Arc<Mutex<Works>>,
    key: u8,
) {
    let received_before = works.lock().unwrap().received.clone();
    let deadline = Instant::now() + Duration::from_secs(1);
    let (record, checks) = (Arc::clone(works), claims.clone());
    let begun = flights.run_or_join(
        key,
        deadline,
        || Ok::<_, ()>(()),
        |leader, ()| work(checks, record, leader, key),
    );
    let Ok((waiter, _)) = begun else { return };
    let Some(result) = give_up_after(patience(), waiter.result()).await else { return };
    let mut works = works.lock().unwrap();
    match result {
        Some(made) => {
            claims.check(made.0 == key, || format!("a request for {key} got {made:?}"));
            let is_old = received_before.contains(&made);
            claims.check(!is_old, || format!("{made:?} was received before the request came"));
            works.received.push(made);
        }
        None => {
            let failed = works.failed.contains(&key);
            claims.check(failed, || format!("a request for {key} got nothing, and no work failed"));
        }
    }
}

/// Works for a key as the server does: waits, begins if a request still waits, and ends or panics.
async fn work(
    claims: Claims,
    works: Arc<Mutex<Works>>,
    leader: Arc<Leader<u8, Made>>,
    key: u8,
) -> Option<Made> {
    let abandoned = tokio::select! {
        biased;
        () = leader.abandoned() => true,
        () = rest() => false,
    };
    if abandoned || !leader.start() {
        return None;
    }
    let number = {
        let mut works = works.lock().unwrap();
        works.begun += 1;
        let running = works.running.entry(key).or_default();
        *running += 1;
        let running = *running;
        claims.check(running == 1, || format!("{running} runs for {key} at once"));
        works.begun
    };
    rest().await;
    *works.lock().unwrap().running.entry(key).or_default() -= 1;
    if one_in(6) {
        works.lock().unwrap().failed.insert(key);
        fail();
    }
    Some((key, number))
}

/// Checks that work without a request is never begun, with a request that leaves before its work
/// begins.
pub(crate) fn abandonment() -> Result<(), String> {
    run(async |claims| {
        let flights = SingleFlight::<u8, ()>::default();
        let (leave, left) = tokio::sync::oneshot::channel();
        let deadline = Instant::now() + Duration::from_secs(1);
        let checks = claims.clone();
        let begun = flights.run_or_join(
            1,
            deadline,
            || Ok::<_, ()>(()),
            |leader, ()| async move {
                let _ = left.await;
                checks.check(!leader.start(), || "work without a request begins".to_owned());
                None
            },
        );
        drop(begun);
        rest().await;
        let _ = leave.send(());
    })
}

/// Bytes of one budget: two units of the semaphore that counts them.
const BUDGET_BYTES: u64 = 128 << 10;

/// Reads four bodies at once under a budget for two of them. Some stop, some break off.
pub(crate) fn bodies() -> Result<(), String> {
    run(async |claims| {
        let budget = Arc::new(ByteBudget::new(BUDGET_BYTES));
        let held = Bounded::new(claims, "bodies are read", 2);
        let readers = clients(4, |number| {
            let (budget, held, claims) = (Arc::clone(&budget), held.clone(), claims.clone());
            async move {
                let reading = read(&claims, &budget, &held, number as u8);
                give_up_after(patience(), reading).await;
            }
        });
        join_all(claims, readers).await;
        let taken = budget.taken_bytes();
        claims.check(taken == 0, || format!("{taken} bytes are taken by no body"));
    })
}

async fn read(claims: &Claims, budget: &ByteBudget, held: &Bounded, number: u8) {
    let permit = budget.acquire(BUDGET_BYTES / 2).await;
    let counted = held.hold(1);
    let limits = Limits { body_pause_timeout: Duration::from_secs(1), ..Limits::default() };
    let end = if one_in(6) { End::Stops } else { End::Whole };
    let chunks: VecDeque<Bytes> = (0..3).map(|_| Bytes::from(vec![number; 5])).collect();
    let read = read_body(Body::new(Chunks { chunks, end }), 100, &limits, None).await;
    match read {
        Ok(bytes) => {
            claims.check(*bytes == [number; 15], || format!("body {number} is {bytes:?}"));
        }
        Err(problem) => {
            let kind = problem.kind();
            // Time can pass between any two chunks.
            claims.check(kind == ProblemKind::RequestTimeout, || format!("{problem:?}"));
        }
    }
    drop(counted);
    drop(permit);
}

/// Names the end of a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Stops,
}

/// Sends chunks, with a pause before each.
struct Chunks {
    chunks: VecDeque<Bytes>,
    end: End,
}

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if one_in(2) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.chunks.pop_front() {
            Some(chunk) => Poll::Ready(Some(Ok(Frame::data(chunk)))),
            None if self.end == End::Whole => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}
