//! Runs a simulation, and holds its results.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;

use super::engine::Engine;
use super::lap_law_check::{LapLawCounts, Sample};
use super::ledger_adapter::{LedgerAdapter, person_number};
use super::load_series::MinuteStats;
use super::plan::{SimulationPlan, TooLarge, as_seconds};
use super::population::Population;
use super::wrong_copies::CopiesAt;
use crate::album::{Confirmed, Estimated, impact};

/// Time between two counts of wrong copies.
const COPIES_INTERVAL_US: u64 = 15 * 60 * 1_000_000;

/// Counts notified and missed people. A person is affected as an exposed owner (rows of the
/// person's photo were shown to a stranger) or as an affected viewer (the person was shown a
/// stranger's rows). Each person counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Notifications {
    /// Number of people who are affected and notified.
    pub correct: u64,
    /// Number of people who are notified and not affected.
    pub unneeded: u64,
    /// Number of people who are affected and not notified.
    pub missed: u64,
}

/// Describes a person who is affected, or who would be notified without a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotificationEntry {
    /// The person's number in the event log.
    pub person: u32,
    /// True if rows of the person's photo were shown to a stranger.
    pub exposed_owner: bool,
    /// True if the person was shown a stranger's rows.
    pub affected_viewer: bool,
    /// True if an operator without a ledger notifies the person: the person was shown an old photo
    /// in the estimate's window.
    pub notified_without_ledger: bool,
}

/// Holds the results of a simulation. Times are in microseconds since the start. A thumbnail is
/// wrong if at least one band shows another photo.
#[derive(Clone, Debug, Serialize)]
pub struct SimulationResults {
    /// The simulated plan.
    #[serde(skip)]
    pub plan: SimulationPlan,
    /// True if an interrupt ended the simulation early. The results then cover the time until the
    /// interrupt.
    pub interrupted: bool,
    /// Number of people at this scale.
    pub people: u32,
    /// Number of albums at this scale.
    pub albums: u32,
    /// Number of photos at this scale.
    pub photos: u32,
    /// Number of simulated events.
    pub events: u64,
    /// Number of thumbnails made, by any maker.
    pub made: u64,
    /// Number of wrong thumbnails made.
    pub wrong_made: u64,
    /// Number of wrong thumbnails of a maker whose pipeline promises none.
    #[serde(skip)]
    pub wrong_by_others: u64,
    /// Number of times a thumbnail was shown.
    pub shown: u64,
    /// Number of conversions shed because a node or an album's queue was full.
    pub shed: u64,
    /// The impact that the simulation's ledger confirms, computed by the service's own code.
    #[serde(skip)]
    pub confirmed: Confirmed,
    /// The impact that an operator without a ledger could estimate.
    #[serde(skip)]
    pub estimated: Option<Estimated>,
    /// Number of people who were shown a thumbnail in the estimate's window.
    #[serde(skip)]
    pub viewers: u64,
    /// Time at which the first wrong thumbnail was made.
    #[serde(rename = "first_wrong_at_s", serialize_with = "as_seconds")]
    pub first_wrong_us: Option<u64>,
    /// Time of the detection.
    #[serde(rename = "detected_at_s", serialize_with = "as_seconds")]
    pub detected_us: Option<u64>,
    /// Time of the fix.
    #[serde(rename = "fixed_at_s", serialize_with = "as_seconds")]
    pub fixed_us: Option<u64>,
    /// Time at which a wrong thumbnail was last shown.
    #[serde(rename = "last_wrong_shown_at_s", serialize_with = "as_seconds")]
    pub last_wrong_shown_us: Option<u64>,
    /// Time at which the last wrong copy was deleted.
    #[serde(rename = "last_wrong_copy_at_s", serialize_with = "as_seconds")]
    pub last_wrong_copy_us: Option<u64>,
    /// Counts of notified and missed people.
    pub notifications: Notifications,
    /// The people who are affected or would be notified without a ledger, by number.
    #[serde(skip)]
    pub notification_list: Vec<NotificationEntry>,
    /// Counts for each minute since the start.
    #[serde(skip)]
    pub minutes: Vec<MinuteStats>,
    /// Counts of wrong copies over time.
    #[serde(skip)]
    pub copies: Vec<CopiesAt>,
    /// Results of the check against the lap law.
    pub lap_law: LapLawCounts,
    /// Wrong thumbnails from which images can be made.
    #[serde(skip)]
    pub samples: Vec<Sample>,
}

/// Describes why a simulation failed.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The simulation does not fit into memory.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The log could not be written.
    #[error("cannot write the log: {0}; name a file that can be written")]
    Log(#[from] io::Error),
}

/// Simulates a plan, and writes the event log if there is a writer for it. From time to time the
/// simulation calls `keep_running`. After a `false`, no further view comes, and conversions in
/// progress finish.
///
/// # Errors
/// Returns [`SimulationError`] if the plan does not fit into memory, or the log cannot be written.
pub fn simulate(
    plan: &SimulationPlan,
    log: Option<&mut dyn Write>,
    keep_running: &dyn Fn() -> bool,
) -> Result<SimulationResults, SimulationError> {
    plan.check()?;
    let population = Population::new(plan);
    let mut engine = Engine::new(plan, &population, keep_running);
    let mut ledger = LedgerAdapter::new(plan, &population, log);
    let query = ledger.query();
    let records = engine.by_ref().filter_map(|row| ledger.record(&row));
    let confirmed = impact(records, &query).confirmed;
    ledger.close_log()?;
    let (detected_us, fixed_us) = (engine.recovery.detected_us, engine.recovery.fixed_us);
    let estimated = ledger.window(fixed_us).map(|(query, rows)| impact(rows, &query).estimated);
    let viewers = ledger.viewers(fixed_us);
    let notification_list = notification_list(&confirmed, &viewers);
    let copies = engine.wrong_copies();
    Ok(SimulationResults {
        plan: plan.clone(),
        interrupted: engine.interrupted,
        people: population.people(),
        albums: population.albums(),
        photos: population.photos(),
        events: engine.events,
        made: ledger.made,
        wrong_made: ledger.wrong_made,
        wrong_by_others: ledger.wrong_by_others,
        shown: ledger.shown,
        shed: engine.shed,
        confirmed,
        estimated,
        viewers: viewers.len() as u64,
        first_wrong_us: engine.first_wrong_us,
        detected_us,
        fixed_us,
        last_wrong_shown_us: engine.last_wrong_shown_us,
        last_wrong_copy_us: copies.last_us(),
        notifications: notifications(plan, detected_us.is_some(), &notification_list),
        notification_list,
        minutes: engine.load_series.0,
        copies: copies.over_time(COPIES_INTERVAL_US),
        lap_law: engine.law_check.counts,
        samples: engine.law_check.samples,
    })
}

fn notification_list(confirmed: &Confirmed, viewers: &[u32]) -> Vec<NotificationEntry> {
    let numbers = |ids: &BTreeSet<_>| ids.iter().map(|&id| person_number(id)).collect();
    let owners: BTreeSet<u32> = numbers(&confirmed.exposed_owners);
    let affected: BTreeSet<u32> = numbers(&confirmed.affected_viewers);
    let people: BTreeSet<u32> = owners.iter().chain(&affected).chain(viewers).copied().collect();
    let entry = |person| NotificationEntry {
        person,
        exposed_owner: owners.contains(&person),
        affected_viewer: affected.contains(&person),
        notified_without_ledger: viewers.binary_search(&person).is_ok(),
    };
    people.into_iter().map(entry).collect()
}

/// Counts notifications. Without a detection the operator notifies no person.
fn notifications(
    plan: &SimulationPlan,
    detected: bool,
    list: &[NotificationEntry],
) -> Notifications {
    let estimate = plan.scenario.estimate.as_ref().filter(|_| detected);
    let mut counts = Notifications::default();
    for entry in list {
        let affected = entry.exposed_owner || entry.affected_viewer;
        let notified = estimate.is_some_and(|estimate| {
            if estimate.ledger { affected } else { entry.notified_without_ledger }
        });
        counts.correct += u64::from(affected && notified);
        counts.unneeded += u64::from(!affected && notified);
        counts.missed += u64::from(affected && !notified);
    }
    counts
}

impl SimulationResults {
    /// Returns the number of owners whose rows were shown to a stranger.
    pub fn exposed_owners(&self) -> u64 {
        self.confirmed.exposed_owners.len() as u64
    }

    /// Returns the number of viewers who were shown a stranger's rows.
    pub fn affected_viewers(&self) -> u64 {
        self.confirmed.affected_viewers.len() as u64
    }

    /// Returns true if the lap law held for every thumbnail, and each pipeline that promises no
    /// wrong thumbnail made none.
    pub fn as_promised(&self) -> bool {
        let repaired = self.plan.scenario.fleet.pipeline.is_repair();
        let mixed_by_repair = repaired && self.wrong_made > 0;
        self.lap_law.violations == 0 && self.wrong_by_others == 0 && !mixed_by_repair
    }

    /// Returns the minutes from the first wrong thumbnail to the detection.
    pub fn minutes_to_detection(&self) -> Option<f64> {
        let (first, detected) = (self.first_wrong_us?, self.detected_us?);
        Some((detected.saturating_sub(first)) as f64 / 60e6)
    }

    /// Returns the hours from the first wrong thumbnail until its last copy is deleted.
    pub fn hours_until_last_copy(&self) -> Option<f64> {
        let (first, last) = (self.first_wrong_us?, self.last_wrong_copy_us?);
        Some(last.saturating_sub(first) as f64 / 3_600e6)
    }
}
