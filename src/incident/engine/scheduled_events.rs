//! What the script has set a moment for: stages of the rollout, looks, the fix.
//!
//! All else of a day comes from people and from load.

use std::cmp::Reverse;

use super::Engine;
use crate::incident::plan::MINUTE_US;

/// Something that the script, or the day itself, has set a moment for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ScheduledEvent {
    Stage(u32),
    Look,
    Fix,
    Canaries,
}

impl Engine<'_> {
    pub(super) fn set_turns(&mut self) {
        let script = &self.plan.script;
        for stage in &script.rollout {
            let instances = (stage.share * f64::from(script.fleet.instances)).ceil() as u32;
            self.turns.push(Reverse((self.plan.us(&stage.at), ScheduledEvent::Stage(instances))));
        }
        let looks = self.remedies.detection_us();
        self.turns.extend(looks.map(|at| Reverse((at, ScheduledEvent::Look))));
        let first = script.rollout.first().filter(|_| self.world.canaries().next().is_some());
        let canaries =
            first.map(|stage| Reverse((self.plan.us(&stage.at), ScheduledEvent::Canaries)));
        self.turns.extend(canaries);
    }

    pub(super) fn turn(&mut self, now_us: u64, turn: ScheduledEvent) {
        match turn {
            ScheduledEvent::Stage(instances) if self.remedies.fixed_us.is_none() => {
                self.rolled_out = self.rolled_out.max(instances);
            }
            ScheduledEvent::Stage(_) => {}
            ScheduledEvent::Look if self.first_shown_us.is_some() => self.detect(now_us),
            ScheduledEvent::Look => {}
            ScheduledEvent::Fix => self.remedies.fixed_us = Some(now_us),
            ScheduledEvent::Canaries => self.look(now_us),
        }
        let instances = if self.remedies.fixed_us.is_some() { 0 } else { self.rolled_out };
        self.minutes.at(now_us).instances = instances;
    }

    pub(super) fn detect(&mut self, now_us: u64) {
        if self.remedies.detected_us.is_none() {
            let fix = self.remedies.detect(now_us);
            self.turns.extend(fix.map(|at| Reverse((at, ScheduledEvent::Fix))));
        }
    }

    /// Every canary asks for its own photo, past all caches.
    fn look(&mut self, now_us: u64) {
        for person in self.world.canaries() {
            let album = self.world.album_of(person);
            let photo = self.world.photos_in(album).start;
            let order = self.order(person, photo, album, true);
            self.ask(now_us, order);
        }
        let next = now_us + MINUTE_US;
        if next < self.plan.script.length_us() {
            self.turns.push(Reverse((next, ScheduledEvent::Canaries)));
        }
    }
}
