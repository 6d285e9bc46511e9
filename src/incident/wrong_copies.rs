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
        let Some(last_us) = self.last_us() else { return Vec::new() };
        let count_at = |interval: u64| {
            let at_us = interval * interval_us;
            let mut counts = CopiesAt {
                at_s: at_us / 1_000_000,
                service: 0,
                visible: vec![0; self.platforms],
                stored: 0,
            };
            let stored = |copy: &&CopyLifetime| (copy.from_us..copy.deleted_us).contains(&at_us);
            for copy in self.lifetimes.iter().filter(stored) {
                match copy.platform {
                    Some(platform) => {
                        counts.visible[platform] += u64::from(at_us < copy.hidden_us);
                        counts.stored += 1;
                    }
                    None => counts.service += 1,
                }
            }
            counts
        };
        (0..=last_us.div_ceil(interval_us)).map(count_at).collect()
    }
}
