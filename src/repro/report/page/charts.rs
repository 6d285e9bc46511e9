//! Draws the two charts over requests in flight: the share of mixed thumbnails, and the throughput.
//!
//! They stand side by side, because a repair is only accepted if it costs no throughput. The chart
//! of the throughput shows how much each rate varies by itself, so that noise is not taken for a
//! result.
//!
//! The name of a line stands at its end, and each line has its own dashes and marks, so that a
//! reader needs neither colours nor a legend. Elements have classes and no colours: the page's
//! style gives them colours for light, dark and paper.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use maud::{Markup, html};

use crate::output::terminal::{grouped, many};
use crate::pipelines::PipelineKind;
use crate::repro::Run;

/// Greatest published share of wrong thumbnails among the thumbnails in scope, in percent. Source:
/// the operator, via the press, December 2024.
const PUBLISHED_PERCENT: f64 = 0.3;

/// Width and height of a chart's view box, in its own units.
const VIEW_BOX: (f64, f64) = (620.0, 400.0);
/// Left and right edge of the plot area, in units of the view box.
const X: (f64, f64) = (84.0, 508.0);
/// Bottom and top edge of the plot area, in units of the view box.
const Y: (f64, f64) = (328.0, 16.0);
/// Distance from one line of text to the next, in units of the view box.
const LINE_HEIGHT: f64 = 26.0;
/// Distance from the middle of a line of text down to its baseline, in units of the view box.
const BASELINE: f64 = 8.0;
/// Width of the label of the published share in the largest letters, in units of the view box.
const PUBLISHED_WIDTH: f64 = 124.0;
/// Half the height of a mark, in units of the view box.
const MARK: f64 = 9.0;
/// Distance between the ranges of two lines at the same load, in units of the view box.
const RANGE_GAP: f64 = 8.0;

/// Holds a value for each number in flight at which a pipeline was run.
struct Line {
    kind: PipelineKind,
    points: BTreeMap<usize, f64>,
    /// Range of each point, from its lower to its upper end. Empty if the chart shows no ranges.
    ranges: BTreeMap<usize, [f64; 2]>,
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

/// Holds the lines of a chart, its vertical scale, and the numbers in flight at its two sides.
struct Chart<'a> {
    lines: &'a [Line],
    scale: Scale,
    loads: [usize; 2],
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
        top: (greatest(points(&lines)).max(1.0) * 1.5).min(100.0),
        foot: 0.06,
        ticks: vec![0.0, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0],
        // A logarithm that begins at 0, on which 0.3 % and 13 % can both be seen.
        height: |percent| (1.0 + percent / 0.1).ln(),
        unit: " %",
    };
    draw(&lines, scale, "Share of mixed thumbnails", Some(slots))
}

/// Draws thumbnails per second over requests in flight, each with the slowest and the fastest fifth
/// of its run.
pub(super) fn throughput(runs: &[Run]) -> Markup {
    let mut lines = lines(runs, |run| run.per_second);
    for line in &mut lines {
        line.ranges = ranges(runs, line.kind);
    }
    let ends = lines.iter().flat_map(|line| line.ranges.values().flatten().copied());
    let greatest = greatest(ends.chain(points(&lines))).max(1.0);
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

/// Tells at which loads the pipelines' ranges of throughput overlap, so that the runs show no
/// difference between them. Returns an empty text if there is only one pipeline.
pub(super) fn noise(runs: &[Run]) -> String {
    let kinds: Vec<_> = lines(runs, |run| run.per_second).into_iter().map(|l| l.kind).collect();
    let ranges: Vec<_> = kinds.into_iter().map(|kind| ranges(runs, kind)).collect();
    let Some((first, others)) = ranges.split_first().filter(|(_, others)| !others.is_empty())
    else {
        return String::new();
    };
    let mut apart: Vec<&usize> = Vec::new();
    for (load, range) in first {
        let [mut low, mut high] = *range;
        for [other_low, other_high] in others.iter().filter_map(|ranges| ranges.get(load)) {
            (low, high) = (low.max(*other_low), high.min(*other_high));
        }
        apart.extend((low > high).then_some(load));
    }
    let result = match apart[..] {
        [] => {
            "At every load the ranges of the pipelines overlap: these runs show no difference in \
               throughput beyond the noise."
                .into()
        }
        [..] if apart.len() == first.len() => "At no load do the ranges of all pipelines \
                                               overlap."
            .into(),
        _ => format!(
            "At {} in flight the ranges of the pipelines do not overlap; at all other loads these \
             runs show no difference in throughput beyond the noise.",
            listed(&apart)
        ),
    };
    result
        + " The runs come one after another, so other work of the machine may also slow some of \
           them. The price of a repair is measured in interleaved pairs, by cargo bench --bench \
           ownership."
}

/// Returns numbers as a list, such as `4, 8 and 16`.
fn listed(numbers: &[&usize]) -> String {
    let text: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    match &text[..] {
        [head @ .., before, last] => [head, &[format!("{before} and {last}")]].concat().join(", "),
        _ => text.concat(),
    }
}

fn ranges(runs: &[Run], kind: PipelineKind) -> BTreeMap<usize, [f64; 2]> {
    let runs = runs.iter().filter(|run| run.kind == kind && run.stats.thumbnails > 0);
    runs.map(|run| (run.in_flight, run.per_second_range)).collect()
}

/// Returns the smallest of 1, 2, 5, 10, 20, … of which at most five steps reach `greatest`.
fn step(greatest: f64) -> f64 {
    let unit = 10f64.powf((greatest / 5.0).log10().floor());
    let fits = |step: &f64| greatest / step <= 5.0;
    [1.0, 2.0, 5.0].map(|step| step * unit).into_iter().find(fits).unwrap_or(10.0 * unit)
}

fn points(lines: &[Line]) -> impl Iterator<Item = f64> {
    lines.iter().flat_map(|line| line.points.values().copied())
}

fn greatest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, f64::max)
}

/// Returns a line for each pipeline, of its runs that made any thumbnail.
fn lines(runs: &[Run], value: fn(&Run) -> f64) -> Vec<Line> {
    let line = |kind| {
        let runs = runs.iter().filter(|run| run.kind == kind && run.stats.thumbnails > 0);
        let points: BTreeMap<_, _> = runs.map(|run| (run.in_flight, value(run))).collect();
        Line { kind, points, ranges: BTreeMap::new() }
    };
    let lines = [PipelineKind::Shared, PipelineKind::Owned, PipelineKind::Pooled].map(line);
    lines.into_iter().filter(|line| !line.points.is_empty()).collect()
}

/// Draws lines; with `slots`, also the number of slots and the published share.
fn draw(lines: &[Line], scale: Scale, title: &str, slots: Option<usize>) -> Markup {
    let loads = || lines.iter().flat_map(|line| line.points.keys().copied()).chain(slots);
    let (first, last) = (loads().min().unwrap_or(1), loads().max().unwrap_or(1));
    let description = description(lines, title, scale.unit, slots);
    let chart = Chart { lines, scale, loads: [first, last] };
    let Scale { ticks, top, unit, .. } = &chart.scale;
    html! {
        svg.chart viewBox={ "0 0 " (VIEW_BOX.0) " " (VIEW_BOX.1) } role="img"
            aria-label=(description) {
            @for tick in ticks.iter().filter(|tick| *tick <= top) {
                @let y = chart.y(*tick);
                line.grid x1=(X.0) x2=(X.1) y1=(y) y2=(y) {}
                text x=(X.0 - 12.0) y=(y + BASELINE) text-anchor="end" { (grouped(tick)) (unit) }
            }
            @for load in powers(first, last).map(|power| 1 << power) {
                text x=(chart.x(load)) y=(Y.0 + 30.0) text-anchor="middle" { (load) }
            }
            line.axis x1=(X.0) x2=(X.1) y1=(Y.0) y2=(Y.0) {}
            line.axis x1=(X.0) x2=(X.0) y1=(Y.0) y2=(Y.1) {}
            text x=((X.0 + X.1) / 2.0) y=(Y.0 + 62.0) text-anchor="middle" {
                "requests in flight"
            }
            @if let Some(slots) = slots { (chart.references(slots)) }
            @for (index, line) in lines.iter().enumerate() { (chart.line(line, index)) }
            (chart.names())
        }
    }
}

impl Chart<'_> {
    fn x(&self, in_flight: usize) -> f64 {
        let [first, last] = self.loads.map(log2);
        position(log2(in_flight), first..last, X)
    }

    fn y(&self, value: f64) -> f64 {
        let Scale { height, top, foot, .. } = &self.scale;
        let top = height(*top);
        position(height(value), -foot * top..top, Y)
    }

    /// Draws a line from top to bottom at the number of slots, and one from left to right at the
    /// published share.
    fn references(&self, slots: usize) -> Markup {
        let (x, y) = (self.x(slots), self.y(PUBLISHED_PERCENT));
        let (text_x, anchor) =
            if X.1 - x > 100.0 { (x + 10.0, "start") } else { (x - 10.0, "end") };
        html! {
            g.slots {
                line.reference x1=(x) x2=(x) y1=(Y.0) y2=(Y.1) {}
                text x=(text_x) y=(Y.1 + 18.0) text-anchor=(anchor) { (many(slots, "slot")) }
            }
            g.published {
                line.reference x1=(X.0) x2=(X.1) y1=(y) y2=(y) {}
                text x=(X.0 - 12.0) y=(y + BASELINE) text-anchor="end" {
                    (PUBLISHED_PERCENT) " %"
                }
                @if let Some((x, y)) = self.free_place(x, y) {
                    text x=(x) y=(y) { "published" }
                }
            }
        }
    }

    /// Finds a place for the label of the published share's line at height `y`: above or below it,
    /// where no line of the chart and not the line of the slots runs through the label. Returns the
    /// left end of its baseline, or `None` if there is no such place.
    fn free_place(&self, slots_x: f64, y: f64) -> Option<(f64, f64)> {
        let is_free = |left: f64, baseline: f64| {
            let (right, top) = (left + PUBLISHED_WIDTH, baseline - 20.0);
            let is_clear = |line: &Line| {
                let points =
                    line.points.iter().map(|(&load, &value)| (self.x(load), self.y(value)));
                let points: Vec<_> = points.collect();
                points.windows(2).all(|pair| {
                    let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
                    let at = |x: f64| y0 + (x - x0) / (x1 - x0) * (y1 - y0);
                    let (from, to) = (at(left.max(x0)), at(right.min(x1)));
                    let outside = right < x0 || left > x1;
                    outside || from.max(to) < top - MARK || from.min(to) > baseline + MARK
                })
            };
            !(left..right).contains(&slots_x) && self.lines.iter().all(is_clear)
        };
        let columns = (0..=20)
            .rev()
            .map(|step| X.0 + 10.0 + f64::from(step) / 20.0 * (X.1 - X.0 - 20.0 - PUBLISHED_WIDTH));
        let mut places =
            columns.flat_map(|left| [24.0, -9.0, 36.0, -21.0].map(|below| (left, y + below)));
        places.find(|&(left, baseline)| is_free(left, baseline))
    }

    /// Draws a line with its marks and ranges. Ranges of several lines stand beside each other.
    fn line(&self, line: &Line, index: usize) -> Markup {
        let middle = (self.lines.len() - 1) as f64 / 2.0;
        let aside = if line.ranges.is_empty() { 0.0 } else { (index as f64 - middle) * RANGE_GAP };
        let x = |load: usize| self.x(load) + aside;
        let points = line.points.iter().map(|(&load, &value)| (x(load), self.y(value)));
        let points: Vec<_> = points.collect();
        html! {
            g class=(line.kind) {
                @for (&load, &[low, high]) in &line.ranges {
                    line.range x1=(x(load)) x2=(x(load)) y1=(self.y(low)) y2=(self.y(high)) {}
                }
                polyline points=(path(&points)) {}
                @for &(x, y) in &points { (mark(line.kind, x, y)) }
            }
        }
    }

    /// Draws the names of the lines behind the plot area, moved apart where they would overlap. The
    /// name of a line that ends before the longest is in brackets.
    fn names(&self) -> Markup {
        let end_y = |line: &Line| line.points.last_key_value().map(|(_, &value)| self.y(value));
        let ends = self.lines.iter().filter_map(|line| Some((line, end_y(line)?)));
        let mut ends: Vec<_> = ends.collect();
        ends.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut free = Y.0;
        for (_, y) in &mut ends {
            *y = y.min(free);
            free = *y - LINE_HEIGHT;
        }
        let longest = self.lines.iter().filter_map(Line::end).max();
        html! {
            @for (line, y) in ends {
                g class=(line.kind) {
                    text x=(X.1 + 18.0) y=(y + BASELINE) {
                        @if line.end() < longest { "(" (line.kind) ")" } @else { (line.kind) }
                    }
                }
            }
        }
    }
}

/// Returns the position of a value between the edges `from` and `to`, to a tenth of a unit.
fn position(value: f64, Range { start, end }: Range<f64>, (from, to): (f64, f64)) -> f64 {
    let position = from + (value - start) / (end - start) * (to - from);
    (position * 10.0).round() / 10.0
}

/// Draws a point of a line: a disc, a square or a triangle, which can be told apart when they
/// overlap.
fn mark(kind: PipelineKind, x: f64, y: f64) -> Markup {
    html! {
        @match kind {
            PipelineKind::Shared => { circle cx=(x) cy=(y) r="7" {} }
            PipelineKind::Owned => { rect x=(x - 9.0) y=(y - 9.0) width="18" height="18" {} }
            PipelineKind::Pooled => {
                polygon points=(path(&[(x, y - 9.0), (x + 8.0, y + 5.0), (x - 8.0, y + 5.0)])) {}
            }
        }
    }
}

fn path(points: &[(f64, f64)]) -> String {
    points.iter().map(|(x, y)| format!("{x:.1},{y:.1} ")).collect()
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
    for Line { kind, points, ranges } in lines {
        let points: Vec<_> = points
            .iter()
            .map(|(in_flight, value)| match ranges.get(in_flight) {
                Some([low, high]) => {
                    format!("{value:.1}{unit} ({low:.1} to {high:.1}) at {in_flight}")
                }
                None => format!("{value:.1}{unit} at {in_flight}"),
            })
            .collect();
        let _ = write!(text, " {kind}: {}.", points.join(", "));
    }
    if let Some(slots) = slots {
        let _ = write!(text, " Marked: slots, {slots}; published, {PUBLISHED_PERCENT} % or less.");
    }
    text
}
