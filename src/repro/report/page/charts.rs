//! The two charts over requests in flight: the share of mixed thumbnails, and the throughput.
//!
//! They stand side by side, because the repair is only bought if it costs no throughput.

use std::collections::BTreeMap;
use std::fmt::Write;

use maud::{Markup, PreEscaped, html};

use super::plot::{Line, PUBLISHED_PERCENT, Scale, plot};
use crate::pipelines::PipelineKind;
use crate::repro::Run;

/// Width and height of a chart's drawing, in its own units.
const DRAWING: (u32, u32) = (620, 400);

/// Whether there is a line to draw: runs of a pipeline at two numbers in flight, at least.
pub(super) fn drawable(runs: &[Run]) -> bool {
    lines(runs, percent_mixed).iter().any(|line| line.points.len() > 1)
}

/// The pipelines that were not run as far as others, in words.
pub(super) fn cut_short(runs: &[Run]) -> String {
    let lines = lines(runs, percent_mixed);
    let longest = lines.iter().filter_map(Line::end).max();
    let short = lines.iter().filter(|line| line.end() < longest);
    short.fold(String::new(), |text, line| {
        format!("{text}({}) was run up to {} in flight only. ", line.kind, line.end().unwrap_or(0))
    })
}

/// The share of mixed thumbnails over requests in flight, with the ring's slots marked.
pub(super) fn knee(runs: &[Run], slots: usize) -> Markup {
    let lines = lines(runs, percent_mixed);
    let scale = Scale {
        top: (most(&lines).max(1.0) * 1.5).min(100.0),
        foot: 0.06,
        ticks: vec![0.0, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0],
        // Zero has a place of its own, and 0.3 % and 13 % can both be seen.
        position: |percent| (1.0 + percent / 0.1).ln(),
        unit: " %",
    };
    draw(&lines, scale, "Share of mixed thumbnails", Some(slots))
}

/// Thumbnails per second over requests in flight.
pub(super) fn throughput(runs: &[Run]) -> Markup {
    let lines = lines(runs, |run| run.per_second);
    let most = most(&lines).max(1.0);
    let step = step(most);
    let scale = Scale {
        top: most * 1.2,
        foot: 0.0,
        ticks: (0..=7).map(|tick| f64::from(tick) * step).collect(),
        position: |per_second| per_second,
        unit: "",
    };
    draw(&lines, scale, "Thumbnails per second", None)
}

/// A run's share of mixed thumbnails, in percent; 0 if it made none.
pub(super) fn percent_mixed(run: &Run) -> f64 {
    100.0 * run.tally.mixed() as f64 / run.tally.thumbnails.max(1) as f64
}

/// The smallest of 1, 2, 5, 10, 20, … of which at most five reach `most`.
fn step(most: f64) -> f64 {
    let unit = 10f64.powf((most / 5.0).log10().floor());
    let fits = |step: &f64| most / step <= 5.0;
    [1.0, 2.0, 5.0].map(|step| step * unit).into_iter().find(fits).unwrap_or(10.0 * unit)
}

fn most(lines: &[Line]) -> f64 {
    lines.iter().flat_map(|line| line.points.values()).fold(0.0, |most, value| most.max(*value))
}

/// A line for each pipeline, of its runs that made any thumbnail.
fn lines(runs: &[Run], value: fn(&Run) -> f64) -> Vec<Line> {
    let line = |kind| {
        let runs = runs.iter().filter(|run| run.kind == kind && run.tally.thumbnails > 0);
        let points: BTreeMap<_, _> = runs.map(|run| (run.in_flight, value(run))).collect();
        Line { kind, points }
    };
    let lines = [PipelineKind::Shared, PipelineKind::Owned, PipelineKind::Pooled].map(line);
    lines.into_iter().filter(|line| !line.points.is_empty()).collect()
}

fn draw(lines: &[Line], mut scale: Scale, title: &str, slots: Option<usize>) -> Markup {
    scale.ticks.retain(|tick| *tick <= scale.top);
    let svg = plot(DRAWING, lines, &scale, slots);
    let inner = svg.split_once('>').and_then(|(_, inner)| inner.rsplit_once("</svg>"));
    let (inner, _) = inner.expect("a drawing is one svg element");
    html! {
        svg viewBox={ "0 0 " (DRAWING.0) " " (DRAWING.1) } role="img"
            aria-label=(in_words(lines, title, &scale, slots)) { (PreEscaped(inner)) }
    }
}

/// What the chart shows, for whoever cannot see it.
fn in_words(lines: &[Line], title: &str, scale: &Scale, slots: Option<usize>) -> String {
    let mut text = format!("{title}, by requests in flight.");
    for Line { kind, points } in lines {
        let points: Vec<_> = points
            .iter()
            .map(|(in_flight, value)| format!("{value:.1}{} at {in_flight}", scale.unit))
            .collect();
        let _ = write!(text, " {kind}: {}.", points.join(", "));
    }
    if let Some(slots) = slots {
        let _ = write!(text, " Marked: slots, {slots}; published, {PUBLISHED_PERCENT} % or less.");
    }
    text
}
