//! The demonstration tells the truth: each fault is found and only where it is planted, by an
//! auditor that the small service knows nothing of.

use double_exposure::audit::demo::{CaseOutcome, DemoCase, Fault, cases, run_case};

fn seen(about: Fault, planted: Fault) -> CaseOutcome {
    let shown = run_case(DemoCase { about, planted }, 5..6, &mut |_| true).unwrap();
    assert!(!shown.interrupted);
    shown.seen
}

#[test]
fn every_planted_fault_is_found() {
    for line in cases(&[]).into_iter().filter(|line| line.about.mixes()) {
        assert_eq!(seen(line.about, line.planted), CaseOutcome::AsExpected, "{:?}", line.about);
    }
}

#[test]
fn nobody_is_accused_where_nothing_is_planted() {
    for line in cases(&[]).into_iter().filter(|line| !line.about.mixes()) {
        let seen = seen(line.about, line.planted);
        // A machine that is busy with other things may see too little; it accuses nobody.
        assert!(
            [CaseOutcome::AsExpected, CaseOutcome::Inconclusive].contains(&seen),
            "{:?}: {seen:?}",
            line.about
        );
    }
}

#[test]
fn a_fault_that_is_taken_out_is_not_found() {
    let without = cases(&[Fault::Blend]);
    let line = without.iter().find(|line| line.about == Fault::Blend).unwrap();
    assert_eq!(line.planted, Fault::Clean);
    assert_eq!(seen(line.about, line.planted), CaseOutcome::NotFound);
}

/// A service that knew the marks could plant what the auditor expects, rather than what goes wrong.
#[test]
fn the_small_service_does_not_know_the_marks() {
    for (name, text) in [
        ("service.rs", include_str!("../../src/audit/demo/service.rs")),
        ("raster.rs", include_str!("../../src/audit/demo/raster.rs")),
        ("fault.rs", include_str!("../../src/audit/demo/fault.rs")),
    ] {
        for word in
            ["mark::", "crate::audit::watermark", "subjects", "Issued", "crate::audit", "judge"]
        {
            assert!(!text.contains(word), "{name} names {word}");
        }
    }
}
