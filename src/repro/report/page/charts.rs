//! Draws the two charts over requests in flight: the share of mixed thumbnails, and the throughput.
//!
//! They stand side by side, because a repair is only accepted if it costs no throughput.

use std::collections::BTreeMap;
use std::fmt::Write;

use maud::Markup;

use crate::output::svg::{Axis, LineChart, Marker, Reference, Series};
use crate::output::terminal::many;
use crate::pipelines::PipelineKind;
use crate::repro::Run;

/// Greatest published share of wrong thumbnails among the thumbnails in scope, in percent. Source:
/// the operator, via the press, December 2024.
const PUBLISHED_PERCENT: f64 = 0.3;

/// Holds a value for each number in flight at which a pipeline was run.
struct Line {
    kind: PipelineKind,
    points: BTreeMap<usize, f64>,
}

impl Line {
    /// Returns the greatest number in flight.
    fn end(&self) -> Option<usize> {
        self.points.last_key_value().map(|(&in_flight, _)| in_flight)
    }
}

/// Describes a vertical scale that begins at 0.
struct Scale {
    /// Greatest value of the axis.
    top: f64,
    /// Part of the axis below 0, so that a line at 0 is not taken for the axis itself.
    foot: f64,
    /// Values that are labelled.
    ticks: Vec<f64>,
    /// Function that returns the height of a value above 0, in any unit.
    height: fn(f64) -> f64,
    /// Text behind a labelled value.
    unit: &'static str,
}

/// Returns true if a pipeline was run at at least two numbers in flight, so that it has a line.
pub(super) fn drawable(runs: &[Run]) -> bool {
    lines(runs, Run::percent_mixed).iter().any(|line| line.points.len() > 1)
}

/// Names the pipelines whose runs end at a smaller number in flight than those of the others.
pub(super) fn cut_short(runs: &[Run]) -> String {
    let lines = lines(runs, Run::percent_mixed);
    let longest = lines.iter().filter_map(Line::end).max();
    let short = lines.iter().filter(|line| line.end() < longest);
    short.fold(String::new(), |text, line| {
        format!("{text}({}) was run up to {} in flight only. ", line.kind, line.end().unwrap_or(0))
    })
}

/// Draws the share of mixed thumbnails over requests in flight, with the ring's slots marked.
pub(super) fn mixed_share(runs: &[Run], slots: usize) -> Markup {
    let lines = lines(runs, Run::percent_mixed);
    let scale = Scale {
        top: (greatest(&lines).max(1.0) * 1.5).min(100.0),
        foot: 0.06,
        ticks: vec![0.0, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0],
        // A logarithm that begins at 0, on which 0.3 % and 13 % can both be seen.
        height: |percent| (1.0 + percent / 0.1).ln(),
        unit: " %",
    };
    draw(&lines, scale, "Share of mixed thumbnails", Some(slots))
}

/// Draws thumbnails per second over requests in flight.
pub(super) fn throughput(runs: &[Run]) -> Markup {
    let lines = lines(runs, |run| run.per_second);
    let greatest = greatest(&lines).max(1.0);
    let step = step(greatest);
    let scale = Scale {
        top: greatest * 1.2,
        foot: 0.0,
        ticks: (0..=7).map(|tick| f64::from(tick) * step).collect(),
        height: |per_second| per_second,
        unit: "",
    };
    draw(&lines, scale, "Thumbnails per second", None)
}

/// Returns the smallest of 1, 2, 5, 10, 20, … of which at most five steps reach `greatest`.
fn step(greatest: f64) -> f64 {
    let unit = 10f64.powf((greatest / 5.0).log10().floor());
    let fits = |step: &f64| greatest / step <= 5.0;
    [1.0, 2.0, 5.0].map(|step| step * unit).into_iter().find(fits).unwrap_or(10.0 * unit)
}

fn greatest(lines: &[Line]) -> f64 {
    lines.iter().flat_map(|line| line.points.values()).fold(0.0, |most, value| most.max(*value))
}

/// Returns a line for each pipeline, of its runs that made any thumbnail.
fn lines(runs: &[Run], value: fn(&Run) -> f64) -> Vec<Line> {
    let line = |kind| {
        let runs = runs.iter().filter(|run| run.kind == kind && run.stats.thumbnails > 0);
        let points: BTreeMap<_, _> = runs.map(|run| (run.in_flight, value(run))).collect();
        Line { kind, points }
    };
    let lines = [PipelineKind::Shared, PipelineKind::Owned, PipelineKind::Pooled].map(line);
    lines.into_iter().filter(|line| !line.points.is_empty()).collect()
}

/// Draws lines; with `slots`, also the number of slots and the published share.
fn draw(lines: &[Line], scale: Scale, title: &str, slots: Option<usize>) -> Markup {
    let loads = || lines.iter().flat_map(|line| line.points.keys().copied()).chain(slots);
    let (first, last) = (loads().min().unwrap_or(1), loads().max().unwrap_or(1));
    let top = (scale.height)(scale.top);
    let ticks = scale.ticks.iter().filter(|tick| **tick <= scale.top);
    LineChart {
        x: Axis {
            range: log2(first)..log2(last),
            ticks: powers(first, last)
                .map(|power| (f64::from(power), (1_u64 << power).to_string()))
                .collect(),
        },
        y: Axis {
            range: -scale.foot * top..top,
            ticks: ticks
                .map(|tick| ((scale.height)(*tick), format!("{tick}{}", scale.unit)))
                .collect(),
        },
        x_label: "requests in flight",
        description: description(lines, title, scale.unit, slots),
        series: series(lines, scale.height),
        vertical: slots.map(|slots| Reference {
            class: "slots",
            value: log2(slots),
            text: vec![many(slots, "slot")],
        }),
        horizontal: slots.map(|_| Reference {
            class: "published",
            value: (scale.height)(PUBLISHED_PERCENT),
            text: vec![
                format!("published: {PUBLISHED_PERCENT} % or less"),
                "(operator, via the press)".to_owned(),
            ],
        }),
    }
    .draw()
}

/// Returns the lines of a chart; the name of a line that ends before the longest is in brackets.
fn series(lines: &[Line], height: fn(f64) -> f64) -> Vec<Series> {
    let longest = lines.iter().filter_map(Line::end).max();
    let series = |line: &Line| Series {
        class: line.kind.to_string(),
        marker: match line.kind {
            PipelineKind::Shared => Marker::Disc,
            PipelineKind::Owned => Marker::Square,
            PipelineKind::Pooled => Marker::Triangle,
        },
        name: if line.end() < longest { format!("({})", line.kind) } else { line.kind.to_string() },
        points: line.points.iter().map(|(&load, &value)| (log2(load), height(value))).collect(),
    };
    lines.iter().map(series).collect()
}

fn log2(in_flight: usize) -> f64 {
    (in_flight as f64).log2()
}

/// Returns the powers of two from `first` to `last`, at most nine, as exponents.
fn powers(first: usize, last: usize) -> impl Iterator<Item = u32> {
    let exponents = first.next_power_of_two().ilog2()..=last.ilog2();
    let every = if exponents.clone().count() > 8 { 2 } else { 1 };
    exponents.step_by(every)
}

/// Returns the chart in words, for a reader who cannot see the drawing.
fn description(lines: &[Line], title: &str, unit: &str, slots: Option<usize>) -> String {
    let mut text = format!("{title}, by requests in flight.");
    for Line { kind, points } in lines {
        let points: Vec<_> = points
            .iter()
            .map(|(in_flight, value)| format!("{value:.1}{unit} at {in_flight}"))
            .collect();
        let _ = write!(text, " {kind}: {}.", points.join(", "));
    }
    if let Some(slots) = slots {
        let _ = write!(text, " Marked: slots, {slots}; published, {PUBLISHED_PERCENT} % or less.");
    }
    text
}
