//! An audit as a person reads it at a glance: a line per step, what was found, and the verdict.

use std::fmt::Write;

use crate::audit::{
    AuditPlan, AuditResults, AuditVerdict, AuthorizationProbe, Finding, LoadModel, StepStats,
    TestPhotos,
};
use crate::output::terminal::{GREEN, PLAIN, RED, YELLOW, many, plain, width, wrap};

/// How many findings are listed.
const LISTED: usize = 8;

/// The table and the verdict, with ANSI colour.
pub fn table(plan: &AuditPlan, findings: &AuditResults) -> String {
    let AuditResults { tally, subjects, .. } = findings;
    let photos = plan.target.photos;
    let mut text = format!(
        "{} · {} photos of {} people · {} · seed {}\n\n",
        plain(&plan.target.name),
        subjects.whole(),
        photos.people,
        plan.target.thumbnail.sizes,
        plan.seed
    );
    if tally.asked > 0 {
        text += "     load   asked  answers  mixed    per s   p50 ms   p99 ms  in flight\n";
        for stage in tally.stages.iter().filter(|stage| stage.asked > 0) {
            line(&mut text, stage);
        }
        text.push('\n');
    }
    let columns = width().max(40);
    for finding in tally.findings.iter().take(LISTED) {
        let colour = if finding.kind.is_mixing() { RED } else { YELLOW };
        let lines = wrap(&in_words(finding, subjects), columns.saturating_sub(2));
        let _ = writeln!(text, "{colour}{}{PLAIN}", lines.join("\n  "));
    }
    let more: u64 = tally.kinds.values().sum::<u64>();
    if more > 0 {
        let kinds = tally.kinds.iter().map(|(kind, count)| format!("{} × {}", count, kind.words()));
        let kinds = format!("In all: {}.", kinds.collect::<Vec<_>>().join("; "));
        text += &format!("{}\n\n", wrap(&kinds, columns).join("\n"));
    }
    for told in told(findings) {
        text += &format!("{}\n", wrap(&told, columns).join("\n"));
    }
    let colour = match findings.verdict {
        AuditVerdict::Clean => GREEN,
        AuditVerdict::Mixed => RED,
        AuditVerdict::Inconclusive | AuditVerdict::Unreachable => YELLOW,
    };
    let verdict = format!("{}: {}", findings.verdict, meaning(findings));
    text += &format!("\n{colour}{}{PLAIN}\n", wrap(&verdict, columns).join("\n"));
    text
}

fn line(text: &mut String, stage: &StepStats) {
    let colour = if stage.mixed > 0 { RED } else { GREEN };
    let ms = |quantile| stage.latency.value_at_quantile(quantile) as f64 / 1e3;
    let _ = writeln!(
        text,
        "{:>9}  {:>6}  {:>7}  {colour}{:>5}{PLAIN}  {:>7.0}  {:>7.1}  {:>7.1}  {:>9}",
        drive(stage.drive),
        stage.asked,
        stage.answers,
        stage.mixed,
        stage.per_second(),
        ms(0.5),
        ms(0.99),
        stage.most_in_flight
    );
}

/// A step in a word or two.
pub(super) fn drive(drive: LoadModel) -> String {
    match drive {
        LoadModel::Closed(in_flight) => format!("{in_flight} at once"),
        LoadModel::Open(rate) => format!("{rate}/s"),
    }
}

/// A finding in a sentence.
pub(super) fn in_words(finding: &Finding, subjects: &TestPhotos) -> String {
    let asked = subjects.name(finding.asked);
    let rows = match finding.rows.len() {
        1 => format!("row {}", finding.rows.start),
        _ => format!("rows {} to {}", finding.rows.start, finding.rows.end.saturating_sub(1)),
    };
    let mut text = format!("{}: asked for {asked}", finding.kind.words());
    match finding.found {
        Some(found) if found != finding.asked => {
            text += &format!("; {rows} show {}", subjects.name(found));
        }
        Some(_) => {}
        None => text += &format!("; {rows} show nobody whom this audit knows"),
    }
    if finding.kind.is_mixing() {
        if finding.share < 1.0 {
            text += &format!(", {:.0} % of them", finding.share * 100.0);
        }
        text += &format!(" ({})", finding.planes);
    }
    text + &format!("; {} px, {} in flight", finding.size, finding.in_flight)
}

/// What else there is to know.
pub(super) fn told(findings: &AuditResults) -> Vec<String> {
    let tally = &findings.tally;
    let mut told = Vec::new();
    if findings.interrupted {
        told.push("Interrupted: this is what was seen so far.".to_owned());
    }
    if tally.failures.all() > 0 {
        let named = tally.failures.by_name().into_iter().filter(|(_, count)| *count > 0);
        let named: Vec<_> =
            named.map(|(name, count)| format!("{count} {}", name.replace('_', " "))).collect();
        told.push(format!(
            "{} of {} came to nothing: {}.",
            tally.failures.all(),
            many(tally.asked, "request"),
            named.join(", ")
        ));
    }
    if tally.unknown > 0 {
        told.push(format!("The marks of {} could not be read.", many(tally.unknown, "answer")));
    }
    told.push(format!(
        "Photos cut short: {}.",
        match findings.truncated {
            AuthorizationProbe::NotApplicable => "not applicable, the target takes none".to_owned(),
            AuthorizationProbe::NotMade => "not asked for".to_owned(),
            AuthorizationProbe::Passed =>
                format!("nobody else in {}", many(tally.truncated, "answer")),
            AuthorizationProbe::Violated => "filled with somebody else's rows".to_owned(),
        }
    ));
    told.push(format!(
        "A stranger's token: {}.",
        match findings.stranger {
            AuthorizationProbe::NotApplicable => "not applicable, there are none here",
            AuthorizationProbe::NotMade => "not tried",
            AuthorizationProbe::Passed => "opens nothing",
            AuthorizationProbe::Violated => "is shown other people's thumbnails",
        }
    ));
    told
}

/// The verdict in a sentence.
pub(super) fn meaning(findings: &AuditResults) -> String {
    let tally = &findings.tally;
    match findings.verdict {
        AuditVerdict::Mixed => format!(
            "{} of {} show somebody else's photo.",
            tally.mixed,
            many(tally.answers + tally.truncated, "answer")
        ),
        AuditVerdict::Clean => format!(
            "0 of {}: at most {} at 95 %.",
            many(tally.read, "answer"),
            bound(findings.bound.unwrap_or(1.0))
        ),
        AuditVerdict::Inconclusive | AuditVerdict::Unreachable => {
            format!("{}.", findings.reasons.join("; "))
        }
    }
}

/// A share in percent, to two digits that count.
pub fn bound(share: f64) -> String {
    let percent = share * 100.0;
    let places = if percent >= 10.0 { 0 } else { (1.0 - percent.log10().floor()) as usize };
    format!("{percent:.places$} %")
}

#[test]
fn a_bound_has_two_digits_that_count() {
    let bounds = [0.95, 0.099_6, 0.009_94, 1.497e-4, 2.9e-6].map(bound);
    assert_eq!(bounds, ["95 %", "10.0 %", "0.99 %", "0.015 %", "0.00029 %"]);
}
