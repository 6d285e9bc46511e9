//! Holds the parts of a model that every checker shares: a codec, requests, clients, a recorder of
//! steps and the invariant of a pool. The including module provides `pipeline` and `sync`, so that
//! the same model runs with the primitives of each checker.

use super::{pipeline, sync};

pub(crate) mod clients;
#[path = "../pipeline/codec.rs"]
pub(crate) mod codec;
pub(crate) mod pool_invariant;
pub(crate) mod recorder;
pub(crate) mod requests;
