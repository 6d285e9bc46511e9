//! Reports an audit as one HTML page: who was shown whose photo, how often, under which load, and
//! the pictures that show it.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::headline::{describe_load, headline, main_finding, step_share, verdict_word};
use super::load_chart::load_chart;
use super::pictures::{Pictures, person};
use super::table::{describe_finding, describe_hidden, describe_in_flight, explain_verdict, notes};
use crate::audit::{AuditPlan, AuditResults, AuditVerdict, Finding, FindingKind, StepStats};
use crate::output::figure::MAX_PICTURE_BYTES;
use crate::output::html::{self, section};
use crate::output::terminal::grouped;

const STYLE: &str = include_str!("page.css");

/// Writes the page. Like every page of this program it runs no script and loads no file.
pub fn page(plan: &AuditPlan, results: &AuditResults, command: &str) -> String {
    let title = format!("double-exposure audit: {}", results.verdict);
    let skip = ("#found", "Skip to the findings");
    html::page(&title, STYLE, skip, &opening(plan, results), &sections(plan, results, command))
}

fn opening(plan: &AuditPlan, results: &AuditResults) -> Markup {
    let is_mixed = results.verdict == AuditVerdict::Mixed;
    html! {
        h1 { (headline(results)) }
        p.lead {
            b.verdict { (verdict_word(results)) } " "
            (explain_verdict(results))
        }
        @if is_mixed && let Some(finding) = main_finding(results) {
            p { (circumstances(finding, results)) }
            (Pictures::new(results, finding).show(results))
            p {
                "How sure: each row of a photo carries the number of its photo with a checksum. A "
                "person is named only if every part of the number agrees, and never for a single "
                "row of a single answer."
            }
        }
        dl.facts-list {
            dt { "target" } dd { (plan.target.name) ", " (plan.target.base.to_string()) }
            @if let Some(server) = &results.stats.server { dt { "server" } dd { (server) } }
            dt { "request" } dd { code { (request(plan)) } }
            dt { "sent" } dd {
                (grouped(results.stats.requests)) " requests for "
                (plan.target.thumbnail.sizes) " of " (results.photos.whole()) " photos of "
                (plan.target.photos.people) " invented people, in "
                (format!("{:.1}", results.elapsed.as_secs_f64())) " s"
            }
            @if let Some(date) = date(results) { dt { "when" } dd { (date) } }
            dt { "by" } dd { "double-exposure " (env!("CARGO_PKG_VERSION")) ", seed " (plan.seed) }
        }
    }
}

/// Says when the main finding happened.
fn circumstances(finding: &Finding, results: &AuditResults) -> String {
    let step = &results.stats.steps[finding.step];
    format!(
        "It happened {:.1} s after the load began, with {} in flight ({}), at {} px.",
        finding.at.end.as_secs_f64(),
        describe_in_flight(finding.in_flight),
        describe_load(step.load),
        finding.request.size
    )
}

/// Writes the request for a thumbnail as the target's file has it. Secrets stay names.
fn request(plan: &AuditPlan) -> String {
    let request = &plan.target.thumbnail.request;
    format!("{} {:?}", request.method, request.path)
}

/// Writes the time at which the audit began in UTC, to the second.
pub(super) fn date(results: &AuditResults) -> Option<String> {
    let seconds = results.began?.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
    Some(jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?.to_string())
}

fn sections(plan: &AuditPlan, results: &AuditResults, command: &str) -> Markup {
    html! {
        (section("load", "How often, under which load", &html! {
            (steps(results))
            (load_chart(results))
        }))
        @if let Some(causes) = &results.causes {
            (section("causes", "What it depends on", &html! {
                ul { @for sentence in causes.sentences(&results.stats) { li { (sentence) } } }
                @if !causes.commands.is_empty() {
                    p { "Two requests to send again: the one with the wrong answer, and the one "
                        "for the photo that was shown. Put your secrets in place of names in "
                        "braces." }
                    pre tabindex="0" { code {
                        @for command in &causes.commands { (command) "\n" }
                    } }
                }
            }))
        }
        (section("found", "Findings", &html! {
            (kinds(results))
            (legend(plan))
            (groups(results))
        }))
        (section("beside", "Notes", &html! {
            ul { @for note in notes(results) { li { (note) } } }
        }))
        (section("again", "Run it again", &html! { pre tabindex="0" { code { (command) } } }))
        (section("not-claimed", "What this does not claim", &html! {
            ul {
                li {
                    "An audit without findings does not prove that the service mixes no photos. "
                    i { "n" } " clean conversions bound the share of mixed ones under such a load: "
                    "at most 3/" i { "n" } ", with 95 % confidence."
                }
                @if let Some(hidden) = describe_hidden(&results.coverage) { li { (hidden) "." } }
                li {
                    "An answer whose watermark could not be read says nothing about its owner."
                }
            }
        }))
    }
}

fn steps(results: &AuditResults) -> Markup {
    let ms = |ms: f64| grouped(format!("{ms:.1}"));
    let cells = |step: &StepStats| {
        [
            ("requests", grouped(step.requests)),
            ("answers", grouped(step.answers)),
            ("conversions", grouped(step.conversions)),
            ("repeated", grouped(step.repeated)),
            ("mixed", grouped(step.mixed)),
            ("share, 95 % sure", step_share(step)),
            ("per second", grouped(format!("{:.0}", step.per_second()))),
            ("p50, ms", ms(step.latency_ms(0.5))),
            ("p99, ms", ms(step.latency_ms(0.99))),
            ("p99 corrected, ms", ms(step.p99_corrected_ms())),
            ("in flight, at most", describe_in_flight(step.max_in_flight)),
            ("mean in flight", mean_in_flight(step)),
            ("reached", if step.is_reached() { "yes" } else { "no" }.to_owned()),
        ]
    };
    let Some(first) = results.stats.steps.first() else { return html! {} };
    html! {
        table.counts.stacked {
            caption { "Steps of the load" }
            thead { tr {
                th scope="col" { "load" }
                @for (name, _) in cells(first) { th scope="col" { (name) } }
            } }
            tbody {
                @for step in &results.stats.steps { tr.mixed[step.mixed > 0] {
                    th scope="row" { (describe_load(step.load)) }
                    @for (name, value) in cells(step) { td data-name=(name) { (value) } }
                } }
            }
        }
    }
}

/// Returns the mean number of requests in flight, which records without times do not tell.
fn mean_in_flight(step: &StepStats) -> String {
    if step.max_in_flight == 0 { "?".to_owned() } else { format!("{:.1}", step.mean_in_flight()) }
}

fn kinds(results: &AuditResults) -> Markup {
    if results.stats.kinds.is_empty() {
        return html! { p { "No findings." } };
    }
    let rows = html! {
        @for (kind, count) in &results.stats.kinds { tr.mixed[kind.is_mixing()] {
            th scope="row" { (kind.description()) }
            td data-name="mixing" { (if kind.is_mixing() { "yes" } else { "no" }) }
            td data-name="answers" { (grouped(count)) }
        } }
    };
    let caption = Some("Answers by kind of finding");
    html::table("counts stacked", caption, &["kind", "mixing", "answers"], &rows)
}

/// Shows the colour of each person's photos.
fn legend(plan: &AuditPlan) -> Markup {
    html! {
        p { "The photos of each person have a colour of their own:" }
        ul.legend { @for owner in 0..plan.target.photos.people { li { (person(owner)) } } }
    }
}

/// Shows the findings by kind and step, mixing first.
fn groups(results: &AuditResults) -> Markup {
    let in_headers = |kind| matches!(kind, FindingKind::Public | FindingKind::NoValidator);
    let mut bytes = 0;
    let mut groups: BTreeMap<(bool, FindingKind, usize), Vec<Pictures<'_>>> = BTreeMap::new();
    let mut left_out = 0;
    for finding in results.stats.findings.iter().filter(|f| !in_headers(f.evidence.kind)) {
        if bytes >= MAX_PICTURE_BYTES {
            left_out += 1;
            continue;
        }
        let pictures = Pictures::new(results, finding);
        bytes += pictures.bytes();
        let kind = finding.evidence.kind;
        groups.entry((!kind.is_mixing(), kind, finding.step)).or_default().push(pictures);
    }
    html! {
        @for ((_, kind, step), group) in &groups {
            h3 {
                (kind.description()) ", " (describe_load(results.stats.steps[*step].load)) ": "
                (group.len()) " shown"
            }
            div.cards { @for pictures in group { (card(pictures, results)) } }
        }
        @if left_out > 0 {
            p { (left_out) " more findings are in the folder of the report, as pictures." }
        }
    }
}

fn card(pictures: &Pictures<'_>, results: &AuditResults) -> Markup {
    html! {
        div.card {
            p { (describe_finding(pictures.finding(), &results.photos)) }
            (pictures.show(results))
        }
    }
}
