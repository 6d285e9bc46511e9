//! An audit as JUnit XML, for CI: a test case per step of the load.

use super::table::{drive, meaning};
use crate::audit::{AuditPlan, AuditResults, AuditVerdict, StepStats};
use crate::output::junit::{Case, CaseResult, Suite};

/// The document: one suite, a case per step, what was found beside mixing as properties.
///
/// A case fails if somebody else was in an answer, and is skipped, never passed, where the audit
/// has no verdict.
pub fn junit(plan: &AuditPlan, findings: &AuditResults) -> Vec<u8> {
    let tally = &findings.tally;
    let mut properties = vec![
        ("target".to_owned(), plain(&plan.target.name)),
        ("verdict".to_owned(), findings.verdict.to_string()),
        ("seed".to_owned(), plan.seed.to_string()),
        ("read".to_owned(), tally.read.to_string()),
        ("unknown".to_owned(), tally.unknown.to_string()),
    ];
    if let Some(bound) = findings.bound {
        properties.push(("bound".to_owned(), bound.to_string()));
    }
    for (kind, count) in tally.kinds.iter().filter(|(kind, _)| !kind.is_mixing()) {
        properties.push((kind.words().to_owned(), count.to_string()));
    }
    let cases = tally.stages.iter().map(|stage| Case {
        name: drive(stage.drive),
        class: "audit".to_owned(),
        time: stage.span.as_ref().map_or(0.0, |span| (span.end - span.start).as_secs_f64()),
        result: says(findings, stage),
    });
    let cases = cases.collect();
    Suite { name: "double-exposure audit", properties, cases }.to_xml()
}

fn says(findings: &AuditResults, stage: &StepStats) -> CaseResult {
    if stage.mixed > 0 {
        return CaseResult::Failure(format!(
            "{} of {} answers show somebody else's photo",
            stage.mixed, stage.answers
        ));
    }
    match findings.verdict {
        _ if stage.asked == 0 => CaseResult::Skipped("not made".to_owned()),
        AuditVerdict::Clean | AuditVerdict::Mixed => CaseResult::Passed,
        AuditVerdict::Inconclusive | AuditVerdict::Unreachable => {
            CaseResult::Skipped(meaning(findings))
        }
    }
}

/// A name without what XML forbids.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).collect()
}
