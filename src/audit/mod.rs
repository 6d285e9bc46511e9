//! Proves or disproves, from outside, that a thumbnail service mixes its users.
//!
//! People whose thumbnails show somebody else can tell nobody whose photo it was, or how often it
//! happens. Photos that carry their owner's identity in every row can: they are sent through any
//! service under load, and every row of every answer is read for whose it is.
//!
//! A [`Target`] says how a service is asked; [`run`] does it; [`Findings`] is what it comes to.
//! Only another person's photo in an answer is mixing. All else that is found, such as a stale
//! photo of the same person, has a [`Kind`] of its own and leaves the verdict alone.

mod authorization_probe;
mod captures;
mod client;
pub mod demo;
mod finding_kind;
mod load_generator;
mod origin_server;
pub mod report;
mod response_check;
mod run;
mod self_test;
mod setup;
pub mod spec;
mod stats;
mod test_photos;
mod time_series;
mod verdict;
pub mod watermark;
mod workload;

pub use self::authorization_probe::AuthorizationProbe;
pub use self::client::{Url, UrlError};
pub use self::finding_kind::FindingKind;
pub use self::load_generator::{LoadModel, MAX_IN_FLIGHT};
pub use self::response_check::MAX_ANSWER_PX;
pub use self::run::{AuditError, AuditPlan, AuditProgress, AuditResults, run};
pub use self::setup::{Obstacle, SetupError};
pub use self::spec::Target;
pub use self::stats::{AuditStats, Failures, Finding, StepStats};
pub use self::test_photos::{TestPhoto, TestPhotos};
pub use self::time_series::{TimeBucket, TimeSeries};
pub use self::verdict::{AbortReason, AuditVerdict, CONFIDENCE, bound};
