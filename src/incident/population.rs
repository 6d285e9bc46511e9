//! People, albums and photos, and what is known of each without remembering it.
//!
//! People and photos are numbers; an album is a run of people and a run of photos. Millions of them
//! fit into memory because whatever can be worked out from a number is.

use super::plan::SimulationPlan;
use super::rng::{SplitMix64, Stream, hash, share};

/// Who there is.
pub struct Population {
    seed: u64,
    people: u32,
    /// The first member of each album, and behind the last one the number of people.
    first_member: Vec<u32>,
    /// The first photo of each album, and behind the last one the number of photos.
    first_photo: Vec<u32>,
    /// The days since each album's first photo.
    age_days: Vec<u32>,
    /// Each platform's end on a scale of everybody, from 0 to 1.
    platforms: Vec<f64>,
    aged_days: u64,
    canaries: u32,
}

impl Population {
    /// Draws the albums of a plan.
    pub fn new(plan: &SimulationPlan) -> Self {
        let mut chance = SplitMix64::new(plan.seed, Stream::Albums);
        let script = &plan.script;
        let sizes = &script.people;
        let people = plan.people() as u32;
        let (mut first_member, mut first_photo, mut age_days) = (vec![0], vec![0], Vec::new());
        let (mut member, mut photo) = (0_u32, 0_u32);
        while member < people {
            let size = drawn(chance.share(), &sizes.album_members, |size| size.share).members;
            let photos = drawn(chance.share(), &sizes.album_photos, |size| size.share).photos;
            let age = drawn(chance.share(), &sizes.album_ages, |age| age.share).days;
            member += size.min(people - member);
            photo = photo.saturating_add(photos);
            first_member.push(member);
            first_photo.push(photo);
            age_days.push(age);
        }
        let canaries = script.detection.as_ref().map_or(0, |detection| detection.canaries);
        for _ in 0..canaries {
            // An album of one person and one photo that is old enough.
            member += 1;
            photo = photo.saturating_add(1);
            first_member.push(member);
            first_photo.push(photo);
            age_days.push(u32::MAX);
        }
        let ends = script.platforms.iter().scan(0.0, |sum, platform| {
            *sum += platform.share;
            Some(*sum)
        });
        let aged_days = sizes.aged_days.into();
        let platforms = ends.collect();
        Self {
            seed: plan.seed,
            people,
            first_member,
            first_photo,
            age_days,
            platforms,
            aged_days,
            canaries,
        }
    }

    /// How many people there are, without canaries.
    pub fn people(&self) -> u32 {
        self.people
    }

    /// How many photos there are, with those of canaries.
    pub fn photos(&self) -> u32 {
        *self.first_photo.last().expect("there is one end at least")
    }

    /// How many albums there are, without those of canaries.
    pub fn albums(&self) -> u32 {
        self.age_days.len() as u32 - self.canaries
    }

    pub(super) fn canaries(&self) -> impl Iterator<Item = u32> {
        self.people..self.people + self.canaries
    }

    /// The album that a person is a member of.
    pub fn album_of(&self, person: u32) -> u32 {
        self.first_member.partition_point(|&first| first <= person) as u32 - 1
    }

    /// The album that a photo lies in.
    pub fn album_with(&self, photo: u32) -> u32 {
        self.first_photo.partition_point(|&first| first <= photo) as u32 - 1
    }

    /// The album's photos, newest first.
    pub(super) fn photos_in(&self, album: u32) -> std::ops::Range<u32> {
        self.first_photo[album as usize]..self.first_photo[album as usize + 1]
    }

    /// Who posted a photo.
    pub fn owner_of(&self, photo: u32, album: u32) -> u32 {
        let (first, end) =
            (self.first_member[album as usize], self.first_member[album as usize + 1]);
        let drawn = hash(self.seed, Stream::Owner, photo.into(), 0);
        first + super::rng::below(drawn, u64::from(end - first)) as u32
    }

    /// Whether a photo is old enough for the new maker. It was posted between the album's first day
    /// and now, in the order of its photos.
    pub fn aged(&self, photo: u32, album: u32) -> bool {
        let photos = self.photos_in(album);
        let (place, all) = (u64::from(photo - photos.start), u64::from(photos.end - photos.start));
        (place * 2 + 1) * u64::from(self.age_days[album as usize]) >= self.aged_days * 2 * all
    }

    /// The first photo of the row that a photo lies in.
    pub(super) fn row_of(&self, photo: u32, album: u32, thumbnails: u32) -> u32 {
        let first = self.first_photo[album as usize];
        first + (photo - first) / thumbnails * thumbnails
    }

    /// Which of so many instances converts a row.
    pub(super) fn instance_of(&self, first_photo: u32, instances: u32) -> u32 {
        let drawn = hash(self.seed, Stream::Instance, first_photo.into(), 0);
        super::rng::below(drawn, instances.into()) as u32
    }

    /// Whether the service had a row's thumbnails before the start.
    pub(super) fn on_service(&self, warm: f64, first_photo: u32) -> bool {
        share(hash(self.seed, Stream::OnService, first_photo.into(), 0)) < warm
    }

    /// Whether a person's device had them.
    pub(super) fn on_device(&self, warm: f64, person: u32, first_photo: u32) -> bool {
        share(hash(self.seed, Stream::OnDevice, person.into(), first_photo.into())) < warm
    }

    /// The place of a person's platform in the script.
    pub fn platform_of(&self, person: u32) -> usize {
        let drawn = share(hash(self.seed, Stream::Platform, person.into(), 0));
        let last = self.platforms.len() - 1;
        self.platforms.iter().position(|&end| drawn < end).unwrap_or(last)
    }

    /// Where a person stands among those that a server change reaches one after the other.
    pub(super) fn turn_of_server_change(&self, person: u32) -> f64 {
        share(hash(self.seed, Stream::ServerChange, person.into(), 0))
    }

    /// Where a person stands among those who install a build one after the other.
    pub(super) fn turn_of_update(&self, person: u32) -> f64 {
        share(hash(self.seed, Stream::Update, person.into(), 0))
    }
}

fn drawn<T>(at: f64, among: &[T], share: impl Fn(&T) -> f64) -> &T {
    let mut sum = 0.0;
    let found = among.iter().find(|one| {
        sum += share(one);
        at < sum
    });
    found.unwrap_or(among.last().expect("shares that make a whole are of something"))
}
