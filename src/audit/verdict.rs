//! Decides the verdict of an audit, and the share of mixed answers that it leaves possible.

use std::fmt;

use serde::Serialize;

use super::setup::SetupError;
use super::stats::AuditStats;

/// Upper bound of the share of answers that may stay unread in a clean audit.
const MAX_UNKNOWN_SHARE: f64 = 0.05;

/// Upper bound of the share of requests that may fail in a clean audit.
const MAX_FAILED_SHARE: f64 = 0.5;

/// Confidence of [`upper_bound`].
pub const CONFIDENCE: f64 = 0.95;

/// Names the verdict of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditVerdict {
    /// Enough answers were read, and no answer shows another person's photo.
    Clean,
    /// At least one answer shows another person's photo.
    Mixed,
    /// Too few answers were read to decide.
    Inconclusive,
    /// The target could not be reached.
    Unreachable,
}

impl fmt::Display for AuditVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Describes why an audit ended before its load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AbortReason {
    /// The detector missed a planted mix, or found a mix in a clean thumbnail.
    #[error("{0}")]
    SelfTest(String),
    /// The setup of the target failed.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// Returns the verdict, and the reasons why it is not a better one.
pub(super) fn verdict(
    stats: &AuditStats,
    abort: Option<&AbortReason>,
    min_answers: u64,
) -> (AuditVerdict, Vec<String>) {
    if let Some(reason) = abort {
        let verdict = match reason {
            AbortReason::Setup(error) if error.is_unreachable => AuditVerdict::Unreachable,
            _ => AuditVerdict::Inconclusive,
        };
        return (verdict, vec![reason.to_string()]);
    }
    if stats.mixed > 0 {
        return (AuditVerdict::Mixed, Vec::new());
    }
    let AuditStats { requests, answers, truncated, read, unknown, failures, .. } = *stats;
    if answers == 0 && requests > 0 && failures.unreachable + failures.timeout == requests {
        let reason =
            format!("none of {requests} requests was answered; check that the service is running");
        return (AuditVerdict::Unreachable, vec![reason]);
    }
    let mut reasons = Vec::new();
    if read < min_answers {
        reasons.push(format!("{read} answers were read, and {min_answers} are needed"));
    }
    // A body that no decoder takes may show anything in a browser.
    let unread = unknown + failures.not_an_image;
    let to_read = answers - truncated + failures.not_an_image;
    if unread as f64 > MAX_UNKNOWN_SHARE * to_read as f64 {
        reasons.push(format!("the watermarks of {unread} of {to_read} answers could not be read"));
    }
    if failures.all() as f64 > MAX_FAILED_SHARE * requests as f64 {
        reasons.push(format!("{} of {requests} requests failed", failures.all()));
    }
    let verdict = if reasons.is_empty() { AuditVerdict::Clean } else { AuditVerdict::Inconclusive };
    (verdict, reasons)
}

/// Returns the upper bound, with [`CONFIDENCE`], of the share of mixed answers after `read` clean
/// ones. It is the exact bound of Clopper and Pearson, 1 - 0.05^(1/n), which is nearly 3/n.
pub fn upper_bound(read: u64) -> f64 {
    if read == 0 { 1.0 } else { 1.0 - (1.0 - CONFIDENCE).powf(1.0 / read as f64) }
}

#[test]
fn the_upper_bound_is_the_exact_form_of_the_rule_of_three() {
    assert!((upper_bound(1) - 0.95).abs() < 1e-12);
    assert!((upper_bound(20_000) - 1.497_8e-4).abs() < 1e-7);
    assert!(upper_bound(300) < 3.0 / 300.0 && upper_bound(300) > 2.9 / 300.0);
    assert!((upper_bound(0) - 1.0).abs() < 1e-12);
}

#[test]
fn more_than_one_unread_answer_in_twenty_makes_no_clean_verdict() {
    for (unknown, expected) in [(5, AuditVerdict::Clean), (6, AuditVerdict::Inconclusive)] {
        let mut stats = AuditStats::default();
        (stats.requests, stats.answers) = (100, 100);
        (stats.read, stats.unknown) = (100 - unknown, unknown);
        let (verdict, reasons) = verdict(&stats, None, 1);
        assert_eq!(verdict, expected, "{reasons:?}");
    }
}

#[test]
fn a_body_that_is_no_image_counts_as_unread() {
    for (broken, expected) in [(5, AuditVerdict::Clean), (6, AuditVerdict::Inconclusive)] {
        let mut stats = AuditStats::default();
        (stats.requests, stats.answers, stats.read) = (100, 100 - broken, 100 - broken);
        stats.failures.not_an_image = broken;
        assert_eq!(verdict(&stats, None, 1).0, expected, "{broken} of 100");
    }
}

#[test]
fn more_than_one_failed_request_in_two_makes_no_clean_verdict() {
    for (shed, expected) in [(50, AuditVerdict::Clean), (51, AuditVerdict::Inconclusive)] {
        let mut stats = AuditStats::default();
        (stats.requests, stats.answers, stats.read) = (100, 100 - shed, 100 - shed);
        stats.failures.shed = shed;
        let (verdict, reasons) = verdict(&stats, None, 1);
        assert_eq!(verdict, expected, "{reasons:?}");
    }
}
