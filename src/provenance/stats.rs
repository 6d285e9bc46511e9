//! Counts the results of a run: thumbnails, rows, exposed owners and affected viewers.
//!
//! An exposed owner (the owner of rows that a stranger saw) and an affected viewer (the viewer of a
//! stranger's rows) are two different people, so they are two counts.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::{Serialize, Serializer};

use super::{OracleError, PixelOracle, Traced};
use crate::schedule::Outcome;

/// Classifies one thumbnail that both oracles have read.
pub struct Classified {
    /// The outcome: clean (only its owner's rows), torn (some rows of another photo) or swapped
    /// (only rows of another photo).
    pub outcome: Outcome,
    /// Index of the owner of each band, from top to bottom; `None` for a frame without a photo.
    pub owners: Vec<Option<usize>>,
}

/// Holds the counts of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MixStats {
    /// Number of finished thumbnails.
    pub thumbnails: u64,
    /// Number of thumbnails with only their owner's rows.
    pub clean: u64,
    /// Number of thumbnails with some rows of another owner's photo.
    pub torn: u64,
    /// Number of thumbnails with only rows of another owner's photo.
    pub swapped: u64,
    /// Indices of the owners whose rows reached a stranger.
    #[serde(serialize_with = "serialize_count")]
    pub exposed_owners: BTreeSet<usize>,
    /// Indices of the viewers that received a stranger's rows.
    #[serde(serialize_with = "serialize_count")]
    pub affected_viewers: BTreeSet<usize>,
    /// Number of foreign rows of photos that were decoded after the thumbnail's own photo.
    pub rows_from_later: u64,
    /// Number of foreign rows of photos that were decoded before the thumbnail's own photo.
    pub rows_from_earlier: u64,
    /// Number of rows that the photos of several owners have in common.
    pub ambiguous_rows: u64,
    /// Number of rows for which the two oracles disagree. Any such row is a fault of the program,
    /// and makes all other counts unreliable.
    pub oracle_faults: u64,
}

/// Serializes a set of people as their number.
fn serialize_count<S: Serializer>(
    people: &BTreeSet<usize>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    people.len().serialize(serializer)
}

impl MixStats {
    /// Returns the number of torn and swapped thumbnails together.
    pub fn mixed(&self) -> u64 {
        self.torn + self.swapped
    }

    /// Counts one thumbnail by the tags of its bands, and checks each of its rows against the
    /// pixels.
    ///
    /// `photo_of` maps a request to its photo, and `owner_of` maps a photo to its owner. The viewer
    /// is the owner that sent the request. `rows` are the rows of each band in the thumbnail.
    ///
    /// # Errors
    /// Returns an [`OracleError`] if the thumbnail cannot be read. The thumbnail is not counted
    /// then.
    pub fn classify(
        &mut self,
        oracle: &PixelOracle,
        traced: &Traced<impl AsRef<[u8]>>,
        rows: impl ExactSizeIterator<Item = Range<u32>>,
        photo_of: impl Fn(usize) -> usize,
        owner_of: impl Fn(usize) -> usize,
    ) -> Result<Classified, OracleError> {
        let photos_of_rows = oracle.read(traced.output.as_ref())?;
        let viewer = owner_of(photo_of(traced.own.number));
        let mut owners = Vec::with_capacity(traced.bands.len());
        self.oracle_faults += u64::from(rows.len() != traced.bands.len());
        for (tag, rows) in traced.bands.iter().zip(rows) {
            let photo = tag.map(|tag| photo_of(tag.number));
            for row in rows.clone() {
                let possible = photos_of_rows[row as usize];
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
                if tag.decode > traced.own.decode {
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
