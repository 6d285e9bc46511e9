//! Goal: mixing comes from the pipelines' code and from load, and from nothing else. Method: the
//! same day, seed and requests on other pipelines, rings and loads.

use double_exposure::incident::{WhatIf, by_load, pictures};
use double_exposure::pipelines::PipelineKind;
use double_exposure::sample_photos::default_set;
use double_exposure::schedule::{Outcome, Schedule, predict};
use std::num::{NonZeroU32, NonZeroUsize};

use crate::days::{evening, evening_if, evening_with, json, logged, played};

/// Three times more work than the fleet can do, on the smallest of rings.
const OVERLOAD: [(&str, &str); 2] =
    [("conversion_ms = 52.35", "conversion_ms = 160.0"), ("slots = 8  ", "slots = 1  ")];

#[test]
fn the_same_seed_gives_the_same_day_and_another_seed_another() {
    let mut seen = Vec::new();
    for seed in [1, 2] {
        let mut plan = evening();
        plan.seed = seed;
        let (once, again) = (logged(&plan), logged(&plan));
        assert_eq!(json(&once.0), json(&again.0), "seed {seed}");
        assert!(once.1 == again.1, "the logs of seed {seed} differ");
        seen.push(once.1);
    }
    assert!(seen[0] != seen[1]);
}

#[test]
fn repaired_pipelines_mix_nobody_at_any_load_and_the_ring_does() {
    for load in [&[][..], &OVERLOAD] {
        let plan = evening_with(load);
        for kind in [PipelineKind::Owned, PipelineKind::Pooled] {
            let repaired = played(&WhatIf::Pipeline(kind).of(plan.clone()));
            assert_eq!((repaired.wrong_made, repaired.confirmed.shown_wrong), (0, 0), "{kind}");
            assert_eq!(repaired.first_wrong_us, None);
            assert!(repaired.made > 1_000 && repaired.as_promised(), "{kind}");
        }
        let shared = played(&plan);
        assert!(shared.wrong_made > 100, "the control mixes: {}", shared.wrong_made);
    }
}

#[test]
fn the_lap_law_holds_for_every_thumbnail_and_again_for_every_mixed_one_as_a_word() {
    for load in [&[][..], &OVERLOAD] {
        let findings = played(&evening_with(load));
        let held = &findings.law;
        assert_eq!(held.thumbnails, findings.made);
        assert_eq!(held.words + held.too_long, findings.wrong_made);
        assert_eq!(held.broken, 0);
        assert!(held.words > 100, "{held:?}");
    }
}

#[test]
fn samples_are_what_the_law_predicts_of_their_words_on_one_slot() {
    let findings = played(&evening());
    let bands = NonZeroU32::new(4).unwrap();
    assert!(findings.samples.len() > 10);
    for sample in &findings.samples {
        let word: Schedule = sample.word.parse().unwrap();
        let predicted = predict(&word, bands, NonZeroUsize::MIN);
        assert_eq!(predicted[0].as_ref(), Some(&sample.bands), "{}", sample.word);
        assert!(Outcome::of(&0, &sample.bands).mixed(), "{}", sample.word);
    }
}

#[test]
fn pictures_show_row_by_row_what_the_log_says() {
    let findings = played(&evening());
    let shown = pictures(&findings, &default_set(), 3).unwrap();
    assert_eq!(shown.len(), 3);
    for picture in &shown {
        let letters: Vec<usize> = picture.rows.iter().map(|(_, letter)| *letter).collect();
        assert_eq!(letters, picture.sample.bands);
        assert!(picture.sample.is_torn(), "torn ones come first");
        assert_ne!(picture.made, picture.truth);
    }
    assert_ne!(shown[0].sample.bands, shown[1].sample.bands, "each way of being torn once");
}

#[test]
fn the_knee_is_in_the_load_and_moves_with_the_slots() {
    let share = |findings: &double_exposure::incident::SimulationResults, from: u32, to: u32| {
        let rows = by_load(&findings.plan, &findings.minutes);
        let rows = rows.iter().filter(|row| row.from_percent >= from && row.to_percent <= to);
        let (made, wrong) = rows.fold((0, 0), |sum, row| (sum.0 + row.made, sum.1 + row.wrong));
        assert!(made > 500, "{made} thumbnails between {from} and {to} %");
        wrong as f64 / made as f64
    };
    // From midnight on, so that the day has quiet hours too.
    let exchanged =
        [("end = 2024-12-04T00", "end = 2024-11-29T00"), ("slots = 32  ", "slots = 16  ")];
    let plan = crate::days::plan(&exchanged, 500);
    let day = played(&plan);
    let (low, high) = (share(&day, 0, 80), share(&day, 90, u32::MAX));
    assert!(high > 0.02 && low < high / 10.0, "{low} and {high}");
    let more = played(&WhatIf::Slots(64).of(plan));
    assert!(more.wrong_made < day.wrong_made / 10, "{} {}", more.wrong_made, day.wrong_made);
}

#[test]
fn load_per_core_is_the_same_at_another_scale() {
    let mean = |scale: u32| {
        let plan = crate::days::plan(&crate::days::EVENING, scale);
        let findings = played(&plan);
        let work: u64 = findings.minutes.iter().map(|minute| minute.work_ms).sum();
        work as f64 / findings.minutes.len() as f64
    };
    let (fine, coarse) = (mean(500), mean(2_000));
    assert!((fine / coarse - 1.0).abs() < 0.05, "{fine} and {coarse} ms of work a minute");
}

#[test]
fn what_is_shed_is_refused_unharmed_and_never_more_is_at_work() {
    let findings = played(&evening_if(WhatIf::Shedding(6)));
    let most = findings.minutes.iter().map(|minute| minute.at_work_most).max();
    assert_eq!(most, Some(6));
    assert!(findings.shed > 0);
    assert_eq!(played(&evening()).shed, 0);
}
