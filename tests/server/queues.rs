//! Tests the bounded queue of store calls, and the deadline and admission of shared work. The tests
//! call the two parts directly, so that the order is the one written here.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use double_exposure::album::{Clock, Store, StoreError, StoreOptions};
use double_exposure::server::problem::{Problem, ProblemKind};
use double_exposure::server::single_flight::SingleFlight;
use double_exposure::server::store_executor::StoreExecutor;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use crate::test_server::TEST_TIMEOUT;

/// Number of store calls that the executor runs at once.
const MAX_RUNNING: usize = 6;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_store_call_beyond_the_queue_is_rejected_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("albums.db");
    let store = Arc::new(Store::open(&path, Clock::System, StoreOptions::default()).unwrap());
    let executor = Arc::new(StoreExecutor::new(store, 1));
    runtime().block_on(async {
        let (release, released) = channel::<()>();
        let released = Arc::new(Mutex::new(released));
        let calls: Vec<_> = (0..=MAX_RUNNING)
            .map(|_| {
                let (executor, released) = (Arc::clone(&executor), Arc::clone(&released));
                tokio::spawn(async move {
                    let wait = move |_: &Store| {
                        let _ = released.lock().unwrap().recv_timeout(TEST_TIMEOUT);
                        Ok::<_, StoreError>(())
                    };
                    executor.run(wait).await
                })
            })
            .collect();
        // The tasks run while this one waits, until all calls are queued.
        while executor.pending() <= MAX_RUNNING {
            tokio::task::consume_budget().await;
        }
        let call = executor.run(|_| Ok::<_, StoreError>(()));
        let rejected = tokio::time::timeout(TEST_TIMEOUT, call).await.expect("it does not wait");
        let kind = rejected.map_err(|problem: Problem| problem.kind());
        assert_eq!(kind, Err(ProblemKind::Overloaded));
        drop(release);
        for call in calls {
            call.await.unwrap().expect("a queued call runs");
        }
        executor.run(|_| Ok::<_, StoreError>(())).await.expect("the queue has room again");
    });
}

#[test]
fn a_write_that_has_begun_is_waited_for_and_one_past_its_deadline_never_begins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("albums.db");
    let store = Arc::new(Store::open(&path, Clock::System, StoreOptions::default()).unwrap());
    let executor = StoreExecutor::new(store, 1);
    runtime().block_on(async {
        let deadline = Instant::now() + Duration::from_millis(200);
        let ended_late = executor.write(deadline, move |_| {
            while Instant::now() < deadline {}
            Ok::<_, StoreError>("stored")
        });
        assert_eq!(ended_late.await, Ok("stored"), "not a 503 about what is stored");
        let (begun, begins) = channel();
        let late = executor.write(deadline, move |_| Ok::<_, StoreError>(begun.send(())));
        let kind = late.await.map_err(|problem| problem.kind());
        assert_eq!(kind, Err(ProblemKind::ResponseTimeout));
        assert!(begins.recv().is_err(), "the call never ran");
    });
}

#[test]
fn shared_work_has_the_latest_deadline_of_its_waiting_requests() {
    runtime().block_on(async {
        let single_flight = SingleFlight::<&str, u32>::default();
        let soon = Instant::now() + Duration::from_secs(1);
        let late = soon + Duration::from_secs(1);
        let mut leader = None;
        let _first = single_flight.run_or_join("key", soon, admit, |own, ()| {
            leader = Some(own);
            std::future::pending()
        });
        let leader = leader.expect("the first request begins the work");
        assert_eq!(leader.deadline(), Some(soon));
        for deadline in [late, soon] {
            let joined =
                single_flight.run_or_join("key", deadline, reject, |_, ()| std::future::pending());
            assert!(matches!(joined, Ok((_, true))), "a joining request needs no admission");
            assert_eq!(leader.deadline(), Some(late));
        }
    });
}

#[test]
fn a_request_that_is_not_admitted_leaves_no_work_behind() {
    runtime().block_on(async {
        let single_flight = SingleFlight::<&str, u32>::default();
        let soon = Instant::now() + TEST_TIMEOUT;
        let rejected =
            single_flight.run_or_join("key", soon, reject, |_, ()| std::future::pending());
        assert!(matches!(rejected, Err("full")));
        assert_eq!(single_flight.in_flight(), 0);
        let begun =
            single_flight.run_or_join("key", soon, admit, |_, ()| std::future::ready(Some(7)));
        let Ok((waiter, false)) = begun else { panic!("there was no work to join") };
        assert_eq!(waiter.result().await, Some(7));
    });
}

fn admit() -> Result<(), &'static str> {
    Ok(())
}

fn reject() -> Result<(), &'static str> {
    Err("full")
}
