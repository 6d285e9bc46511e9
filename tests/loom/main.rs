//! Checks that no interleaving of the repaired pipelines mixes two photos, and that some
//! interleaving of the ring of buffers does. loom runs the shipped files in all orders that differ.
//! Each claim about a repair has a control: the same search must find the failure in the same model
//! of the ring.
//!
//! `cargo test --test loom -- --nocapture --test-threads 1` prints a line per exploration.

mod claims;
#[path = "../model/exploration.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod exploration;
mod explore;
mod leaks;
mod missed_orders;
#[path = "../model/mod.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod model;
mod outcomes;
#[path = "../../src/pipeline/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the library's files, of which a model uses less")]
mod pipeline;
mod pool;
mod repairs;
#[path = "../model/replay_on_std.rs"]
mod replay_on_std;
mod second_explorer;
mod shared;
mod sync;
#[path = "../model/under_shuttle.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod under_shuttle;
mod wrapper;
