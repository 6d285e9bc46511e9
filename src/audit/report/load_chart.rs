//! Draws the load over time: requests per second, the steps, and a disc for each mixed answer.

use std::fmt::Write;

use maud::{Markup, html};

use super::headline::describe_load;
use crate::audit::{AuditResults, StepStats, TimeBucket};
use crate::output::terminal::grouped;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 100.0;
const RIGHT: f64 = 700.0;
const TOP: f64 = 60.0;
const FOOT: f64 = 310.0;

/// Draws the chart, or returns a sentence if the load was too short.
pub(super) fn load_chart(results: &AuditResults) -> Markup {
    let series = &results.stats.time_series;
    if series.buckets.len() < 2 {
        return html! { p { "The load was too short to draw." } };
    }
    let width = series.width.as_secs_f64();
    let per_second = |bucket: &TimeBucket| bucket.ended as f64 / width;
    let max_rate = series.buckets.iter().map(per_second).fold(1.0, f64::max);
    let end = width * series.buckets.len() as f64;
    let x = |seconds: f64| LEFT + (RIGHT - LEFT) * seconds / end;
    let y = |rate: f64| FOOT - (FOOT - TOP) * rate / max_rate;
    let middle = |index: usize| x((index as f64 + 0.5) * width);
    let mut line = String::new();
    for (index, bucket) in series.buckets.iter().enumerate() {
        let _ = write!(line, "{:.1},{:.1} ", middle(index), y(per_second(bucket)));
    }
    let mixed = series.buckets.iter().enumerate().filter(|(_, bucket)| bucket.mixed > 0);
    let steps = steps(&results.stats.steps, end);
    html! {
        figure {
            figcaption {
                "Requests per second over time. A disc marks mixed answers."
            }
                svg.curve viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img"
                    aria-label=(description(results)) {
                    line.axis x1=(LEFT) y1=(FOOT) x2=(RIGHT) y2=(FOOT) {}
                    line.axis x1=(LEFT) y1=(TOP) x2=(LEFT) y2=(FOOT) {}
                    text x=(LEFT - 12.0) y=(y(max_rate) + 8.0) text-anchor="end" {
                        (grouped(format!("{max_rate:.0}")))
                    }
                    text x=(LEFT - 12.0) y=(FOOT + 4.0) text-anchor="end" { "0" }
                    text x=(LEFT) y=(FOOT + 60.0) { "0 s" }
                    text x=(RIGHT) y=(FOOT + 60.0) text-anchor="end" { (format!("{end:.1} s")) }
                    @for (from, to, name) in &steps {
                        line.step x1=(x(*from)) y1=(TOP) x2=(x(*from)) y2=(FOOT) {}
                        @if x(*to) - x(*from) > 150.0 {
                            text x=((x(*from) + x(*to)) / 2.0) y=(TOP - 20.0) text-anchor="middle" {
                                (name)
                            }
                        }
                    }
                    polyline points=(line) {}
                    @for (index, bucket) in mixed {
                        circle cx=(middle(index)) cy=(y(per_second(bucket))) r="9" {
                            title { (bucket.mixed) " mixed" }
                        }
                    }
                }
        }
    }
}

/// Returns the start and the end of each step in seconds, and its name.
fn steps(steps: &[StepStats], end: f64) -> Vec<(f64, f64, String)> {
    let starts = steps.iter().filter_map(|step| {
        let span = step.span.as_ref()?;
        Some((span.start.as_secs_f64(), describe_load(step.load)))
    });
    let starts: Vec<_> = starts.collect();
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([end]);
    starts.iter().zip(ends).map(|((from, name), to)| (*from, to, name.clone())).collect()
}

fn description(results: &AuditResults) -> String {
    let mut text = "Requests per second.".to_owned();
    for step in results.stats.steps.iter().filter(|step| step.requests > 0) {
        let _ = write!(
            text,
            " {}: {:.0} per second, {} of {} mixed.",
            describe_load(step.load),
            step.per_second(),
            step.mixed,
            step.answers
        );
    }
    text
}
