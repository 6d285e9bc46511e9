//! What a bad batch did: confirmed from the rows, and, apart from that, what could only have been
//! estimated without them.
//!
//! The operator of 28 November 2024 had no log that could tell who was affected, and published
//! people who opened albums times an estimated rate. Both columns stand here side by side, so that
//! nobody takes one for the other.

use std::collections::{BTreeSet, HashSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use serde::Serialize;

use super::super::{ContentHash, Moment, PersonId, Store, StoreError};
use super::{Record, RecordKind};

/// Which rows are asked about.
#[derive(Clone, Debug)]
pub struct ImpactQuery {
    /// The first moment.
    pub from: Moment,
    /// The moment after the last.
    pub to: Moment,
    /// Only thumbnails of this maker; `None`: of any.
    pub maker: Option<Arc<str>>,
    /// The estimate looks at one showing in so many.
    pub one_in: NonZeroU32,
}

/// The answer. Memory grows with people, never with rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Impact {
    /// What the rows say.
    pub confirmed: Confirmed,
    /// What could be said without rows of what is in a thumbnail.
    pub estimated: Estimated,
}

/// What the rows say, exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Confirmed {
    /// Thumbnails made.
    pub made: u64,
    /// Of them, with any band of another photo, or of none.
    pub made_wrong: u64,
    /// Times a thumbnail was shown.
    pub shown: u64,
    /// Of them, with any band of another photo, or of none.
    pub shown_wrong: u64,
    /// Thumbnails that were stopped at the door.
    pub stopped: u64,
    /// Owners whose rows reached a stranger.
    pub exposed_owners: BTreeSet<PersonId>,
    /// Viewers who were shown a stranger's rows.
    pub affected_viewers: BTreeSet<PersonId>,
}

/// Accesses times a sampled rate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Estimated {
    /// Times a thumbnail was shown.
    pub accesses: u64,
    /// Different people who were shown any.
    pub viewers: u64,
    /// Different people whose photos were asked for.
    pub owners: u64,
    /// Showings looked at.
    pub sampled: u64,
    /// Of them, wrong.
    pub sampled_wrong: u64,
    /// The sampled rate; `None` if none was looked at.
    pub rate: Option<f64>,
    /// Accesses times the rate.
    pub shown_wrong: Option<f64>,
    /// Owners times the rate.
    pub exposed_owners: Option<f64>,
    /// Viewers times the rate.
    pub affected_viewers: Option<f64>,
}

/// Answers from rows, in any order. The same rows always give the same answer.
pub fn impact(rows: impl IntoIterator<Item = Record>, question: &ImpactQuery) -> Impact {
    let mut confirmed = Confirmed::default();
    let mut estimated = Estimated::default();
    let (mut viewers, mut owners) = (HashSet::new(), HashSet::new());
    for record in rows.into_iter().filter(|record| concerns(record, question)) {
        let asked = record.event.asked;
        match &record.what {
            RecordKind::Made(making) => {
                confirmed.made += 1;
                confirmed.made_wrong += u64::from(making.is_wrong(asked.photo));
            }
            RecordKind::Shown { foreign, .. } => {
                let wrong = u64::from(!foreign.is_empty());
                confirmed.shown += 1;
                confirmed.shown_wrong += wrong;
                for source in foreign.iter().filter(|band| band.stranger) {
                    confirmed.affected_viewers.insert(record.event.viewer);
                    confirmed.exposed_owners.extend(source.source.map(|source| source.owner));
                }
                viewers.insert(record.event.viewer);
                owners.insert(asked.owner);
                if sampled(&record, question.one_in) {
                    estimated.sampled += 1;
                    estimated.sampled_wrong += wrong;
                }
            }
            RecordKind::Stopped => confirmed.stopped += 1,
        }
    }
    estimated.accesses = confirmed.shown;
    estimated.viewers = viewers.len() as u64;
    estimated.owners = owners.len() as u64;
    estimated.multiply();
    Impact { confirmed, estimated }
}

impl Store {
    /// The impact by this file's ledger.
    ///
    /// # Errors
    /// The file's.
    pub fn impact(&self, question: &ImpactQuery) -> Result<Impact, StoreError> {
        let mut failed = None;
        let rows = self.ledger(question.from, question.to);
        let rows = rows.map_while(|row| row.map_err(|error| failed = Some(error)).ok());
        let impact = impact(rows, question);
        failed.map_or(Ok(impact), Err)
    }
}

pub(super) fn concerns(record: &Record, question: &ImpactQuery) -> bool {
    (question.from..question.to).contains(&record.at)
        && question.maker.as_ref().is_none_or(|maker| *maker == record.event.maker)
}

/// By the row's number, scattered, so that no rhythm in the traffic can line up with the sample.
fn sampled(record: &Record, one_in: NonZeroU32) -> bool {
    let scattered = ContentHash::of(&record.row.get().to_le_bytes());
    let [a, b, c, d, ..] = *scattered.as_bytes();
    u32::from_le_bytes([a, b, c, d]).is_multiple_of(one_in.get())
}

impl Estimated {
    fn multiply(&mut self) {
        self.rate = (self.sampled > 0).then(|| self.sampled_wrong as f64 / self.sampled as f64);
        self.shown_wrong = self.rate.map(|rate| self.accesses as f64 * rate);
        self.exposed_owners = self.rate.map(|rate| self.owners as f64 * rate);
        self.affected_viewers = self.rate.map(|rate| self.viewers as f64 * rate);
    }
}
