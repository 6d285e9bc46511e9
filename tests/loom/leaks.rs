//! Nothing of a pool outlives the last job: no lease keeps it alive.
//! loom counts the references to the shipped pool with its own `Arc`, over every order of three
//! requests, one of them refused.

#[path = "model/codec.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod codec;
#[path = "model/crowd.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod crowd;
#[path = "model/ending.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod ending;
#[path = "loom/explore.rs"]
mod explore;
#[path = "../src/pipeline/mod.rs"]
#[allow(dead_code, unreachable_pub, unused_imports, reason = "the library's files, used in part")]
mod pipeline;
#[path = "model/record.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod record;

use crowd::{Crowd, Fault};
use ending::{Ending, Finding};
use explore::{Limits, explore};
use pipeline::{Bounds, Pool, Pooled};

/// loom's primitives, `Arc` among them: it costs many executions, so only this test has it.
mod sync {
    pub(crate) use loom::sync::atomic::{AtomicUsize, Ordering};
    pub(crate) use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
    pub(crate) use loom::thread;
    pub(crate) use std::sync::PoisonError;

    /// These models stop at the pipeline's own primitives only.
    pub(crate) fn touch() {}
}

const BOUNDS: Bounds = Bounds { frames: 1, frame_bytes: 64 };

#[test]
fn no_lease_outlives_its_job() {
    let crowd = Crowd { clients: vec![b"Ax", b"B"], ..Crowd::of(2, 1) };
    let body = crowd.clone();
    let ending: Ending<Fault> = explore(Limits::ALL, move || {
        body.serve(|codec| Pooled::new(codec, BOUNDS), |_, _| Ok(())).map(drop)
    });
    println!("pooled {crowd}, kept 1, loom's Arc: {ending}");
    ending.proof();
}

#[test]
fn a_lease_that_is_never_given_back_is_found() {
    let ending = explore(Limits::ALL, || {
        let pool = sync::Arc::new(Pool::<codec::ModelFrame>::new(BOUNDS));
        std::mem::forget(Pool::take(&pool));
        Ok::<_, ()>(())
    });
    let Ending::Found { at: 1, finding: Finding::Panic(text) } = ending else {
        panic!("ended {ending}");
    };
    assert!(text.contains("leaked"), "{text}");
}
