//! Draws a line chart as SVG: two axes, lines with dashes and marks of their own, and reference
//! lines.
//!
//! The name of a line stands at its end, and each line has its own dashes and marks, so that a
//! reader needs neither colours nor a legend. Elements have classes and no colours: the page's
//! style gives them colours for light, dark and paper.

use std::ops::Range;

use maud::{Markup, html};

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

/// Describes one direction of a chart: its range of values, and its labelled values.
pub(crate) struct Axis {
    /// Values at the two ends of the axis; they differ.
    pub(crate) range: Range<f64>,
    /// Labelled values, each with its text.
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Returns the position of a value between the edges `from` and `to`, to a tenth of a unit.
    fn position(&self, value: f64, (from, to): (f64, f64)) -> f64 {
        let Range { start, end } = self.range;
        let position = from + (value - start) / (end - start) * (to - from);
        (position * 10.0).round() / 10.0
    }
}

/// Names the shape at each point of a line. The shapes can be told apart when they overlap.
#[derive(Clone, Copy)]
pub(crate) enum Marker {
    /// A filled disc.
    Disc,
    /// An empty square around the disc.
    Square,
    /// A filled triangle.
    Triangle,
}

/// Describes one line of a chart.
pub(crate) struct Series {
    /// CSS class that gives the line its colour and its dashes.
    pub(crate) class: String,
    /// Shape at each point.
    pub(crate) marker: Marker,
    /// Text at the end of the line.
    pub(crate) name: String,
    /// Points from left to right, as values of the two axes.
    pub(crate) points: Vec<(f64, f64)>,
}

/// Describes a line across the whole plot area, with its text.
pub(crate) struct Reference {
    /// CSS class that gives the line and its text their colour.
    pub(crate) class: &'static str,
    /// Value of the axis that the line crosses.
    pub(crate) value: f64,
    /// Lines of text beside the line.
    pub(crate) text: Vec<String>,
}

/// Describes a chart.
pub(crate) struct LineChart {
    /// Horizontal axis.
    pub(crate) x: Axis,
    /// Vertical axis.
    pub(crate) y: Axis,
    /// Text below the horizontal axis.
    pub(crate) x_label: &'static str,
    /// Text that a screen reader reads in place of the drawing.
    pub(crate) description: String,
    /// Lines of the chart.
    pub(crate) series: Vec<Series>,
    /// Line from top to bottom, at a value of the horizontal axis.
    pub(crate) vertical: Option<Reference>,
    /// Line from left to right, at a value of the vertical axis.
    pub(crate) horizontal: Option<Reference>,
}

impl LineChart {
    /// Returns the chart as an SVG element.
    pub(crate) fn draw(&self) -> Markup {
        html! {
            svg.chart viewBox={ "0 0 " (VIEW_BOX.0) " " (VIEW_BOX.1) } role="img"
                aria-label=(self.description) {
                @for (tick, label) in &self.y.ticks {
                    @let y = self.y(*tick);
                    line.grid x1=(X.0) x2=(X.1) y1=(y) y2=(y) {}
                    text x=(X.0 - 12.0) y=(y + BASELINE) text-anchor="end" { (label) }
                }
                @for (tick, label) in &self.x.ticks {
                    text x=(self.x(*tick)) y=(Y.0 + 30.0) text-anchor="middle" { (label) }
                }
                line.axis x1=(X.0) x2=(X.1) y1=(Y.0) y2=(Y.0) {}
                line.axis x1=(X.0) x2=(X.0) y1=(Y.0) y2=(Y.1) {}
                text x=((X.0 + X.1) / 2.0) y=(Y.0 + 62.0) text-anchor="middle" { (self.x_label) }
                @if let Some(vertical) = &self.vertical { (self.vertical_line(vertical)) }
                @if let Some(horizontal) = &self.horizontal { (self.horizontal_line(horizontal)) }
                @for series in &self.series { (self.line(series)) }
                (self.names())
            }
        }
    }

    fn x(&self, value: f64) -> f64 {
        self.x.position(value, X)
    }

    fn y(&self, value: f64) -> f64 {
        self.y.position(value, Y)
    }

    fn vertical_line(&self, reference: &Reference) -> Markup {
        let x = self.x(reference.value);
        let (text_x, anchor) =
            if X.1 - x > 100.0 { (x + 10.0, "start") } else { (x - 10.0, "end") };
        html! {
            g class=(reference.class) {
                line.reference x1=(x) x2=(x) y1=(Y.0) y2=(Y.1) {}
                (lines(&reference.text, (text_x, Y.1 + 18.0), anchor))
            }
        }
    }

    fn horizontal_line(&self, reference: &Reference) -> Markup {
        let y = self.y(reference.value);
        html! {
            g class=(reference.class) {
                line.reference x1=(X.0) x2=(X.1) y1=(y) y2=(y) {}
                (lines(&reference.text, (X.1 - 10.0, y + 22.0), "end"))
            }
        }
    }

    fn line(&self, series: &Series) -> Markup {
        let points: Vec<_> = series.points.iter().map(|&(x, y)| (self.x(x), self.y(y))).collect();
        html! {
            g class=(series.class) {
                polyline points=(path(&points)) {}
                @for &(x, y) in &points { (mark(series.marker, x, y)) }
            }
        }
    }

    /// Draws the names behind the plot area, moved apart where they would overlap.
    fn names(&self) -> Markup {
        let mut ends: Vec<_> = self
            .series
            .iter()
            .filter_map(|series| Some((series, self.y(series.points.last()?.1))))
            .collect();
        ends.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut free = Y.0;
        for (_, y) in &mut ends {
            *y = y.min(free);
            free = *y - LINE_HEIGHT;
        }
        html! {
            @for (series, y) in ends {
                g class=(series.class) { text x=(X.1 + 18.0) y=(y + BASELINE) { (series.name) } }
            }
        }
    }
}

fn lines(text: &[String], (x, y): (f64, f64), anchor: &str) -> Markup {
    html! {
        @for (index, line) in text.iter().enumerate() {
            text x=(x) y=(y + LINE_HEIGHT * index as f64) text-anchor=(anchor) { (line) }
        }
    }
}

fn mark(marker: Marker, x: f64, y: f64) -> Markup {
    html! {
        @match marker {
            Marker::Disc => { circle cx=(x) cy=(y) r="7" {} }
            Marker::Square => { rect x=(x - 9.0) y=(y - 9.0) width="18" height="18" {} }
            Marker::Triangle => {
                polygon points=(path(&[(x, y - 9.0), (x + 8.0, y + 5.0), (x - 8.0, y + 5.0)])) {}
            }
        }
    }
}

fn path(points: &[(f64, f64)]) -> String {
    points.iter().map(|(x, y)| format!("{x:.1},{y:.1} ")).collect()
}
