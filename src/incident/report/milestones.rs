//! The moments of a day, published and ours, in the order in which they are told.

use crate::incident::{Beside, Published, SimulationResults, Timestamp};

/// A line of the timeline.
pub(super) struct Line<'f> {
    pub(super) published: &'f Published,
    /// Our moment, in microseconds since the start, where one stands beside it.
    pub(super) ours: Option<Option<u64>>,
}

/// The published moments with ours.
pub(super) fn lines(findings: &SimulationResults) -> Vec<Line<'_>> {
    let line = |published: &'_ Published| published.beside.map(|beside| ours(findings, beside));
    let published = findings.plan.script.published.iter();
    published.map(|published| Line { published, ours: line(published) }).collect()
}

/// When something happened here.
pub(super) fn ours(findings: &SimulationResults, beside: Beside) -> Option<u64> {
    let plan = &findings.plan;
    match beside {
        Beside::Rollout => plan.script.rollout.first().map(|stage| plan.us(&stage.at)),
        Beside::FirstWrong => findings.first_wrong_us,
        Beside::Detected => findings.detected_us,
        Beside::Fixed => findings.fixed_us,
        Beside::LastShown => findings.last_shown_us,
        Beside::LastCopy => findings.last_copy_us,
    }
}

/// What stands beside a published moment, where that is not the same thing.
pub(super) fn meant(published: &Published) -> Option<&'static str> {
    match published.beside? {
        Beside::LastShown => Some("here: the last wrong one shown"),
        Beside::LastCopy => Some("here: the last wrong copy deleted"),
        _ => None,
    }
}

/// A published moment as it was written, also where lists differ.
pub(super) fn written(published: &Published) -> String {
    let at = published.at.day_and_time(0);
    match &published.or_at {
        Some(other) => format!("{at} or {}", time_or_day(&published.at, other)),
        None => at,
    }
}

fn time_or_day(at: &Timestamp, other: &Timestamp) -> String {
    if at.day(0) == other.day(0) { other.time(0) } else { other.day_and_time(0) }
}

/// A moment of ours, such as `28 Nov 17:50`.
pub(super) fn told(findings: &SimulationResults, us: Option<u64>) -> String {
    us.map_or("never".into(), |us| findings.plan.script.start.day_and_time(us))
}
