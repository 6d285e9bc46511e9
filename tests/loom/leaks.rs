//! Checks that no frame and no pool outlives the last job, because no lease keeps the pool alive.
//! loom counts the references to the shipped pool with its own `Arc`, in all orders of two
//! requests, one of which fails, panics or is dropped.

use model::clients::{Clients, Fault, Switch};
use model::codec::ModelFrame;
use model::requests::End;
use pipeline::{Bounds, Pool, Pooled};

use crate::exploration::{Exploration, Finding};
use crate::explore::{Limits, explore};

include!(concat!(env!("OUT_DIR"), "/under_loom_arc.rs"));

#[path = "../model/mod.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "the types differ for each `Arc`")]
mod model;

/// Lists loom's primitives with loom's `Arc`, which costs many executions, so only these tests use
/// it.
pub(crate) mod sync {
    pub(crate) use loom::sync::atomic::{AtomicUsize, Ordering};
    pub(crate) use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
    pub(crate) use loom::thread;
    pub(crate) use std::sync::PoisonError;

    /// Does nothing, so that these models switch only at the pipeline's own primitives.
    pub(crate) fn switch_point() {}
}

const BOUNDS: Bounds = Bounds { max_frames: 1, max_frame_bytes: 64 };

#[test]
fn no_lease_outlives_its_job() {
    for end in End::faults(1) {
        let clients = Clients::ending(&["AX", "B"], end, 1, Switch::Locks);
        let body = clients.clone();
        let exploration: Exploration<Fault> = explore(Limits::ALL, move || {
            body.serve(|codec| Pooled::new(codec, BOUNDS), |_, _| Ok(())).map(drop)
        });
        println!("pooled {clients}, kept 1, loom's Arc: {exploration}");
        exploration.proof();
    }
}

#[test]
fn a_lease_that_is_never_returned_is_found() {
    let exploration = explore(Limits::ALL, || {
        let pool = sync::Arc::new(Pool::<ModelFrame>::new(BOUNDS));
        std::mem::forget(Pool::take(&pool));
        Ok::<_, ()>(())
    });
    let Exploration::Found { at: 1, finding: Finding::Panic(text), .. } = exploration else {
        panic!("ended {exploration}");
    };
    assert!(text.contains("leaked"), "{text}");
}
