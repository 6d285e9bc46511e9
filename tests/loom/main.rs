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
#[path = "model/kept.rs"]
mod kept;
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
#[path = "loom/sync.rs"]
mod sync;
#[path = "loom/wrapper.rs"]
mod wrapper;
