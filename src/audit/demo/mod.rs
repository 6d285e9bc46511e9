//! The auditor shown at work: a small service inside, with one planted fault at a time.
//!
//! Whoever is to believe that a service is clean must have seen this tool find what is not. The
//! faults live in a service that knows nothing of marks, nor that it is audited.

mod case;
mod fault;
mod raster;
mod service;

pub use self::case::{CaseOutcome, CaseResult, DemoCase, cases, run_case};
pub use self::fault::Fault;
