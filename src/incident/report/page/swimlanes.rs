//! Draws the day as swimlanes under one time axis: rollout, traffic, conversions in flight (begun
//! and not finished), wrong thumbnails, wrong copies. Published times stand above the axis,
//! simulated times below it.

use std::fmt::Write;

use maud::{Markup, html};

use super::axis::{Axis, Geometry};
use crate::incident::report::milestones::{published_time, simulated_time, timeline_rows};
use crate::incident::{CopiesAt, MinuteStats, SimulationResults};
use crate::output::terminal::grouped;
use crate::pipelines::PipelineKind;

/// Height of a lane, in SVG units.
const LANE: f64 = 118.0;
/// Height above the first lane, in SVG units.
const TOP: f64 = 116.0;
/// Height of a lane's highest value, in SVG units.
const FULL: f64 = 92.0;
const DASHES: [&str; 4] = ["", "14 6", "3 6", "14 5 3 5"];

/// Holds a lane's name, its label for the highest value, and its drawing.
struct Lane {
    name: String,
    below: String,
    drawn: Markup,
}

/// Draws all lanes. The page holds a drawing for projectors and one for phones.
pub(super) fn swimlanes(results: &SimulationResults, geometry: &Geometry) -> Markup {
    let &Geometry { class, width, name_height, .. } = geometry;
    let axis = Axis::new(results, geometry);
    let lane_height = LANE + name_height;
    let lanes = [
        rollout(results, &axis),
        traffic(results, &axis),
        in_flight(results, &axis),
        wrong(results, &axis),
        copies(results, &axis),
    ];
    let height = TOP + lane_height * lanes.len() as f64 + 14.0;
    html! {
        svg class=(class) viewBox={ "0 0 " (width) " " (height) } role="img"
            aria-label=(description(results)) {
            (grid(results, &axis, height))
            (markers(results, &axis, height))
            @for (index, lane) in lanes.iter().enumerate() {
                @let bottom = TOP + lane_height * (index as f64 + 1.0) - 14.0;
                @let above = if name_height > 0.0 { FULL + name_height - 26.0 } else { 58.0 };
                @let name = bottom - above;
                line.lane x1="0" x2=(width) y1=(bottom) y2=(bottom) {}
                text.name x="0" y=(name) { (lane.name) }
                text.below x="0" y=(name + 28.0) { (lane.below) }
                g transform={ "translate(0 " (bottom) ")" } { (lane.drawn) }
            }
        }
    }
}

/// Draws full hours, midnights, and the gap between the two parts of the axis.
fn grid(results: &SimulationResults, axis: &Axis, height: f64) -> Markup {
    let start = &results.plan.scenario.start;
    let (hours, midnights) = axis.ticks();
    let hours = hours.into_iter().map(|us| (us, start.time(us)));
    let midnights = midnights.into_iter().map(|us| (us, start.day(us)));
    let foot = height - 14.0;
    html! {
        @if axis.has_room_for_names() {
            text.below x="0" y="22" { "published" }
            text.below x="0" y="104" { "simulated" }
        }
        @for (x, name) in labels(axis, hours.chain(midnights)) {
            line.grid x1=(n(x)) x2=(n(x)) y1="76" y2=(foot) {}
            text.tick x=(n(x)) y="72" text-anchor="middle" { (name) }
        }
        @for x in [axis.parts[0].right + 4.0, axis.parts[1].left - 4.0] {
            line.gap x1=(n(x)) x2=(n(x)) y1="44" y2=(foot) {}
        }
    }
}

/// Returns the position and the label of each tick that does not overlap the previous label.
fn labels(axis: &Axis, ticks: impl Iterator<Item = (u64, String)>) -> Vec<(f64, String)> {
    const ROOM: f64 = 84.0;
    let mut free = axis.parts[0].left + ROOM / 2.0;
    let mut labels = Vec::new();
    for (us, name) in ticks {
        let Some(x) = axis.at(us).filter(|&x| x >= free && x < axis.width - ROOM / 2.0) else {
            continue;
        };
        free = x + ROOM;
        labels.push((x, name));
    }
    labels
}

/// Draws the numbers of the published times above the axis, and of the simulated times below it.
fn markers(results: &SimulationResults, axis: &Axis, height: f64) -> Markup {
    let plan = &results.plan;
    let rows = timeline_rows(results);
    let numbered = || rows.iter().zip(1..);
    let published = numbered()
        .filter_map(|(row, number)| Some((axis.at(plan.scenario.us(&row.published.at))?, number)));
    let simulated =
        numbered().filter_map(|(row, number)| Some((axis.at(row.simulated??)?, number)));
    html! {
        @for (x, at, number) in spread(published.collect(), axis.width) {
            line.published x1=(n(x)) x2=(n(at)) y1="42" y2="30" {}
            line.published x1=(n(x)) x2=(n(x)) y1="42" y2="50" {}
            text.published x=(n(at)) y="24" text-anchor="middle" { (number) }
        }
        @for (x, at, number) in spread(simulated.collect(), axis.width) {
            line.simulated x1=(n(x)) x2=(n(x)) y1="110" y2=(height - 14.0) {}
            text.simulated x=(n(at)) y="104" text-anchor="middle" { (number) }
        }
    }
}

/// Moves numbers apart that would overlap. Returns each number with the position of its time and
/// the position of the number.
fn spread(mut markers: Vec<(f64, i32)>, width: f64) -> Vec<(f64, f64, i32)> {
    const ROOM: f64 = 30.0;
    markers.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = f64::MIN;
    let mut placed: Vec<(f64, f64, i32)> = Vec::new();
    for (x, number) in markers {
        let at = x.max(free);
        free = at + ROOM;
        placed.push((x, at, number));
    }
    let mut max = width - 16.0;
    for (_, at, _) in placed.iter_mut().rev() {
        *at = at.min(max);
        max = *at - ROOM;
    }
    placed
}

fn rollout(results: &SimulationResults, axis: &Axis) -> Lane {
    let all = results.plan.scenario.fleet.nodes;
    let stages = results.plan.scenario.rollout.iter();
    let share = |share: f64| (share * f64::from(all)).ceil() / f64::from(all);
    let steps: Vec<(u64, f64)> =
        stages.map(|stage| (results.plan.scenario.us(&stage.at), share(stage.share))).collect();
    let end = results.fixed_us.unwrap_or(u64::MAX);
    let value = |us: u64| {
        let reached = steps.iter().rfind(|(at, _)| *at <= us);
        reached.filter(|_| us < end).map_or(0.0, |&(_, share)| share)
    };
    Lane {
        name: "new maker".into(),
        below: format!("on {all} nodes"),
        drawn: area(axis, "rollout", 1.0, |minutes| value(minutes.start as u64 * 60_000_000)),
    }
}

fn traffic(results: &SimulationResults, axis: &Axis) -> Lane {
    let views = |minutes: std::ops::Range<usize>| mean(results, minutes, |minute| minute.views);
    let top = peak(axis, views);
    Lane {
        name: "traffic".into(),
        below: format!("to {} views/min", grouped(format_args!("{top:.0}"))),
        drawn: area(axis, "traffic", top, views),
    }
}

fn in_flight(results: &SimulationResults, axis: &Axis) -> Lane {
    let fleet = &results.plan.scenario.fleet;
    let highest = |minutes: std::ops::Range<usize>| {
        let within = results.minutes.get(clamped(results, minutes)).unwrap_or_default();
        within.iter().map(|minute| minute.peak_conversions).max().unwrap_or(0).into()
    };
    let ring = fleet.pipeline == PipelineKind::Shared;
    let slots = f64::from(fleet.slots);
    let peak = peak(axis, highest);
    let top = if ring && slots < 4.0 * peak { peak.max(slots * 1.1) } else { peak };
    let line = -FULL * slots / top;
    Lane {
        name: "in flight".into(),
        below: format!("to {peak:.0} on a node"),
        drawn: html! {
            (area(axis, "flight", top, highest))
            @if ring && slots <= top {
                line.slots x1=(axis.parts[0].left) x2=(axis.width - 6.0)
                    y1=(n(line)) y2=(n(line)) {}
                text.slots x=(axis.width - 10.0) y=(n(line - 8.0)) text-anchor="end" {
                    (fleet.slots) " slots"
                    @if axis.has_room_for_names() { ": below, mixing is rare" }
                }
            }
        },
    }
}

fn wrong(results: &SimulationResults, axis: &Axis) -> Lane {
    let wrong = |minutes: std::ops::Range<usize>| {
        let length = minutes.len() as f64;
        mean(results, minutes, |minute| minute.wrong) * if length > 0.0 { 1.0 } else { 0.0 }
    };
    let top = peak(axis, wrong);
    Lane {
        name: "wrong made".into(),
        below: format!("to {} a minute", grouped(format_args!("{top:.0}"))),
        drawn: area(axis, "wrong", top, wrong),
    }
}

fn copies(results: &SimulationResults, axis: &Axis) -> Lane {
    let platforms = results.plan.scenario.platforms.len();
    let stored = results.copies.iter().map(|copies| copies.stored).max().unwrap_or(0);
    let top = stored.max(1) as f64;
    let path = |value: &dyn Fn(&CopiesAt) -> u64| {
        let mut path = String::new();
        for copies in &results.copies {
            let Some(x) = axis.at(copies.at_s * 1_000_000) else { continue };
            let letter = if path.is_empty() { 'M' } else { 'L' };
            let y = -FULL * value(copies) as f64 / top;
            let _ = write!(path, "{letter}{} {}", n(x), n(y));
        }
        path
    };
    Lane {
        name: "wrong copies".into(),
        below: format!("{} on devices", grouped(stored)),
        drawn: html! {
            path.stored d=(path(&|copies| copies.stored)) {}
            @for platform in 0..platforms {
                path class={ "copies p" (platform % 4) } stroke-dasharray=(DASHES[platform % 4])
                    d=(path(&|copies| copies.visible[platform])) {}
            }
        },
    }
}

/// Explains the lines of the last lane.
pub(super) fn key(results: &SimulationResults) -> Markup {
    let platforms = results.plan.scenario.platforms.iter().enumerate();
    html! {
        ul.key {
            @for (index, platform) in platforms {
                li {
                    svg.sample viewBox="0 0 60 12" aria-hidden="true" {
                        path class={ "copies p" (index % 4) }
                            stroke-dasharray=(DASHES[index % 4]) d="M0 6L60 6" {}
                    }
                    " " (platform.name)
                }
            }
            li {
                svg.sample viewBox="0 0 60 12" aria-hidden="true" { path.stored d="M0 6L60 6" {} }
                " all copies on devices, hidden copies included"
            }
        }
    }
}

fn clamped(results: &SimulationResults, minutes: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let end = minutes.end.min(results.minutes.len());
    minutes.start.min(end)..end
}

fn mean(
    results: &SimulationResults,
    minutes: std::ops::Range<usize>,
    value: fn(&MinuteStats) -> u32,
) -> f64 {
    let length = minutes.len().max(1);
    let within = results.minutes.get(clamped(results, minutes)).unwrap_or_default();
    within.iter().map(|minute| f64::from(value(minute))).sum::<f64>() / length as f64
}

fn peak(axis: &Axis, value: impl Fn(std::ops::Range<usize>) -> f64) -> f64 {
    let columns = axis.parts.into_iter().flat_map(Axis::columns);
    columns.map(|(_, minutes)| value(minutes)).fold(1.0, f64::max)
}

fn area(
    axis: &Axis,
    class: &str,
    top: f64,
    value: impl Fn(std::ops::Range<usize>) -> f64,
) -> Markup {
    let mut path = String::new();
    for part in axis.parts {
        let _ = write!(path, "M{} 0", n(part.left));
        for (x, minutes) in Axis::columns(part) {
            let _ = write!(path, "L{} {}", n(x), n(-FULL * value(minutes) / top));
        }
        let _ = write!(path, "L{} 0Z", n(part.right));
    }
    html! { path class=(class) d=(path) {} }
}

/// Formats a coordinate to a tenth of a unit.
fn n(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), String::from)
}

fn description(results: &SimulationResults) -> String {
    let mut text =
        "Time runs to the right: the day itself is wide, the days after it are compressed."
            .to_owned();
    for (row, number) in timeline_rows(results).iter().zip(1..) {
        let at = published_time(row.published);
        let _ = write!(text, " {number}: {}, published {at}", row.published.event);
        if let Some(us) = row.simulated {
            let _ = write!(text, ", simulated {}", simulated_time(results, us));
        }
        text.push('.');
    }
    text
}
