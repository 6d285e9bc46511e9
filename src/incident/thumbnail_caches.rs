//! Thumbnails kept by the service and on devices, and which of their copies are wrong.
//!
//! Making a wrong thumbnail takes a second; how long it is shown is decided here.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::plan::{DAY_US, MINUTE_US};
use super::population::Population;
use super::recovery::Recovery;
use super::scenario::Caches;
use super::versions::MakerVersion;

/// No thumbnail of a photo has been made since the start.
const NONE: u32 = u32::MAX;

/// A thumbnail that was made. Its place is its number less the number of photos: those below are of
/// thumbnails from before the start, and are their photos'.
#[derive(Clone, Copy)]
struct Version {
    minute: u32,
    maker: MakerVersion,
    wrong: bool,
}

/// A wrong thumbnail in a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrongCopy {
    /// Whose device it is on; `None`: the service.
    pub(super) person: Option<u32>,
    /// Since when.
    pub(super) from_us: u64,
    /// When another took its place.
    pub(super) replaced_us: Option<u64>,
}

/// Somebody asks for a photo's thumbnail.
#[derive(Clone, Copy)]
pub(super) struct Lookup {
    pub(super) person: u32,
    pub(super) photo: u32,
    /// The first photo of its row, by which it is known what was cached before the start.
    pub(super) row: u32,
    pub(super) now_us: u64,
}

/// Multiplies and folds: the keys are numbers that nobody outside chooses.
#[derive(Default)]
pub(super) struct MulHasher(u64);

impl Hasher for MulHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        let wide = u128::from(self.0 ^ number) * 0x9E37_79B9_7F4A_7C15;
        self.0 = (wide >> 64) as u64 ^ wide as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub(super) type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<MulHasher>>;

pub(super) struct ThumbnailCaches<'w> {
    world: &'w Population,
    rules: Caches,
    made: Vec<Version>,
    /// For each photo its thumbnail.
    service: Vec<u32>,
    /// For a person and a photo the thumbnail, and the minute of keeping.
    devices: FastMap<u64, (u32, u32)>,
    copies: Vec<WrongCopy>,
    /// Where a wrong copy stands in `copies`: for a person and a photo, and for the service's.
    wrong_devices: FastMap<u64, u32>,
    wrong_service: FastMap<u32, u32>,
}

impl<'w> ThumbnailCaches<'w> {
    pub(super) fn new(world: &'w Population, rules: Caches) -> Self {
        Self {
            world,
            rules,
            made: Vec::new(),
            service: vec![NONE; world.photos() as usize],
            devices: FastMap::default(),
            copies: Vec::new(),
            wrong_devices: FastMap::default(),
            wrong_service: FastMap::default(),
        }
    }

    /// The thumbnail on a person's device that it would show.
    pub(super) fn on_device(&self, asking: Lookup, remedies: &Recovery) -> Option<u32> {
        let Lookup { person, photo, row, now_us } = asking;
        if !self.rules.device {
            return None;
        }
        let emptied = remedies.updates_us(self.world, person).filter(|&at| at <= now_us);
        match self.devices.get(&key(person, photo)) {
            Some(&(thumbnail, minute)) => {
                let since = u64::from(minute) * MINUTE_US;
                let maker = self.kept(thumbnail).map_or(MakerVersion::Before, |kept| kept.maker);
                let holds = now_us < since + u64::from(self.rules.device_days) * DAY_US
                    && emptied.is_none_or(|at| since >= at)
                    && !remedies.withdrawn(self.world, person, maker, now_us);
                holds.then_some(thumbnail)
            }
            None => {
                let warm = self.world.on_device(self.rules.device_warm, person, row);
                (warm && emptied.is_none()).then_some(photo)
            }
        }
    }

    /// The service's thumbnail that it would give a person, where `maker` would make a new one.
    pub(super) fn on_service(
        &self,
        asking: Lookup,
        maker: MakerVersion,
        remedies: &Recovery,
    ) -> Option<u32> {
        let Lookup { person, photo, row, now_us } = asking;
        let in_key = self.rules.service_maker_in_key;
        match self.service[photo as usize] {
            NONE => {
                let warm = self.world.on_service(self.rules.service_warm, row);
                (warm && !(in_key && maker != MakerVersion::Before)).then_some(photo)
            }
            thumbnail => {
                let kept = self.kept(thumbnail)?;
                let since = u64::from(kept.minute) * MINUTE_US;
                let holds = now_us < since + u64::from(self.rules.service_days) * DAY_US
                    && !(in_key && maker != kept.maker)
                    && !remedies.withdrawn(self.world, person, kept.maker, now_us);
                holds.then_some(thumbnail)
            }
        }
    }

    /// Gives a thumbnail that was just made its number, and keeps it on the service if `keep`.
    pub(super) fn made(
        &mut self,
        photo: u32,
        maker: MakerVersion,
        wrong: bool,
        now_us: u64,
        keep: bool,
    ) -> u32 {
        let thumbnail = self.world.photos() + self.made.len() as u32;
        self.made.push(Version { minute: (now_us / MINUTE_US) as u32, maker, wrong });
        if keep {
            self.keep_on_service(photo, thumbnail, now_us);
        }
        thumbnail
    }

    /// Keeps a thumbnail on a person's device.
    pub(super) fn keep_on_device(&mut self, asking: Lookup, thumbnail: u32) {
        let Lookup { person, photo, now_us, .. } = asking;
        if !self.rules.device {
            return;
        }
        self.devices.insert(key(person, photo), (thumbnail, (now_us / MINUTE_US) as u32));
        if let Some(copy) = self.wrong_devices.remove(&key(person, photo)) {
            self.copies[copy as usize].replaced_us = Some(now_us);
        }
        if self.is_wrong(thumbnail) {
            self.wrong_devices.insert(key(person, photo), self.copies.len() as u32);
            self.copies.push(WrongCopy {
                person: Some(person),
                from_us: now_us,
                replaced_us: None,
            });
        }
    }

    fn keep_on_service(&mut self, photo: u32, thumbnail: u32, now_us: u64) {
        self.service[photo as usize] = thumbnail;
        if let Some(copy) = self.wrong_service.remove(&photo) {
            self.copies[copy as usize].replaced_us = Some(now_us);
        }
        if self.is_wrong(thumbnail) {
            self.wrong_service.insert(photo, self.copies.len() as u32);
            self.copies.push(WrongCopy { person: None, from_us: now_us, replaced_us: None });
        }
    }

    /// Whether a thumbnail shows another photo than it should. Those from before the start do not.
    pub(super) fn is_wrong(&self, thumbnail: u32) -> bool {
        self.kept(thumbnail).is_some_and(|kept| kept.wrong)
    }

    /// Whether a thumbnail of a photo has been made and kept since the start.
    pub(super) fn is_made(&self, photo: u32) -> bool {
        self.service[photo as usize] != NONE
    }

    /// All wrong copies that ever were.
    pub(super) fn copies(&self) -> &[WrongCopy] {
        &self.copies
    }

    /// What is known of a thumbnail that was made since the start.
    fn kept(&self, thumbnail: u32) -> Option<Version> {
        let place = thumbnail.checked_sub(self.world.photos())?;
        Some(self.made[place as usize])
    }
}

fn key(person: u32, photo: u32) -> u64 {
    u64::from(person) << 32 | u64::from(photo)
}
