//! Writes the results of a simulation as a JSON document. The document contains no value of the
//! machine's clock.

use serde::Serialize;

use crate::album::Estimated;
use crate::incident::{Comparison, LoadBucket, Scenario, SimulationResults, by_load};

/// Holds the document of `incident --json`. Times are in seconds from the scenario's start.
#[derive(Serialize)]
pub struct IncidentDocument<'r> {
    schema: &'static str,
    seed: u64,
    scale: u32,
    scenario: &'r Scenario,
    #[serde(flatten)]
    results: &'r SimulationResults,
    wrong_shown: u64,
    exposed_owners: u64,
    affected_viewers: u64,
    /// The estimate, apart from the confirmed counts and never added to them.
    estimated: Option<EstimateWithError<'r>>,
    by_load: Vec<LoadBucket>,
    what_ifs: &'r Comparison,
}

/// Holds an estimate without a ledger, and its relative errors against the confirmed counts.
#[derive(Serialize)]
struct EstimateWithError<'r> {
    #[serde(flatten)]
    estimated: &'r Estimated,
    exposed_owners_error: Option<f64>,
    affected_viewers_error: Option<f64>,
}

impl<'r> IncidentDocument<'r> {
    /// Combines the results of a simulation with a table of what-ifs.
    pub fn new(results: &'r SimulationResults, what_ifs: &'r Comparison) -> Self {
        let (owners, viewers) = (results.exposed_owners(), results.affected_viewers());
        let estimate = |estimated: &'r Estimated| EstimateWithError {
            estimated,
            exposed_owners_error: relative_error(estimated.exposed_owners, owners),
            affected_viewers_error: relative_error(estimated.affected_viewers, viewers),
        };
        Self {
            schema: "double-exposure/incident/1",
            seed: results.plan.seed,
            scale: results.plan.scale.get(),
            scenario: &results.plan.scenario,
            results,
            wrong_shown: results.confirmed.shown_wrong,
            exposed_owners: owners,
            affected_viewers: viewers,
            estimated: results.estimated.as_ref().map(estimate),
            by_load: by_load(&results.plan, &results.minutes),
            what_ifs,
        }
    }
}

/// Returns the relative error of an estimate: 0.1 means 10 % too high.
pub(super) fn relative_error(estimate: Option<f64>, count: u64) -> Option<f64> {
    estimate.filter(|_| count > 0).map(|estimate| estimate / count as f64 - 1.0)
}
