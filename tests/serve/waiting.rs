//! Those who wait: at the store's desk within its bound, and for work that they share, until the
//! last of them gives up. The parts are driven directly, so that the order is the one written here.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use double_exposure::album::{Clock, Store, StoreError, StoreOptions};
use double_exposure::server::problem::{Problem, ProblemKind};
use double_exposure::server::single_flight::SingleFlight;
use double_exposure::server::store_executor::StoreExecutor;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use crate::service::PATIENCE;

/// Questions that the desk answers at once.
const AT_ONCE: usize = 6;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_question_beyond_the_desks_queue_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("albums.db");
    let store = Arc::new(Store::open(&path, Clock::System, StoreOptions::default()).unwrap());
    let desk = Arc::new(StoreExecutor::new(store, 1));
    runtime().block_on(async {
        let (answers, held) = channel::<()>();
        let held = Arc::new(std::sync::Mutex::new(held));
        let asking: Vec<_> = (0..=AT_ONCE)
            .map(|_| {
                let (desk, held) = (Arc::clone(&desk), Arc::clone(&held));
                tokio::spawn(async move {
                    let wait = move |_: &Store| {
                        let _ = held.lock().unwrap().recv_timeout(PATIENCE);
                        Ok::<_, StoreError>(())
                    };
                    desk.run(wait).await
                })
            })
            .collect();
        // Tasks run when this one waits: until all have asked.
        while desk.waiting() <= AT_ONCE {
            tokio::task::consume_budget().await;
        }
        let asked = desk.run(|_| Ok::<_, StoreError>(()));
        let refused = tokio::time::timeout(PATIENCE, asked).await.expect("it does not wait");
        assert_eq!(
            refused.map_err(|problem: Problem| problem.kind()),
            Err(ProblemKind::Overloaded)
        );
        drop(answers);
        for asked in asking {
            asked.await.unwrap().expect("who waited is answered");
        }
        desk.run(|_| Ok::<_, StoreError>(())).await.expect("there is room again");
    });
}

#[test]
fn shared_work_has_the_latest_deadline_of_those_who_wait_for_it() {
    runtime().block_on(async {
        let flights = SingleFlight::<&str, u32>::default();
        let soon = Instant::now() + Duration::from_secs(1);
        let late = soon + Duration::from_secs(1);
        let mut crew = None;
        let _first = flights.run_or_join("one", soon, let_in, |on_it, ()| {
            crew = Some(on_it);
            std::future::pending()
        });
        let crew = crew.expect("the first begins the work");
        assert_eq!(crew.deadline(), Some(soon));
        for deadline in [late, soon] {
            let again =
                flights.run_or_join("one", deadline, turn_away, |_, ()| std::future::pending());
            assert!(matches!(again, Ok((_, true))), "whoever joins needs no room of his own");
            assert_eq!(crew.deadline(), Some(late));
        }
    });
}

#[test]
fn who_is_not_let_in_leaves_no_work_behind() {
    runtime().block_on(async {
        let flights = SingleFlight::<&str, u32>::default();
        let soon = Instant::now() + PATIENCE;
        let refused = flights.run_or_join("one", soon, turn_away, |_, ()| std::future::pending());
        assert!(matches!(refused, Err("full")) && flights.is_empty());
        let begun = flights.run_or_join("one", soon, let_in, |_, ()| std::future::ready(Some(7)));
        let Ok((passenger, false)) = begun else { panic!("there was nothing to join") };
        assert_eq!(passenger.result().await, Some(7));
    });
}

fn let_in() -> Result<(), &'static str> {
    Ok(())
}

fn turn_away() -> Result<(), &'static str> {
    Err("full")
}
