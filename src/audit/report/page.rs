//! Reports an audit as one HTML page: the verdict, the load with its mixed answers, and the images
//! of the findings.

use bytes::Bytes;
use maud::{Markup, html};

use super::load_chart::load_chart;
use super::table::{describe_finding, describe_in_flight, describe_load, explain_verdict, notes};
use crate::audit::{AuditPlan, AuditResults, AuditVerdict, Finding, FindingKind};
use crate::codec;
use crate::output::figure::{self, MAX_PICTURE_BYTES, Rows};
use crate::output::html::{self, section, table, wide};

/// Writes the page. Like every page of this program it runs no script and loads no file.
pub fn page(plan: &AuditPlan, results: &AuditResults, command: &str) -> String {
    let title = format!("double-exposure audit: {}", results.verdict);
    let skip = ("#found", "Skip to the findings");
    html::page(&title, "", skip, &opening(plan, results), &sections(results, command))
}

fn opening(plan: &AuditPlan, results: &AuditResults) -> Markup {
    let headline = match results.verdict {
        AuditVerdict::Mixed => "Thumbnails showed other people’s photos.",
        AuditVerdict::Clean => "No thumbnail showed another person’s photo.",
        AuditVerdict::Inconclusive => "Too few answers were read for a verdict.",
        AuditVerdict::Unreachable => "The service could not be reached.",
    };
    html! {
        h1 { (headline) }
        p { b.verdict { (results.verdict) } ": " (explain_verdict(results)) }
        p {
            (plan.target.name) "; " (results.stats.requests) " requests for "
            (plan.target.thumbnail.sizes) " of " (results.photos.whole()) " photos of "
            (plan.target.photos.people) " invented people, in "
            (format!("{:.1}", results.elapsed.as_secs_f64())) " s."
        }
    }
}

fn sections(results: &AuditResults, command: &str) -> Markup {
    html! {
        (section("load", "The load and its mixed answers", &html! {
            (load_chart(results))
            (steps(results))
        }))
        (section("found", "Findings", &html! {
            (kinds(results))
            (contact_sheet(results))
        }))
        (section("beside", "Notes", &html! {
            ul { @for note in notes(results) { li { (note) } } }
        }))
        (section("again", "Run it again", &html! { pre tabindex="0" { code { (command) } } }))
        (section("not-claimed", "What this does not claim", &html! {
            ul {
                li {
                    "An audit without findings does not prove that the service mixes no photos. "
                    i { "n" } " clean answers bound the share of mixed answers under such a load: "
                    "at most 3/" i { "n" } ", with 95 % confidence."
                }
                li {
                    "An answer whose watermark could not be read says nothing about its owner."
                }
            }
        }))
    }
}

fn steps(results: &AuditResults) -> Markup {
    let ms = |ms: f64| format!("{ms:.1}");
    let head = [
        "load",
        "requests",
        "answers",
        "mixed",
        "per second",
        "p50, ms",
        "p99, ms",
        "p99 corrected, ms",
        "max in flight",
    ];
    let rows = html! {
        @for step in &results.stats.steps { tr.mixed[step.mixed > 0] {
            th scope="row" { (describe_load(step.load)) }
            td { (step.requests) }
            td { (step.answers) }
            td { (step.mixed) }
            td { (format!("{:.0}", step.per_second())) }
            td { (ms(step.latency_ms(0.5))) }
            td { (ms(step.latency_ms(0.99))) }
            td { (ms(step.p99_corrected_ms())) }
            td { (describe_in_flight(step.max_in_flight)) }
        } }
    };
    wide("steps", &table("counts", Some("Steps of the load"), &head, &rows))
}

fn kinds(results: &AuditResults) -> Markup {
    if results.stats.kinds.is_empty() {
        return html! { p { "No findings." } };
    }
    let rows = html! {
        @for (kind, count) in &results.stats.kinds { tr.mixed[kind.is_mixing()] {
            th scope="row" { (kind.description()) }
            td { (if kind.is_mixing() { "yes" } else { "no" }) }
            td { (count) }
        } }
    };
    let caption = Some("Answers by kind of finding");
    table("counts", caption, &["kind", "mixing", "answers"], &rows)
}

fn contact_sheet(results: &AuditResults) -> Markup {
    let in_headers = |kind| matches!(kind, FindingKind::Public | FindingKind::NoValidator);
    let mut bytes = 0;
    let findings = results.stats.findings.iter();
    let pairs: Vec<(&Finding, Option<Bytes>)> = findings
        .filter(|finding| !in_headers(finding.evidence.kind))
        .map(|finding| (finding, results.expected_image(finding)))
        .take_while(|(finding, expected)| {
            bytes += finding.image.len() + expected.as_ref().map_or(0, Bytes::len);
            bytes <= MAX_PICTURE_BYTES
        })
        .collect();
    html! {
        @if !pairs.is_empty() {
            div.sheet {
                @for (index, (finding, expected)) in pairs.iter().enumerate() {
                    (pair(index + 1, finding, expected.as_ref(), results))
                }
            }
        }
    }
}

fn pair(
    number: usize,
    finding: &Finding,
    expected: Option<&Bytes>,
    results: &AuditResults,
) -> Markup {
    let Finding { evidence, image, .. } = finding;
    let photos = &results.photos;
    let height = codec::probe(image).map_or(evidence.rows.end, |header| header.height).max(1);
    let own = photos.describe(finding.request.photo);
    let shown = evidence.photo.map_or("an unknown photo".to_owned(), |p| photos.describe(p));
    let ratio = figure::ratio(image, height);
    let (from, to) = (evidence.rows.start.min(height), evidence.rows.end.min(height));
    let is_mixing = evidence.kind.is_mixing();
    let rows = [(0..from, false, &own), (from..to, is_mixing, &shown), (to..height, false, &own)];
    let rows: Vec<Rows<'_>> = rows
        .into_iter()
        .filter(|(rows, ..)| !rows.is_empty())
        .map(|(rows, is_stranger, name)| Rows { rows, is_stranger, name })
        .collect();
    let text = describe_finding(finding, photos);
    html! {
        figure.pair {
            figcaption { b { (number) ". " } (text) }
            div.prints {
                (figure::made(image, &text, ratio, &rows))
                @if let Some(expected) = expected {
                    (figure::single("expected", expected, &format!("only {own}"), ratio))
                }
            }
        }
    }
}
