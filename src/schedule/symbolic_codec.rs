//! A codec whose photos are their owners' numbers, so that the shipped pipelines can be played in
//! microseconds.
//!
//! It is as strict as pixels are: a frame shows what was decoded into it first since it was last
//! emptied, and so whatever a pipeline leaves in it.

use std::num::{NonZeroU32, NonZeroUsize};

use super::replay::replay;
use super::word::Schedule;
use crate::pipeline::{Codec, Frame, Pipeline};
use crate::pipelines::{AnyPipeline, PipelineKind};

/// Whose photo each band of a finished thumbnail shows; `None` for a request without one.
pub type Owners = Option<Vec<usize>>;

/// What the shipped pipelines made of a word: for each request, in order of first letters, the
/// owner of each band of its thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllOwners {
    /// By the ring of shared buffers.
    pub shared: Vec<Owners>,
    /// By buffers that jobs own.
    pub owned: Vec<Owners>,
    /// By buffers that jobs own and give back, of which as many are kept as there are slots.
    pub pooled: Vec<Owners>,
}

/// Plays a word on all shipped pipelines, each new, with photos that are names.
pub fn replay_all(word: &Schedule, bands: NonZeroU32, slots: NonZeroUsize) -> AllOwners {
    let codec = || SymbolicCodec { bands: bands.get() as usize };
    // No request takes a higher slot than its own number: a huge ring needs no more than this.
    let ring = slots.min(NonZeroUsize::new(word.requests()).unwrap_or(slots));
    let owners = |kind| owners(word, bands, &AnyPipeline::new(kind, codec(), ring, usize::MAX));
    AllOwners {
        shared: owners(PipelineKind::Shared),
        owned: owners(PipelineKind::Owned),
        pooled: owners(PipelineKind::Pooled),
    }
}

fn owners<P>(word: &Schedule, bands: NonZeroU32, pipeline: &P) -> Vec<Owners>
where
    P: Pipeline<Codec = SymbolicCodec>,
{
    /// Photos for as many requests as there are letters.
    const PHOTOS: [usize; 26] = {
        let mut photos = [0; 26];
        let mut number = 0;
        while number < photos.len() {
            photos[number] = number;
            number += 1;
        }
        photos
    };
    let played = replay(word, bands, pipeline, |request| &PHOTOS[request]);
    played.into_iter().map(|made| made?.ok()).collect()
}

/// Converts photos that are numbers: an output lists the number of the photo in each band.
pub(crate) struct SymbolicCodec {
    pub(crate) bands: usize,
}

/// The name that lies in it; nobody's before the first photo.
#[derive(Default)]
pub(crate) struct SymbolicFrame(Option<usize>);

/// The owners of the bands made so far.
pub(crate) struct SymbolicThumbnail(Vec<usize>);

impl Frame for SymbolicFrame {
    fn clear(&mut self) {
        self.0 = None;
    }

    fn capacity(&self) -> usize {
        size_of::<Self>()
    }
}

impl Codec for SymbolicCodec {
    type Request = usize;
    type Photo = usize;
    type Frame = SymbolicFrame;
    type Thumbnail = SymbolicThumbnail;
    type Output = Vec<usize>;
    type Error = std::convert::Infallible;

    fn decode(&self, &owner: &usize) -> Result<usize, Self::Error> {
        Ok(owner)
    }

    fn fill(&self, owner: usize, frame: &mut SymbolicFrame) -> SymbolicThumbnail {
        frame.0.get_or_insert(owner);
        SymbolicThumbnail(Vec::with_capacity(self.bands))
    }

    fn band(&self, frame: &SymbolicFrame, thumbnail: &mut SymbolicThumbnail) -> bool {
        thumbnail.0.extend(frame.0);
        thumbnail.0.len() < self.bands
    }

    fn encode(&self, thumbnail: SymbolicThumbnail) -> Result<Vec<usize>, Self::Error> {
        Ok(thumbnail.0)
    }
}
