//! Audits a thumbnail service from outside: finds responses that show another person's photo.
//!
//! A viewer who is shown a stranger's photo cannot tell whose photo it was, or how often that
//! happens. An audit can. It uploads photos whose watermark names the owner in every row, requests
//! their thumbnails under load, and reads every row of every response.
//!
//! [`Target`] describes the service, [`run`] audits it, and [`AuditResults`] holds the results.
//! [`prepared`] audits a service under the load of another tool.
//! Only another person's photo in a response is *mixing*. Any other defect, such as an earlier
//! version of the right photo, has a [`FindingKind`] of its own and does not change the verdict.
//!
//! # From the socket to the verdict
//!
//! A response passes through eight types:
//!
//! 1. `HttpResponse` holds the status, the headers and the body that `client` read.
//! 2. `Exchange` holds the planned request, its times, and its response or error.
//! 3. `Checked` holds the exchange and its class. `response_check` makes it.
//! 4. `ResponseClass` tells an image from a shed request, an error or another body.
//! 5. `ImageCheck` holds the rows that the watermark detector read, and the evidence.
//! 6. [`Evidence`] describes one defect. `evidence` alone decides whether an image is mixed.
//! 7. [`AuditStats`] counts all responses. It keeps a bounded number of [`Finding`]s, each a piece
//!    of evidence with its request and its image.
//! 8. [`AuditVerdict`] is decided from the statistics in `verdict`.

mod authorization_probe;
mod bound;
mod busy_time;
mod cache_control;
mod captures;
mod causes;
pub mod check;
mod check_memory;
mod checkers;
mod client;
mod conversions;
mod cookies;
pub mod demo;
mod evidence;
mod failure_reasons;
mod follow_up;
mod kept_findings;
mod load_generator;
mod mixing_pattern;
mod origin_server;
mod photo_copy;
pub mod prepared;
pub mod report;
mod request_builder;
mod response_check;
mod run;
mod self_test;
mod setup;
mod shell_command;
mod source_probe;
pub mod spec;
mod stats;
mod test_photos;
mod time_series;
mod upload_stats;
mod verdict;
mod visibility;
pub mod watermark;
mod work_queue;
mod workload;

pub use self::authorization_probe::ProbeResult;
pub use self::bound::{CONFIDENCE, upper_bound};
pub use self::busy_time::BusyTime;
pub use self::causes::{Causes, Trial, TruncatedTrial};
pub use self::client::{CaError, TlsTrust, Url, UrlError};
pub use self::evidence::{Evidence, FindingKind};
pub use self::failure_reasons::{FailureReason, FailureReasons};
pub use self::kept_findings::Finding;
pub use self::load_generator::{LoadModel, MAX_IN_FLIGHT};
pub use self::request_builder::ShownRequest;
pub use self::response_check::MAX_IMAGE_PX;
pub use self::run::{AuditError, AuditPlan, AuditProgress, AuditResults, run};
pub use self::setup::SetupError;
pub(crate) use self::shell_command::quoted;
pub use self::spec::Target;
pub use self::stats::{AuditStats, Failures, StepLimit, StepStats};
pub use self::test_photos::{TestPhoto, TestPhotos};
pub use self::time_series::{TimeBucket, TimeSeries};
pub use self::upload_stats::UploadStats;
pub use self::verdict::{AbortReason, AuditVerdict};
pub use self::visibility::{Coverage, MixKind, Visibility};
pub use self::workload::PlannedRequest;
