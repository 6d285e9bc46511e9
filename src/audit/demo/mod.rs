//! Demonstrates the auditor on a small service with one planted fault at a time.
//!
//! A clean verdict is worth as much as the faults that the auditor is known to find. The faults
//! live in a service that knows nothing of watermarks and does not know that it is audited.
//!
//! The same service runs with a mechanism of the course inside, which learners find by an audit:
//! see [`Mystery`].

mod case;
mod fault;
mod kernel;
mod mystery;
mod raster;
mod service;

use super::self_test::thumbnail;
use super::watermark::Raster;

pub use self::case::{CaseOutcome, CaseResult, DemoCase, cases, run_case};
pub use self::fault::Fault;
pub use self::mystery::{Mechanism, Mystery};
