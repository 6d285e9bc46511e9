//! Compares published times with the simulated milestones.

use crate::incident::{Milestone, Published, SimulationResults, Timestamp};

/// Pairs a published event with its simulated milestone.
pub(super) struct TimelineRow<'r> {
    pub(super) published: &'r Published,
    /// The simulated time in microseconds since the start, if the event has a milestone and the
    /// milestone was reached.
    pub(super) simulated: Option<Option<u64>>,
}

/// Lists the published events, in the scenario's order, with their simulated milestones.
pub(super) fn timeline_rows(results: &SimulationResults) -> Vec<TimelineRow<'_>> {
    let row = |published| {
        let &Published { milestone, .. } = published;
        let simulated = milestone.map(|milestone| milestone_us(results, milestone));
        TimelineRow { published, simulated }
    };
    results.plan.scenario.published.iter().map(row).collect()
}

/// Returns the simulated time of a milestone.
fn milestone_us(results: &SimulationResults, milestone: Milestone) -> Option<u64> {
    let scenario = &results.plan.scenario;
    match milestone {
        Milestone::Rollout => scenario.rollout.first().map(|stage| scenario.us(&stage.at)),
        Milestone::FirstWrong => results.first_wrong_us,
        Milestone::Detected => results.detected_us,
        Milestone::Fixed => results.fixed_us,
        Milestone::LastShown => results.last_wrong_shown_us,
        Milestone::LastCopy => results.last_wrong_copy_us,
    }
}

/// Returns the event in words, with the meaning of its milestone if the two differ.
pub(super) fn event_text(published: &Published) -> String {
    let event = &published.event;
    match published.milestone {
        Some(Milestone::LastShown) => format!("{event} (simulated: last wrong thumbnail shown)"),
        Some(Milestone::LastCopy) => format!("{event} (simulated: last wrong copy deleted)"),
        _ => event.clone(),
    }
}

/// Formats the published time, and the alternative time of another list.
pub(super) fn published_time(published: &Published) -> String {
    let at = published.at.day_and_time(0);
    match &published.alternative_at {
        Some(other) => format!("{at} or {}", time_or_day(&published.at, other)),
        None => at,
    }
}

fn time_or_day(at: &Timestamp, other: &Timestamp) -> String {
    if at.day(0) == other.day(0) { other.time(0) } else { other.day_and_time(0) }
}

/// Formats a simulated time, such as `28 Nov 17:50`.
pub(super) fn simulated_time(results: &SimulationResults, us: Option<u64>) -> String {
    us.map_or("never".into(), |us| results.plan.scenario.start.day_and_time(us))
}
