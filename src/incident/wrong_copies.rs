//! Wrong copies over time: how many can still be shown, and how many still lie somewhere.
//!
//! A copy that a server change hides is not gone: it lies on the device until a build empties the
//! cache.

use serde::Serialize;

use super::plan::{DAY_US, MINUTE_US, SimulationPlan};
use super::population::Population;
use super::recovery::Recovery;
use super::thumbnail_caches::WrongCopy;

/// Wrong copies at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CopiesAt {
    /// Seconds since the start.
    pub at_s: u64,
    /// In the service's cache.
    pub service: u64,
    /// On devices, by platform in the script's order: that would be shown if looked at.
    pub visible: Vec<u64>,
    /// On devices: also those that are hidden.
    pub stored: u64,
}

/// When a copy came, was hidden, and was deleted.
#[derive(Clone, Copy)]
struct CopyLifetime {
    platform: Option<usize>,
    from_us: u64,
    hidden_us: u64,
    gone_us: u64,
}

/// All wrong copies of a day.
pub(super) struct WrongCopies {
    lives: Vec<CopyLifetime>,
    platforms: usize,
}

impl WrongCopies {
    pub(super) fn new(
        plan: &SimulationPlan,
        world: &Population,
        remedies: &Recovery,
        copies: &[WrongCopy],
    ) -> Self {
        let caches = &plan.script.caches;
        let life = |copy: &WrongCopy| {
            let WrongCopy { person, from_us, replaced_us } = *copy;
            // What is kept is kept since a full minute.
            let since = from_us / MINUTE_US * MINUTE_US;
            let days = if person.is_some() { caches.device_days } else { caches.service_days };
            let old_us = since + u64::from(days) * DAY_US;
            let first = |ends: [Option<u64>; 4]| {
                ends.into_iter().flatten().fold(old_us, u64::min).max(from_us)
            };
            let purged = remedies.purged_us();
            let (platform, hidden_us, gone_us) = match person {
                Some(person) => {
                    let emptied = remedies.updates_us(world, person);
                    let gone = first([replaced_us, purged, emptied, None]);
                    let hidden = remedies.changes_us(world, person).unwrap_or(gone);
                    (Some(world.platform_of(person)), hidden.clamp(from_us, gone), gone)
                }
                None => {
                    let gone = first([replaced_us, purged, remedies.changed_us(), None]);
                    (None, gone, gone)
                }
            };
            CopyLifetime { platform, from_us, hidden_us, gone_us }
        };
        let platforms = plan.script.platforms.len();
        Self { lives: copies.iter().map(life).collect(), platforms }
    }

    /// When the last one was gone.
    pub(super) fn last_us(&self) -> Option<u64> {
        self.lives.iter().map(|life| life.gone_us).max()
    }

    /// How many lie where, every `step_us`, from the first to the last.
    pub(super) fn over_time(&self, step_us: u64) -> Vec<CopiesAt> {
        let Some(end) = self.last_us() else { return Vec::new() };
        let steps = (end.div_ceil(step_us) + 1) as usize;
        // What comes and goes at each step, summed up afterwards.
        let kinds = self.platforms + 2;
        let mut changes = vec![0_i64; (steps + 1) * kinds];
        let mut add = |kind: usize, from: u64, to: u64| {
            if to > from {
                changes[from.div_ceil(step_us) as usize * kinds + kind] += 1;
                changes[to.div_ceil(step_us) as usize * kinds + kind] -= 1;
            }
        };
        for life in &self.lives {
            match life.platform {
                Some(platform) => {
                    add(platform, life.from_us, life.hidden_us);
                    add(self.platforms, life.from_us, life.gone_us);
                }
                None => add(self.platforms + 1, life.from_us, life.gone_us),
            }
        }
        let mut sums = vec![0_i64; kinds];
        let mut lying = Vec::new();
        for (step, changes) in changes.chunks(kinds).take(steps).enumerate() {
            sums.iter_mut().zip(changes).for_each(|(sum, change)| *sum += change);
            let count = |kind: usize| sums[kind] as u64;
            lying.push(CopiesAt {
                at_s: step as u64 * step_us / 1_000_000,
                service: count(self.platforms + 1),
                visible: (0..self.platforms).map(count).collect(),
                stored: count(self.platforms),
            });
        }
        lying
    }
}
