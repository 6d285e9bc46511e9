//! Maps the number of each conversion job to its photo, for the ledger's record of a thumbnail.
//!
//! A slot (an index into the ring of shared buffers) may hold pixels of a job that finished long
//! ago. So the registry keeps the last 65,536 jobs, finished or not.

use std::collections::VecDeque;
use std::sync::PoisonError;

use super::converter::ConversionJob;
use crate::album::{Band, Photo, PhotoRef, ThumbnailRecord};
use crate::codec::ThumbnailSpec;
use crate::provenance::{Tag, Traced};
use crate::runtime::blocking::Mutex;

/// Upper bound of the jobs that are kept. The tags of a thumbnail's bands name jobs that ran at the
/// same time as its own, so this is many times what can be looked up.
const MAX_JOBS: usize = 1 << 16;

/// Registers conversion jobs, and resolves the tags of a thumbnail's bands to photos.
#[derive(Default)]
pub struct JobRegistry(Mutex<Jobs>);

#[derive(Default)]
struct Jobs {
    /// Number of the first job in `sources`.
    first: usize,
    sources: VecDeque<PhotoRef>,
}

impl JobRegistry {
    /// Registers a conversion, and gives it the next number.
    pub fn register(&self, photo: &Photo, spec: ThumbnailSpec) -> ConversionJob {
        let source = PhotoRef::from(photo);
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if jobs.sources.len() == MAX_JOBS {
            jobs.sources.pop_front();
            jobs.first += 1;
        }
        let number = jobs.first + jobs.sources.len();
        jobs.sources.push_back(source);
        ConversionJob { number, source, content: photo.content, spec }
    }

    /// Returns the photos that a thumbnail's bands were made from. `has_slots` is true if the
    /// pipeline has slots that the record should name.
    pub fn provenance<O>(&self, traced: &Traced<O>, has_slots: bool) -> ThumbnailRecord {
        let slot = has_slots.then(|| u32::try_from(traced.frame).ok()).flatten();
        let bands = traced.bands.iter().map(|tag| self.band((*tag)?)).collect();
        ThumbnailRecord { slot, decode: traced.own.decode, bands }
    }

    fn band(&self, tag: Tag) -> Option<Band> {
        let jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = tag.number.checked_sub(jobs.first);
        let source = index.and_then(|index| jobs.sources.get(index)).copied();
        if source.is_none() {
            tracing::error!(number = tag.number, "a band is of a job that is no longer registered");
        }
        source.map(|source| Band { source, decode: tag.decode })
    }
}
