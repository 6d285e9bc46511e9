//! Goal: show that detection, fix, purge, server change and builds take effect at their times.
//! Method: simulate the same evening with one of these changed.

use std::collections::BTreeSet;

use double_exposure::incident::{CopiesAt, SimulationPlan, SimulationResults, WhatIf};

use crate::plans::{EVENING, evening, evening_if, evening_with, logged, plan, rows, simulated};

const HOUR_US: u64 = 3_600_000_000;

/// Plans the time from the rollout until every person has been reached, on small rings.
fn days() -> SimulationPlan {
    plan(&[EVENING[0], EVENING[2]], 4_000)
}

#[test]
fn no_wrong_thumbnail_is_started_after_the_fix() {
    let (results, log) = logged(&evening());
    let fixed = results.fixed_us.expect("it is fixed") as f64 / 1e6;
    let scenario_fix = 8.25 * 3_600.0;
    assert_eq!(fixed, scenario_fix, "detection and fix come at the scenario's times");
    let after = rows(&log).filter(|row| row["event"] == "made" && row["maker"] == "rollout");
    let last = after.filter_map(|row| row["at_s"].as_f64()).fold(0.0, f64::max);
    // Conversions in flight finish; at this scale a conversion takes minutes.
    assert!(last > fixed && last < fixed + 3_600.0, "{last} {fixed}");
}

#[test]
fn canaries_detect_earlier_and_the_fix_comes_earlier_by_the_same_time() {
    let (day, watched) = (simulated(&evening()), simulated(&evening_if(WhatIf::Canaries(50))));
    let (scenario, canary) = (day.detected_us.unwrap(), watched.detected_us.unwrap());
    assert!(canary + HOUR_US < scenario, "{canary} {scenario}");
    let repair =
        |results: &SimulationResults| results.fixed_us.unwrap() - results.detected_us.unwrap();
    assert_eq!(repair(&watched), repair(&day));
    assert!(watched.wrong_made < day.wrong_made);
}

#[test]
fn canaries_detect_nothing_on_a_day_without_wrong_thumbnails() {
    let quiet = WhatIf::Canaries(50).apply(evening_if(WhatIf::Slots(4_096)));
    let results = simulated(&quiet);
    assert_eq!((results.wrong_made, results.detected_us), (0, None));
}

#[test]
fn the_server_change_hides_copies_and_builds_delete_these() {
    let results = simulated(&days());
    // The simulation starts at 15:00 on the 28th; the change ends at 01:14 on the 30th.
    let changed_s = (34.25 * 3_600.0) as u64;
    let visible = |copies: &CopiesAt| copies.visible.iter().sum::<u64>();
    let peak = results.copies.iter().map(visible).max().unwrap();
    assert!(peak > 10, "{peak} copies");
    let after: Vec<_> = results.copies.iter().filter(|copies| copies.at_s > changed_s).collect();
    assert!(after.iter().all(|copies| visible(copies) == 0), "a copy is still visible");
    assert!(after[0].stored > 0, "no copy is stored before the builds of two platforms");
    assert_eq!(results.copies.last().unwrap().stored, 0);
    let last_shown = results.last_wrong_shown_us.unwrap();
    assert!(last_shown > results.fixed_us.unwrap(), "caches show wrong thumbnails after the fix");
    assert!(last_shown <= changed_s * 1_000_000, "but not after the server change");
}

#[test]
fn a_purge_by_maker_deletes_all_copies_soon_after_the_fix() {
    let (day, purged) = (simulated(&days()), simulated(&WhatIf::Purge(30).apply(days())));
    assert_eq!(day.wrong_made, purged.wrong_made, "a purge changes no conversion");
    let end = purged.fixed_us.unwrap() + HOUR_US / 2;
    // A conversion in flight at the fix may finish, and be shown, after the purge.
    assert!(purged.last_wrong_copy_us.unwrap() < end + HOUR_US);
    assert!(day.last_wrong_copy_us.unwrap() > end + 48 * HOUR_US);
}

#[test]
fn a_service_with_the_maker_in_its_cache_key_shows_no_wrong_copy_after_the_fix() {
    let in_key = ("service_maker_in_key = false", "service_maker_in_key = true");
    for (replacements, from_service) in [(&[][..], true), (&[in_key], false)] {
        let plan = evening_with(&[replacements, &[("01:00:00+09:00", "05:00:00+09:00")]].concat());
        let (results, log) = logged(&plan);
        let fixed = results.fixed_us.unwrap() as f64 / 1e6;
        let wrong: BTreeSet<u64> = rows(&log)
            .filter(|row| row["event"] == "made")
            .filter(|row| row["bands"].as_array().unwrap().iter().any(|band| *band != row["photo"]))
            .map(|row| row["thumbnail"].as_u64().unwrap())
            .collect();
        let shown = rows(&log).any(|row| {
            row["served_from"] == "service"
                && row["at_s"].as_f64().unwrap() > fixed
                && wrong.contains(&row["thumbnail"].as_u64().unwrap())
        });
        assert_eq!(shown, from_service, "{replacements:?}");
    }
}

#[test]
fn without_device_caches_there_are_no_copies_on_devices() {
    let results = simulated(&evening_if(WhatIf::NoDeviceCache));
    assert!(results.wrong_made > 0);
    assert!(results.copies.iter().all(|copies| copies.stored == 0));
    assert!(results.copies.iter().any(|copies| copies.service > 0));
}

#[test]
fn a_small_stage_held_for_long_makes_fewer_wrong_thumbnails() {
    let (day, held) =
        (simulated(&evening()), simulated(&evening_if(WhatIf::SlowRollout(0.125, 24.0))));
    assert!(held.wrong_made > 0 && held.wrong_made < day.wrong_made / 3);
    let nodes = held.minutes.iter().map(|minute| minute.nodes).max();
    assert_eq!(nodes, Some(1));
}
