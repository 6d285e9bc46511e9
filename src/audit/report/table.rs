//! Reports an audit as text for the terminal: a line per step, the findings, and the verdict.

use std::fmt::Write;

use super::headline::{describe_load, how_often, percent, step_share, verdict_word};
use super::record_notes::record_notes;
use crate::audit::{
    AuditPlan, AuditResults, AuditVerdict, Coverage, FailureReason, Finding, LoadModel, MixKind,
    ProbeResult, StepStats, TestPhotos, UploadStats,
};
use crate::output::terminal::{GREEN, PLAIN, RED, YELLOW, grouped, many, plain, width, wrap};

/// Upper bound of the auditor's own lateness that is not worth a note, in milliseconds.
const MAX_QUIET_LATENESS_MS: f64 = 5.0;

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
        text += "      load  conversions  repeated  mixed    per s   p99 ms  in flight  share\n";
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
        let kinds =
            kinds.map(|(kind, count)| format!("{} × {}", grouped(count), kind.description()));
        let kinds = format!("In all: {}.", kinds.collect::<Vec<_>>().join("; "));
        text += &format!("{}\n\n", wrap(&kinds, columns));
    }
    for note in notes(results) {
        text += &format!("{}\n", wrap(&note, columns));
    }
    let colour = match results.verdict {
        AuditVerdict::Clean if stats.kinds.is_empty() => GREEN,
        AuditVerdict::Clean => YELLOW,
        AuditVerdict::Mixed => RED,
        AuditVerdict::Inconclusive | AuditVerdict::Unreachable => YELLOW,
    };
    if let Some(causes) = &results.causes {
        for sentence in causes.sentences(stats) {
            text += &format!("{}\n", wrap(&sentence, columns));
        }
        let commands: String = causes.commands.iter().map(|c| format!("  {c}\n")).collect();
        if !commands.is_empty() {
            text += "Send these two again, with your secrets in place of names in braces:\n";
            text += &commands;
        }
    }
    let verdict = format!("{}: {}", verdict_word(results), explain_verdict(results));
    text += &format!("\n{colour}{}{PLAIN}\n", wrap(&verdict, columns));
    text
}

fn line(text: &mut String, step: &StepStats) {
    let colour = if step.mixed > 0 { RED } else { GREEN };
    let _ = writeln!(
        text,
        "{:>10}  {:>11}  {:>8}  {colour}{:>5}{PLAIN}  {:>7}  {:>7.1}  {:>9}  {}",
        describe_load(step.load),
        grouped(step.conversions),
        grouped(step.repeated),
        grouped(step.mixed),
        grouped(format!("{:.0}", step.per_second())),
        step.latency_ms(0.99),
        if step.max_in_flight == 0 { "?".into() } else { format!("{:.1}", step.mean_in_flight()) },
        step_share(step)
    );
}

/// Formats a number of requests in flight. It is 0 if the records of a load have no times.
pub(super) fn describe_in_flight(in_flight: usize) -> String {
    if in_flight == 0 { "?".to_owned() } else { grouped(in_flight) }
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
    notes.extend(load_notes(results));
    if stats.failures.all() > 0 {
        let reasons = stats.failures.by_name().into_iter().filter(|(_, count)| *count > 0);
        let reasons: Vec<_> = reasons
            .map(|(name, count)| format!("{} {}", grouped(count), name.replace('_', " ")))
            .collect();
        notes.push(format!(
            "{} of {} failed: {}.",
            grouped(stats.failures.all()),
            many(stats.requests, "request"),
            reasons.join(", ")
        ));
    }
    notes.extend(stats.failure_reasons.get().iter().take(MAX_LISTED).map(describe_failure));
    if stats.unknown > 0 {
        let answers = many(stats.unknown, "answer");
        notes.push(format!("The watermarks of {answers} could not be read."));
    }
    notes.push(format!(
        "Truncated photos: {}.",
        match results.truncated {
            ProbeResult::NotApplicable => "not applicable, the target accepts none".to_owned(),
            ProbeResult::NotRun => "not requested".to_owned(),
            ProbeResult::Passed => truncated(results),
            ProbeResult::Violated => format!(
                "the missing rows are filled with another person's, also with one request in \
                 flight; in {} of {} under load",
                grouped(stats.truncated_mixed),
                many(stats.truncated, "answer")
            ),
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

/// Says what answers for truncated photos showed, if their missing rows are not to blame.
fn truncated(results: &AuditResults) -> String {
    let stats = &results.stats;
    let answers = many(stats.truncated, "answer");
    if stats.truncated_mixed == 0 {
        return format!("no other person's rows in {answers}");
    }
    let alone = results.causes.as_ref().map(|causes| causes.truncated_alone).unwrap_or_default();
    let cause = match alone.mixed {
        0 if alone.answers > 0 => ": so the load mixes them, and not the missing rows",
        _ => "",
    };
    format!(
        "another person's photo in {} of {answers} under load, and in {} of {} alone{cause}",
        grouped(stats.truncated_mixed),
        alone.mixed,
        alone.answers
    )
}

/// Describes a reason for which requests came to nothing.
fn describe_failure(failure: &FailureReason) -> String {
    let FailureReason { reason, count, url, body, at_seconds, .. } = failure;
    let mut text = format!("{count} × {}, first after {at_seconds:.1} s", plain(reason));
    if !url.is_empty() {
        text += &format!(" for {url}");
    }
    if !body.is_empty() {
        text += &format!(": {}", plain(body));
    }
    text
}

/// Lists notes on the work of the load, and on the steps that were not reached.
fn load_notes(results: &AuditResults) -> Vec<String> {
    let stats = &results.stats;
    let mut notes = Vec::new();
    let uploads: Vec<&UploadStats> = stats.steps.iter().map(|step| &step.uploads).collect();
    let sum = |count: fn(&UploadStats) -> u64| uploads.iter().map(|step| count(step)).sum::<u64>();
    let accepted = sum(|uploads| uploads.accepted);
    if sum(UploadStats::all) > 0 {
        let mut note = format!(
            "Uploads during the load, as many at once as the step has: {} accepted",
            grouped(accepted)
        );
        for (count, what) in [
            (sum(|uploads| uploads.refused), "refused"),
            (sum(|uploads| uploads.shed), "shed"),
            (sum(|uploads| uploads.failed), "failed"),
        ] {
            if count > 0 {
                note += &format!(", {} {what}", grouped(count));
            }
        }
        if let Some(reason) = uploads.iter().find_map(|uploads| uploads.first_reason.as_ref()) {
            note += &format!(" (the first: {})", plain(reason));
        }
        notes.push(format!("{note}."));
    }
    if stats.collided_uploads > 0 {
        notes.push(format!(
            "{} of whole photos refused among other uploads, and accepted alone.",
            many(stats.collided_uploads, "upload")
        ));
    }
    if stats.hung_up > 0 {
        notes.push(format!(
            "Given up by the audit, as planned: {}.",
            many(stats.hung_up, "request")
        ));
    }
    for step in stats.steps.iter().filter(|step| step.requests > 0) {
        let late_ms = step.own_lateness.value_at_quantile(0.99) as f64 / 1e3;
        if late_ms > MAX_QUIET_LATENESS_MS {
            notes.push(format!(
                "At {} the auditor itself sent 1 request in 100 more than {late_ms:.0} ms late.",
                step.load
            ));
        }
        if let Some(limit) = step.limit() {
            notes.push(format!(
                "Warning: {} was not reached. The mean in flight was {:.1}, because {limit}. The \
                 verdict claims nothing for this step.",
                step.load,
                step.mean_in_flight()
            ));
        }
    }
    notes
}

/// Explains the verdict in a sentence.
pub(super) fn explain_verdict(results: &AuditResults) -> String {
    match results.verdict {
        AuditVerdict::Mixed => {
            let reasons = results.reasons.iter().map(|reason| format!(" Also {reason}."));
            how_often(results) + &reasons.collect::<String>()
        }
        AuditVerdict::Clean => format!(
            "0 of {} at {}, with 95 % confidence. {}.",
            many(results.claimed_conversions, "conversion"),
            describe_claimed(results),
            describe_coverage(&results.coverage)
        ),
        AuditVerdict::Inconclusive | AuditVerdict::Unreachable => {
            format!("{}.", results.reasons.join("; "))
        }
    }
}

/// Lists the steps that the verdict covers.
fn describe_claimed(results: &AuditResults) -> String {
    let steps = results.claimed_steps.iter().map(|&step| results.stats.steps[step].load);
    let closed = steps.clone().filter_map(|load| match load {
        LoadModel::Closed(in_flight) => Some(in_flight.to_string()),
        LoadModel::Open(_) | LoadModel::Recorded(_) => None,
    });
    let closed: Vec<String> = closed.collect();
    if closed.len() == results.claimed_steps.len() {
        return format!("{} at once", closed.join(", "));
    }
    steps.map(|load| load.to_string()).collect::<Vec<_>>().join(", ")
}

/// Describes the bound of each kind of mix, and the kinds that are not visible.
pub(super) fn describe_coverage(coverage: &[Coverage]) -> String {
    let mut parts = Vec::new();
    for Coverage { kind, smallest, bound, .. } in coverage {
        let Some(bound) = bound else { continue };
        let from = match (kind, smallest) {
            (MixKind::Blends, Some(percent)) => format!(" from {percent} %"),
            (_, Some(rows)) => format!(" from {}", many(rows, "row")),
            (_, None) => String::new(),
        };
        parts.push(format!("{kind}{from}: at most {}", percent(*bound)));
    }
    parts.extend(describe_hidden(coverage));
    parts.join("; ")
}

/// Describes the kinds of mixes that are not visible, if there are any.
pub(super) fn describe_hidden(coverage: &[Coverage]) -> Option<String> {
    let hidden = coverage.iter().filter(|coverage| !coverage.is_visible());
    let hidden = hidden.map(|Coverage { kind, smallest, .. }| match (kind, smallest) {
        (MixKind::Blends, Some(percent)) => format!("{kind} below {percent} %"),
        (MixKind::Rows, Some(rows)) => format!("{kind}, fewer than {rows}"),
        _ => kind.to_string(),
    });
    let hidden: Vec<String> = hidden.collect();
    (!hidden.is_empty()).then(|| format!("{}: not visible at this size", hidden.join(" and ")))
}
