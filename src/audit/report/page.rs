//! An audit as one HTML page: the verdict, the load with what was found on it, and the pictures.

use bytes::Bytes;
use maud::{Markup, html};

use super::load_chart::curve;
use super::table::{drive, in_words, meaning, told};
use crate::audit::{AuditPlan, AuditResults, AuditVerdict, Finding, FindingKind};
use crate::codec;
use crate::output::figure::{self, MAX_PICTURE_BYTES, Rows};
use crate::output::html;

/// The page. Like every page here it runs no script and loads nothing.
pub fn page(plan: &AuditPlan, findings: &AuditResults, command: &str) -> String {
    let title = format!("double-exposure audit: {}", findings.verdict);
    let skip = ("#found", "Skip to what was found");
    html::page(&title, "", skip, &opening(plan, findings), &sections(plan, findings, command))
}

fn opening(plan: &AuditPlan, findings: &AuditResults) -> Markup {
    let tally = &findings.tally;
    let claim = match findings.verdict {
        AuditVerdict::Mixed => "Somebody’s thumbnail shows somebody else’s photo.",
        AuditVerdict::Clean => "Nobody’s thumbnail showed somebody else’s photo.",
        AuditVerdict::Inconclusive => "Too little was seen to say whether people are mixed.",
        AuditVerdict::Unreachable => "The service could not be reached.",
    };
    html! {
        h1 { (claim) }
        p { b.verdict { (findings.verdict) } ": " (meaning(findings)) }
        p {
            (plan.target.name) "; " (tally.asked) " requests for "
            (plan.target.thumbnail.sizes) " of " (findings.subjects.whole()) " photos of "
            (plan.target.photos.people) " people who do not exist, in "
            (format!("{:.1}", findings.took.as_secs_f64())) " s."
        }
    }
}

fn sections(plan: &AuditPlan, findings: &AuditResults, command: &str) -> Markup {
    html! {
        section aria-labelledby="load" {
            h2 #load { "The load, and what was found on it" }
            (curve(findings))
            (steps(findings))
        }
        section aria-labelledby="found" {
            h2 #found { "What was found" }
            (kinds(findings))
            (sheet(plan, findings))
        }
        section aria-labelledby="beside" {
            h2 #beside { "What else there is to know" }
            ul { @for told in told(findings) { li { (told) } } }
        }
        section aria-labelledby="again" {
            h2 #again { "Ask again" }
            pre tabindex="0" { code { (command) } }
        }
        section aria-labelledby="not-claimed" {
            h2 #not-claimed { "What this does not claim" }
            ul {
                li {
                    "That a service without findings mixes nobody: " i { "n" } " clean answers \
                     bound the share of mixed ones, at most 3/" i { "n" } " at 95 %, under a load \
                     like this one."
                }
                li { "That an answer whose marks could not be read is anybody’s." }
            }
        }
    }
}

fn steps(findings: &AuditResults) -> Markup {
    let ms = |micros: u64| format!("{:.1}", micros as f64 / 1e3);
    html! {
        div.wide tabindex="0" role="region" aria-label="steps, scrolls sideways" {
            table.counts {
                caption { "Each step" }
                thead { tr { @for name in [
                    "load", "asked", "answers", "mixed", "per second", "p50, ms", "p99, ms",
                    "p99 with omitted, ms", "most in flight",
                ] { th scope="col" { (name) } } } }
                tbody { @for stage in &findings.tally.stages {
                    tr.mixed[stage.mixed > 0] {
                        th scope="row" { (drive(stage.drive)) }
                        td { (stage.asked) }
                        td { (stage.answers) }
                        td { (stage.mixed) }
                        td { (format!("{:.0}", stage.per_second())) }
                        td { (ms(stage.latency.value_at_quantile(0.5))) }
                        td { (ms(stage.latency.value_at_quantile(0.99))) }
                        td { (ms(stage.p99_corrected().as_micros() as u64)) }
                        td { (stage.most_in_flight) }
                    }
                } }
            }
        }
    }
}

fn kinds(findings: &AuditResults) -> Markup {
    html! {
        @if findings.tally.kinds.is_empty() {
            p { "Nothing." }
        } @else {
            table.counts {
                caption { "Answers, by what was found in them" }
                thead { tr {
                    th scope="col" { "kind" } th scope="col" { "mixing" }
                    th scope="col" { "answers" }
                } }
                tbody { @for (kind, count) in &findings.tally.kinds {
                    tr.mixed[kind.is_mixing()] {
                        th scope="row" { (kind.words()) }
                        td { (if kind.is_mixing() { "yes" } else { "no" }) }
                        td { (count) }
                    }
                } }
            }
        }
    }
}

fn sheet(plan: &AuditPlan, findings: &AuditResults) -> Markup {
    let mut bytes = 0;
    let fitting: Vec<(&Finding, Option<Bytes>)> = findings
        .tally
        .findings
        .iter()
        .filter(|finding| !matches!(finding.kind, FindingKind::Public | FindingKind::NoValidator))
        .map(|finding| (finding, findings.should_be(plan, finding)))
        .take_while(|(finding, truth)| {
            bytes += finding.picture.len() + truth.as_ref().map_or(0, Bytes::len);
            bytes <= MAX_PICTURE_BYTES
        })
        .collect();
    html! {
        @if !fitting.is_empty() {
            div.sheet {
                @for (place, (finding, truth)) in fitting.iter().enumerate() {
                    (pair(place + 1, finding, truth.as_ref(), findings))
                }
            }
        }
    }
}

fn pair(
    number: usize,
    finding: &Finding,
    truth: Option<&Bytes>,
    findings: &AuditResults,
) -> Markup {
    let subjects = &findings.subjects;
    let header = codec::inspect(&finding.picture);
    let height = header.map_or(finding.rows.end, |header| header.height).max(1);
    let own = subjects.name(finding.asked);
    let found = match finding.found {
        Some(photo) => subjects.name(photo),
        None => "nobody known".to_owned(),
    };
    let ratio = figure::ratio(&finding.picture, height);
    let (from, to) = (finding.rows.start.min(height), finding.rows.end.min(height));
    let strange = finding.kind.is_mixing();
    let rows = [(0..from, false, &own), (from..to, strange, &found), (to..height, false, &own)];
    let rows: Vec<Rows<'_>> = rows
        .into_iter()
        .filter(|(rows, ..)| !rows.is_empty())
        .map(|(rows, is_stranger, name)| Rows { rows, is_stranger, name })
        .collect();
    let words = in_words(finding, subjects);
    html! {
        figure.pair {
            figcaption { b { (number) ". " } (words) }
            div.prints {
                (figure::made(&finding.picture, &words, ratio, &rows))
                @if let Some(truth) = truth {
                    (figure::single("should be", truth, &format!("only {own}"), ratio))
                }
            }
        }
    }
}
