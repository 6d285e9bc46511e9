//! A codec whose photos are their owners' numbers, so that the shipped pipelines can be played in
//! microseconds.
//!
//! It is as strict as pixels are: a frame shows what was decoded into it first since it was last
//! emptied, and so whatever a pipeline leaves in it.

use std::num::{NonZeroU32, NonZeroUsize};

use super::play::play;
use super::word::Word;
use crate::pipeline::{Bounds, Codec, Frame, Owned, Pipeline, Pooled, Shared};

/// Whose photo each band of a finished thumbnail shows; `None` for a request without one.
pub type Owners = Option<Vec<usize>>;

/// What the shipped pipelines made of a word: for each request, in order of first letters, the
/// owner of each band of its thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// By the ring of shared buffers.
    pub shared: Vec<Owners>,
    /// By buffers that jobs own.
    pub owned: Vec<Owners>,
    /// By buffers that jobs own and give back, of which as many are kept as there are slots.
    pub pooled: Vec<Owners>,
}

/// Plays a word on all shipped pipelines, each new, with photos that are names.
pub fn on_shipped(word: &Word, bands: NonZeroU32, slots: NonZeroUsize) -> Shipped {
    let codec = || Names { bands: bands.get() as usize };
    // No request takes a higher slot than its own number: a huge ring needs no more than this.
    let ring = slots.min(NonZeroUsize::new(word.requests()).unwrap_or(slots));
    let bounds = Bounds { frames: ring.get(), frame_bytes: usize::MAX };
    Shipped {
        shared: owners(word, bands, &Shared::new(codec(), ring)),
        owned: owners(word, bands, &Owned::new(codec())),
        pooled: owners(word, bands, &Pooled::new(codec(), bounds)),
    }
}

fn owners<P>(word: &Word, bands: NonZeroU32, pipeline: &P) -> Vec<Owners>
where
    P: Pipeline<Codec = Names>,
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
    let played = play(word, bands, pipeline, |request| &PHOTOS[request]);
    played.into_iter().map(|made| made?.ok()).collect()
}

struct Names {
    bands: usize,
}

/// The name that lies in it; nobody's before the first photo.
#[derive(Default)]
struct NameFrame(Option<usize>);

/// The owners of the bands made so far.
struct NameThumbnail(Vec<usize>);

impl Frame for NameFrame {
    fn clear(&mut self) {
        self.0 = None;
    }

    fn capacity(&self) -> usize {
        size_of::<Self>()
    }
}

impl Codec for Names {
    type Request = usize;
    type Photo = usize;
    type Frame = NameFrame;
    type Thumbnail = NameThumbnail;
    type Output = Vec<usize>;
    type Error = std::convert::Infallible;

    fn decode(&self, &owner: &usize) -> Result<usize, Self::Error> {
        Ok(owner)
    }

    fn fill(&self, owner: usize, frame: &mut NameFrame) -> NameThumbnail {
        frame.0.get_or_insert(owner);
        NameThumbnail(Vec::with_capacity(self.bands))
    }

    fn band(&self, frame: &NameFrame, thumbnail: &mut NameThumbnail) -> bool {
        thumbnail.0.extend(frame.0);
        thumbnail.0.len() < self.bands
    }

    fn encode(&self, thumbnail: NameThumbnail) -> Result<Vec<usize>, Self::Error> {
        Ok(thumbnail.0)
    }
}
