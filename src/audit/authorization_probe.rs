//! Probes after the load whether a stranger's token gives access to a photo.
//!
//! A stranger is a person who is no member of the photo's album. Each request of a stranger follows
//! the owner's own, because a service that refuses its owners refuses strangers too.

use std::time::Duration;

use serde::Serialize;

use super::client::{Connection, HttpError, HttpResponse};
use super::evidence::{Evidence, FindingKind};
use super::kept_findings::Finding;
use super::response_check::{ImageCheck, ResponseChecker};
use super::spec::Mode;
use super::stats::AuditStats;
use super::workload::{PlannedRequest, Workload};
use crate::audit::watermark::DetectionVerdict;

/// Number of photos that a stranger requests.
const PROBE_REQUESTS: usize = 4;

/// Holds the result of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeResult {
    /// The probe does not apply to this target.
    NotApplicable,
    /// The probe did not run, because the audit ended early or the target answered no request.
    NotRun,
    /// The probe ran and found no violation.
    Passed,
    /// The probe found a violation.
    Violated,
}

/// Requests photos with the token of a stranger, and records each image that shows a photo. Returns
/// the result, and the reason if no request could tell anything.
pub(crate) async fn run(
    workload: &Workload,
    checker: &ResponseChecker,
    stats: &mut AuditStats,
) -> (ProbeResult, Option<String>) {
    let mut connection = None;
    let mut result = ProbeResult::NotRun;
    let mut reason = None;
    if workload.target.mode != Mode::Push {
        // A post sends the photo along, and a pull has no token.
        return (ProbeResult::NotApplicable, None);
    }
    for index in 0..PROBE_REQUESTS {
        // Each request is for another person's photo.
        let request = workload.request_for_whole(index * workload.photos.spec.per_person);
        if let Err(why) = control(workload, checker, &mut connection, request).await {
            reason.get_or_insert(format!("the owner's own request got no image: {why}"));
            continue;
        }
        let Some(response) = workload.send_as_stranger(&mut connection, request).await else {
            return (ProbeResult::NotApplicable, None);
        };
        let response = match response {
            Ok(response) if is_answer(workload, &response) => response,
            Ok(response) => {
                let excerpt = response.excerpt(|text| workload.show(request, text).1);
                reason.get_or_insert(format!("the target answered {excerpt}"));
                continue;
            }
            Err(error) => {
                reason.get_or_insert(error.to_string());
                continue;
            }
        };
        if result != ProbeResult::Violated {
            result = ProbeResult::Passed;
        }
        let Some(image) = shown(checker, request, &response) else { continue };
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
    (result, reason.filter(|_| result == ProbeResult::NotRun))
}

/// Sends the owner's own request. Returns the reason if it gets no image.
async fn control(
    workload: &Workload,
    checker: &ResponseChecker,
    connection: &mut Option<Connection>,
    request: PlannedRequest,
) -> Result<(), String> {
    let response = workload.send(connection, request).await;
    let response = response.map_err(|error: HttpError| error.to_string())?;
    let excerpt = || response.excerpt(|text| workload.show(request, text).1);
    shown(checker, request, &response).map(|_| ()).ok_or_else(excerpt)
}

/// Returns false if the target was too busy, or failed, to decide about the stranger.
fn is_answer(workload: &Workload, response: &HttpResponse) -> bool {
    response.status < 500 && !workload.target.thumbnail.shed.contains(&response.status)
}

/// Returns the image of a response if its watermark can be read.
fn shown(
    checker: &ResponseChecker,
    request: PlannedRequest,
    response: &HttpResponse,
) -> Option<ImageCheck> {
    let is_success = (200..300).contains(&response.status);
    let image = checker.check_image(request.photo, request.fit, &response.body);
    image.filter(|image| {
        is_success && image.rows_read > 0 && image.verdict != DetectionVerdict::Unreadable
    })
}
