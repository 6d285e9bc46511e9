//! Runs the server's parts, and the whole service, with clients that overlap, give up and fail.
//!
//! The including module provides the server and its album, so that the same models run on the
//! shipped files and on the copy with planted mistakes.

use super::super::album;
use super::{
    admission, byte_budget, connection_table, converter, extract, limits, problem, routes, shares,
    single_flight, state, store_executor, thumbnailer, transit, worker_pool,
};

pub(crate) mod conversions;
pub(crate) mod ledger;
pub(crate) mod outcomes;
pub(crate) mod requests;
pub(crate) mod room;
pub(crate) mod service;
