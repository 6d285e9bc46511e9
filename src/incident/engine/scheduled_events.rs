//! Handles the events that have a set time: stages of the rollout, detection, fix, canaries.
//!
//! All other events come from people's views and from the load of the nodes.

use std::cmp::Reverse;

use super::Engine;
use crate::incident::plan::MINUTE_US;

/// Names an event with a set time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ScheduledEvent {
    /// A stage of the rollout, with the number of nodes that have the new maker.
    Stage(u32),
    /// The earliest detection by the operator.
    Detection,
    /// The fix.
    Fix,
    /// A view by every canary account.
    Canaries,
}

impl Engine<'_> {
    pub(super) fn schedule_events(&mut self) {
        let scenario = &self.plan.scenario;
        for stage in &scenario.rollout {
            let nodes = (stage.share * f64::from(scenario.fleet.nodes)).ceil() as u32;
            self.schedule(scenario.us(&stage.at), ScheduledEvent::Stage(nodes));
        }
        if let Some(detection_us) = self.recovery.detection_us {
            self.schedule(detection_us, ScheduledEvent::Detection);
        }
        let has_canaries = !self.population.canaries().is_empty();
        if let Some(first) = scenario.rollout.first().filter(|_| has_canaries) {
            self.schedule(scenario.us(&first.at), ScheduledEvent::Canaries);
        }
    }

    fn schedule(&mut self, at_us: u64, event: ScheduledEvent) {
        self.scheduled.push(Reverse((at_us, event)));
    }

    pub(super) fn run_event(&mut self, now_us: u64, event: ScheduledEvent) {
        match event {
            ScheduledEvent::Stage(nodes) if self.recovery.fixed_us.is_none() => {
                self.updated_nodes = self.updated_nodes.max(nodes);
            }
            ScheduledEvent::Stage(_) => {}
            ScheduledEvent::Detection if self.first_wrong_shown_us.is_some() => self.detect(now_us),
            ScheduledEvent::Detection => {}
            ScheduledEvent::Fix => self.recovery.fixed_us = Some(now_us),
            ScheduledEvent::Canaries => self.view_as_canaries(now_us),
        }
        let nodes = if self.recovery.fixed_us.is_some() { 0 } else { self.updated_nodes };
        self.load_series.at(now_us).nodes = nodes;
    }

    pub(super) fn detect(&mut self, now_us: u64) {
        if self.recovery.detected_us.is_none()
            && let Some(fix_us) = self.recovery.detect(now_us)
        {
            self.schedule(fix_us, ScheduledEvent::Fix);
        }
    }

    /// Requests each canary's own photo, past all caches.
    fn view_as_canaries(&mut self, now_us: u64) {
        for person in self.population.canaries() {
            let album = self.population.album_of(person);
            let photo = self.population.photos_in(album).start;
            let request = self.request(person, photo, album, true);
            self.enqueue(now_us, request);
        }
        let next_us = now_us + MINUTE_US;
        if next_us < self.plan.scenario.length_us() {
            self.schedule(next_us, ScheduledEvent::Canaries);
        }
    }
}
