//! Goal: show that results and notifications agree with the log. Method: count the log again, and
//! compare the counts with those of the service's impact code.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use double_exposure::incident::{Notifications, WhatIf, simulate};
use serde_json::Value;

use crate::plans::{evening, evening_if, json, logged, rows, simulated};
use crate::recount::{Counted, recount};

#[track_caller]
fn assert_same_counts(document: &str, log: &str) -> Counted {
    let counted = recount(log);
    assert_eq!(counted, serde_json::from_str(document).expect("a document is JSON"));
    counted
}

#[test]
fn counts_from_the_log_equal_those_of_the_document() {
    let (results, log) = logged(&evening());
    let counted = assert_same_counts(&json(&results), &log);
    assert!(counted.wrong_made > 100, "too few events for a comparison: {counted:?}");
    let (results, log) = logged(&evening_if(WhatIf::Canaries(20)));
    assert_same_counts(&json(&results), &log);
}

#[test]
fn an_interrupted_simulation_has_a_complete_log_until_the_interrupt() {
    let plan = evening();
    let calls = Cell::new(0);
    let keep_running = || {
        calls.set(calls.get() + 1);
        calls.get() < 30
    };
    let mut log = Vec::new();
    let results = simulate(&plan, Some(&mut log), &keep_running).unwrap();
    let log = String::from_utf8(log).unwrap();
    assert!(results.interrupted);
    assert!(results.made < simulated(&plan).made, "the interrupt came too late");
    let counted = assert_same_counts(&json(&results), &log);
    assert!(counted.wrong_made > 0, "the interrupt came too early: {counted:?}");
}

#[test]
fn log_rows_are_ordered_by_time_and_show_only_made_thumbnails() {
    let (_, log) = logged(&evening());
    let (mut last, mut made, mut sources) = (0.0, BTreeSet::new(), BTreeSet::new());
    for row in rows(&log) {
        let at_s = row["at_s"].as_f64().unwrap();
        assert!(at_s >= last, "{row} comes after {last}");
        last = at_s;
        let thumbnail = row["thumbnail"].as_u64().unwrap();
        let names: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
        let names = names.join(" ");
        if row["event"] == "made" {
            let expected = "at_s bands decode event maker node owner photo slot thumbnail";
            assert_eq!(names, expected);
            assert_eq!(row["slot"].is_u64(), row["maker"] == "rollout", "{row}");
            assert!(made.insert(thumbnail), "made twice: {row}");
        } else {
            assert_eq!(names, "at_s event served_from thumbnail viewer");
            let source = row["served_from"].as_str().unwrap().to_owned();
            let fresh = source == "fresh";
            assert!(!fresh || made.contains(&thumbnail), "shown before it was made: {row}");
            sources.insert(source);
        }
    }
    assert_eq!(Vec::from_iter(sources), ["device", "fresh", "service"]);
}

#[test]
fn a_foreign_band_comes_from_a_later_decode_in_the_same_slot() {
    let (_, log) = logged(&evening());
    let made: Vec<Value> =
        rows(&log).filter(|row| row["event"] == "made" && row["maker"] == "rollout").collect();
    let key =
        |row: &Value, photo: &Value| (row["node"].as_u64(), row["slot"].as_u64(), photo.as_u64());
    let mut decodes = BTreeMap::new();
    for row in &made {
        let decode = row["decode"].as_u64().unwrap();
        decodes.entry(key(row, &row["photo"])).or_insert_with(Vec::new).push(decode);
    }
    let mut foreign = 0;
    for row in &made {
        let own = row["decode"].as_u64().unwrap();
        let mut before = own;
        for band in row["bands"].as_array().unwrap().iter().filter(|band| **band != row["photo"]) {
            let later = decodes[&key(row, band)].iter().copied().find(|&decode| decode >= before);
            before = later.unwrap_or_else(|| panic!("{row}: no request lapped it with {band}"));
            assert!(before > own, "{row}");
            foreign += 1;
        }
    }
    assert!(foreign > 100, "{foreign} foreign bands");
}

#[test]
fn a_ledger_notifies_every_affected_person_and_no_other_person() {
    let without = simulated(&evening());
    let with = simulated(&evening_if(WhatIf::Ledger));
    let list = with.notification_list.iter();
    let affected = list.filter(|entry| entry.exposed_owner || entry.affected_viewer).count() as u64;
    assert_eq!(with.notifications, Notifications { correct: affected, unneeded: 0, missed: 0 });
    let counts = without.notifications;
    assert_eq!(counts.correct + counts.missed, affected, "the same people are affected");
    assert!(counts.unneeded > 0 && counts.missed > 0, "{counts:?}");
}

#[test]
fn the_estimate_is_a_rate_times_people_and_no_count_of_affected_people() {
    let mut plan = evening();
    let sampled = simulated(&plan).estimated.expect("the scenario has an estimate");
    plan.scenario.estimate.as_mut().unwrap().one_in = 1;
    let results = simulated(&plan);
    let estimate = results.estimated.as_ref().unwrap();
    assert_eq!(estimate.sampled, estimate.accesses);
    assert!(sampled.sampled < estimate.sampled / 5);
    assert_eq!(estimate.viewers, results.viewers);
    // Even a sample of all accesses gives a rate times people, and not the number of viewers.
    let viewers = estimate.affected_viewers.unwrap();
    assert_ne!(viewers.round() as u64, results.affected_viewers());
}
