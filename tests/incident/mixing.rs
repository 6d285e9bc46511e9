//! Goal: show that only the pipelines' code and the load cause mixing. Method: simulate the same
//! evening, with the same seed and requests, on other pipelines, rings and loads.

use double_exposure::incident::{SimulationResults, WhatIf, by_load, sample_images};
use double_exposure::pipelines::PipelineKind;
use double_exposure::sample_photos::default_set;
use double_exposure::schedule::{Outcome, Schedule, predict};
use std::num::{NonZeroU32, NonZeroUsize};

use crate::plans::{EVENING, evening, evening_if, evening_with, json, logged, plan, simulated};

/// Replacements for three times more work than the nodes can do, on rings of one slot.
const OVERLOAD: [(&str, &str); 2] =
    [("conversion_ms = 52.35", "conversion_ms = 160.0"), ("slots = 8  ", "slots = 1  ")];

#[test]
fn the_same_seed_gives_the_same_results_and_another_seed_other_results() {
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
fn repaired_pipelines_never_mix_at_any_load_and_the_ring_does() {
    for load in [&[][..], &OVERLOAD] {
        let plan = evening_with(load);
        for kind in [PipelineKind::Owned, PipelineKind::Pooled] {
            let repaired = simulated(&WhatIf::Pipeline(kind).apply(plan.clone()));
            assert_eq!((repaired.wrong_made, repaired.confirmed.shown_wrong), (0, 0), "{kind}");
            assert_eq!(repaired.first_wrong_us, None);
            assert!(repaired.made > 1_000 && repaired.as_promised(), "{kind}");
        }
        let shared = simulated(&plan);
        assert!(shared.wrong_made > 100, "the control mixes: {}", shared.wrong_made);
    }
}

#[test]
fn the_lap_law_holds_for_every_thumbnail_and_for_the_word_of_every_wrong_one() {
    for load in [&[][..], &OVERLOAD] {
        let results = simulated(&evening_with(load));
        let counts = &results.lap_law;
        assert_eq!(counts.thumbnails, results.made);
        assert_eq!(counts.words + counts.too_long, results.wrong_made);
        assert_eq!(counts.violations, 0);
        assert!(counts.words > 100, "{counts:?}");
    }
}

#[test]
fn samples_agree_with_the_law_for_their_words_on_one_slot() {
    let results = simulated(&evening());
    let bands = NonZeroU32::new(4).unwrap();
    assert!(results.samples.len() > 10);
    for sample in &results.samples {
        let word: Schedule = sample.word.parse().unwrap();
        let predicted = predict(&word, bands, NonZeroUsize::MIN);
        assert_eq!(predicted[0].as_ref(), Some(&sample.bands), "{}", sample.word);
        assert!(Outcome::of(&0, &sample.bands).mixed(), "{}", sample.word);
    }
}

#[test]
fn images_agree_with_the_log_row_by_row() {
    let results = simulated(&evening());
    let images = sample_images(&results, &default_set(), 3).unwrap();
    assert_eq!(images.len(), 3);
    for image in &images {
        let letters: Vec<usize> = image.rows.iter().map(|(_, letter)| *letter).collect();
        assert_eq!(letters, image.sample.bands);
        assert!(image.sample.is_torn(), "torn thumbnails come first");
        assert_ne!(image.made, image.truth);
    }
    assert_ne!(images[0].sample.bands, images[1].sample.bands, "each pattern comes once");
}

#[test]
fn the_knee_depends_on_the_load_and_moves_with_the_slots() {
    let share = |results: &SimulationResults, from: u32, to: u32| {
        let rows = by_load(&results.plan, &results.minutes);
        let rows = rows.iter().filter(|row| row.from_percent >= from && row.to_percent <= to);
        let (made, wrong) = rows.fold((0, 0), |sum, row| (sum.0 + row.made, sum.1 + row.wrong));
        assert!(made > 500, "{made} thumbnails between {from} and {to} %");
        wrong as f64 / made as f64
    };
    // The day starts at midnight, so that it has quiet hours too.
    let replacements =
        [("end = 2024-12-04T00", "end = 2024-11-29T00"), ("slots = 32  ", "slots = 16  ")];
    let plan = plan(&replacements, 500);
    let day = simulated(&plan);
    let (low, high) = (share(&day, 0, 80), share(&day, 90, u32::MAX));
    assert!(high > 0.02 && low < high / 10.0, "{low} and {high}");
    let more = simulated(&WhatIf::Slots(64).apply(plan));
    assert!(more.wrong_made < day.wrong_made / 10, "{} {}", more.wrong_made, day.wrong_made);
}

#[test]
fn the_load_of_a_core_is_the_same_at_another_scale() {
    let mean = |scale: u32| {
        let results = simulated(&plan(&EVENING, scale));
        let work: u64 = results.minutes.iter().map(|minute| minute.work_ms).sum();
        work as f64 / results.minutes.len() as f64
    };
    let (fine, coarse) = (mean(500), mean(2_000));
    assert!((fine / coarse - 1.0).abs() < 0.05, "{fine} and {coarse} ms of work a minute");
}

#[test]
fn shedding_bounds_the_conversions_in_flight() {
    let results = simulated(&evening_if(WhatIf::Shedding(6)));
    let peak = results.minutes.iter().map(|minute| minute.peak_conversions).max();
    assert_eq!(peak, Some(6));
    assert!(results.shed > 0);
    assert_eq!(simulated(&evening()).shed, 0);
}
