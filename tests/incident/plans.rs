//! Goal: provide small plans that are simulated quickly. Method: replace values in the text of the
//! built-in scenario, so that a trainer could have written each scenario.

use std::num::NonZeroU32;

use double_exposure::incident::report::IncidentDocument;
use double_exposure::incident::{
    Comparison, DEFAULT_SCENARIO, Scenario, SimulationPlan, SimulationResults, WhatIf, simulate,
};
use serde_json::Value;

/// Returns the built-in scenario with pieces of its text replaced.
pub(crate) fn text(replacements: &[(&str, &str)]) -> String {
    let replace = |text: String, (old, new): &(&str, &str)| {
        assert!(text.contains(old), "the scenario does not contain {old:?}");
        text.replacen(old, new, 1)
    };
    replacements.iter().fold(DEFAULT_SCENARIO.to_owned(), replace)
}

/// Replacements for the evening from before the rollout until after the fix, on rings so small that
/// photos mix often.
pub(crate) const EVENING: [(&str, &str); 3] = [
    ("start = 2024-11-28T00:00:00+09:00", "start = 2024-11-28T15:00:00+09:00"),
    ("end = 2024-12-04T00:00:00+09:00", "end = 2024-11-29T01:00:00+09:00"),
    ("slots = 32  ", "slots = 8  "),
];

/// Plans the built-in scenario with replacements, at a scale, with seed 7.
pub(crate) fn plan(replacements: &[(&str, &str)], scale: u32) -> SimulationPlan {
    let scenario = Scenario::read(&text(replacements)).expect("the scenario is valid");
    SimulationPlan { scenario, scale: NonZeroU32::new(scale).expect("not 0"), seed: 7 }
}

/// Plans the evening at 1:1000.
pub(crate) fn evening() -> SimulationPlan {
    plan(&EVENING, 1_000)
}

/// Plans the evening with further replacements.
pub(crate) fn evening_with(replacements: &[(&str, &str)]) -> SimulationPlan {
    plan(&[&EVENING, replacements].concat(), 1_000)
}

/// Plans the evening with one thing changed.
pub(crate) fn evening_if(change: WhatIf) -> SimulationPlan {
    change.apply(evening())
}

/// Simulates a plan without a log.
pub(crate) fn simulated(plan: &SimulationPlan) -> SimulationResults {
    simulate(plan, None, &|| true).expect("a small plan fits into memory")
}

/// Simulates a plan, and returns the results and the text of the log.
pub(crate) fn logged(plan: &SimulationPlan) -> (SimulationResults, String) {
    let mut log = Vec::new();
    let results = simulate(plan, Some(&mut log), &|| true).expect("a small plan fits into memory");
    (results, String::from_utf8(log).expect("a log is text"))
}

/// Reads the rows of a log.
pub(crate) fn rows(log: &str) -> impl Iterator<Item = Value> {
    log.lines().map(|line| serde_json::from_str(line).expect("a line is JSON"))
}

/// Returns the JSON document of results.
pub(crate) fn json(results: &SimulationResults) -> String {
    serde_json::to_string(&IncidentDocument::new(results, &Comparison::default()))
        .expect("it is JSON")
}
