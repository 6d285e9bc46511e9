//! The load over time as a drawing: answers a second, the steps, and a disc where mixing was found.

use std::fmt::Write;

use maud::{Markup, html};

use super::table::drive;
use crate::audit::{AuditResults, StepStats, TimeBucket};

const WIDTH: f64 = 1240.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 100.0;
const RIGHT: f64 = 1220.0;
const TOP: f64 = 60.0;
const FOOT: f64 = 310.0;

/// The drawing, or a sentence where there is nothing to draw.
pub(super) fn curve(findings: &AuditResults) -> Markup {
    let timeline = &findings.tally.timeline;
    if timeline.parts.len() < 2 {
        return html! { p { "The load was too short to draw." } };
    }
    let each = timeline.each.as_secs_f64();
    let per_second = |part: &TimeBucket| part.ended as f64 / each;
    let most = timeline.parts.iter().map(per_second).fold(1.0, f64::max);
    let end = each * timeline.parts.len() as f64;
    let x = |seconds: f64| LEFT + (RIGHT - LEFT) * seconds / end;
    let y = |rate: f64| FOOT - (FOOT - TOP) * rate / most;
    let middle = |place: usize| x((place as f64 + 0.5) * each);
    let mut line = String::new();
    for (place, part) in timeline.parts.iter().enumerate() {
        let _ = write!(line, "{:.1},{:.1} ", middle(place), y(per_second(part)));
    }
    let mixed = timeline.parts.iter().enumerate().filter(|(_, part)| part.mixed > 0);
    let steps = steps(&findings.tally.stages, end);
    html! {
        figure {
            figcaption {
                "Requests that ended, a second, over time. Discs: answers that were mixed."
            }
            div.wide tabindex="0" role="region" aria-label="the load, scrolls sideways" {
                svg.curve viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img"
                    aria-label=(words(findings)) {
                    line.axis x1=(LEFT) y1=(FOOT) x2=(RIGHT) y2=(FOOT) {}
                    line.axis x1=(LEFT) y1=(TOP) x2=(LEFT) y2=(FOOT) {}
                    text x=(LEFT - 12.0) y=(y(most) + 8.0) text-anchor="end" {
                        (format!("{most:.0}"))
                    }
                    text x=(LEFT - 12.0) y=(FOOT + 4.0) text-anchor="end" { "0" }
                    text x=(LEFT) y=(FOOT + 60.0) { "0 s" }
                    text x=(RIGHT) y=(FOOT + 60.0) text-anchor="end" { (format!("{end:.1} s")) }
                    @for (from, to, name) in &steps {
                        line.step x1=(x(*from)) y1=(TOP) x2=(x(*from)) y2=(FOOT) {}
                        @if x(*to) - x(*from) > 130.0 {
                            text x=((x(*from) + x(*to)) / 2.0) y=(TOP - 20.0) text-anchor="middle" {
                                (name)
                            }
                        }
                    }
                    polyline points=(line) {}
                    @for (place, part) in mixed {
                        circle cx=(middle(place)) cy=(y(per_second(part))) r="9" {
                            title { (part.mixed) " mixed" }
                        }
                    }
                }
            }
        }
    }
}

/// Where each step begins and ends, in seconds, and what it is called.
fn steps(stages: &[StepStats], end: f64) -> Vec<(f64, f64, String)> {
    let starts = stages.iter().filter_map(|stage| {
        let span = stage.span.as_ref()?;
        Some((span.start.as_secs_f64(), drive(stage.drive)))
    });
    let starts: Vec<_> = starts.collect();
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([end]);
    starts.iter().zip(ends).map(|((from, name), to)| (*from, to, name.clone())).collect()
}

fn words(findings: &AuditResults) -> String {
    let mut words = "Requests that ended, a second.".to_owned();
    for stage in findings.tally.stages.iter().filter(|stage| stage.asked > 0) {
        let _ = write!(
            words,
            " {}: {:.0} a second, {} of {} mixed.",
            drive(stage.drive),
            stage.per_second(),
            stage.mixed,
            stage.answers
        );
    }
    words
}
