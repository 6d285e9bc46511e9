//! Writes a reproduction as JUnit XML, with a test case for each run.
//!
//! It holds no names of owners: more people read CI logs than the photos are meant for.

use crate::output::junit::{Case, CaseResult, Suite};
use crate::output::terminal::{grouped, many};
use crate::repro::{ReproPlan, ReproResults, ReproVerdict, Run};

/// Returns one suite, with a case for each planned run, and the seed and the verdict as properties.
///
/// A case fails if a thumbnail is mixed where none may be. It is an error if the oracles disagree.
/// It is skipped, and never passed, if its run was not made or made too few thumbnails.
pub fn junit(plan: &ReproPlan, results: &ReproResults) -> Vec<u8> {
    let planned = plan
        .pipelines
        .iter()
        .flat_map(|&kind| plan.in_flight.iter().map(move |&in_flight| (kind, in_flight)));
    let mut runs = results.runs.iter();
    let cases = planned.map(|(kind, in_flight)| {
        let run = runs.next();
        let time = run
            .filter(|run| run.per_second > 0.0)
            .map_or(0.0, |run| run.stats.thumbnails as f64 / run.per_second);
        let result = run.map_or_else(
            || CaseResult::Skipped("not made".into()),
            |run| case_result(plan, results, run),
        );
        let (name, class) = (format!("{kind} with {in_flight} in flight"), format!("repro.{kind}"));
        Case { name, class, time, result }
    });
    let properties = [
        ("seed", plan.seed.to_string()),
        ("verdict", results.verdict.to_string()),
        ("slots", plan.slots.to_string()),
        ("bands", plan.bands.to_string()),
        ("size", plan.spec.size.to_string()),
        ("fit", plan.spec.fit.to_string()),
        ("cores", results.cores.to_string()),
    ];
    let properties = properties.into_iter().map(|(name, value)| (name.to_owned(), value));
    let (cases, properties) = (cases.collect(), properties.collect());
    Suite { name: "double-exposure repro", properties, cases }.to_xml()
}

fn case_result(plan: &ReproPlan, results: &ReproResults, run: &Run) -> CaseResult {
    let stats = &run.stats;
    let (mixed, thumbnails) = (stats.mixed(), stats.thumbnails);
    let forbids_mixing = plan.expect.forbids_mixing(run);
    let min_thumbnails = plan.expect.min_thumbnails();
    if stats.oracle_faults > 0 {
        let rows = many(stats.oracle_faults, "row");
        CaseResult::Error(format!("the oracles disagree about {rows}"))
    } else if mixed > 0 && forbids_mixing {
        CaseResult::Failure(format!(
            "{} of {} thumbnails are mixed: {} torn, {} swapped; {} exposed, {} affected",
            grouped(mixed),
            grouped(thumbnails),
            grouped(stats.torn),
            grouped(stats.swapped),
            many(stats.exposed_owners.len(), "owner"),
            many(stats.affected_viewers.len(), "viewer")
        ))
    } else if thumbnails < min_thumbnails {
        CaseResult::Skipped(format!(
            "inconclusive: {}, at least {min_thumbnails} are needed",
            many(thumbnails, "thumbnail")
        ))
    } else if results.verdict == ReproVerdict::Inconclusive && !forbids_mixing {
        let (mixed, thumbnails) = (grouped(mixed), grouped(thumbnails));
        CaseResult::Skipped(format!("inconclusive: {mixed} of {thumbnails} thumbnails are mixed"))
    } else {
        CaseResult::Passed
    }
}
