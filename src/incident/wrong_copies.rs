//! Counts wrong copies over time: copies that can still be shown, and copies that are still stored.
//!
//! The server change only hides a copy on a device. The copy stays stored until a build empties the
//! cache.

use serde::Serialize;

use super::plan::{DAY_US, MINUTE_US, SimulationPlan};
use super::population::Population;
use super::recovery::Recovery;
use super::thumbnail_caches::WrongCopy;

/// Counts wrong copies at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CopiesAt {
    /// Virtual time, in seconds since the start.
    pub at_s: u64,
    /// Number of copies in the service's cache.
    pub service: u64,
    /// Number of copies on devices that a view would show, by platform in the scenario's order.
    pub visible: Vec<u64>,
    /// Number of copies on devices, hidden copies included.
    pub stored: u64,
}

/// Holds the times at which a copy was stored, hidden, and deleted.
#[derive(Clone, Copy)]
struct CopyLifetime {
    platform: Option<usize>,
    from_us: u64,
    hidden_us: u64,
    deleted_us: u64,
}

/// Holds the lifetimes of all wrong copies.
pub(super) struct WrongCopies {
    lifetimes: Vec<CopyLifetime>,
    platforms: usize,
}

impl WrongCopies {
    pub(super) fn new(
        plan: &SimulationPlan,
        population: &Population,
        recovery: &Recovery,
        copies: &[WrongCopy],
    ) -> Self {
        let caches = &plan.scenario.caches;
        let lifetime = |copy: &WrongCopy| {
            let WrongCopy { person, from_us, replaced_us } = *copy;
            // The caches store the minute of a copy, so its age counts from that full minute.
            let since = from_us / MINUTE_US * MINUTE_US;
            let days =
                if person.is_some() { caches.device_ttl_days } else { caches.service_ttl_days };
            let expired_us = since + u64::from(days) * DAY_US;
            let emptied_us = match person {
                Some(person) => recovery.update_us(population, person),
                None => recovery.server_change_end_us(),
            };
            let ends = [replaced_us, recovery.purged_us(), emptied_us];
            let deleted_us = ends.into_iter().flatten().fold(expired_us, u64::min).max(from_us);
            let hidden_us = person.and_then(|person| recovery.server_change_us(population, person));
            CopyLifetime {
                platform: person.map(|person| population.platform_of(person)),
                from_us,
                hidden_us: hidden_us.unwrap_or(deleted_us).clamp(from_us, deleted_us),
                deleted_us,
            }
        };
        let platforms = plan.scenario.platforms.len();
        Self { lifetimes: copies.iter().map(lifetime).collect(), platforms }
    }

    /// Returns the time at which the last copy was deleted.
    pub(super) fn last_us(&self) -> Option<u64> {
        self.lifetimes.iter().map(|lifetime| lifetime.deleted_us).max()
    }

    /// Counts the copies at every `interval_us`, until the last copy is deleted.
    pub(super) fn over_time(&self, interval_us: u64) -> Vec<CopiesAt> {
        let Some(end) = self.last_us() else { return Vec::new() };
        let intervals = (end.div_ceil(interval_us) + 1) as usize;
        // Each interval holds the change of each count; a running sum gives the counts.
        let kinds = self.platforms + 2;
        let (device, service) = (self.platforms, self.platforms + 1);
        let mut changes = vec![0_i64; (intervals + 1) * kinds];
        let mut add = |kind: usize, from: u64, to: u64| {
            if to > from {
                changes[from.div_ceil(interval_us) as usize * kinds + kind] += 1;
                changes[to.div_ceil(interval_us) as usize * kinds + kind] -= 1;
            }
        };
        for lifetime in &self.lifetimes {
            match lifetime.platform {
                Some(platform) => {
                    add(platform, lifetime.from_us, lifetime.hidden_us);
                    add(device, lifetime.from_us, lifetime.deleted_us);
                }
                None => add(service, lifetime.from_us, lifetime.deleted_us),
            }
        }
        let mut sums = vec![0_i64; kinds];
        let count = |(interval, changes): (usize, &[i64])| {
            sums.iter_mut().zip(changes).for_each(|(sum, change)| *sum += change);
            let count = |kind: usize| sums[kind] as u64;
            CopiesAt {
                at_s: interval as u64 * interval_us / 1_000_000,
                service: count(service),
                visible: (0..self.platforms).map(count).collect(),
                stored: count(device),
            }
        };
        changes.chunks(kinds).take(intervals).enumerate().map(count).collect()
    }
}
