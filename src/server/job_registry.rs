//! From the witness's numbers to people's photos: what the ledger is told of a making.
//!
//! A frame in a ring remembers the number of whoever decoded into it last, also when that was long
//! ago. So the roll of jobs outlives the jobs.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::converter::ConversionJob;
use crate::album::{Band, ContentHash, Photo, PhotoRef, RowId, ThumbnailRecord};
use crate::codec::ThumbnailSpec;
use crate::provenance::{Tag, Traced};

/// Jobs that the roll remembers. The tags of a thumbnail's bands are of jobs that were at work
/// together with its own, so this is many times what can be asked for.
const REMEMBERED: usize = 1 << 16;

/// Who was at work, by number.
#[derive(Default)]
pub struct JobRegistry(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    /// The number of the first in `sources`.
    first: usize,
    sources: VecDeque<PhotoRef>,
}

impl JobRegistry {
    /// Gives a conversion the next number.
    pub fn register(&self, photo: &Photo, spec: ThumbnailSpec) -> ConversionJob {
        let source = PhotoRef::from(photo);
        let mut roll = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if roll.sources.len() == REMEMBERED {
            roll.sources.pop_front();
            roll.first += 1;
        }
        let number = roll.first + roll.sources.len();
        roll.sources.push_back(source);
        ConversionJob { number, source, content: photo.content, spec }
    }

    /// How a thumbnail came to be. `slots` says whether the pipeline has any.
    pub fn provenance<O>(&self, made: &Traced<O>, slots: bool) -> ThumbnailRecord {
        let slot = slots.then(|| u32::try_from(made.frame).ok()).flatten();
        let bands = made.bands.iter().map(|tag| self.band((*tag)?)).collect();
        ThumbnailRecord { slot, decode: made.own.decode, bands }
    }

    fn band(&self, tag: Tag) -> Option<Band> {
        let roll = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let source = tag.number.checked_sub(roll.first).and_then(|at| roll.sources.get(at));
        if source.is_none() {
            tracing::error!(number = tag.number, "a band is of a job that the roll has forgotten");
        }
        source.map(|&source| Band { source, decode: tag.decode })
    }
}

/// The ETag of a thumbnail: over the photo's id, its content, size, fit and maker, and over the
/// ledger's row of its making. So what was thrown away and made anew is told apart from what a
/// device still keeps.
pub fn thumbnail_etag(photo: &Photo, spec: ThumbnailSpec, maker: &str, made: RowId) -> String {
    let (Photo { id, content, .. }, ThumbnailSpec { size, fit }) = (photo, spec);
    let key = format!("{id}\n{content}\n{}\n{fit}\n{maker}\n{made}", size.get());
    format!("\"{}\"", &ContentHash::of(key.as_bytes()).to_string()[..40])
}
