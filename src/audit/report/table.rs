//! Reports an audit as text for the terminal: a line per step, the findings, and the verdict.

use std::fmt::Write;

use super::record_notes::record_notes;
use crate::audit::{
    AuditPlan, AuditResults, AuditVerdict, Finding, LoadModel, ProbeResult, StepStats, TestPhotos,
};
use crate::output::terminal::{GREEN, PLAIN, RED, YELLOW, many, plain, width, wrap};

/// Upper bound of the findings that are listed.
const MAX_LISTED: usize = 8;

/// Writes the table and the verdict, with ANSI colour.
pub fn table(plan: &AuditPlan, results: &AuditResults) -> String {
    let AuditResults { stats, photos, .. } = results;
    let mut text = format!(
        "{} · {} photos of {} people · {} · seed {}\n\n",
        plain(&plan.target.name),
        photos.whole(),
        plan.target.photos.people,
        plan.target.thumbnail.sizes,
        plan.seed
    );
    if stats.requests > 0 {
        text += "      load  requests  answers  mixed    per s   p50 ms   p99 ms  in flight\n";
        for step in stats.steps.iter().filter(|step| step.requests > 0) {
            line(&mut text, step);
        }
        text.push('\n');
    }
    let columns = width();
    for finding in stats.findings.iter().take(MAX_LISTED) {
        let colour = if finding.evidence.kind.is_mixing() { RED } else { YELLOW };
        let finding = wrap(&describe_finding(finding, photos), columns - 2);
        let _ = writeln!(text, "{colour}{}{PLAIN}", finding.replace('\n', "\n  "));
    }
    if !stats.kinds.is_empty() {
        let kinds = stats.kinds.iter();
        let kinds = kinds.map(|(kind, count)| format!("{count} × {}", kind.description()));
        let kinds = format!("In all: {}.", kinds.collect::<Vec<_>>().join("; "));
        text += &format!("{}\n\n", wrap(&kinds, columns));
    }
    for note in notes(results) {
        text += &format!("{}\n", wrap(&note, columns));
    }
    let colour = match results.verdict {
        AuditVerdict::Clean => GREEN,
        AuditVerdict::Mixed => RED,
        AuditVerdict::Inconclusive | AuditVerdict::Unreachable => YELLOW,
    };
    let verdict = format!("{}: {}", results.verdict, explain_verdict(results));
    text += &format!("\n{colour}{}{PLAIN}\n", wrap(&verdict, columns));
    text
}

fn line(text: &mut String, step: &StepStats) {
    let colour = if step.mixed > 0 { RED } else { GREEN };
    let _ = writeln!(
        text,
        "{:>10}  {:>8}  {:>7}  {colour}{:>5}{PLAIN}  {:>7.0}  {:>7.1}  {:>7.1}  {:>9}",
        describe_load(step.load),
        step.requests,
        step.answers,
        step.mixed,
        step.per_second(),
        step.latency_ms(0.5),
        step.latency_ms(0.99),
        describe_in_flight(step.max_in_flight)
    );
}

/// Describes a load model in a word or two.
pub(super) fn describe_load(load: LoadModel) -> String {
    match load {
        LoadModel::Closed(in_flight) => format!("{in_flight} at once"),
        LoadModel::Open(rate) => format!("{rate}/s"),
        LoadModel::Recorded(step) => format!("step {step}"),
    }
}

/// Formats a number of requests in flight. It is 0 if the records of a load have no times.
pub(super) fn describe_in_flight(in_flight: usize) -> String {
    if in_flight == 0 { "?".to_owned() } else { in_flight.to_string() }
}

/// Describes a finding in a sentence.
pub(super) fn describe_finding(finding: &Finding, photos: &TestPhotos) -> String {
    let Finding { evidence, request, in_flight, .. } = finding;
    let rows = match evidence.rows.len() {
        1 => format!("row {}", evidence.rows.start),
        _ => format!("rows {} to {}", evidence.rows.start, evidence.rows.end.saturating_sub(1)),
    };
    let requested = photos.describe(request.photo);
    let mut text = format!("{}: requested {requested}", evidence.kind.description());
    match evidence.photo {
        Some(photo) if photo != request.photo => {
            text += &format!("; {rows} show {}", photos.describe(photo));
        }
        Some(_) => {}
        None => text += &format!("; {rows} show a photo that this audit does not know"),
    }
    if evidence.kind.is_mixing() {
        if evidence.share < 1.0 {
            text += &format!(", with a share of {:.0} %", evidence.share * 100.0);
        }
        text += &format!(" ({})", evidence.planes);
    }
    text + &format!("; {} px, {} in flight", request.size, describe_in_flight(*in_flight))
}

/// Lists notes on failures, unread answers and the two probes.
pub(super) fn notes(results: &AuditResults) -> Vec<String> {
    let stats = &results.stats;
    let mut notes = results.notes.clone();
    if results.interrupted {
        notes.push("Interrupted: these are the results so far.".to_owned());
    }
    if let Some(counts) = &results.records {
        notes.extend(record_notes(counts, results.photos.whole()));
    }
    if stats.failures.all() > 0 {
        let reasons = stats.failures.by_name().into_iter().filter(|(_, count)| *count > 0);
        let reasons: Vec<_> =
            reasons.map(|(name, count)| format!("{count} {}", name.replace('_', " "))).collect();
        notes.push(format!(
            "{} of {} failed: {}.",
            stats.failures.all(),
            many(stats.requests, "request"),
            reasons.join(", ")
        ));
    }
    if stats.unknown > 0 {
        let answers = many(stats.unknown, "answer");
        notes.push(format!("The watermarks of {answers} could not be read."));
    }
    notes.push(format!(
        "Truncated photos: {}.",
        match results.truncated {
            ProbeResult::NotApplicable => "not applicable, the target accepts none".to_owned(),
            ProbeResult::NotRun => "not requested".to_owned(),
            ProbeResult::Passed =>
                format!("no other person's rows in {}", many(stats.truncated, "answer")),
            ProbeResult::Violated => "filled with another person's rows".to_owned(),
        }
    ));
    notes.push(format!(
        "A stranger's token: {}.",
        match results.stranger {
            ProbeResult::NotApplicable => "not applicable, the target has no tokens",
            ProbeResult::NotRun => "not tried",
            ProbeResult::Passed => "gives access to no thumbnail",
            ProbeResult::Violated => "gives access to other people's thumbnails",
        }
    ));
    notes
}

/// Explains the verdict in a sentence.
pub(super) fn explain_verdict(results: &AuditResults) -> String {
    let stats = &results.stats;
    match results.verdict {
        AuditVerdict::Mixed => format!(
            "{} of {} show another person's photo.",
            stats.mixed,
            many(stats.answers + stats.truncated, "answer")
        ),
        AuditVerdict::Clean => format!(
            "0 of {}: at most {} with 95 % confidence.",
            many(stats.read, "answer"),
            percent(results.bound.unwrap_or(1.0))
        ),
        AuditVerdict::Inconclusive | AuditVerdict::Unreachable => {
            format!("{}.", results.reasons.join("; "))
        }
    }
}

/// Formats a share in percent with two significant digits.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let digits = if percent >= 10.0 { 0 } else { (1.0 - percent.log10().floor()) as usize };
    format!("{percent:.digits$} %")
}

#[test]
fn a_percentage_has_two_significant_digits() {
    let shares = [0.95, 0.099_6, 0.009_94, 1.497e-4, 2.9e-6].map(percent);
    assert_eq!(shares, ["95 %", "10.0 %", "0.99 %", "0.015 %", "0.00029 %"]);
}
