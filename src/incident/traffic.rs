//! Views over the days: as many in each minute as the script says, at moments drawn within it.

use super::plan::{MINUTE_US, SimulationPlan};
use super::rng::{SplitMix64, Stream};
use super::scenario::Views;

/// Somebody opens an album.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Opening {
    pub(super) at_us: u64,
    pub(super) person: u32,
    /// Decides which row is looked at.
    pub(super) draw: u64,
}

/// Openings in the order of their moments.
pub(super) struct Traffic {
    chance: SplitMix64,
    views: Views,
    /// Views of a day at this scale, as a share of one view for each unit of weight.
    per_weight: f64,
    people: u32,
    /// The minute that is drawn next, and the one after the last.
    minute: u64,
    end: u64,
    /// Minutes from local midnight to the start.
    midnight: u64,
    /// What the minutes so far owe: a part of a view.
    owed: f64,
    /// The openings of the minute drawn last that have not come yet, latest first.
    openings: Vec<Opening>,
}

impl Traffic {
    pub(super) fn new(plan: &SimulationPlan, people: u32) -> Self {
        let views = plan.script.views.clone();
        let weight: f64 = views.by_hour.iter().sum::<f64>() * 60.0;
        let per_day = views.per_day as f64 / f64::from(plan.scale.get());
        Self {
            chance: SplitMix64::new(plan.seed, Stream::Openings),
            per_weight: if weight > 0.0 { per_day / weight } else { 0.0 },
            views,
            people,
            minute: 0,
            end: plan.script.length_us().div_ceil(MINUTE_US),
            midnight: plan.script.start.minute_of_day().into(),
            owed: 0.0,
            openings: Vec::new(),
        }
    }

    /// When the next opening comes.
    pub(super) fn next_us(&mut self) -> Option<u64> {
        while self.openings.is_empty() && self.minute < self.end {
            self.draw();
        }
        self.openings.last().map(|opening| opening.at_us)
    }

    /// Takes the next opening.
    pub(super) fn take(&mut self) -> Option<Opening> {
        self.next_us()?;
        self.openings.pop()
    }

    /// Nobody comes any more.
    pub(super) fn close(&mut self) {
        self.openings.clear();
        self.minute = self.end;
    }

    fn draw(&mut self) {
        let views = self.weight() * self.per_weight + self.owed;
        let whole = views as u64;
        self.owed = views - whole as f64;
        let from = self.minute * MINUTE_US;
        for _ in 0..whole {
            let at_us = from + self.chance.below(MINUTE_US);
            let person = self.chance.below(self.people.into()) as u32;
            self.openings.push(Opening { at_us, person, draw: self.chance.next() });
        }
        self.openings.sort_unstable_by(|a, b| b.cmp(a));
        self.minute += 1;
    }

    fn weight(&self) -> f64 {
        let of_day = (self.midnight + self.minute) % (24 * 60);
        let (hour, minute) = ((of_day / 60) as usize, (of_day % 60) as f64);
        let (from, to) = (self.views.by_hour[hour], self.views.by_hour[(hour + 1) % 24]);
        from + (to - from) * (minute + 0.5) / 60.0
    }
}
