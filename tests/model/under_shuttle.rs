//! The shipped pipelines and their mutants on shuttle's primitives, with a model's clients.
//!
//! Each checker wants the pipelines on its own primitives; in a module for each, one test can hold
//! them all against one another.

include!(concat!(env!("OUT_DIR"), "/under_shuttle.rs"));

#[path = "codec.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "of other types for each checker")]
pub(crate) mod codec;
#[path = "crowd.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "of other types for each checker")]
pub(crate) mod crowd;
#[path = "../shuttle/explore.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
pub(crate) mod explore;
#[path = "kept.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "of other types for each checker")]
pub(crate) mod kept;
#[path = "record.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "of other types for each checker")]
pub(crate) mod record;
#[path = "../shuttle/sync.rs"]
pub(crate) mod sync;
