//! Maps times to positions on an axis of two parts: the day itself is wide, the days after it are
//! compressed.
//!
//! Six hours decide and five days follow. On a linear axis the six hours would be too narrow to
//! read.

use crate::incident::SimulationResults;

/// Describes the size of a drawing, in SVG units, and where the names of its lanes stand.
pub(super) struct Geometry {
    /// Class of the drawing, by which the style shows one of the drawings.
    pub(super) class: &'static str,
    /// Width of the drawing.
    pub(super) width: f64,
    /// Left end of the lanes: after their names, or 0 if the names stand above the lanes.
    pub(super) left: f64,
    /// Height above a lane for its name; 0 if the names stand beside the lanes.
    pub(super) name_height: f64,
}

/// Size of the drawing on a projector, with the names beside the lanes.
pub(super) const PROJECTOR: Geometry =
    Geometry { class: "day projector", width: 1200.0, left: 214.0, name_height: 0.0 };
/// Size of the drawing on a phone, with the names above the lanes.
pub(super) const PHONE: Geometry =
    Geometry { class: "day phone", width: 520.0, left: 0.0, name_height: 64.0 };

/// The share of the lanes' width that the day itself takes.
const WIDE: f64 = 0.62;
/// Gap between the two parts, in SVG units.
const GAP: f64 = 14.0;

const HOUR: u64 = 3_600_000_000;
const DAY: u64 = 24 * HOUR;

/// Maps a range of times to a range of positions.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) from_us: u64,
    pub(super) to_us: u64,
    pub(super) left: f64,
    pub(super) right: f64,
}

impl Part {
    fn at(self, us: u64) -> f64 {
        let (done, all) = (us - self.from_us, (self.to_us - self.from_us).max(1));
        self.left + (self.right - self.left) * done as f64 / all as f64
    }
}

/// Maps times to positions.
pub(super) struct Axis {
    /// The day itself, and the days after it.
    pub(super) parts: [Part; 2],
    /// Width of the drawing, in SVG units.
    pub(super) width: f64,
    /// Microseconds from a full local hour to the start.
    past_hour_us: u64,
    /// Microseconds from local midnight to the start.
    past_midnight_us: u64,
}

impl Axis {
    pub(super) fn new(results: &SimulationResults, geometry: &Geometry) -> Self {
        let &Geometry { width, left, .. } = geometry;
        let scenario = &results.plan.scenario;
        let end = scenario.us(&scenario.end).max(results.last_wrong_copy_us.unwrap_or(0));
        let minutes = u64::from(scenario.start.minute_of_day());
        let past_midnight_us = minutes * 60_000_000;
        let past_hour_us = past_midnight_us % HOUR;
        let full = |us: u64| (us + past_hour_us) / HOUR * HOUR;
        let first = scenario.rollout.first().map_or(0, |stage| scenario.us(&stage.at));
        let from = full(first).saturating_sub(past_hour_us);
        let ends = [results.fixed_us, results.detected_us, results.first_wrong_us];
        let busy = ends.into_iter().flatten().max().unwrap_or(from + 8 * HOUR);
        let to = full(busy + HOUR + HOUR / 2).min(from + 2 * DAY).min(end).max(from + 1);
        let all = width - left - 6.0;
        let middle = left + all * WIDE;
        let day = Part { from_us: from, to_us: to, left, right: middle - GAP / 2.0 };
        let after = Part {
            from_us: to,
            to_us: end.max(to + 1),
            left: middle + GAP / 2.0,
            right: left + all,
        };
        Self { parts: [day, after], width, past_hour_us, past_midnight_us }
    }

    /// Returns true if there is room for names to the left of the lanes.
    pub(super) fn has_room_for_names(&self) -> bool {
        self.parts[0].left > 0.0
    }

    /// Returns the position of a time, if the axis contains it.
    pub(super) fn at(&self, us: u64) -> Option<f64> {
        let on = |part: &&Part| (part.from_us..=part.to_us).contains(&us);
        self.parts.iter().find(on).map(|part| part.at(us))
    }

    /// Returns the labelled full hours of the day itself, and the midnights of the days after it.
    pub(super) fn ticks(&self) -> (Vec<u64>, Vec<u64>) {
        let [day, after] = self.parts;
        let hours = (day.to_us - day.from_us) / HOUR;
        let step = [1, 2, 3, 6, 12].into_iter().find(|step| hours / step <= 6).unwrap_or(24);
        let every = |part: Part, step: u64, past: u64| {
            let first = (part.from_us + past).div_ceil(step) * step;
            (0..)
                .map(move |tick| (first + tick * step).saturating_sub(past))
                .take_while(move |&tick| tick < part.to_us)
                .collect()
        };
        (
            every(day, HOUR * step.max(1), self.past_hour_us),
            every(after, DAY, self.past_midnight_us),
        )
    }

    /// Returns the columns of a part, each with its left end and its minutes. A column is at least
    /// two units wide and contains at least a minute.
    pub(super) fn columns(part: Part) -> Vec<(f64, std::ops::Range<usize>)> {
        let minute = |us: u64| (us / 60_000_000) as usize;
        let columns = ((part.right - part.left) / 2.0) as u64;
        let minutes = (minute(part.to_us) - minute(part.from_us)).max(1) as u64;
        let columns = columns.min(minutes).max(1);
        let edge = |column: u64| minute(part.from_us) + (minutes * column / columns) as usize;
        let width = (part.right - part.left) / columns as f64;
        (0..columns)
            .map(|column| (part.left + width * column as f64, edge(column)..edge(column + 1)))
            .collect()
    }
}
