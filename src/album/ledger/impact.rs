//! Computes the impact of a bad batch of thumbnails: the confirmed impact from the rows, and
//! separately the estimate that would be possible without such rows.
//!
//! The operator of the incident of 28 November 2024 had no log of the affected people, and
//! published the number of people who opened albums times an estimated rate. Both results are
//! computed here side by side, so that a reader does not take one for the other.

use std::collections::{BTreeSet, HashSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use serde::Serialize;

use super::super::{ContentHash, Moment, PersonId, Store, StoreError};
use super::{Record, RecordKind};

/// Selects rows of the ledger.
#[derive(Clone, Debug)]
pub struct ImpactQuery {
    /// Start of the time range (inclusive).
    pub from: Moment,
    /// End of the time range (exclusive).
    pub to: Moment,
    /// Version of the thumbnail maker, or `None` for all versions.
    pub maker: Option<Arc<str>>,
    /// Number of shown rows of which the estimate examines one.
    pub one_in: NonZeroU32,
}

/// Holds the confirmed and the estimated impact. The size grows with the number of people, not
/// with the number of rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Impact {
    /// Impact by the rows.
    pub confirmed: Confirmed,
    /// Impact as estimated from a sample.
    pub estimated: Estimated,
}

/// Holds the impact that the rows prove.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Confirmed {
    /// Number of thumbnails made.
    pub made: u64,
    /// Number of made thumbnails with at least one band of another photo or of no photo.
    pub made_wrong: u64,
    /// Number of times that a thumbnail was shown.
    pub shown: u64,
    /// Number of times that a thumbnail with at least one band of another photo or of no photo was
    /// shown.
    pub shown_wrong: u64,
    /// Number of thumbnails that were withheld because they did not match their request.
    pub withheld: u64,
    /// Owners of photos of which a band was shown to a viewer outside the photo's album.
    pub exposed_owners: BTreeSet<PersonId>,
    /// Viewers who were shown a band of a photo of an album of which they were not members.
    pub affected_viewers: BTreeSet<PersonId>,
}

/// Holds the estimated impact. The estimate multiplies accesses, owners and viewers by the rate of
/// wrong thumbnails in a sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Estimated {
    /// Number of times that a thumbnail was shown.
    pub accesses: u64,
    /// Number of different viewers.
    pub viewers: u64,
    /// Number of different owners of requested photos.
    pub owners: u64,
    /// Number of shown rows in the sample.
    pub sampled: u64,
    /// Number of shown rows in the sample with a wrong thumbnail.
    pub sampled_wrong: u64,
    /// Rate of wrong thumbnails in the sample, from 0 to 1, or `None` for an empty sample.
    pub rate: Option<f64>,
    /// Estimated number of times that a wrong thumbnail was shown, accesses times the rate.
    pub shown_wrong: Option<f64>,
    /// Estimated number of exposed owners, owners times the rate.
    pub exposed_owners: Option<f64>,
    /// Estimated number of affected viewers, viewers times the rate.
    pub affected_viewers: Option<f64>,
}

/// Computes the impact from rows in any order. The same rows always give the same result.
pub fn impact(rows: impl IntoIterator<Item = Record>, query: &ImpactQuery) -> Impact {
    let mut confirmed = Confirmed::default();
    let mut estimated = Estimated::default();
    let (mut viewers, mut owners) = (HashSet::new(), HashSet::new());
    for record in rows.into_iter().filter(|record| selects(query, record)) {
        let requested = record.event.requested;
        match &record.kind {
            RecordKind::Made(made) => {
                confirmed.made += 1;
                confirmed.made_wrong += u64::from(made.is_wrong(requested.photo));
            }
            RecordKind::Shown { foreign, .. } => {
                let wrong = u64::from(!foreign.is_empty());
                confirmed.shown += 1;
                confirmed.shown_wrong += wrong;
                for band in foreign.iter().filter(|band| band.stranger) {
                    confirmed.affected_viewers.insert(record.event.viewer);
                    confirmed.exposed_owners.extend(band.source.map(|source| source.owner));
                }
                viewers.insert(record.event.viewer);
                owners.insert(requested.owner);
                if sampled(&record, query.one_in) {
                    estimated.sampled += 1;
                    estimated.sampled_wrong += wrong;
                }
            }
            RecordKind::Withheld => confirmed.withheld += 1,
        }
    }
    estimated.accesses = confirmed.shown;
    estimated.viewers = viewers.len() as u64;
    estimated.owners = owners.len() as u64;
    estimated.apply_rate();
    Impact { confirmed, estimated }
}

impl Store {
    /// Computes the impact by the ledger of this file.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be read.
    pub fn impact(&self, query: &ImpactQuery) -> Result<Impact, StoreError> {
        let mut failure = None;
        let rows = self.ledger(query.from, query.to);
        let rows = rows.map_while(|row| row.map_err(|error| failure = Some(error)).ok());
        let impact = impact(rows, query);
        failure.map_or(Ok(impact), Err)
    }
}

/// Returns true if the query selects the row.
pub(super) fn selects(query: &ImpactQuery, record: &Record) -> bool {
    (query.from..query.to).contains(&record.at)
        && query.maker.as_ref().is_none_or(|maker| *maker == record.event.maker)
}

/// Returns true if the row is in the sample. The decision uses a hash of the row's number, so that
/// a periodic pattern in the traffic cannot coincide with the sample.
fn sampled(record: &Record, one_in: NonZeroU32) -> bool {
    let hash = ContentHash::of(&record.row.get().to_le_bytes());
    let [a, b, c, d, ..] = *hash.as_bytes();
    u32::from_le_bytes([a, b, c, d]).is_multiple_of(one_in.get())
}

impl Estimated {
    fn apply_rate(&mut self) {
        self.rate = (self.sampled > 0).then(|| self.sampled_wrong as f64 / self.sampled as f64);
        self.shown_wrong = self.rate.map(|rate| self.accesses as f64 * rate);
        self.exposed_owners = self.rate.map(|rate| self.owners as f64 * rate);
        self.affected_viewers = self.rate.map(|rate| self.viewers as f64 * rate);
    }
}
