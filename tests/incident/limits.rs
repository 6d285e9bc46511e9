//! Goal: at its limits a day is what anybody would say it must be. Method: scripts without traffic,
//! without a rollout, with one instance, with everything cached, with one person.

use double_exposure::incident::{MAX_PEOPLE, SimulationPlan, SimulationResults, play};

use crate::days::{EVENING, evening, evening_with, json, logged, plan, played};
use crate::recount::recount;

#[track_caller]
fn nothing_wrong(findings: &SimulationResults) {
    assert_eq!(
        (findings.wrong_made, findings.exposed_owners(), findings.affected_viewers()),
        (0, 0, 0)
    );
    assert_eq!(findings.confirmed.shown_wrong, 0);
    let moments = [
        findings.first_wrong_us,
        findings.last_shown_us,
        findings.detected_us,
        findings.fixed_us,
        findings.last_copy_us,
    ];
    assert_eq!(moments, [None; 5]);
    assert!(findings.copies.is_empty() && findings.as_promised());
    assert!(json(findings).contains("\"first_wrong_at_s\":null"));
}

/// The script without a section that begins with `from`, up to the one that begins with `to`.
fn without(text: &str, from: &str, to: &str) -> String {
    let (start, end) = (text.find(from).expect("a start"), text.find(to).expect("an end"));
    format!("{}{}", &text[..start], &text[end..])
}

fn read(text: &str) -> SimulationPlan {
    let script = double_exposure::incident::Scenario::read(text).expect("it is a script");
    SimulationPlan { script, ..evening() }
}

#[test]
fn without_traffic_nothing_happens() {
    let (findings, log) = logged(&evening_with(&[("per_day = 91_000_000", "per_day = 0")]));
    nothing_wrong(&findings);
    assert_eq!((findings.made, findings.shown, findings.viewers), (0, 0, 0));
    assert!(log.is_empty());
}

#[test]
fn without_a_rollout_the_old_maker_makes_everything_and_nothing_wrong() {
    let text = crate::days::text(&EVENING);
    let (findings, log) = logged(&read(&without(&text, "[[rollout]]", "[detection]")));
    nothing_wrong(&findings);
    assert!(findings.made > 1_000);
    assert!(!log.contains("\"maker\":\"rollout\""));
}

#[test]
fn without_a_detection_nobody_ends_it() {
    let text = crate::days::text(&EVENING);
    let findings = played(&read(&without(&text, "[detection]", "[estimate]")));
    assert!(findings.wrong_made > 100);
    assert_eq!((findings.detected_us, findings.fixed_us), (None, None));
    assert!(findings.last_copy_us.is_some(), "copies grow old even so");
}

#[test]
fn with_everything_cached_nothing_is_made() {
    let cached = ("service_warm = 0.70", "service_warm = 1.0");
    let (findings, log) = logged(&evening_with(&[cached]));
    nothing_wrong(&findings);
    assert_eq!(findings.made, 0);
    assert!(findings.shown > 10_000 && recount(&log).shown == findings.shown);
    let on_device = evening_with(&[("device_warm = 0.55", "device_warm = 1.0")]);
    assert_eq!(played(&on_device).made, 0);
}

#[test]
fn one_instance_takes_all_and_is_rolled_out_at_the_first_stage() {
    let one = [("instances = 8", "instances = 1"), ("cores = 4", "cores = 32")];
    let (findings, log) = logged(&evening_with(&one));
    assert!(findings.wrong_made > 0 && findings.as_promised());
    assert!(!log.contains("\"instance\":1"));
    assert_eq!(recount(&log).wrong_made, findings.wrong_made);
}

#[test]
fn one_person_is_a_stranger_to_nobody() {
    let findings = played(&evening_with(&[("people = 200_000_000", "people = 1")]));
    nothing_wrong(&findings);
    assert_eq!(findings.world[0], 1);
}

#[test]
fn what_waits_has_a_bound_and_what_has_no_place_is_refused() {
    let swamped = [
        ("conversion_ms = 52.35", "conversion_ms = 5000.0"),
        ("at_work_most = 512", "at_work_most = 40"),
        ("queue_most = 1024", "queue_most = 10"),
    ];
    let findings = played(&evening_with(&swamped));
    let most = findings.minutes.iter().map(|minute| minute.at_work_most).max();
    assert_eq!(most, Some(40));
    assert!(findings.shed > 1_000 && findings.made > 100);
    assert_eq!(findings.law.broken, 0);
}

#[test]
fn a_world_that_would_not_fit_is_refused_with_its_size() {
    let mut plan = plan(&EVENING, 1);
    plan.script.people.people = MAX_PEOPLE + 1;
    let refused = play(&plan, None, &|| true).expect_err("it is too large").to_string();
    assert!(
        refused.contains(&(MAX_PEOPLE + 1).to_string()) && refused.contains("--scale"),
        "{refused}"
    );
}

#[test]
fn a_script_of_other_platforms_and_hours_counts_them() {
    let text = crate::days::text(&EVENING);
    let other = without(&text, "[[platforms]]", "# The first moment is published");
    let other = other.replace(
        "[detection]",
        "[[platforms]]\nname = \"Only\"\nshare = 1.0\n\
        everybody_in_h = 1.0\n\n[detection]",
    );
    let findings = played(&read(&other));
    assert!(findings.wrong_made > 0);
    assert!(findings.copies.iter().all(|lying| lying.visible.len() == 1));
    assert!(findings.copies.iter().any(|lying| lying.visible[0] > 0));
}
