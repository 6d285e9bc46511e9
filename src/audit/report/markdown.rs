//! Reports an audit in Markdown, for the summary of a CI step.

use std::fmt::Write;

use super::headline::{describe_load, headline, step_share, verdict_word};
use super::table::{describe_finding, explain_verdict, notes};
use crate::audit::{AuditPlan, AuditResults, AuditVerdict};
use crate::output::terminal::grouped;

/// Upper bound of the findings that are listed.
const MAX_LISTED: usize = 10;

/// Writes the verdict, the steps and the findings, without images.
pub fn markdown(plan: &AuditPlan, results: &AuditResults) -> String {
    let sign = match results.verdict {
        AuditVerdict::Mixed => "❌",
        _ if !results.failed_on.is_empty() => "❌",
        AuditVerdict::Clean if results.stats.kinds.is_empty() => "✅",
        AuditVerdict::Clean => "⚠️",
        AuditVerdict::Inconclusive | AuditVerdict::Unreachable => "⚠️",
    };
    let mut text = format!(
        "### {sign} double-exposure audit of {}: {}\n\n{}\n\n{}: {}\n\n",
        escaped(&plan.target.name),
        results.verdict,
        escaped(&headline(results)),
        escaped(&verdict_word(results)),
        escaped(&explain_verdict(results))
    );
    let stats = &results.stats;
    if stats.requests > 0 {
        text += "| load | requests | answers | conversions | repeated | mixed | share ";
        text += "| per second | p99, ms |\n";
        text += "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
        for step in stats.steps.iter().filter(|step| step.requests > 0) {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} | {} | {:.0} | {:.1} |",
                describe_load(step.load),
                grouped(step.requests),
                grouped(step.answers),
                grouped(step.conversions),
                grouped(step.repeated),
                grouped(step.mixed),
                step_share(step),
                step.per_second(),
                step.latency_ms(0.99)
            );
        }
        text.push('\n');
    }
    for finding in stats.findings.iter().take(MAX_LISTED) {
        let strong = if finding.evidence.kind.is_mixing() { "**" } else { "" };
        let words = escaped(&describe_finding(finding, &results.photos));
        let _ = writeln!(text, "- {strong}{words}{strong}");
    }
    if stats.findings.len() > MAX_LISTED {
        let _ = writeln!(text, "- … {} more in the report", stats.findings.len() - MAX_LISTED);
    }
    for sentence in results.causes.iter().flat_map(|causes| causes.sentences(stats)) {
        let _ = writeln!(text, "\n{}", escaped(&sentence));
    }
    for note in notes(results) {
        let _ = writeln!(text, "\n{}", escaped(&note));
    }
    text.push('\n');
    text
}

/// Escapes the characters that have a meaning in Markdown.
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
