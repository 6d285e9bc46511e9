//! Goal: show that a simulation gives the obvious results in limiting cases. Method: scenarios
//! without traffic, without a rollout, with one node, with everything cached, with one person.

use double_exposure::incident::{
    MAX_PEOPLE, Scenario, SimulationPlan, SimulationResults, simulate,
};

use crate::plans::{EVENING, evening, evening_with, json, logged, plan, simulated, text};
use crate::recount::recount;

#[track_caller]
fn assert_nothing_wrong(results: &SimulationResults) {
    assert_eq!(
        (results.wrong_made, results.exposed_owners(), results.affected_viewers()),
        (0, 0, 0)
    );
    assert_eq!(results.confirmed.shown_wrong, 0);
    let times = [
        results.first_wrong_us,
        results.last_wrong_shown_us,
        results.detected_us,
        results.fixed_us,
        results.last_wrong_copy_us,
    ];
    assert_eq!(times, [None; 5]);
    assert!(results.copies.is_empty() && results.as_promised());
    assert!(json(results).contains("\"first_wrong_at_s\":null"));
}

/// Plans the evening without the part of its text from `start` up to `end`, which `new` replaces.
fn evening_without(start: &str, end: &str, new: &str) -> SimulationPlan {
    let text = text(&EVENING);
    let (start, end) = (text.find(start).expect("a start"), text.find(end).expect("an end"));
    let text = format!("{}{new}{}", &text[..start], &text[end..]);
    SimulationPlan { scenario: Scenario::read(&text).expect("it is valid"), ..evening() }
}

#[test]
fn without_traffic_no_thumbnail_is_made() {
    let (results, log) = logged(&evening_with(&[("per_day = 91_000_000", "per_day = 0")]));
    assert_nothing_wrong(&results);
    assert_eq!((results.made, results.shown, results.viewers), (0, 0, 0));
    assert!(log.is_empty());
}

#[test]
fn without_a_rollout_the_old_maker_makes_all_thumbnails_and_none_is_wrong() {
    let (results, log) = logged(&evening_without("rollout = [", "# Published: what", ""));
    assert_nothing_wrong(&results);
    assert!(results.made > 1_000);
    assert!(!log.contains("\"maker\":\"rollout\""));
}

#[test]
fn without_a_detection_there_is_no_fix() {
    let results = simulated(&evening_without("[detection]", "[estimate]", ""));
    assert!(results.wrong_made > 100);
    assert_eq!((results.detected_us, results.fixed_us), (None, None));
    assert!(results.last_wrong_copy_us.is_some(), "copies still expire");
}

#[test]
fn with_everything_cached_no_thumbnail_is_made() {
    let cached = ("service_warm = 0.70", "service_warm = 1.0");
    let (results, log) = logged(&evening_with(&[cached]));
    assert_nothing_wrong(&results);
    assert_eq!(results.made, 0);
    assert!(results.shown > 10_000 && recount(&log).shown == results.shown);
    let on_device = evening_with(&[("device_warm = 0.55", "device_warm = 1.0")]);
    assert_eq!(simulated(&on_device).made, 0);
}

#[test]
fn a_single_node_converts_everything_and_gets_the_new_maker_at_the_first_stage() {
    let single = [("nodes = 8", "nodes = 1"), ("cores = 4", "cores = 32")];
    let (results, log) = logged(&evening_with(&single));
    assert!(results.wrong_made > 0 && results.as_promised());
    assert!(!log.contains("\"node\":1"));
    assert_eq!(recount(&log).wrong_made, results.wrong_made);
}

#[test]
fn a_single_person_meets_no_stranger() {
    let results = simulated(&evening_with(&[("count = 200_000_000", "count = 1")]));
    assert_nothing_wrong(&results);
    assert_eq!(results.people, 1);
}

#[test]
fn a_full_node_sheds_requests_and_its_conversions_stay_bounded() {
    let overloaded = [
        ("conversion_ms = 52.35", "conversion_ms = 5000.0"),
        ("max_conversions = 512", "max_conversions = 40"),
        ("max_queue = 1024", "max_queue = 10"),
    ];
    let results = simulated(&evening_with(&overloaded));
    let peak = results.minutes.iter().map(|minute| minute.peak_conversions).max();
    assert_eq!(peak, Some(40));
    assert!(results.shed > 1_000 && results.made > 100);
    assert_eq!(results.lap_law.violations, 0);
}

#[test]
fn a_population_that_does_not_fit_into_memory_is_refused_with_its_size() {
    let mut plan = plan(&EVENING, 1);
    plan.scenario.people.count = MAX_PEOPLE + 1;
    let error = simulate(&plan, None, &|| true).expect_err("it is too large").to_string();
    assert!(error.contains(&(MAX_PEOPLE + 1).to_string()) && error.contains("--scale"), "{error}");
}

#[test]
fn a_scenario_with_other_platforms_counts_copies_by_these() {
    let only = "platforms = [{ name = \"Only\", share = 1.0, adoption_h = 1.0 }]\n\n";
    let results = simulated(&evening_without("platforms = [", "# Published: the start", only));
    assert!(results.wrong_made > 0);
    assert!(results.copies.iter().all(|copies| copies.visible.len() == 1));
    assert!(results.copies.iter().any(|copies| copies.visible[0] > 0));
}
