//! The auditor shown at work: a small service inside, with one planted fault at a time.
//!
//! Whoever is to believe that a service is clean must have seen this tool find what is not. The
//! faults live in a service that knows nothing of marks, nor that it is audited.

mod fault;
mod line;
mod pictures;
mod service;

pub use self::fault::Fault;
pub use self::line::{Line, Seen, Shown, lines, show};
