//! Models admission control, the store's executor and the worker pool: bounds hold, every result
//! reaches its own caller, and what ends gives everything back.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::admission::{AdmissionControl, AdmissionLimits, Rejected};
use super::album::{Clock, PersonId, Store, StoreError, StoreOptions};
use super::problem::ProblemKind;
use super::store_executor::StoreExecutor;
use super::worker_pool::WorkerPool;
use crate::execution::{
    Bounded, Claims, clients, fail, give_up_after, join_all, linger, one_in, patience, rest, run,
};
use crate::fixture::Folder;
use crate::runtime::spawn;
use crate::runtime::switch_point;

const UNIT: u64 = 64 << 10;

const LIMITS: AdmissionLimits = AdmissionLimits {
    max_running: NonZeroUsize::new(2).unwrap(),
    max_running_per_person: NonZeroUsize::MIN,
    max_queued: 2,
    max_bytes: 4 * UNIT,
};

/// Admits five conversions of three people and of different sizes, of which two run and two wait.
/// Some leave the queue, some panic while they run; background work waits until none is left.
pub(crate) fn admission() -> Result<(), String> {
    run(async |claims| {
        let control = Arc::new(AdmissionControl::new(LIMITS));
        let running = Bounded::new(claims, "conversions run", 2);
        let bytes = Bounded::new(claims, "bytes are held", LIMITS.max_bytes);
        let people = [(); 3].map(|()| PersonId::random());
        let own = people.map(|_| Bounded::new(claims, "conversions of one person run", 1));
        let arrived = Arc::new(AtomicUsize::new(0));
        let idle = Arc::clone(&control);
        let background = spawn(async move { idle.idle().await });
        let conversions = clients(5, |number| {
            let (control, arrived) = (Arc::clone(&control), Arc::clone(&arrived));
            let (running, bytes, claims) = (running.clone(), bytes.clone(), claims.clone());
            let (person, own) = (people[number % 3], own[number % 3].clone());
            async move {
                let needed = [1, 3, 2, 1, 4][number] * UNIT;
                rest().await;
                arrived.fetch_add(1, Ordering::SeqCst);
                match control.try_enqueue(Some(person), needed) {
                    Ok(enqueued) => {
                        let permit = give_up_after(patience(), enqueued.acquire()).await;
                        if let Some(permit) = permit {
                            // Its own panic is the conversion's, as it is in the worker pool.
                            let _ = spawn(async move {
                                let _permit = permit;
                                let _held = (running.hold(1), own.hold(1), bytes.hold(needed));
                                rest().await;
                                if one_in(6) {
                                    fail();
                                }
                            })
                            .await;
                        }
                    }
                    Err(rejected) => {
                        // Two run and two wait only if this one is the fifth.
                        let all = arrived.load(Ordering::SeqCst) == 5;
                        let full = matches!(rejected, Rejected::QueueFull { .. });
                        claims.check(full && all, || rejected.to_string());
                    }
                }
            }
        });
        join_all(claims, conversions).await;
        let _ = background.await;
        let left = (control.running(), control.queued(), control.reserved_bytes());
        claims.check(left == (0, 0, 0), || format!("left behind: {left:?}"));
    })
}

/// Upper bound of the store calls that run at once.
const MAX_CALLS: u64 = 6;

/// Runs nine store calls, of which six run and one waits. Some callers leave, some calls panic.
pub(crate) fn store_executor() -> Result<(), String> {
    run(async |claims| {
        let folder = Folder::with_file();
        let store = Store::open(&folder.file(), Clock::System, StoreOptions::default());
        let executor = Arc::new(StoreExecutor::new(Arc::new(store.unwrap()), 1));
        let running = Bounded::new(claims, "store calls run", MAX_CALLS);
        let callers = clients(9, |number| {
            let (executor, running) = (Arc::clone(&executor), running.clone());
            let claims = claims.clone();
            async move {
                let fails = one_in(8);
                let call = executor.run(move |_| {
                    let _held = running.hold(1);
                    (0..8).for_each(|_| switch_point());
                    if fails {
                        fail();
                    }
                    Ok::<_, StoreError>(number)
                });
                let Some(result) = give_up_after(patience(), call).await else { return };
                check_call(&claims, number, fails, result.map_err(|problem| problem.kind()));
            }
        });
        join_all(claims, callers).await;
        while executor.pending() > 0 {
            rest().await;
        }
    })
}

fn check_call(claims: &Claims, number: usize, fails: bool, result: Result<usize, ProblemKind>) {
    let expected = match result {
        Ok(returned) => returned == number && !fails,
        Err(ProblemKind::InternalError) => fails,
        Err(ProblemKind::Overloaded) => true,
        Err(_) => false,
    };
    claims.check(expected, || format!("call {number}, which fails: {fails}, got {result:?}"));
}

/// Runs five jobs on two threads, some of which panic, and drops the pool with jobs in its queue.
pub(crate) fn worker_pool() -> Result<(), String> {
    run(async |claims| {
        let pool = Arc::new(WorkerPool::new(2).unwrap());
        let running = Bounded::new(claims, "jobs run", 2);
        let dropped_early = one_in(4);
        let callers = clients(5, |number| {
            let (pool, running, claims) = (Arc::clone(&pool), running.clone(), claims.clone());
            async move {
                let fails = one_in(6);
                let job = pool.start(move || {
                    let _held = running.hold(1);
                    linger();
                    if fails {
                        fail();
                    }
                    number
                });
                if dropped_early {
                    drop(pool);
                }
                let Some(result) = give_up_after(patience(), job).await else { return };
                match result {
                    Ok(returned) => claims.check(returned == number && !fails, || {
                        format!("job {number} got the result of {returned}")
                    }),
                    Err(_) => {
                        claims.check(fails || dropped_early, || format!("job {number} did not run"))
                    }
                }
            }
        });
        drop(pool);
        join_all(claims, callers).await;
    })
}
