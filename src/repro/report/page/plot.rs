//! Lines over requests in flight, drawn as SVG.
//!
//! Names stand at the ends of their lines, and each line has its own dashes and marks, so that
//! nobody needs to tell colours apart or look a legend up. The colours drawn here are those of
//! paper; the page's style exchanges them in the dark.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::pipelines::PipelineKind;

/// The most that was published about 28 November 2024: wrong thumbnails per thumbnails in scope,
/// in percent. Source: the operator, via the press, December 2024.
pub(super) const PUBLISHED_PERCENT: f64 = 0.3;

/// Height of letters, in units of the drawing.
const FONT: f64 = 22.0;
/// From one line of text to the next, in units of the drawing.
const LINE: i32 = 26;

const INK: RGBColor = RGBColor(0x1A, 0x1A, 0x1A);
const GRID: RGBColor = RGBColor(0xD2, 0xD2, 0xD2);
const PUBLISHED: RGBColor = RGBColor(0x5B, 0x3A, 0x8C);
const SHARED: RGBColor = RGBColor(0xB3, 0x47, 0x00);
const OWNED: RGBColor = RGBColor(0x00, 0x60, 0xA0);
const POOLED: RGBColor = RGBColor(0x00, 0x70, 0x4F);

/// The colours drawn here, and the variables of the page's style that take their place.
const COLOURS: [(RGBColor, &str); 6] = [
    (INK, "ink"),
    (GRID, "grid"),
    (PUBLISHED, "published"),
    (SHARED, "shared"),
    (OWNED, "owned"),
    (POOLED, "pooled"),
];

/// A line of a chart: a value at each number in flight.
pub(super) struct Line {
    pub(super) kind: PipelineKind,
    pub(super) points: BTreeMap<usize, f64>,
}

impl Line {
    /// The most in flight that has a value.
    pub(super) fn end(&self) -> Option<usize> {
        self.points.last_key_value().map(|(&in_flight, _)| in_flight)
    }
}

/// A vertical scale from 0.
pub(super) struct Scale {
    /// The greatest value that has a place.
    pub(super) top: f64,
    /// What lies below 0, as a share of the whole, so that a line at 0 is not taken for the axis.
    pub(super) foot: f64,
    /// The values that are labelled.
    pub(super) ticks: Vec<f64>,
    /// How high above 0 a value stands, in any unit.
    pub(super) position: fn(f64) -> f64,
    /// What is written behind a labelled value.
    pub(super) unit: &'static str,
}

/// One direction of a chart: its range, and its ticks with what is written at them.
struct Axis {
    range: Range<f64>,
    ticks: Vec<(f64, String)>,
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let Range { start, end } = self.range;
        from + ((value - start) / (end - start) * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // The library asks twice, for lines of the grid that are bold and light: all are bold.
        let ticks = self.ticks.iter().filter(|_| !hint.weight().allow_light_points());
        ticks.map(|&(tick, _)| tick).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let tick = self.ticks.iter().find(|(tick, _)| tick == value);
        tick.map_or(String::new(), |(_, label)| label.clone())
    }
}

type Area<'s> = DrawingArea<SVGBackend<'s>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<io::Error>>;

/// Rules of style that exchange the colours of paper for those of the page.
pub(crate) fn recolouring() -> String {
    let mut rules = String::new();
    for (RGBColor(red, green, blue), name) in COLOURS {
        for role in ["stroke", "fill"] {
            let colour = format!("#{red:02X}{green:02X}{blue:02X}");
            let _ = writeln!(rules, "svg [{role}=\"{colour}\"] {{ {role}: var(--{name}) }}");
        }
    }
    rules
}

/// Draws lines; with `slots`, also the ring's slots and the published share.
pub(super) fn plot(
    drawing: (u32, u32),
    lines: &[Line],
    scale: &Scale,
    slots: Option<usize>,
) -> String {
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, drawing).into_drawing_area();
    draw(&root, lines, scale, slots).expect("a string takes every drawing");
    root.present().expect("a string takes every drawing");
    drop(root);
    svg
}

fn draw(root: &Area, lines: &[Line], scale: &Scale, slots: Option<usize>) -> Drawn {
    let loads = || lines.iter().flat_map(|line| line.points.keys().copied()).chain(slots);
    let first = loads().min().unwrap_or(1);
    let last = loads().max().unwrap_or(1);
    let x = Axis {
        range: (first as f64).log2()..(last as f64).log2(),
        ticks: powers(first, last)
            .map(|power| (f64::from(power), (1_u64 << power).to_string()))
            .collect(),
    };
    let tick = |tick: &f64| ((scale.position)(*tick), format!("{tick}{}", scale.unit));
    let y = Axis {
        range: -scale.foot * (scale.position)(scale.top)..(scale.position)(scale.top),
        ticks: scale.ticks.iter().map(tick).collect(),
    };
    let mut chart = ChartBuilder::on(root)
        .margin_top(16)
        .margin_right(112)
        .x_label_area_size(72)
        .y_label_area_size(84)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.stroke_width(2))
        .axis_style(INK.stroke_width(3))
        .label_style(text(INK))
        .x_desc("requests in flight")
        .draw()?;
    let at = |in_flight: usize, value: f64| {
        chart.backend_coord(&((in_flight as f64).log2(), (scale.position)(value)))
    };
    if let Some(slots) = slots {
        slots_line(root, slots, [at(slots, 0.0), at(slots, scale.top)], at(last, 0.0).0)?;
        published_line(root, at(first, PUBLISHED_PERCENT), at(last, PUBLISHED_PERCENT))?;
    }
    for line in lines {
        let points = line.points.iter().map(|(&in_flight, &value)| at(in_flight, value));
        series(root, line.kind, points.collect())?;
    }
    let longest = lines.iter().filter_map(Line::end).max().unwrap_or(0);
    let ends = lines.iter().filter_map(|line| {
        let (&in_flight, &value) = line.points.last_key_value()?;
        let name = line.kind.to_string();
        let name = if in_flight < longest { format!("({name})") } else { name };
        Some((line.kind, name, at(in_flight, value).1))
    });
    names(root, at(last, 0.0), ends.collect())
}

/// The powers of two from `first` to `last`, at most nine, as exponents.
fn powers(first: usize, last: usize) -> impl Iterator<Item = u32> {
    let exponents = first.next_power_of_two().ilog2()..=last.ilog2();
    let every = if exponents.clone().count() > 8 { 2 } else { 1 };
    exponents.step_by(every)
}

fn text(colour: RGBColor) -> TextStyle<'static> {
    // The backend writes sizes in points: 1.24 of these are a unit of the drawing.
    ("sans-serif", FONT * 1.24).into_font().color(&colour)
}

fn slots_line(root: &Area, slots: usize, ends: [(i32, i32); 2], right: i32) -> Drawn {
    root.draw(&DashedPathElement::new(ends, 14, 8, INK.stroke_width(3)))?;
    let (x, top) = ends[1];
    let (side, x) = if right - x > 100 { (HPos::Left, x + 10) } else { (HPos::Right, x - 10) };
    let name = if slots == 1 { "1 slot".into() } else { format!("{slots} slots") };
    root.draw(&Text::new(name, (x, top), text(INK).pos(Pos::new(side, VPos::Top))))
}

fn published_line(root: &Area, left: (i32, i32), right: (i32, i32)) -> Drawn {
    root.draw(&PathElement::new([left, right], PUBLISHED.stroke_width(3)))?;
    let style = text(PUBLISHED).pos(Pos::new(HPos::Right, VPos::Top));
    let (x, y) = (right.0 - 10, right.1 + 5);
    let said = format!("published: {PUBLISHED_PERCENT} % or less");
    root.draw(&Text::new(said, (x, y), style.clone()))?;
    root.draw(&Text::new("(operator, via the press)", (x, y + LINE), style))
}

fn series(root: &Area, kind: PipelineKind, points: Vec<(i32, i32)>) -> Drawn {
    let colour = colour(kind);
    match kind {
        PipelineKind::Shared => {
            root.draw(&PathElement::new(points.clone(), colour.stroke_width(5)))?
        }
        PipelineKind::Owned => {
            root.draw(&DashedPathElement::new(points.clone(), 18, 8, colour.stroke_width(4)))?
        }
        PipelineKind::Pooled => {
            root.draw(&DashedPathElement::new(points.clone(), 4, 8, colour.stroke_width(4)))?
        }
    }
    points.into_iter().try_for_each(|point| mark(root, kind, point))
}

/// A disc for shared, a square for owned, a triangle for pooled: one fits into the other.
fn mark(root: &Area, kind: PipelineKind, (x, y): (i32, i32)) -> Drawn {
    let colour = colour(kind);
    match kind {
        PipelineKind::Shared => root.draw(&Circle::new((x, y), 7, colour.filled())),
        PipelineKind::Owned => {
            let (left, top, right, bottom) = (x - 9, y - 9, x + 9, y + 9);
            let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
            let round = corners.into_iter().chain([corners[0], corners[1]]);
            root.draw(&PathElement::new(round.collect::<Vec<_>>(), colour.stroke_width(3)))
        }
        PipelineKind::Pooled => root.draw(&TriangleMarker::new((x, y), 8, colour.filled())),
    }
}

/// The lines' names behind the plot, in brackets if the line ends before it; moved apart where they
/// would lie on each other.
fn names(
    root: &Area,
    (right, bottom): (i32, i32),
    mut ends: Vec<(PipelineKind, String, i32)>,
) -> Drawn {
    ends.sort_by_key(|&(.., y)| std::cmp::Reverse(y));
    let mut free = bottom;
    for (kind, name, y) in ends {
        let y = y.min(free);
        free = y - LINE;
        let style = text(colour(kind)).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new(name, (right + 18, y), style))?;
    }
    Ok(())
}

fn colour(kind: PipelineKind) -> RGBColor {
    match kind {
        PipelineKind::Shared => SHARED,
        PipelineKind::Owned => OWNED,
        PipelineKind::Pooled => POOLED,
    }
}
