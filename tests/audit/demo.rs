//! Tests that the demonstration finds each fault where it is planted, and nowhere else. Each case
//! runs with one seed; a test of the sources holds that the service knows nothing of watermarks.

use double_exposure::audit::demo::{CaseOutcome, DemoCase, Fault, cases, run_case};

fn outcome(case: DemoCase) -> CaseOutcome {
    let result = run_case(case, 5..6, &mut |_| true).unwrap();
    assert!(!result.interrupted);
    println!("{:?}: {:?} {:?}", case.expected, result.outcome, result.reasons);
    result.outcome
}

#[test]
fn every_planted_fault_is_found() {
    for case in cases(&[]).into_iter().filter(|case| case.expected.mixes()) {
        assert_eq!(outcome(case), CaseOutcome::AsExpected, "{:?}", case.expected);
    }
}

#[test]
fn no_mixing_is_reported_where_no_fault_is_planted() {
    for case in cases(&[]).into_iter().filter(|case| !case.expected.mixes()) {
        assert_eq!(outcome(case), CaseOutcome::AsExpected, "{:?}", case.expected);
    }
}

#[test]
fn a_fault_that_is_left_out_is_not_found() {
    let without = cases(&[Fault::Blend]);
    let case = without.into_iter().find(|case| case.expected == Fault::Blend).unwrap();
    assert_eq!(case.planted, Fault::Clean);
    assert_eq!(outcome(case), CaseOutcome::NotFound);
}

/// Guards against a service that plants what the auditor expects instead of a real fault.
#[test]
fn the_service_does_not_know_the_watermarks() {
    for (name, text) in [
        ("service.rs", include_str!("../../src/audit/demo/service.rs")),
        ("kernel.rs", include_str!("../../src/audit/demo/kernel.rs")),
        ("raster.rs", include_str!("../../src/audit/demo/raster.rs")),
        ("fault.rs", include_str!("../../src/audit/demo/fault.rs")),
    ] {
        for word in [
            "mark::",
            "crate::audit::watermark",
            "TestPhoto",
            "Codebook",
            "crate::audit",
            "Checker",
        ] {
            assert!(!text.contains(word), "{name} names {word}");
        }
    }
}
