//! Decides the verdict of an audit, and the share of mixed answers that it leaves possible.

use std::fmt;

use serde::Serialize;

use super::setup::SetupError;
use super::spec::{LoadWork, Mode};
use super::stats::{AuditStats, StepLimit, StepStats};
use super::visibility::{Coverage, MixKind, Visibility, coverage};
use crate::output::terminal::many;

/// Upper bound of the share of answers that may stay unread in a clean audit.
const MAX_UNKNOWN_SHARE: f64 = 0.05;

/// Upper bound of the share of requests that may fail in a clean audit.
const MAX_FAILED_SHARE: f64 = 0.5;

/// Names the verdict of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditVerdict {
    /// Enough conversions were made under the load, and no answer shows another person's photo.
    Clean,
    /// At least one answer shows another person's photo.
    Mixed,
    /// Too little was tried or seen to decide.
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

/// Sets what a clean verdict needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Requirements<'a> {
    /// Lower bound of the conversions under the load.
    pub(super) min_conversions: u64,
    /// Kinds of mixes that must be visible.
    pub(super) kinds: &'a [MixKind],
    /// Change that causes more conversions.
    pub(super) change: &'a str,
}

/// Holds what a clean verdict covers.
pub(super) struct Claim {
    /// Conversions that the bound counts.
    pub(super) conversions: u64,
    /// Indexes of the steps.
    pub(super) steps: Vec<usize>,
    /// Conversions and bound of each kind of mix.
    pub(super) coverage: Vec<Coverage>,
}

impl Claim {
    /// Returns what a clean verdict on these statistics covers.
    pub(super) fn new(stats: &AuditStats, visibility: &[Visibility]) -> Self {
        let claimed = claimed(stats);
        let indexes = 0..stats.steps.len();
        let is_claimed = |index: &usize| {
            claimed.iter().any(|step| std::ptr::eq(*step, &raw const stats.steps[*index]))
        };
        Self {
            conversions: claimed.iter().map(|step| step.conversions).sum(),
            coverage: coverage(visibility, &claimed),
            steps: indexes.filter(is_claimed).collect(),
        }
    }
}

/// Returns the change of an audit that causes more conversions.
pub(super) fn change_for_more(mode: Mode, work: LoadWork) -> &'static str {
    match (mode, work) {
        (Mode::Push, LoadWork::Thumbnails) => {
            "set load = \"uploads\" in the target, or name more sizes"
        }
        _ => "audit for longer (--duration), or with fewer steps",
    }
}

/// Returns the verdict, and the reasons why it is not a better one. A load that ended early for
/// want of hope, for the reason `hopeless`, is never clean.
pub(super) fn verdict(
    stats: &AuditStats,
    abort: Option<&AbortReason>,
    hopeless: Option<String>,
    coverage: &[Coverage],
    needs: Requirements<'_>,
) -> (AuditVerdict, Vec<String>) {
    if let Some(reason) = abort {
        let verdict = match reason {
            AbortReason::Setup(error) if error.is_unreachable => AuditVerdict::Unreachable,
            _ => AuditVerdict::Inconclusive,
        };
        return (verdict, vec![reason.to_string()]);
    }
    if stats.mixed > 0 {
        return (AuditVerdict::Mixed, hopeless.into_iter().collect());
    }
    let AuditStats { requests, answers, truncated, unknown, failures, .. } = *stats;
    let collided_uploads = stats.collided_uploads;
    if answers == 0 && requests > 0 && failures.unreachable + failures.timeout == requests {
        let reason =
            format!("none of {requests} requests was answered; check that the service is running");
        return (AuditVerdict::Unreachable, hopeless.into_iter().chain([reason]).collect());
    }
    let mut reasons: Vec<String> = hopeless.into_iter().collect();
    reasons.extend(too_few(stats, needs));
    // A body that no decoder takes may show anything in a browser.
    let unread = unknown + failures.not_an_image;
    let to_read = answers - truncated + failures.not_an_image;
    if unread as f64 > MAX_UNKNOWN_SHARE * to_read as f64 {
        reasons.push(format!("the watermarks of {unread} of {to_read} answers could not be read"));
    }
    if failures.all() as f64 > MAX_FAILED_SHARE * requests as f64 {
        reasons.push(format!("{} of {requests} requests failed", failures.all()));
    }
    if collided_uploads > 0 {
        reasons.push(format!(
            "{} of whole photos refused among other uploads and accepted alone: look for state \
             that two uploads share, such as the name of a temporary file",
            many(collided_uploads, "upload")
        ));
    }
    for coverage in coverage.iter().filter(|coverage| needs.kinds.contains(&coverage.kind)) {
        if coverage.conversions < needs.min_conversions {
            reasons.push(format!(
                "{} were required, and are visible in {} of at least {}: ask for larger thumbnails",
                coverage.kind,
                many(coverage.conversions, "conversion"),
                needs.min_conversions
            ));
        }
    }
    let verdict = if reasons.is_empty() { AuditVerdict::Clean } else { AuditVerdict::Inconclusive };
    (verdict, reasons)
}

/// Returns the steps that a clean verdict covers: the reached ones, and of these the concurrent
/// ones unless the load has none.
fn claimed(stats: &AuditStats) -> Vec<&StepStats> {
    let is_concurrent = stats.steps.iter().any(StepStats::is_concurrent);
    let steps = stats.steps.iter().filter(|step| step.is_concurrent() || !is_concurrent);
    steps.filter(|step| step.is_reached()).collect()
}

/// Returns the reasons why too few conversions were made under the load, if that is so.
fn too_few(stats: &AuditStats, needs: Requirements<'_>) -> Vec<String> {
    let steps = claimed(stats);
    let conversions: u64 = steps.iter().map(|step| step.conversions).sum();
    let min = needs.min_conversions;
    let min_of_step = min.div_ceil(steps.len().max(1) as u64);
    let change = needs.change;
    if steps.is_empty() && stats.requests > 0 {
        let limits = stats.steps.iter().filter_map(StepStats::limit);
        let limit = limits.max_by_key(|limit| *limit == StepLimit::Failures);
        let limit = limit.unwrap_or(StepLimit::Auditor);
        let change = match limit {
            StepLimit::Auditor => {
                "ask for less at once (--steps), or run it on a machine of its own"
            }
            StepLimit::Failures => "ask for less at once (--steps), or find why requests fail",
        };
        return vec![format!("no step of the load was reached, because {limit}: {change}")];
    }
    if conversions < min {
        return vec![format!(
            "{} under the load, and {min} are needed; {} told nothing new: {change}",
            many(conversions, "conversion"),
            many(stats.repeated, "repeated answer")
        )];
    }
    let short = steps.into_iter().filter(|step| step.conversions < min_of_step);
    let reasons = short.map(|step| {
        let count = many(step.conversions, "conversion");
        format!("{count} at {}, and {min_of_step} are needed there: {change}", step.load)
    });
    reasons.collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::load_generator::LoadModel;
    use super::*;

    /// Makes statistics of steps with these numbers in flight and of conversions. Each step has the
    /// requested number in flight.
    fn stats(steps: &[(usize, u64)]) -> AuditStats {
        let load: Vec<_> = steps.iter().map(|(count, _)| LoadModel::Closed(*count)).collect();
        let mut stats = AuditStats::new(&load, 1);
        for (step, &(in_flight, conversions)) in stats.steps.iter_mut().zip(steps) {
            (step.requests, step.conversions) = (conversions, conversions);
            step.busy.span = Some(Duration::ZERO..Duration::from_secs(1));
            step.busy.sum = Duration::from_secs(in_flight as u64);
            stats.requests += conversions;
            stats.answers += conversions;
        }
        stats
    }

    fn decided(stats: &AuditStats) -> (AuditVerdict, Vec<String>) {
        let change = change_for_more(Mode::Push, LoadWork::Thumbnails);
        let needs = Requirements { min_conversions: 100, kinds: &[], change };
        verdict(stats, None, None, &[], needs)
    }

    #[test]
    fn conversions_made_alone_prove_nothing_about_concurrent_ones() {
        assert_eq!(decided(&stats(&[(1, 1000), (64, 100)])).0, AuditVerdict::Clean);
        let (verdict, reasons) = decided(&stats(&[(1, 1000), (64, 99)]));
        assert_eq!(verdict, AuditVerdict::Inconclusive);
        assert!(reasons[0].contains("99 conversions") && reasons[0].contains("load = \"uploads\""));
        assert_eq!(decided(&stats(&[(1, 100)])).0, AuditVerdict::Clean, "one at once is claimed");
    }

    #[test]
    fn each_claimed_step_needs_its_share_of_the_conversions() {
        assert_eq!(decided(&stats(&[(4, 1000), (64, 50)])).0, AuditVerdict::Clean);
        let (verdict, reasons) = decided(&stats(&[(4, 1000), (64, 49)]));
        assert_eq!(verdict, AuditVerdict::Inconclusive);
        assert!(reasons[0].contains("49 conversions at 64 at once"), "{reasons:?}");
    }

    #[test]
    fn a_step_that_was_not_reached_is_not_claimed() {
        let mut stats = stats(&[(4, 100), (64, 1000)]);
        stats.steps[1].busy.sum = Duration::from_secs(31);
        assert_eq!(claimed(&stats).len(), 1);
        assert_eq!(decided(&stats).0, AuditVerdict::Clean, "of 4 at once");
        stats.steps[0].busy.sum = Duration::from_secs(1);
        let (verdict, reasons) = decided(&stats);
        assert_eq!(verdict, AuditVerdict::Inconclusive);
        assert!(reasons[0].contains("this auditor was the limit"), "{reasons:?}");
    }

    #[test]
    fn failures_and_not_the_auditor_are_blamed_for_clients_that_pause_after_them() {
        let mut stats = stats(&[(64, 1000)]);
        stats.steps[0].busy.sum = Duration::from_secs(10);
        assert!(decided(&stats).1[0].contains("this auditor was the limit"));
        // 54 clients of 64 pause for 2 ms after each failure.
        stats.steps[0].failed = 54 * 500;
        let reasons = decided(&stats).1;
        assert!(reasons[0].contains("find why requests fail"), "{reasons:?}");
    }

    #[test]
    fn a_load_without_hope_is_never_clean() {
        let mut stats = stats(&[(4, 1000), (64, 1)]);
        stats.steps[1].busy.sum = Duration::ZERO;
        assert_eq!(decided(&stats).0, AuditVerdict::Clean, "without the step that was not reached");
        let needs = Requirements { min_conversions: 100, kinds: &[], change: "" };
        let reason = || Some("it stopped".to_owned());
        let decided = verdict(&stats, None, reason(), &[], needs);
        assert_eq!(decided, (AuditVerdict::Inconclusive, vec!["it stopped".to_owned()]));
        stats.mixed = 1;
        let decided = verdict(&stats, None, reason(), &[], needs);
        assert_eq!(decided, (AuditVerdict::Mixed, vec!["it stopped".to_owned()]));
    }

    #[test]
    fn uploads_that_collide_make_no_clean_verdict() {
        let mut stats = stats(&[(8, 100)]);
        stats.collided_uploads = 1;
        let (verdict, reasons) = decided(&stats);
        assert_eq!(verdict, AuditVerdict::Inconclusive);
        assert!(reasons[0].contains("accepted alone"), "{reasons:?}");
    }

    #[test]
    fn a_required_kind_that_is_not_visible_makes_no_clean_verdict() {
        let blends = |conversions| Coverage {
            kind: MixKind::Blends,
            smallest: Some(16),
            conversions,
            bound: None,
        };
        for (kinds, conversions, expected) in [
            (&[MixKind::Blends][..], 99, AuditVerdict::Inconclusive),
            (&[MixKind::Blends], 100, AuditVerdict::Clean),
            (&[MixKind::Rows], 99, AuditVerdict::Clean),
        ] {
            let needs = Requirements { min_conversions: 100, kinds, change: "" };
            let (verdict, reasons) =
                verdict(&stats(&[(8, 100)]), None, None, &[blends(conversions)], needs);
            assert_eq!(verdict, expected, "{reasons:?}");
        }
    }

    #[test]
    fn more_than_one_unread_answer_in_twenty_makes_no_clean_verdict() {
        for (unknown, expected) in [(5, AuditVerdict::Clean), (6, AuditVerdict::Inconclusive)] {
            let mut stats = stats(&[(8, 100)]);
            stats.unknown = unknown;
            let (verdict, reasons) = decided(&stats);
            assert_eq!(verdict, expected, "{reasons:?}");
        }
    }

    #[test]
    fn a_body_that_is_no_image_counts_as_unread() {
        for (broken, expected) in [(5, AuditVerdict::Clean), (6, AuditVerdict::Inconclusive)] {
            let mut stats = stats(&[(8, 100)]);
            stats.answers -= broken;
            stats.failures.not_an_image = broken;
            assert_eq!(decided(&stats).0, expected, "{broken} of 100");
        }
    }

    #[test]
    fn more_than_one_failed_request_in_two_makes_no_clean_verdict() {
        for (shed, expected) in [(50, AuditVerdict::Clean), (51, AuditVerdict::Inconclusive)] {
            let mut stats = stats(&[(8, 100)]);
            stats.failures.shed = shed;
            let (verdict, reasons) = decided(&stats);
            assert_eq!(verdict, expected, "{reasons:?}");
        }
    }
}
