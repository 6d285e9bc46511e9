//! Probes after the load whether a stranger's token gives access to a photo.
//!
//! A stranger is a person who is no member of the photo's album.

use std::time::Duration;

use serde::Serialize;

use super::evidence::{Evidence, FindingKind};
use super::kept_findings::Finding;
use super::response_check::ResponseChecker;
use super::spec::Mode;
use super::stats::AuditStats;
use super::workload::Workload;
use crate::audit::watermark::DetectionVerdict;

/// Number of photos that a stranger requests.
const PROBE_REQUESTS: usize = 4;

/// Holds the result of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeResult {
    /// The probe does not apply to this target.
    NotApplicable,
    /// The probe did not run, because the audit ended early.
    NotRun,
    /// The probe ran and found no violation.
    Passed,
    /// The probe found a violation.
    Violated,
}

/// Requests photos with the token of a stranger, and records each image that shows a photo.
pub(crate) async fn run(
    workload: &Workload,
    checker: &ResponseChecker,
    stats: &mut AuditStats,
) -> ProbeResult {
    let mut connection = None;
    let mut result = ProbeResult::NotApplicable;
    if workload.target.mode != Mode::Push {
        // A post sends the photo along, and a pull has no token.
        return result;
    }
    for index in 0..PROBE_REQUESTS {
        // Each request is for another person's photo.
        let request = workload.request_for_whole(index * workload.photos.spec.per_person);
        let Some(response) = workload.send_as_stranger(&mut connection, request).await else {
            return result;
        };
        if result != ProbeResult::Violated {
            result = ProbeResult::Passed;
        }
        let Some(response) = response.ok().filter(|r| (200..300).contains(&r.status)) else {
            continue;
        };
        let image = checker.check_image(request.photo, request.fit, &response.body);
        let Some(image) = image else { continue };
        if image.rows_read == 0 || image.verdict == DetectionVerdict::Unreadable {
            continue;
        }
        result = ProbeResult::Violated;
        let rows = image.rows_read + image.rows_unknown;
        stats.record(Finding {
            evidence: Evidence::of_image(FindingKind::Stranger, request.photo, rows),
            request,
            in_flight: 1,
            step: 0,
            at: Duration::ZERO..Duration::ZERO,
            image: response.body,
        });
    }
    result
}
