//! From the witness's numbers to people's photos: what the ledger is told of a making.
//!
//! A frame in a ring remembers the number of whoever decoded into it last, also when that was long
//! ago. So the roll of jobs outlives the jobs.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::engine::Job;
use crate::album::{Band, ContentHash, Making, Photo, RowId, Source};
use crate::codec::{Fit, Size};
use crate::witness::{Tag, Witnessed};

/// Jobs that the roll remembers. The tags of a thumbnail's bands are of jobs that were at work
/// together with its own, so this is many times what can be asked for.
const REMEMBERED: usize = 1 << 16;

/// Who was at work, by number.
#[derive(Default)]
pub struct Roll(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    /// The number of the first in `sources`.
    first: usize,
    sources: VecDeque<Source>,
}

impl Roll {
    /// Gives a conversion the next number.
    pub fn enter(&self, photo: &Photo, size: Size, fit: Fit) -> Job {
        let source = Source::from(photo);
        let mut roll = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if roll.sources.len() == REMEMBERED {
            roll.sources.pop_front();
            roll.first += 1;
        }
        let number = roll.first + roll.sources.len();
        roll.sources.push_back(source);
        Job { number, source, content: photo.content, size, fit }
    }

    /// How a thumbnail came to be. `slots` says whether the pipeline has any.
    pub fn making<O>(&self, made: &Witnessed<O>, slots: bool) -> Making {
        let slot = slots.then(|| u32::try_from(made.frame).ok()).flatten();
        let bands = made.bands.iter().map(|tag| self.band((*tag)?)).collect();
        Making { slot, decode: made.own.decode, bands }
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
pub fn thumbnail_etag(photo: &Photo, size: Size, fit: Fit, maker: &str, made: RowId) -> String {
    let (Photo { id, content, .. }, size) = (photo, size.get());
    let key = format!("{id}\n{content}\n{size}\n{fit}\n{maker}\n{made}");
    format!("\"{}\"", &ContentHash::of(key.as_bytes()).to_string()[..40])
}
