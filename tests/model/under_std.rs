//! Runs the shipped pipelines and their mutants with the primitives of std.

include!(concat!(env!("OUT_DIR"), "/under_std.rs"));

#[path = "mod.rs"]
#[allow(clippy::duplicate_mod, reason = "the types differ for each checker")]
pub(crate) mod model;
#[path = "sync.rs"]
pub(crate) mod sync;
