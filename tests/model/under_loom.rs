//! Runs the shipped pipelines and their mutants with the primitives of loom.

include!(concat!(env!("OUT_DIR"), "/under_loom.rs"));

#[path = "../loom/explore.rs"]
pub(crate) mod explore;
#[path = "mod.rs"]
#[allow(clippy::duplicate_mod, reason = "the types differ for each checker")]
pub(crate) mod model;
#[path = "../loom/sync.rs"]
pub(crate) mod sync;
