//! Generates views: in each minute as many as the scenario says, at random times within the minute.

use super::plan::{MINUTE_US, SimulationPlan};
use super::rng::{SplitMix64, Stream};
use super::scenario::Views;

/// Describes one view: a person opens an album.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct View {
    pub(super) at_us: u64,
    pub(super) person: u32,
    /// A random number that decides which row of the album is shown.
    pub(super) draw: u64,
}

/// Generates views in the order of their times.
pub(super) struct Traffic {
    rng: SplitMix64,
    params: Views,
    /// Views of a day at this scale, for each unit of weight.
    per_weight: f64,
    people: u32,
    /// The minute that is drawn next.
    next_minute: u64,
    end_minute: u64,
    /// Minutes from local midnight to the start.
    start_minute_of_day: u64,
    /// The fraction of a view that the minutes drawn so far left over.
    remainder: f64,
    /// The remaining views of the minute drawn last, latest first.
    pending: Vec<View>,
}

impl Traffic {
    pub(super) fn new(plan: &SimulationPlan, people: u32) -> Self {
        let params = plan.scenario.views.clone();
        let weight: f64 = params.hourly_weights.iter().sum::<f64>() * 60.0;
        let per_day = params.per_day as f64 / f64::from(plan.scale.get());
        Self {
            rng: SplitMix64::new(plan.seed, Stream::Views),
            per_weight: if weight > 0.0 { per_day / weight } else { 0.0 },
            params,
            people,
            next_minute: 0,
            end_minute: plan.scenario.length_us().div_ceil(MINUTE_US),
            start_minute_of_day: plan.scenario.start.minute_of_day().into(),
            remainder: 0.0,
            pending: Vec::new(),
        }
    }

    /// Returns the time of the next view.
    pub(super) fn next_us(&mut self) -> Option<u64> {
        while self.pending.is_empty() && self.next_minute < self.end_minute {
            self.draw_minute();
        }
        self.pending.last().map(|view| view.at_us)
    }

    /// Takes the next view.
    pub(super) fn take(&mut self) -> Option<View> {
        self.next_us()?;
        self.pending.pop()
    }

    /// Ends the traffic: no further view comes.
    pub(super) fn close(&mut self) {
        self.pending.clear();
        self.next_minute = self.end_minute;
    }

    fn draw_minute(&mut self) {
        let views = self.weight() * self.per_weight + self.remainder;
        let whole = views as u64;
        self.remainder = views - whole as f64;
        let start_us = self.next_minute * MINUTE_US;
        for _ in 0..whole {
            let at_us = start_us + self.rng.below(MINUTE_US);
            let person = self.rng.below(self.people.into()) as u32;
            self.pending.push(View { at_us, person, draw: self.rng.next() });
        }
        self.pending.sort_unstable_by(|a, b| b.cmp(a));
        self.next_minute += 1;
    }

    fn weight(&self) -> f64 {
        let minute_of_day = (self.start_minute_of_day + self.next_minute) % (24 * 60);
        let (hour, minute) = ((minute_of_day / 60) as usize, (minute_of_day % 60) as f64);
        let weights = &self.params.hourly_weights;
        let (from, to) = (weights[hour], weights[(hour + 1) % 24]);
        from + (to - from) * (minute + 0.5) / 60.0
    }
}
