//! What a run showed, counted: thumbnails, rows, exposed owners and affected viewers.
//!
//! Who was exposed and who was shown it are two different people, so they are two counts.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{OracleError, PixelOracle, Traced};
use crate::schedule::Outcome;

/// One thumbnail, judged by both oracles.
pub struct Classified {
    /// Clean, torn or swapped.
    pub outcome: Outcome,
    /// The owner of each band, top to bottom: a place in the list of owners. `None`: of nobody.
    pub owners: Vec<Option<usize>>,
}

/// The counts of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MixStats {
    /// Thumbnails finished.
    pub thumbnails: u64,
    /// With only their owner's rows.
    pub clean: u64,
    /// With some rows of another's photo.
    pub torn: u64,
    /// With only another's rows.
    pub swapped: u64,
    /// Owners whose rows reached a stranger.
    pub exposed_owners: BTreeSet<usize>,
    /// Viewers who were shown a stranger's rows.
    pub affected_viewers: BTreeSet<usize>,
    /// Foreign rows of photos that were decoded after the thumbnail's own.
    pub rows_from_later: u64,
    /// Foreign rows of photos that were decoded before the thumbnail's own.
    pub rows_from_earlier: u64,
    /// Rows that more than one owner's photo could have given, by their pixels alone.
    pub ambiguous_rows: u64,
    /// Rows for which the two oracles disagree: a fault of the program, in whose light no other
    /// count can be believed.
    pub oracle_faults: u64,
}

impl MixStats {
    /// Torn and swapped together.
    pub fn mixed(&self) -> u64 {
        self.torn + self.swapped
    }

    /// Counts one thumbnail, by the inside, after holding each of its rows against the pixels.
    ///
    /// `photo_of` gives the photo that a request asked for, `owner_of` a photo's owner; the viewer
    /// is the owner who asked. `rows` are the bands' rows in the thumbnail.
    ///
    /// # Errors
    /// The oracle's, if the thumbnail cannot be read; it is not counted then.
    pub fn classify(
        &mut self,
        oracle: &PixelOracle,
        made: &Traced<impl AsRef<[u8]>>,
        rows: impl ExactSizeIterator<Item = Range<u32>>,
        photo_of: impl Fn(usize) -> usize,
        owner_of: impl Fn(usize) -> usize,
    ) -> Result<Classified, OracleError> {
        let seen = oracle.read(made.output.as_ref())?.0;
        let viewer = owner_of(photo_of(made.own.number));
        let mut owners = Vec::with_capacity(made.bands.len());
        self.oracle_faults += u64::from(rows.len() != made.bands.len());
        for (tag, rows) in made.bands.iter().zip(rows) {
            let photo = tag.map(|tag| photo_of(tag.number));
            for row in rows.clone() {
                let possible = seen[row as usize];
                if photo.is_none_or(|photo| !possible.contains(&photo)) {
                    self.oracle_faults += 1;
                }
                let first = possible.first().map(|&photo| owner_of(photo));
                if possible.iter().any(|&photo| Some(owner_of(photo)) != first) {
                    self.ambiguous_rows += 1;
                }
            }
            let owner = photo.map(&owner_of);
            if let (Some(tag), Some(owner)) = (tag, owner)
                && owner != viewer
            {
                let count = u64::from(rows.end - rows.start);
                if tag.decode > made.own.decode {
                    self.rows_from_later += count;
                } else {
                    self.rows_from_earlier += count;
                }
                self.exposed_owners.insert(owner);
                self.affected_viewers.insert(viewer);
            }
            owners.push(owner);
        }
        let outcome = Outcome::of(&Some(viewer), &owners);
        self.thumbnails += 1;
        *match outcome {
            Outcome::Clean => &mut self.clean,
            Outcome::Torn => &mut self.torn,
            Outcome::Swapped => &mut self.swapped,
        } += 1;
        Ok(Classified { outcome, owners })
    }
}
