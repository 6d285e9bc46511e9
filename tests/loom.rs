//! No interleaving of the repaired pipelines mixes two photos, and the ring of buffers does.
//! loom runs the shipped files in every order that differs, and each claim about a repair stands
//! beside the same model of the failure, where the same search must find it.
//!
//! `cargo test --test loom -- --nocapture --test-threads 1` prints a line per exploration.

#[path = "loom/claims.rs"]
mod claims;
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
#[path = "model/library.rs"]
mod library;
#[path = "loom/outcomes.rs"]
mod outcomes;
#[path = "../src/pipeline/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the library's files, of which a model uses less")]
mod pipeline;
#[path = "loom/pool.rs"]
mod pool;
#[path = "model/record.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod record;
#[path = "loom/repairs.rs"]
mod repairs;
#[path = "loom/shared.rs"]
mod shared;
#[path = "loom/wrapper.rs"]
mod wrapper;

/// The primitives of the shipped pipelines, as loom's; std's `Arc`, since loom's own multiplies the
/// executions of three requests on two buffers by more than twenty-five. And what the clients need.
mod sync {
    pub(crate) use loom::sync::atomic::{AtomicUsize, Ordering};
    pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use loom::thread;
    pub(crate) use std::sync::{Arc, PoisonError};

    loom::lazy_static! {
        static ref TOUCHED: AtomicUsize = AtomicUsize::new(0);
    }

    /// A step at which loom may switch, for pipelines that have nothing else to stop at.
    pub(crate) fn touch() {
        TOUCHED.fetch_add(1, Ordering::Relaxed);
    }
}
