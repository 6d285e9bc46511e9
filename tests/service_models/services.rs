//! Searches plans of the whole service: random operations of several people at once. A plan that
//! fails is shrunk, and its seed replays the run.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use crate::exploration::Exploration;
use crate::fixture::{ALBUMS, Fault, NAMES, PEOPLE, PHOTOS, SPECS};
use crate::history::{Op, Plan, Seen, Step};
use crate::search::explore_seeded;
use crate::{planted, server};

/// Number of random plans, and of schedules of each.
const PLANS: u32 = 400;
const SCHEDULES: usize = 5;

fn op() -> impl Strategy<Value = Op> {
    // Many operations are about the two photos that are there, so that they meet.
    let name = || {
        let there = (0..ALBUMS).prop_map(|album| (album, 0));
        prop_oneof![2 => there, 3 => (0..ALBUMS, 0..NAMES)]
    };
    let spec = || prop_oneof![1 => Just(0), 1 => 0..SPECS];
    let member = || (0..ALBUMS, 0..PEOPLE);
    prop_oneof![
        6 => (name(), 0..PHOTOS).prop_map(|(name, photo)| Op::Upload { name, photo }),
        3 => name().prop_map(|name| Op::Delete { name }),
        2 => name().prop_map(|name| Op::Download { name }),
        14 => (name(), spec(), any::<bool>())
            .prop_map(|(name, spec, conditional)| Op::Show { name, spec, conditional }),
        3 => member().prop_map(|(album, person)| Op::Join { album, person }),
        2 => member().prop_map(|(album, person)| Op::Leave { album, person }),
        1 => Just(Op::Purge),
        1 => Just(Op::Compress),
        1 => prop::sample::select(&Fault::ALL[..]).prop_map(Op::Break),
        1 => Just(Op::Mend),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let gives_up = prop_oneof![4 => Just(None), 1 => (0..40_u32).prop_map(Some)];
    (op(), gives_up).prop_map(|(op, gives_up_after)| Step { op, gives_up_after })
}

fn plan() -> impl Strategy<Value = Plan> {
    let steps = prop::collection::vec(step(), 0..7);
    let phase = prop::collection::vec(steps, 2..=PEOPLE);
    prop::collection::vec(phase, 1..=2).prop_map(|phases| Plan { phases })
}

/// Describes the smallest plan that fails.
struct Failure {
    /// Number of the plan that failed first, from 1.
    at: u32,
    plan: Plan,
    /// Seed of the plan's schedules.
    seed: u64,
    fault: String,
}

/// Runs random plans from a seed up to the first that fails, and shrinks that one.
fn fails(
    seed: u64,
    plans: u32,
    serve: fn(&Plan, &Mutex<Seen>) -> Result<(), String>,
    seen: &Arc<Mutex<Seen>>,
) -> Option<Failure> {
    let config = Config {
        cases: plans,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let (at, found) = (Cell::new(0), Cell::new(false));
    let result = runner.run(&(plan(), any::<u64>()), |(plan, seed)| {
        at.set(at.get() + u32::from(!found.get()));
        let seen = Arc::clone(seen);
        let exploration = explore_seeded(seed, SCHEDULES, move || serve(&plan, &seen));
        match exploration {
            Exploration::Capped { .. } => Ok(()),
            fault => {
                found.set(true);
                Err(TestCaseError::fail(format!("{fault:?}")))
            }
        }
    });
    match result {
        Ok(()) => None,
        Err(TestError::Fail(reason, (plan, seed))) => {
            Some(Failure { at: at.get(), plan, seed, fault: reason.to_string() })
        }
        Err(TestError::Abort(reason)) => panic!("the search ended early: {reason}"),
    }
}

#[test]
fn every_byte_shown_is_of_that_photo_and_allowed_then_and_the_ledger_tells_exactly_that() {
    let seen = Arc::default();
    let failure = fails(2024, PLANS, server::models::service::serve, &seen);
    let seen = seen.lock().unwrap();
    println!("{seen}");
    if let Some(Failure { plan, seed, fault, .. }) = failure {
        panic!("{fault}\nseed {seed} of {plan:#?}");
    }
    // A search that does not reach what it is about proves nothing.
    for answer in [
        "Upload 201",
        "Upload 200",
        "Upload name-conflict",
        "Upload GaveUp",
        "Show 200",
        "Show 304",
        "Show not-found",
        "Show GaveUp",
        "Show response-timeout",
        "Show storage-unavailable",
        "Show internal-error",
        "Download 200",
        "Delete 204",
        "Join 204",
        "Leave 204",
        "Compress Done",
        "Purge Done",
    ] {
        assert!(seen.count(answer) > 0, "no execution reached {answer}: {seen}");
    }
}

/// Lists the planted mistakes that only the whole service shows, each with the plans that find it.
pub(crate) const FOUND_IN_THE_SERVICE: [(&str, u32); 2] =
    [("shown_before_it_is_recorded", 1_000), ("shown_although_nothing_is_sent", 1_000)];

#[test]
fn every_mistake_in_the_service_is_found_and_shrunk() {
    for (mistake, plans) in FOUND_IN_THE_SERVICE {
        planted::wake(mistake);
        let serve = planted::server::models::service::serve;
        let failure = fails(2024, plans, serve, &Arc::default());
        planted::wake("");
        let Failure { at, plan, seed, fault } =
            failure.unwrap_or_else(|| panic!("{mistake} is not found"));
        println!("{mistake:<34} FOUND @{at} of {plans} plans: {fault}\nseed {seed} of {plan:?}");
    }
}

#[test]
fn the_seed_of_a_run_replays_it() {
    let seen = || {
        let seen = Arc::default();
        assert!(fails(7, 3, server::models::service::serve, &seen).is_none());
        std::mem::take(&mut seen.lock().unwrap().last)
    };
    let first = seen();
    assert!(!first.is_empty());
    assert_eq!(first, seen());
}
