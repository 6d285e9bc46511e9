//! The shipped pipelines and their mutants on std's primitives, with a model's codec and clients.
//!
//! Each checker wants the pipelines on its own primitives; in a module for each, one test can hold
//! them all against one another.

include!(concat!(env!("OUT_DIR"), "/under_std.rs"));

#[path = "codec.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "of other types for each checker")]
pub(crate) mod codec;
#[path = "crowd.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "of other types for each checker")]
pub(crate) mod crowd;
#[path = "kept.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "of other types for each checker")]
pub(crate) mod kept;
#[path = "record.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "of other types for each checker")]
pub(crate) mod record;
#[path = "sync.rs"]
pub(crate) mod sync;
