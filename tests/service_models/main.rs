//! Checks everything through which two people's bytes or identities pass in the server: single
//! flight, admission, the store's executor, the worker pool, bodies, uploads, compression, and the
//! ledger's writer. The shipped files run on shuttle's threads in simulated time, with clients that
//! give up, panics, deadlines and faults of the file.
//!
//! Beside each search stands the same search on a copy with a planted mistake, which it must find.
//! `cargo test --test service_models -- --nocapture --test-threads 1` prints a line per search.

#[path = "../../src/album/mod.rs"]
#[allow(dead_code, unreachable_pub, unused_imports, reason = "the library's files, used in part")]
mod album;
mod execution;
#[path = "../model/exploration.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod exploration;
#[path = "../shuttle/explore.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod explore;
mod fixture;
mod history;
#[path = "../mutants/list.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod list;
mod planted;
mod runtime;
mod search;
#[allow(dead_code, unreachable_pub, unused_imports, reason = "the library's files, used in part")]
mod server;
mod services;

use double_exposure::{codec, pipeline, pipelines, provenance};
