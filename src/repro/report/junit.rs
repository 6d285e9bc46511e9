//! The reproduction as JUnit XML, for CI: a test case per run.
//!
//! Nobody is named in it: CI logs are read by more people than the photos were meant for.

use crate::output::junit::{Case, CaseResult, Suite};
use crate::repro::{Expectation, MIN_GATE_THUMBNAILS, ReproPlan, ReproResults, ReproVerdict, Run};

/// The document: one suite, a case per planned run, the seed and the verdict as properties.
///
/// A case fails if somebody was mixed where nobody may be, is an error if the oracles disagreed,
/// and is skipped, never passed, if its run was not made or saw too little.
pub fn junit(plan: &ReproPlan, findings: &ReproResults) -> Vec<u8> {
    let planned = plan
        .pipelines
        .iter()
        .flat_map(|&kind| plan.in_flight.iter().map(move |&in_flight| (kind, in_flight)));
    let mut runs = findings.runs.iter();
    let cases = planned.map(|(kind, in_flight)| {
        let run = runs.next();
        let time = run
            .filter(|run| run.per_second > 0.0)
            .map_or(0.0, |run| run.tally.thumbnails as f64 / run.per_second);
        let says = run.map_or_else(
            || CaseResult::Skipped("not made".into()),
            |run| says(plan, findings, run),
        );
        let (name, class) = (format!("{kind} with {in_flight} in flight"), format!("repro.{kind}"));
        Case { name, class, time, says }
    });
    let properties = [
        ("seed", plan.seed.to_string()),
        ("verdict", findings.verdict.to_string()),
        ("slots", plan.slots.to_string()),
        ("bands", plan.bands.to_string()),
        ("size", plan.spec.size.to_string()),
        ("fit", plan.spec.fit.to_string()),
        ("cores", findings.cores.to_string()),
    ];
    let properties = properties.into_iter().map(|(name, value)| (name.to_owned(), value));
    let (cases, properties) = (cases.collect(), properties.collect());
    Suite { name: "double-exposure repro", properties, cases }.write()
}

fn says(plan: &ReproPlan, findings: &ReproResults, run: &Run) -> CaseResult {
    let tally = &run.tally;
    let (mixed, thumbnails) = (tally.mixed(), tally.thumbnails);
    let gate = plan.expect == Expectation::Clean;
    let least = if gate { MIN_GATE_THUMBNAILS } else { 1 };
    if tally.oracle_faults > 0 {
        CaseResult::Error(format!("the oracles disagree about {} rows", tally.oracle_faults))
    } else if mixed > 0 && (gate || run.kind.is_repair()) {
        CaseResult::Failure(format!(
            "{mixed} of {thumbnails} thumbnails are mixed: {} torn, {} swapped; {} owners exposed, \
             {} viewers affected",
            tally.torn,
            tally.swapped,
            tally.exposed_owners.len(),
            tally.affected_viewers.len()
        ))
    } else if thumbnails < least {
        CaseResult::Skipped(format!("inconclusive: {thumbnails} thumbnails, {least} are needed"))
    } else if findings.verdict == ReproVerdict::Inconclusive && !gate && !run.kind.is_repair() {
        CaseResult::Skipped(format!("inconclusive: {mixed} of {thumbnails} thumbnails are mixed"))
    } else {
        CaseResult::Passed
    }
}
