//! Runs the shipped pipelines and their mutants with the primitives of shuttle.

include!(concat!(env!("OUT_DIR"), "/under_shuttle.rs"));

#[path = "../shuttle/by_word.rs"]
pub(crate) mod by_word;
#[path = "../shuttle/explore.rs"]
pub(crate) mod explore;
#[path = "mod.rs"]
#[allow(clippy::duplicate_mod, reason = "the types differ for each checker")]
pub(crate) mod model;
#[path = "../shuttle/sync.rs"]
pub(crate) mod sync;
