//! Goal: small days that are quick to play. Method: the built-in script with values exchanged in
//! its text, so that what is played is what a trainer could have written.

use std::num::NonZeroU32;

use double_exposure::incident::{
    DEFAULT, IncidentDocument, Scenario, SimulationPlan, SimulationResults, WhatIf, play,
};

/// The built-in script with pieces of its text exchanged.
pub(crate) fn text(exchanged: &[(&str, &str)]) -> String {
    let exchange = |text: String, (old, new): &(&str, &str)| {
        assert!(text.contains(old), "{old:?} is in the script");
        text.replacen(old, new, 1)
    };
    exchanged.iter().fold(DEFAULT.to_owned(), exchange)
}

/// An evening from before the rollout until after the fix, on rings so small that it mixes often.
pub(crate) const EVENING: [(&str, &str); 3] = [
    ("start = 2024-11-28T00:00:00+09:00", "start = 2024-11-28T15:00:00+09:00"),
    ("end = 2024-12-04T00:00:00+09:00", "end = 2024-11-29T01:00:00+09:00"),
    ("slots = 32  ", "slots = 8  "),
];

pub(crate) fn plan(exchanged: &[(&str, &str)], scale: u32) -> SimulationPlan {
    let script = Scenario::read(&text(exchanged)).expect("an exchanged script is one");
    SimulationPlan { script, scale: NonZeroU32::new(scale).expect("a scale"), seed: 7 }
}

/// The evening at 1:1000.
pub(crate) fn evening() -> SimulationPlan {
    plan(&EVENING, 1_000)
}

/// The evening with more exchanged.
pub(crate) fn evening_with(exchanged: &[(&str, &str)]) -> SimulationPlan {
    plan(&[&EVENING, exchanged].concat(), 1_000)
}

/// The evening with one thing changed.
pub(crate) fn evening_if(change: WhatIf) -> SimulationPlan {
    change.of(evening())
}

pub(crate) fn played(plan: &SimulationPlan) -> SimulationResults {
    play(plan, None, &|| true).expect("a small day can be played")
}

/// The findings, and the log's text.
pub(crate) fn logged(plan: &SimulationPlan) -> (SimulationResults, String) {
    let mut log = Vec::new();
    let findings = play(plan, Some(&mut log), &|| true).expect("a small day can be played");
    (findings, String::from_utf8(log).expect("a log is text"))
}

pub(crate) fn json(findings: &SimulationResults) -> String {
    serde_json::to_string(&IncidentDocument::new(findings, Vec::new())).expect("a document is JSON")
}
