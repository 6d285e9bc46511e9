//! Goal: what is told is what the log says, and who is told is who should be. Method: logs counted
//! again; the service's impact code is held against the recount.

use std::cell::Cell;

use double_exposure::incident::{Notifications, WhatIf, play};
use serde_json::Value;

use crate::days::{evening, evening_if, json, logged, played};
use crate::recount::{Counted, recount};

#[track_caller]
fn same(document: &str, log: &str) -> Counted {
    let counted = recount(log);
    let told: Value = serde_json::from_str(document).expect("a document is JSON");
    let expected = Counted {
        made: told["made"].as_u64().unwrap(),
        wrong_made: told["wrong_made"].as_u64().unwrap(),
        shown: told["shown"].as_u64().unwrap(),
        wrong_shown: told["wrong_shown"].as_u64().unwrap(),
        exposed_owners: told["exposed_owners"].as_u64().unwrap(),
        affected_viewers: told["affected_viewers"].as_u64().unwrap(),
        first_wrong_at_s: told["first_wrong_at_s"].as_f64(),
    };
    assert_eq!(counted, expected);
    counted
}

#[test]
fn counts_made_again_from_the_log_are_those_of_the_document() {
    let (findings, log) = logged(&evening());
    let counted = same(&json(&findings), &log);
    assert!(counted.wrong_made > 100, "a day on which little happens counts little: {counted:?}");
    let of_canaries = logged(&evening_if(WhatIf::Canaries(20)));
    same(&json(&of_canaries.0), &of_canaries.1);
}

#[test]
fn a_day_that_is_interrupted_is_whole_up_to_there() {
    let plan = evening();
    let asked = Cell::new(0);
    let go_on = || {
        asked.set(asked.get() + 1);
        asked.get() < 30
    };
    let mut log = Vec::new();
    let findings = play(&plan, Some(&mut log), &go_on).unwrap();
    let log = String::from_utf8(log).unwrap();
    assert!(findings.interrupted);
    assert!(findings.made < played(&plan).made, "it ended early");
    let counted = same(&json(&findings), &log);
    assert!(counted.wrong_made > 0, "and not before anything happened: {counted:?}");
}

#[test]
fn the_logs_rows_are_in_the_order_of_time_and_show_what_was_made() {
    let (_, log) = logged(&evening());
    let (mut last, mut made) = (0.0, std::collections::BTreeMap::new());
    let mut from = std::collections::BTreeMap::<String, u64>::new();
    for line in log.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let at_s = row["at_s"].as_f64().unwrap();
        assert!(at_s >= last, "{line} comes after {last}");
        last = at_s;
        let thumbnail = row["thumbnail"].as_u64().unwrap();
        let fields: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
        if row["event"] == "made" {
            let names = [
                "at_s",
                "bands",
                "decode",
                "event",
                "instance",
                "maker",
                "owner",
                "photo",
                "slot",
                "thumbnail",
            ];
            assert_eq!(fields, names);
            assert_eq!(row["slot"].is_u64(), row["maker"] == "rollout", "{line}");
            assert_eq!(made.insert(thumbnail, ()), None, "made twice: {line}");
        } else {
            assert_eq!(fields, ["at_s", "event", "from", "thumbnail", "viewer"]);
            let fresh = row["from"] == "fresh";
            assert!(!fresh || made.contains_key(&thumbnail), "shown before it was made: {line}");
            *from.entry(row["from"].as_str().unwrap().into()).or_default() += 1;
        }
    }
    assert_eq!(from.keys().collect::<Vec<_>>(), ["device", "fresh", "service"]);
}

#[test]
fn a_foreign_band_is_of_a_later_decode_in_the_same_slot() {
    let (_, log) = logged(&evening());
    let rows = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let made: Vec<Value> =
        rows.filter(|row| row["event"] == "made" && row["maker"] == "rollout").collect();
    let mut decodes = std::collections::BTreeMap::new();
    for row in &made {
        let place = (row["instance"].as_u64(), row["slot"].as_u64(), row["photo"].as_u64());
        decodes.entry(place).or_insert_with(Vec::new).push(row["decode"].as_u64().unwrap());
    }
    let mut foreign = 0;
    for row in &made {
        let own = row["decode"].as_u64().unwrap();
        let mut before = own;
        for band in row["bands"].as_array().unwrap().iter().filter(|band| **band != row["photo"]) {
            let place = (row["instance"].as_u64(), row["slot"].as_u64(), band.as_u64());
            let later = decodes[&place].iter().copied().find(|&decode| decode >= before);
            before = later.unwrap_or_else(|| panic!("{row}: nobody lapped it with {band}"));
            assert!(before > own, "{row}");
            foreign += 1;
        }
    }
    assert!(foreign > 100, "{foreign} foreign bands");
}

#[test]
fn with_a_ledger_everybody_is_told_who_should_be_and_nobody_else() {
    let without = played(&evening());
    let with = played(&evening_if(WhatIf::Ledger));
    let should = with.concerned.iter().filter(|one| one.exposed_owner || one.affected_viewer);
    let should = should.count() as u64;
    assert_eq!(with.told, Notifications { rightly: should, wrongly: 0, not_at_all: 0 });
    let told = without.told;
    assert_eq!(told.rightly + told.not_at_all, should, "the day is the same");
    assert!(told.wrongly > 0 && told.not_at_all > 0, "{told:?}");
}

#[test]
fn the_estimate_names_nobody_and_stays_apart_from_what_is_confirmed() {
    let mut plan = evening();
    let sampled = played(&plan).estimated.expect("the script has an estimate");
    plan.script.estimate.as_mut().unwrap().one_in = 1;
    let all = played(&plan);
    let looked_at = all.estimated.as_ref().unwrap();
    assert_eq!(looked_at.sampled, looked_at.accesses);
    assert!(sampled.sampled < looked_at.sampled / 5);
    assert_eq!(looked_at.viewers, all.viewers);
    // Even a sample of everything is a rate times people, and not a count of them.
    let guess = looked_at.affected_viewers.unwrap();
    assert_ne!(guess.round() as u64, all.affected_viewers());
}
