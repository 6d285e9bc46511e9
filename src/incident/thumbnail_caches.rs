//! Caches thumbnails on the service and on devices, and records the wrong copies.
//!
//! Making a wrong thumbnail takes a second; the caches decide how long it is shown.

use rustc_hash::FxHashMap;

use super::plan::{DAY_US, MINUTE_US};
use super::population::Population;
use super::recovery::Recovery;
use super::scenario::Caches;
use super::versions::MakerVersion;

/// Marks a photo of which no thumbnail has been made since the start.
const NONE: u32 = u32::MAX;

/// Describes a thumbnail made since the start. Its index is its number minus the number of photos,
/// because a thumbnail from before the start has its photo's number.
#[derive(Clone, Copy)]
struct Version {
    minute: u32,
    maker: MakerVersion,
    wrong: bool,
}

/// Describes a wrong thumbnail in a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrongCopy {
    /// The person whose device holds the copy; `None` for the service.
    pub(super) person: Option<u32>,
    /// The time at which the copy was stored.
    pub(super) from_us: u64,
    /// The time at which another thumbnail replaced the copy.
    pub(super) replaced_us: Option<u64>,
}

/// Asks for a photo's thumbnail on behalf of a person.
#[derive(Clone, Copy)]
pub(super) struct Lookup {
    pub(super) person: u32,
    pub(super) photo: u32,
    /// The first photo of the photo's row. A hash of it decides whether the row was cached before
    /// the start.
    pub(super) row: u32,
    pub(super) now_us: u64,
}

/// Holds the caches of the service and of all devices.
pub(super) struct ThumbnailCaches<'p> {
    population: &'p Population,
    params: Caches,
    versions: Vec<Version>,
    /// The service's thumbnail of each photo.
    service: Vec<u32>,
    /// The thumbnail on a device and the minute in which it was stored, by person and photo.
    devices: FxHashMap<u64, (u32, u32)>,
    /// All wrong copies that have ever been stored.
    pub(super) copies: Vec<WrongCopy>,
    /// The index in `copies` of the wrong copy in a cache, by cache and photo.
    wrong_copies: FxHashMap<u64, u32>,
}

impl<'p> ThumbnailCaches<'p> {
    pub(super) fn new(population: &'p Population, params: Caches) -> Self {
        Self {
            population,
            params,
            versions: Vec::new(),
            service: vec![NONE; population.photos() as usize],
            devices: FxHashMap::default(),
            copies: Vec::new(),
            wrong_copies: FxHashMap::default(),
        }
    }

    /// Returns the thumbnail that a person's device shows from its cache.
    pub(super) fn on_device(&self, lookup: Lookup, recovery: &Recovery) -> Option<u32> {
        let Lookup { person, photo, row, now_us } = lookup;
        if !self.params.device_enabled {
            return None;
        }
        let emptied =
            recovery.update_us(self.population, person).filter(|&update_us| update_us <= now_us);
        match self.devices.get(&key(Some(person), photo)) {
            Some(&(thumbnail, minute)) => {
                let since = u64::from(minute) * MINUTE_US;
                let version = self.version(thumbnail);
                let maker = version.map_or(MakerVersion::Before, |version| version.maker);
                let valid = now_us < since + u64::from(self.params.device_ttl_days) * DAY_US
                    && emptied.is_none_or(|at| since >= at)
                    && !recovery.is_withdrawn(self.population, person, maker, now_us);
                valid.then_some(thumbnail)
            }
            None => {
                let warm = self.population.device_is_warm(self.params.device_warm, person, row);
                (warm && emptied.is_none()).then_some(photo)
            }
        }
    }

    /// Returns the cached thumbnail that the service shows to a person. `maker` is the version that
    /// would convert the photo now.
    pub(super) fn on_service(
        &self,
        lookup: Lookup,
        maker: MakerVersion,
        recovery: &Recovery,
    ) -> Option<u32> {
        let Lookup { person, photo, row, now_us } = lookup;
        let in_key = self.params.service_maker_in_key;
        match self.service[photo as usize] {
            NONE => {
                let warm = self.population.service_is_warm(self.params.service_warm, row);
                (warm && !(in_key && maker != MakerVersion::Before)).then_some(photo)
            }
            thumbnail => {
                let version = self.version(thumbnail)?;
                let since = u64::from(version.minute) * MINUTE_US;
                let valid = now_us < since + u64::from(self.params.service_ttl_days) * DAY_US
                    && !(in_key && maker != version.maker)
                    && !recovery.is_withdrawn(self.population, person, version.maker, now_us);
                valid.then_some(thumbnail)
            }
        }
    }

    /// Assigns a number to a new thumbnail, and stores it on the service if `store` is true.
    pub(super) fn add(
        &mut self,
        photo: u32,
        maker: MakerVersion,
        wrong: bool,
        now_us: u64,
        store: bool,
    ) -> u32 {
        let thumbnail = self.population.photos() + self.versions.len() as u32;
        self.versions.push(Version { minute: (now_us / MINUTE_US) as u32, maker, wrong });
        if store {
            self.service[photo as usize] = thumbnail;
            self.record_copy(None, photo, thumbnail, now_us);
        }
        thumbnail
    }

    /// Stores a thumbnail on a person's device.
    pub(super) fn store_on_device(&mut self, lookup: Lookup, thumbnail: u32) {
        let Lookup { person, photo, now_us, .. } = lookup;
        if self.params.device_enabled {
            let minute = (now_us / MINUTE_US) as u32;
            self.devices.insert(key(Some(person), photo), (thumbnail, minute));
            self.record_copy(Some(person), photo, thumbnail, now_us);
        }
    }

    /// Records a thumbnail that replaces another thumbnail in a cache. `person` is `None` for the
    /// service's cache.
    fn record_copy(&mut self, person: Option<u32>, photo: u32, thumbnail: u32, now_us: u64) {
        let key = key(person, photo);
        if let Some(index) = self.wrong_copies.remove(&key) {
            self.copies[index as usize].replaced_us = Some(now_us);
        }
        if self.is_wrong(thumbnail) {
            self.wrong_copies.insert(key, self.copies.len() as u32);
            self.copies.push(WrongCopy { person, from_us: now_us, replaced_us: None });
        }
    }

    /// Returns true if a thumbnail is wrong. A thumbnail from before the start is never wrong.
    pub(super) fn is_wrong(&self, thumbnail: u32) -> bool {
        self.version(thumbnail).is_some_and(|version| version.wrong)
    }

    /// Returns true if the service has stored a thumbnail of a photo since the start.
    pub(super) fn is_stored(&self, photo: u32) -> bool {
        self.service[photo as usize] != NONE
    }

    /// Returns the description of a thumbnail made since the start.
    fn version(&self, thumbnail: u32) -> Option<Version> {
        let index = thumbnail.checked_sub(self.population.photos())?;
        Some(self.versions[index as usize])
    }
}

/// Combines a photo with the person whose device caches the photo's thumbnail. `u32::MAX` stands
/// for the service, because a person's number is always lower.
fn key(person: Option<u32>, photo: u32) -> u64 {
    u64::from(person.unwrap_or(u32::MAX)) << 32 | u64::from(photo)
}
