//! The table's numbers: by each setting alone for clean thumbnails, by width for planted ones.
//!
//! All are sums, so that threads may count apart and be added up in any order.

use std::collections::BTreeMap;

use super::super::wear::Coding;
use super::{Plant, Trial};

/// So many trials, at most, are kept to be looked at again.
const MOST_WRONG: usize = 20;

/// What came of some thumbnails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Thumbnails.
    pub thumbnails: u64,
    /// Their rows.
    pub rows: u64,
    /// Rows whose luma was read.
    pub read: u64,
    /// Rows that any plane took for somebody's who is not in the thumbnail.
    pub wrong_rows: u64,
    /// Findings that name somebody who is not in the thumbnail, or nobody.
    pub wrong_findings: u64,
    /// Thumbnails about which all was said that should be, and of clean ones nothing else.
    pub found: u64,
}

impl Count {
    fn add(&mut self, other: &Self) {
        self.thumbnails += other.thumbnails;
        self.rows += other.rows;
        self.read += other.read;
        self.wrong_rows += other.wrong_rows;
        self.wrong_findings += other.wrong_findings;
        self.found += other.found;
    }
}

/// All counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All thumbnails.
    pub all: Count,
    /// Clean thumbnails, by the kind of setting and its value.
    pub clean: BTreeMap<(Axis, String), Count>,
    /// Mixed thumbnails, by what was planted (its place in [`Plant::ALL`]) and by width in px.
    pub planted: BTreeMap<(usize, u32), Count>,
    /// Trials that named somebody who is not in the thumbnail, in words: the 20 of the lowest
    /// numbers.
    pub wrong: BTreeMap<u64, String>,
}

/// A kind of setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    /// The width of the centre square in the thumbnail.
    Width,
    /// How it is encoded.
    Coding,
    /// How it is resized.
    Filter,
    /// What else is done to it.
    Touch,
    /// Whether it is a square, and whether the marks are woven into pictures.
    Picture,
}

impl Counts {
    pub(super) fn count(&mut self, trial: &Trial, count: &Count) {
        self.all.add(count);
        let service = &trial.service;
        if let Some(plant) = Plant::ALL.iter().position(|plant| *plant == trial.plant) {
            self.planted.entry((plant, trial.width)).or_default().add(count);
            return;
        }
        let shape = if service.square { "centre square" } else { "whole photo" };
        let ground = if trial.woven { "woven into a picture" } else { "alone" };
        for (axis, value) in [
            (Axis::Width, format!("{:3} px", trial.width)),
            (Axis::Coding, coding(service.coding)),
            (Axis::Filter, format!("{:?}", service.filter)),
            (Axis::Touch, format!("{:?}", service.touch)),
            (Axis::Picture, shape.into()),
            (Axis::Picture, ground.into()),
        ] {
            self.clean.entry((axis, value)).or_default().add(count);
        }
    }

    pub(super) fn wrong(&mut self, number: u64, words: String) {
        self.wrong.insert(number, words);
        while self.wrong.len() > MOST_WRONG {
            self.wrong.pop_last();
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.all.add(&other.all);
        for (key, count) in &other.clean {
            self.clean.entry(key.clone()).or_default().add(count);
        }
        for (key, count) in &other.planted {
            self.planted.entry(*key).or_default().add(count);
        }
        for (number, words) in &other.wrong {
            self.wrong(*number, words.clone());
        }
    }

    /// Whether nobody was named who is not in the thumbnail.
    pub fn held(&self) -> bool {
        self.all.wrong_rows == 0 && self.all.wrong_findings == 0
    }

    /// The highest share of wrong rows that may have gone unseen, at 95 %, if none was seen (the
    /// rule of three).
    pub fn bound(&self) -> f64 {
        (3.0 / self.all.rows.max(1) as f64).min(1.0)
    }
}

pub(super) fn coding(coding: Coding) -> String {
    match coding {
        Coding::Lossless => "Lossless".into(),
        Coding::Jpeg420(quality) => format!("JPEG 4:2:0, quality {quality}"),
        Coding::Jpeg444(quality) => format!("JPEG 4:4:4, quality {quality}"),
        Coding::Webp(quality) => format!("WebP, quality {quality}"),
    }
}
