//! Generates people, albums and photos, and answers questions about each from its number.
//!
//! People and photos are numbers; an album is a range of people and a range of photos. Facts that
//! can be computed from a number are not stored, so millions of people fit into memory.

use std::ops::Range;

use super::plan::SimulationPlan;
use super::rng::{SplitMix64, Stream, below, hash, share};
use super::scenario::WeightedValue;

/// Holds the people, albums and photos of a simulation.
pub struct Population {
    seed: u64,
    people: u32,
    /// The first member of each album, then the number of people.
    first_member: Vec<u32>,
    /// The first photo of each album, then the number of photos.
    first_photo: Vec<u32>,
    /// The days since each album's first photo.
    age_days: Vec<u32>,
    /// The cumulative share of people at the end of each platform, from 0 to 1.
    platform_ends: Vec<f64>,
    min_photo_age_days: u64,
    canaries: u32,
}

impl Population {
    /// Draws the albums of a plan.
    pub fn new(plan: &SimulationPlan) -> Self {
        let mut rng = SplitMix64::new(plan.seed, Stream::Albums);
        let scenario = &plan.scenario;
        let sizes = &scenario.people;
        let people = plan.people() as u32;
        let (mut first_member, mut first_photo, mut age_days) = (vec![0], vec![0], Vec::new());
        let (mut member, mut photo) = (0_u32, 0_u32);
        while member < people {
            let members = draw(rng.share(), &sizes.album_members);
            let photos = draw(rng.share(), &sizes.album_photos);
            age_days.push(draw(rng.share(), &sizes.album_age_days));
            member += members.min(people - member);
            photo = photo.saturating_add(photos);
            first_member.push(member);
            first_photo.push(photo);
        }
        let canaries = scenario.detection.as_ref().map_or(0, |detection| detection.canaries);
        for _ in 0..canaries {
            // A canary's album has one person and one photo, which is old enough.
            member += 1;
            photo = photo.saturating_add(1);
            first_member.push(member);
            first_photo.push(photo);
            age_days.push(u32::MAX);
        }
        let platform_ends = scenario.platforms.iter().scan(0.0, |sum, platform| {
            *sum += platform.share;
            Some(*sum)
        });
        Self {
            seed: plan.seed,
            people,
            first_member,
            first_photo,
            age_days,
            platform_ends: platform_ends.collect(),
            min_photo_age_days: sizes.min_photo_age_days.into(),
            canaries,
        }
    }

    /// Returns the number of people without canaries.
    pub fn people(&self) -> u32 {
        self.people
    }

    /// Returns the number of photos, those of canaries included.
    pub fn photos(&self) -> u32 {
        *self.first_photo.last().expect("the list has at least one entry")
    }

    /// Returns the number of albums without those of canaries.
    pub fn albums(&self) -> u32 {
        self.age_days.len() as u32 - self.canaries
    }

    pub(super) fn canaries(&self) -> Range<u32> {
        self.people..self.people + self.canaries
    }

    /// Returns the album of which a person is a member.
    pub fn album_of(&self, person: u32) -> u32 {
        self.first_member.partition_point(|&first| first <= person) as u32 - 1
    }

    /// Returns the album that contains a photo.
    pub fn album_with(&self, photo: u32) -> u32 {
        self.first_photo.partition_point(|&first| first <= photo) as u32 - 1
    }

    /// Returns the album's photos, newest first.
    pub(super) fn photos_in(&self, album: u32) -> Range<u32> {
        self.first_photo[album as usize]..self.first_photo[album as usize + 1]
    }

    /// Returns the person who posted a photo of an album.
    pub fn owner_of(&self, photo: u32, album: u32) -> u32 {
        let (first, end) =
            (self.first_member[album as usize], self.first_member[album as usize + 1]);
        let draw = hash(self.seed, Stream::Owner, photo.into(), 0);
        first + below(draw, u64::from(end - first)) as u32
    }

    /// Returns true if a photo is old enough for the new maker. The album's photos were posted at
    /// equal distances between its first day and the start.
    pub fn is_old(&self, photo: u32, album: u32) -> bool {
        let photos = self.photos_in(album);
        let (index, count) =
            (u64::from(photo - photos.start), u64::from(photos.end - photos.start));
        let age_days = u64::from(self.age_days[album as usize]);
        (index * 2 + 1) * age_days >= self.min_photo_age_days * 2 * count
    }

    /// Returns the first photo of the row that contains a photo.
    pub(super) fn row_of(&self, photo: u32, album: u32, thumbnails_per_row: u32) -> u32 {
        let first = self.first_photo[album as usize];
        first + (photo - first) / thumbnails_per_row * thumbnails_per_row
    }

    /// Returns the index of the node that converts a row, given the number of nodes.
    pub(super) fn node_of(&self, row: u32, nodes: u32) -> u32 {
        below(hash(self.seed, Stream::Node, row.into(), 0), nodes.into()) as u32
    }

    /// Returns true if the service's cache held a row's thumbnails before the start.
    pub(super) fn service_is_warm(&self, warm: f64, row: u32) -> bool {
        share(hash(self.seed, Stream::ServiceCache, row.into(), 0)) < warm
    }

    /// Returns true if a person's device held a row's thumbnails before the start.
    pub(super) fn device_is_warm(&self, warm: f64, person: u32, row: u32) -> bool {
        share(hash(self.seed, Stream::DeviceCache, person.into(), row.into())) < warm
    }

    /// Returns the index of a person's platform in the scenario.
    pub fn platform_of(&self, person: u32) -> usize {
        let draw = self.position(Stream::Platform, person);
        let last = self.platform_ends.len() - 1;
        self.platform_ends.iter().position(|&end| draw < end).unwrap_or(last)
    }

    /// Returns a person's position, from 0 to 1, in the order that a stream gives all people.
    pub(super) fn position(&self, order: Stream, person: u32) -> f64 {
        share(hash(self.seed, order, person.into(), 0))
    }
}

fn draw(at: f64, values: &[WeightedValue]) -> u32 {
    let mut sum = 0.0;
    let drawn = values.iter().find(|weighted| {
        sum += weighted.share;
        at < sum
    });
    drawn.or(values.last()).expect("a list of shares that add up to 1 is not empty").value
}
