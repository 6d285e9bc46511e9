//! An audit in Markdown, for the summary of a step in CI.

use std::fmt::Write;

use super::table::{drive, in_words, meaning, told};
use crate::audit::{AuditPlan, AuditResults, AuditVerdict};

/// How many findings are listed.
const LISTED: usize = 10;

/// The summary: verdict, steps, findings. It holds no picture.
pub fn markdown(plan: &AuditPlan, findings: &AuditResults) -> String {
    let sign = match findings.verdict {
        AuditVerdict::Clean => "✅",
        AuditVerdict::Mixed => "❌",
        AuditVerdict::Inconclusive | AuditVerdict::Unreachable => "⚠️",
    };
    let mut text = format!(
        "### {sign} double-exposure audit of {}: {}\n\n{}\n\n",
        escaped(&plan.target.name),
        findings.verdict,
        escaped(&meaning(findings))
    );
    let tally = &findings.tally;
    if tally.asked > 0 {
        text += "| load | asked | answers | mixed | per second | p99, ms |\n";
        text += "|---|---:|---:|---:|---:|---:|\n";
        for stage in tally.stages.iter().filter(|stage| stage.asked > 0) {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {:.0} | {:.1} |",
                drive(stage.drive),
                stage.asked,
                stage.answers,
                stage.mixed,
                stage.per_second(),
                stage.latency.value_at_quantile(0.99) as f64 / 1e3
            );
        }
        text.push('\n');
    }
    for finding in tally.findings.iter().take(LISTED) {
        let strong = if finding.kind.is_mixing() { "**" } else { "" };
        let words = escaped(&in_words(finding, &findings.subjects));
        let _ = writeln!(text, "- {strong}{words}{strong}");
    }
    if tally.findings.len() > LISTED {
        let _ = writeln!(text, "- … {} more in the report", tally.findings.len() - LISTED);
    }
    for told in told(findings) {
        let _ = writeln!(text, "\n{}", escaped(&told));
    }
    text.push('\n');
    text
}

/// What Markdown would take for its own stands for itself.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        if "\\`*_[]<>|#".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
