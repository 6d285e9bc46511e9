//! Goal: detection, fix, purge, server change and builds end what they are said to end, when they
//! are said to. Method: the same day with one of them changed.

use double_exposure::incident::{SimulationPlan, SimulationResults, WhatIf};
use serde_json::Value;

use crate::days::{evening, evening_if, evening_with, logged, plan, played};

const HOUR_US: u64 = 3_600_000_000;

/// From the rollout until everybody has been reached, on small rings.
fn days() -> SimulationPlan {
    let more = [
        ("start = 2024-11-28T00:00:00+09:00", "start = 2024-11-28T15:00:00+09:00"),
        ("slots = 32  ", "slots = 8  "),
    ];
    plan(&more, 4_000)
}

#[test]
fn after_the_fix_nothing_wrong_is_begun() {
    let (findings, log) = logged(&evening());
    let fixed = findings.fixed_us.expect("it is fixed") as f64 / 1e6;
    let by_script = 8.25 * 3_600.0;
    assert_eq!(fixed, by_script, "detected at its time, it is fixed at its time");
    let rows = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let after = rows.filter(|row| row["event"] == "made" && row["maker"] == "rollout");
    let last = after.filter_map(|row| row["at_s"].as_f64()).fold(0.0, f64::max);
    // What was at work is finished; at this scale a conversion takes minutes.
    assert!(last > fixed && last < fixed + 3_600.0, "{last} {fixed}");
}

#[test]
fn canaries_notice_earlier_and_everything_after_comes_so_much_earlier() {
    let (day, watched) = (played(&evening()), played(&evening_if(WhatIf::Canaries(50))));
    let (by_script, noticed) = (day.detected_us.unwrap(), watched.detected_us.unwrap());
    assert!(noticed + HOUR_US < by_script, "{noticed} {by_script}");
    let repair =
        |findings: &SimulationResults| findings.fixed_us.unwrap() - findings.detected_us.unwrap();
    assert_eq!(repair(&watched), repair(&day));
    assert!(watched.wrong_made < day.wrong_made);
}

#[test]
fn canaries_of_a_day_without_wrong_thumbnails_notice_nothing() {
    let quiet = WhatIf::Canaries(50).of(evening_if(WhatIf::Slots(4_096)));
    let findings = played(&quiet);
    assert_eq!((findings.wrong_made, findings.detected_us), (0, None));
}

#[test]
fn copies_are_hidden_by_the_server_change_and_deleted_by_builds() {
    let findings = played(&days());
    let moment = |hours: f64| (hours * 3_600.0) as u64;
    // From 15:00 on the 28th: the change has reached everybody at 01:14 on the 30th.
    let changed = moment(34.25);
    let visible = |lying: &double_exposure::incident::CopiesAt| lying.visible.iter().sum::<u64>();
    let most = findings.copies.iter().map(visible).max().unwrap();
    assert!(most > 10, "{most} copies");
    let after: Vec<_> = findings.copies.iter().filter(|lying| lying.at_s > changed).collect();
    assert!(after.iter().all(|lying| visible(lying) == 0), "hidden from everybody");
    assert!(after[0].stored > 0, "and not gone: builds of two platforms are still to come");
    assert_eq!(findings.copies.last().unwrap().stored, 0);
    let last_shown = findings.last_shown_us.unwrap();
    assert!(last_shown > findings.fixed_us.unwrap(), "caches go on showing it");
    assert!(last_shown <= changed * 1_000_000, "and not for ever");
}

#[test]
fn a_purge_by_maker_ends_it_soon_after_the_fix() {
    let (day, purged) = (played(&days()), played(&WhatIf::Purge(30).of(days())));
    assert_eq!(day.wrong_made, purged.wrong_made, "it comes after the making");
    let end = purged.fixed_us.unwrap() + HOUR_US / 2;
    // What was at work at the fix may be finished, and shown, after the purge.
    assert!(purged.last_copy_us.unwrap() < end + HOUR_US);
    assert!(day.last_copy_us.unwrap() > end + 48 * HOUR_US);
}

#[test]
fn a_service_that_looks_up_by_maker_gives_no_wrong_copy_away_after_the_fix() {
    let in_key = ("service_maker_in_key = false", "service_maker_in_key = true");
    for (exchanged, from_service) in [(&[][..], true), (&[in_key], false)] {
        let plan = evening_with(&[exchanged, &[("01:00:00+09:00", "05:00:00+09:00")]].concat());
        let (findings, log) = logged(&plan);
        let fixed = findings.fixed_us.unwrap() as f64 / 1e6;
        let wrong: std::collections::BTreeSet<u64> = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|row| row["event"] == "made")
            .filter(|row| row["bands"].as_array().unwrap().iter().any(|band| *band != row["photo"]))
            .map(|row| row["thumbnail"].as_u64().unwrap())
            .collect();
        let given =
            log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).any(|row| {
                row["from"] == "service"
                    && row["at_s"].as_f64().unwrap() > fixed
                    && wrong.contains(&row["thumbnail"].as_u64().unwrap())
            });
        assert_eq!(given, from_service, "{exchanged:?}");
    }
}

#[test]
fn without_device_caches_there_are_no_copies_on_devices() {
    let findings = played(&evening_if(WhatIf::NoDeviceCache));
    assert!(findings.wrong_made > 0);
    assert!(findings.copies.iter().all(|lying| lying.stored == 0));
    assert!(findings.copies.iter().any(|lying| lying.service > 0));
}

#[test]
fn a_small_stage_held_for_long_mixes_fewer() {
    let (day, held) = (played(&evening()), played(&evening_if(WhatIf::SlowRollout(0.125, 24.0))));
    assert!(held.wrong_made > 0 && held.wrong_made < day.wrong_made / 3);
    let most = held.minutes.iter().map(|minute| minute.instances).max();
    assert_eq!(most, Some(1));
}
