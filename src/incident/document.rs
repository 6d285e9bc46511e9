//! A day as one JSON document, for machines. It holds no value of this machine's clock.

use serde::Serialize;

use super::lap_law_check::LawCheck;
use super::load_series::{AtLoad, by_load};
use super::results::{Notifications, SimulationResults};
use super::scenario::Scenario;
use crate::album::Estimated;

/// The document of `incident --json`. Moments count seconds from the script's start.
#[derive(Serialize)]
pub struct IncidentDocument<'f> {
    schema: &'static str,
    seed: u64,
    scale: u32,
    interrupted: bool,
    parameters: &'f Scenario,
    people: u32,
    albums: u32,
    photos: u32,
    events: u64,
    made: u64,
    wrong_made: u64,
    shown: u64,
    wrong_shown: u64,
    shed: u64,
    exposed_owners: u64,
    affected_viewers: u64,
    first_wrong_at_s: Option<f64>,
    detected_at_s: Option<f64>,
    fixed_at_s: Option<f64>,
    last_wrong_shown_at_s: Option<f64>,
    last_wrong_copy_at_s: Option<f64>,
    told: Notifications,
    /// Apart from what the ledger confirms, and never added to it.
    estimated: Option<EstimateWithError<'f>>,
    lap_law: &'f LawCheck,
    by_load: Vec<AtLoad>,
    what_ifs: Vec<WhatIfResult>,
}

/// What the operator could have worked out, and by how much it misses what the ledger confirms.
#[derive(Serialize)]
struct EstimateWithError<'f> {
    #[serde(flatten)]
    estimated: &'f Estimated,
    exposed_owners_error: Option<f64>,
    affected_viewers_error: Option<f64>,
}

/// A day in the table of what-ifs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatIfResult {
    /// In words.
    pub name: String,
    /// What asks for it; `None`: the day itself.
    pub flag: Option<String>,
    /// Thumbnails made.
    pub made: u64,
    /// Of them, wrong.
    pub wrong_made: u64,
    /// Times a wrong one was shown.
    pub wrong_shown: u64,
    /// Conversions refused.
    pub shed: u64,
    /// Whose rows reached a stranger.
    pub exposed_owners: u64,
    /// Who was shown a stranger's rows.
    pub affected_viewers: u64,
    /// From the first wrong thumbnail to detection.
    pub minutes_to_detection: Option<f64>,
    /// From the first wrong thumbnail until its last copy is gone.
    pub hours_until_last_copy: Option<f64>,
    /// Who was told.
    pub told: Notifications,
}

impl WhatIfResult {
    /// A row of the table.
    pub fn new(name: String, flag: Option<String>, findings: &SimulationResults) -> Self {
        Self {
            name,
            flag,
            made: findings.made,
            wrong_made: findings.wrong_made,
            wrong_shown: findings.confirmed.shown_wrong,
            shed: findings.shed,
            exposed_owners: findings.exposed_owners(),
            affected_viewers: findings.affected_viewers(),
            minutes_to_detection: findings.minutes_to_detection().map(tenths),
            hours_until_last_copy: findings.hours_of_copies().map(tenths),
            told: findings.told,
        }
    }
}

impl<'f> IncidentDocument<'f> {
    /// The document of a day, beside others.
    pub fn new(findings: &'f SimulationResults, what_ifs: Vec<WhatIfResult>) -> Self {
        let seconds = |us: Option<u64>| us.map(|us| us as f64 / 1e6);
        let [people, albums, photos] = findings.world;
        let (owners, viewers) = (findings.exposed_owners(), findings.affected_viewers());
        let error = |guess: Option<f64>, count: u64| {
            guess.filter(|_| count > 0).map(|guess| guess / count as f64 - 1.0)
        };
        let guess = |estimated: &'f Estimated| EstimateWithError {
            estimated,
            exposed_owners_error: error(estimated.exposed_owners, owners),
            affected_viewers_error: error(estimated.affected_viewers, viewers),
        };
        Self {
            schema: "double-exposure/incident/1",
            seed: findings.plan.seed,
            scale: findings.plan.scale.get(),
            interrupted: findings.interrupted,
            parameters: &findings.plan.script,
            people,
            albums,
            photos,
            events: findings.events,
            made: findings.made,
            wrong_made: findings.wrong_made,
            shown: findings.shown,
            wrong_shown: findings.confirmed.shown_wrong,
            shed: findings.shed,
            exposed_owners: owners,
            affected_viewers: viewers,
            first_wrong_at_s: seconds(findings.first_wrong_us),
            detected_at_s: seconds(findings.detected_us),
            fixed_at_s: seconds(findings.fixed_us),
            last_wrong_shown_at_s: seconds(findings.last_shown_us),
            last_wrong_copy_at_s: seconds(findings.last_copy_us),
            told: findings.told,
            estimated: findings.estimated.as_ref().map(guess),
            lap_law: &findings.law,
            by_load: by_load(&findings.plan, &findings.minutes),
            what_ifs,
        }
    }
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
