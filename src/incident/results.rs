//! What came of a day, and the run that finds it out.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;

use super::engine::Engine;
use super::lap_law_check::{LawCheck, Sample};
use super::ledger_adapter::{LedgerAdapter, number};
use super::load_series::Minute;
use super::plan::{SimulationPlan, TooLarge};
use super::population::Population;
use super::wrong_copies::CopiesAt;
use crate::album::{Confirmed, Estimated, impact};

/// From one count of wrong copies to the next.
const COPIES_STEP_US: u64 = 15 * 60 * 1_000_000;

/// Whether people were told of it. Each person counts once, whichever way he is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Notifications {
    /// Concerned, and told.
    pub rightly: u64,
    /// Told, and not concerned.
    pub wrongly: u64,
    /// Concerned, and not told.
    pub not_at_all: u64,
}

/// A person on the list of whom to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AffectedPerson {
    /// The person's number in the log.
    pub person: u32,
    /// His rows reached a stranger.
    pub exposed_owner: bool,
    /// He was shown a stranger's rows.
    pub affected_viewer: bool,
    /// He is told without a ledger: he was shown a thumbnail in the window.
    pub told_without_ledger: bool,
}

/// What came of a day. Moments are in microseconds since the start.
#[derive(Clone, Debug)]
pub struct SimulationResults {
    /// What was played.
    pub plan: SimulationPlan,
    /// Somebody ended it early: these are the findings up to there.
    pub interrupted: bool,
    /// Steps of the simulation.
    pub events: u64,
    /// People, albums, photos at this scale.
    pub world: [u32; 3],
    /// Thumbnails made, by any maker.
    pub made: u64,
    /// Of them, with any band of another photo.
    pub wrong_made: u64,
    /// Of them, by a maker that may make none.
    pub wrong_elsewhere: u64,
    /// Times a thumbnail was shown.
    pub shown: u64,
    /// Conversions refused because an instance was full.
    pub shed: u64,
    /// What the run's ledger says, by the service's own code.
    pub confirmed: Confirmed,
    /// What could be said without one.
    pub estimated: Option<Estimated>,
    /// Different people who were shown a thumbnail in the estimate's window.
    pub viewers: u64,
    /// The first wrong thumbnail was made.
    pub first_wrong_us: Option<u64>,
    /// The last time one was shown.
    pub last_shown_us: Option<u64>,
    /// Somebody noticed.
    pub detected_us: Option<u64>,
    /// The fix was there.
    pub fixed_us: Option<u64>,
    /// The last wrong copy was deleted.
    pub last_copy_us: Option<u64>,
    /// Who was told.
    pub told: Notifications,
    /// Who should have been, and who was without need, by number.
    pub concerned: Vec<AffectedPerson>,
    /// What was going on.
    pub minutes: Vec<Minute>,
    /// Wrong copies over time.
    pub copies: Vec<CopiesAt>,
    /// The lap law, held against the run.
    pub law: LawCheck,
    /// Mixed thumbnails to choose pictures from.
    pub samples: Vec<Sample>,
}

/// Why a day could not be played.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// It would not fit into memory.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The log could not be written.
    #[error("the log: {0}; name a file that can be written")]
    Log(#[from] io::Error),
}

/// Plays a day. `go_on` is asked now and then; after a `false` nobody comes any more, and what is
/// at work is finished.
///
/// # Errors
/// [`DayError`] if it is too large, or its log cannot be written.
pub fn play(
    plan: &SimulationPlan,
    log: Option<&mut dyn Write>,
    go_on: &dyn Fn() -> bool,
) -> Result<SimulationResults, SimulationError> {
    plan.check()?;
    let world = Population::new(plan);
    let mut day = Engine::new(plan, &world, go_on);
    let mut books = LedgerAdapter::new(plan, &world, log);
    let question = books.question();
    let confirmed = impact(day.by_ref().filter_map(|row| books.enter(&row)), &question).confirmed;
    if let Some(error) = books.failed.take() {
        return Err(error.into());
    }
    let fixed_us = day.remedies.fixed_us;
    let window = books.window(fixed_us);
    let estimated = window.map(|(question, rows)| impact(rows, &question).estimated);
    let viewers = books.viewers(fixed_us);
    let concerned = concerned(&confirmed, &viewers);
    let copies = day.copies();
    Ok(SimulationResults {
        interrupted: day.interrupted,
        events: day.events,
        world: [world.people(), world.albums(), world.photos()],
        made: books.made,
        wrong_made: books.made_wrong,
        wrong_elsewhere: books.wrong_elsewhere,
        shown: books.shown,
        shed: day.shed,
        estimated,
        viewers: viewers.len() as u64,
        first_wrong_us: day.first_wrong_us,
        last_shown_us: day.last_shown_us,
        detected_us: day.remedies.detected_us,
        fixed_us,
        last_copy_us: copies.last_us(),
        told: told(plan, day.remedies.detected_us.is_some(), &concerned),
        concerned,
        minutes: std::mem::take(&mut day.minutes.0),
        copies: copies.over_time(COPIES_STEP_US),
        law: day.law.held.clone(),
        samples: std::mem::take(&mut day.law.samples),
        plan: plan.clone(),
        confirmed,
    })
}

/// Everybody who is concerned or would be told without a ledger, by number.
fn concerned(confirmed: &Confirmed, viewers: &[u32]) -> Vec<AffectedPerson> {
    let owners: BTreeSet<u32> = confirmed.exposed_owners.iter().map(|&id| number(id)).collect();
    let affected: BTreeSet<u32> = confirmed.affected_viewers.iter().map(|&id| number(id)).collect();
    let mut people: Vec<u32> = owners.iter().chain(&affected).chain(viewers).copied().collect();
    people.sort_unstable();
    people.dedup();
    let concerned = |person| AffectedPerson {
        person,
        exposed_owner: owners.contains(&person),
        affected_viewer: affected.contains(&person),
        told_without_ledger: viewers.binary_search(&person).is_ok(),
    };
    people.into_iter().map(concerned).collect()
}

/// Who is told: nobody, if nobody noticed.
fn told(plan: &SimulationPlan, noticed: bool, concerned: &[AffectedPerson]) -> Notifications {
    let estimate = plan.script.estimate.as_ref().filter(|_| noticed);
    let mut told = Notifications::default();
    for one in concerned {
        let is = one.exposed_owner || one.affected_viewer;
        let hears = estimate.is_some_and(|by| if by.ledger { is } else { one.told_without_ledger });
        told.rightly += u64::from(is && hears);
        told.wrongly += u64::from(!is && hears);
        told.not_at_all += u64::from(is && !hears);
    }
    told
}

impl SimulationResults {
    /// Owners whose rows reached a stranger.
    pub fn exposed_owners(&self) -> u64 {
        self.confirmed.exposed_owners.len() as u64
    }

    /// Viewers who were shown a stranger's rows.
    pub fn affected_viewers(&self) -> u64 {
        self.confirmed.affected_viewers.len() as u64
    }

    /// Whether everything that must hold held: the lap law, and the makers that may never mix.
    pub fn as_promised(&self) -> bool {
        let repaired = self.plan.script.fleet.pipeline.is_repair();
        self.law.broken == 0 && self.wrong_elsewhere == 0 && !(repaired && self.wrong_made > 0)
    }

    /// Minutes from the first wrong thumbnail to somebody's noticing.
    pub fn minutes_to_detection(&self) -> Option<f64> {
        let (first, detected) = (self.first_wrong_us?, self.detected_us?);
        Some((detected.saturating_sub(first)) as f64 / 60e6)
    }

    /// Hours from the first wrong thumbnail until its last copy is gone.
    pub fn hours_of_copies(&self) -> Option<f64> {
        let (first, last) = (self.first_wrong_us?, self.last_copy_us?);
        Some(last.saturating_sub(first) as f64 / 3_600e6)
    }
}
