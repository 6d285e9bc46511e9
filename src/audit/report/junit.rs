//! Reports an audit as JUnit XML: a test case per step of the load.

use super::headline::describe_load;
use super::table::explain_verdict;
use crate::audit::{AuditPlan, AuditResults, AuditVerdict, StepStats};
use crate::output::junit::{Case, CaseResult, Suite};

/// Writes one suite with a case per step. Findings that are not mixing are properties.
///
/// A case fails if an answer of its step is mixed. A case of an audit without a verdict is skipped
/// and never passes.
pub fn junit(plan: &AuditPlan, results: &AuditResults) -> Vec<u8> {
    let stats = &results.stats;
    let mut properties = vec![
        ("target".to_owned(), plain(&plan.target.name)),
        ("verdict".to_owned(), results.verdict.to_string()),
        ("seed".to_owned(), plan.seed.to_string()),
        ("read".to_owned(), stats.read.to_string()),
        ("unknown".to_owned(), stats.unknown.to_string()),
    ];
    if let Some(bound) = results.bound {
        properties.push(("bound".to_owned(), bound.to_string()));
    }
    for (kind, count) in stats.kinds.iter().filter(|(kind, _)| !kind.is_mixing()) {
        properties.push((kind.description().to_owned(), count.to_string()));
    }
    let cases = stats.steps.iter().map(|step| Case {
        name: describe_load(step.load),
        class: "audit".to_owned(),
        time: step.seconds(),
        result: case_result(results, step),
    });
    let failed_on = results.failed_on.iter().map(|kind| Case {
        name: kind.description().to_owned(),
        class: "audit".to_owned(),
        time: 0.0,
        result: CaseResult::Failure(format!(
            "{} answers; --fail-on names this kind",
            stats.kinds.get(kind).copied().unwrap_or_default()
        )),
    });
    let cases = cases.chain(failed_on).collect();
    Suite { name: "double-exposure audit", properties, cases }.to_xml()
}

fn case_result(results: &AuditResults, step: &StepStats) -> CaseResult {
    if step.mixed > 0 {
        return CaseResult::Failure(format!(
            "{} of {} answers show another person's photo",
            step.mixed, step.answers
        ));
    }
    match results.verdict {
        _ if step.requests == 0 => CaseResult::Skipped("not run".to_owned()),
        _ if !step.is_reached() => {
            CaseResult::Skipped("not reached, because the auditor was the limit".to_owned())
        }
        AuditVerdict::Clean | AuditVerdict::Mixed => CaseResult::Passed,
        AuditVerdict::Inconclusive | AuditVerdict::Unreachable => {
            CaseResult::Skipped(explain_verdict(results))
        }
    }
}

/// Removes the control characters, which XML forbids.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).collect()
}
