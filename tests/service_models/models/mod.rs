//! Runs the server's parts, and the whole service, with clients that overlap, give up and fail.
//!
//! The including module provides the server and its album, so that the same models run on the
//! shipped files and on the copy with planted mistakes.

use super::super::album;
use super::{
    admission, byte_budget, converter, extract, limits, problem, routes, single_flight, state,
    store_executor, thumbnailer, worker_pool,
};

pub(crate) mod conversions;
pub(crate) mod ledger;
pub(crate) mod outcomes;
pub(crate) mod requests;
pub(crate) mod service;
