//! The day as lanes under one axis: rollout, traffic, in flight against slots, wrong thumbnails,
//! wrong copies; and the moments, published above, ours below.

use std::fmt::Write;

use maud::{Markup, html};

use super::axis::{Axis, LEFT, WIDTH};
use crate::incident::report::milestones::{lines, told, written};
use crate::incident::{Minute, SimulationResults};
use crate::pipelines::PipelineKind;

/// Height of a lane, and what lies above the first one.
const LANE: f64 = 118.0;
const TOP: f64 = 116.0;
/// The part of a lane that its curve may fill.
const FULL: f64 = 92.0;
const DASHES: [&str; 4] = ["", "14 6", "3 6", "14 5 3 5"];

/// A lane's name, its greatest value, and what is drawn in it.
struct Lane {
    name: String,
    below: String,
    drawn: Markup,
}

/// The drawing.
pub(super) fn lanes(findings: &SimulationResults) -> Markup {
    let axis = Axis::new(findings);
    let drawn = [
        rollout(findings, &axis),
        traffic(findings, &axis),
        in_flight(findings, &axis),
        wrong(findings, &axis),
        copies(findings, &axis),
    ];
    let height = TOP + LANE * drawn.len() as f64 + 14.0;
    html! {
        svg.day viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label=(in_words(findings)) {
            (grid(findings, &axis, height))
            (flags(findings, &axis, height))
            @for (place, lane) in drawn.iter().enumerate() {
                @let bottom = TOP + LANE * (place as f64 + 1.0) - 14.0;
                line.lane x1="0" x2=(WIDTH) y1=(bottom) y2=(bottom) {}
                text.name x="0" y=(bottom - 58.0) { (lane.name) }
                text.below x="0" y=(bottom - 30.0) { (lane.below) }
                g transform={ "translate(0 " (bottom) ")" } { (lane.drawn) }
            }
        }
    }
}

/// Full hours, midnights, and the break between them.
fn grid(findings: &SimulationResults, axis: &Axis, height: f64) -> Markup {
    let start = &findings.plan.script.start;
    let (hours, midnights) = axis.ticks();
    let hours = placed(axis, hours, |us| start.time(us));
    let midnights = placed(axis, midnights, |us| start.day(us));
    let foot = height - 14.0;
    html! {
        text.below x="0" y="22" { "published" }
        text.below x="0" y="104" { "here" }
        @for (x, name) in hours.into_iter().chain(midnights) {
            line.grid x1=(n(x)) x2=(n(x)) y1="76" y2=(foot) {}
            text.tick x=(n(x)) y="72" text-anchor="middle" { (name) }
        }
        line.gap x1=(n(axis.parts[0].right + 4.0)) x2=(n(axis.parts[0].right + 4.0)) y1="44"
            y2=(foot) {}
        line.gap x1=(n(axis.parts[1].left - 4.0)) x2=(n(axis.parts[1].left - 4.0)) y1="44"
            y2=(foot) {}
    }
}

/// Ticks with their labels, each where there is room for it.
fn placed(axis: &Axis, ticks: Vec<u64>, name: impl Fn(u64) -> String) -> Vec<(f64, String)> {
    const ROOM: f64 = 84.0;
    let mut free = LEFT + ROOM / 2.0;
    let mut placed = Vec::new();
    for us in ticks {
        let Some(x) = axis.at(us).filter(|&x| x >= free && x < WIDTH - ROOM / 2.0) else {
            continue;
        };
        free = x + ROOM;
        placed.push((x, name(us)));
    }
    placed
}

/// The numbers of the published moments above the axis, and of ours below.
fn flags(findings: &SimulationResults, axis: &Axis, height: f64) -> Markup {
    let plan = &findings.plan;
    let moments = lines(findings);
    let numbered = || moments.iter().zip(1..);
    let published = numbered()
        .filter_map(|(line, number)| Some((axis.at(plan.us(&line.published.at))?, number)));
    let ours = numbered().filter_map(|(line, number)| Some((axis.at(line.ours??)?, number)));
    html! {
        @for (x, at, number) in apart(published.collect()) {
            line.published x1=(n(x)) x2=(n(at)) y1="42" y2="30" {}
            line.published x1=(n(x)) x2=(n(x)) y1="42" y2="50" {}
            text.published x=(n(at)) y="24" text-anchor="middle" { (number) }
        }
        @for (x, at, number) in apart(ours.collect()) {
            line.ours x1=(n(x)) x2=(n(x)) y1="110" y2=(height - 14.0) {}
            text.ours x=(n(at)) y="104" text-anchor="middle" { (number) }
        }
    }
}

/// Moves numbers apart that would lie on each other: each with its moment and its own place.
fn apart(mut flags: Vec<(f64, i32)>) -> Vec<(f64, f64, i32)> {
    const ROOM: f64 = 30.0;
    flags.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = f64::MIN;
    let mut placed: Vec<(f64, f64, i32)> = Vec::new();
    for (x, number) in flags {
        let at = x.max(free);
        free = at + ROOM;
        placed.push((x, at, number));
    }
    let mut most = WIDTH - 16.0;
    for (_, at, _) in placed.iter_mut().rev() {
        *at = at.min(most);
        most = *at - ROOM;
    }
    placed
}

fn rollout(findings: &SimulationResults, axis: &Axis) -> Lane {
    let all = findings.plan.script.fleet.instances;
    let stages = findings.plan.script.rollout.iter();
    let share = |share: f64| (share * f64::from(all)).ceil() / f64::from(all);
    let steps: Vec<(u64, f64)> =
        stages.map(|stage| (findings.plan.us(&stage.at), share(stage.share))).collect();
    let end = findings.fixed_us.unwrap_or(u64::MAX);
    let value = |us: u64| {
        let reached = steps.iter().rfind(|(at, _)| *at <= us);
        reached.filter(|_| us < end).map_or(0.0, |&(_, share)| share)
    };
    Lane {
        name: "new maker".into(),
        below: format!("on {all} instances"),
        drawn: area(axis, "rollout", 1.0, |minutes| value(minutes.start as u64 * 60_000_000)),
    }
}

fn traffic(findings: &SimulationResults, axis: &Axis) -> Lane {
    let views = |minutes: std::ops::Range<usize>| mean(findings, minutes, |minute| minute.views);
    let top = peak(axis, views);
    Lane {
        name: "traffic".into(),
        below: format!("to {top:.0} views/min"),
        drawn: area(axis, "traffic", top, views),
    }
}

fn in_flight(findings: &SimulationResults, axis: &Axis) -> Lane {
    let fleet = &findings.plan.script.fleet;
    let most = |minutes: std::ops::Range<usize>| {
        let within = findings.minutes.get(clamped(findings, minutes)).unwrap_or_default();
        within.iter().map(|minute| minute.at_work_most).max().unwrap_or(0).into()
    };
    let ring = fleet.pipeline == PipelineKind::Shared;
    let slots = f64::from(fleet.slots);
    let peak = peak(axis, most);
    let top = if ring && slots < 4.0 * peak { peak.max(slots * 1.1) } else { peak };
    let line = -FULL * slots / top;
    Lane {
        name: "in flight".into(),
        below: format!("to {peak:.0} on one"),
        drawn: html! {
            (area(axis, "flight", top, most))
            @if ring && slots <= top {
                line.slots x1=(LEFT) x2=(WIDTH - 6.0) y1=(n(line)) y2=(n(line)) {}
                text.slots x=(WIDTH - 10.0) y=(n(line - 8.0)) text-anchor="end" {
                    (fleet.slots) " slots"
                }
            }
        },
    }
}

fn wrong(findings: &SimulationResults, axis: &Axis) -> Lane {
    let wrong = |minutes: std::ops::Range<usize>| {
        let length = minutes.len() as f64;
        mean(findings, minutes, |minute| minute.wrong) * if length > 0.0 { 1.0 } else { 0.0 }
    };
    let top = peak(axis, wrong);
    Lane {
        name: "wrong made".into(),
        below: format!("to {top:.0} a minute"),
        drawn: area(axis, "wrong", top, wrong),
    }
}

fn copies(findings: &SimulationResults, axis: &Axis) -> Lane {
    let platforms = findings.plan.script.platforms.len();
    let stored = findings.copies.iter().map(|lying| lying.stored).max().unwrap_or(0);
    let top = stored.max(1) as f64;
    let path = |value: &dyn Fn(&crate::incident::CopiesAt) -> u64| {
        let mut path = String::new();
        for lying in &findings.copies {
            let Some(x) = axis.at(lying.at_s * 1_000_000) else { continue };
            let letter = if path.is_empty() { 'M' } else { 'L' };
            let y = -FULL * value(lying) as f64 / top;
            let _ = write!(path, "{letter}{} {}", n(x), n(y));
        }
        path
    };
    Lane {
        name: "wrong copies".into(),
        below: format!("{stored} on devices"),
        drawn: html! {
            path.stored d=(path(&|lying| lying.stored)) {}
            @for platform in 0..platforms {
                path class={ "copies p" (platform % 4) } stroke-dasharray=(DASHES[platform % 4])
                    d=(path(&|lying| lying.visible[platform])) {}
            }
        },
    }
}

/// Which line is whose.
pub(super) fn key(findings: &SimulationResults) -> Markup {
    let platforms = findings.plan.script.platforms.iter().enumerate();
    html! {
        ul.key {
            @for (place, platform) in platforms {
                li {
                    svg.sample viewBox="0 0 60 12" aria-hidden="true" {
                        path class={ "copies p" (place % 4) }
                            stroke-dasharray=(DASHES[place % 4]) d="M0 6L60 6" {}
                    }
                    " " (platform.name)
                }
            }
            li {
                svg.sample viewBox="0 0 60 12" aria-hidden="true" { path.stored d="M0 6L60 6" {} }
                " all that lie on devices, also those that are no longer shown"
            }
        }
    }
}

fn clamped(
    findings: &SimulationResults,
    minutes: std::ops::Range<usize>,
) -> std::ops::Range<usize> {
    let end = minutes.end.min(findings.minutes.len());
    minutes.start.min(end)..end
}

fn mean(
    findings: &SimulationResults,
    minutes: std::ops::Range<usize>,
    value: fn(&Minute) -> u32,
) -> f64 {
    let length = minutes.len().max(1);
    let within = findings.minutes.get(clamped(findings, minutes)).unwrap_or_default();
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

/// A number of the drawing, to a tenth of a unit.
fn n(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), String::from)
}

fn in_words(findings: &SimulationResults) -> String {
    let mut text = "Time to the right: the day itself wide, the days after it close.".to_owned();
    for (line, number) in lines(findings).iter().zip(1..) {
        let at = written(line.published);
        let _ = write!(text, " {number}: {}, published {at}", line.published.what);
        if let Some(ours) = line.ours {
            let told = told(findings, ours);
            let _ = write!(text, ", here {told}");
        }
        text.push('.');
    }
    text
}
