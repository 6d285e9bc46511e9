//! Implements a codec whose photos are owners' numbers, and replays words (schedules written as
//! letters) with this codec.
//!
//! A replay with this codec takes microseconds. The codec is as strict as pixels: a frame shows the
//! first photo since the frame was last cleared, so that old contents show too.

use std::num::{NonZeroU32, NonZeroUsize};

use super::replay::replay;
use super::word::Schedule;
use crate::pipeline::{Bounds, Codec, Frame, Owned, Pipeline, Pooled, Shared};

/// Holds the owner of each band (some rows) of a finished thumbnail, or `None` for an unfinished
/// request.
pub type Owners = Option<Vec<usize>>;

/// Holds the replay of a word on each shipped pipeline: for each request, in order of first
/// letters, the owner of each band of its thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllOwners {
    /// Owners on `shared`, the ring of shared buffers.
    pub shared: Vec<Owners>,
    /// Owners on `owned`, where each job owns its buffer.
    pub owned: Vec<Owners>,
    /// Owners on `pooled`, where each job owns its buffer and returns it, and the pool keeps as
    /// many buffers as the ring has slots.
    pub pooled: Vec<Owners>,
}

/// Replays a word on a new pipeline of each kind, with photos that are owners' numbers.
pub fn replay_all(word: &Schedule, bands: NonZeroU32, slots: NonZeroUsize) -> AllOwners {
    let codec = || SymbolicCodec { bands: bands.get() as usize };
    // A request's slot is at most its own number, so a huge ring needs no more than this.
    let ring = slots.min(NonZeroUsize::new(word.requests()).unwrap_or(slots));
    let bounds = Bounds { max_frames: ring.get(), max_frame_bytes: usize::MAX };
    AllOwners {
        shared: owners(word, bands, &Shared::new(codec(), ring)),
        owned: owners(word, bands, &Owned::new(codec())),
        pooled: owners(word, bands, &Pooled::new(codec(), bounds)),
    }
}

fn owners<P>(word: &Schedule, bands: NonZeroU32, pipeline: &P) -> Vec<Owners>
where
    P: Pipeline<Codec = SymbolicCodec>,
{
    let photos: Vec<usize> = (0..word.requests()).collect();
    let replayed = replay(word, bands, pipeline, |request| &photos[request]);
    replayed.into_iter().map(|result| result?.ok()).collect()
}

/// Converts photos that are numbers: an output lists the number of the photo in each band.
pub(crate) struct SymbolicCodec {
    pub(crate) bands: usize,
}

/// Holds the number of the photo's owner, or `None` before the first photo.
#[derive(Default)]
pub(crate) struct SymbolicFrame(Option<usize>);

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
    /// The owners of the bands made so far.
    type Thumbnail = Vec<usize>;
    type Output = Vec<usize>;
    type Error = std::convert::Infallible;

    fn decode(&self, &owner: &usize) -> Result<usize, Self::Error> {
        Ok(owner)
    }

    fn fill(&self, owner: usize, frame: &mut SymbolicFrame) -> Vec<usize> {
        frame.0.get_or_insert(owner);
        Vec::with_capacity(self.bands)
    }

    fn band(&self, frame: &SymbolicFrame, thumbnail: &mut Vec<usize>) -> bool {
        thumbnail.extend(frame.0);
        thumbnail.len() < self.bands
    }

    fn encode(&self, thumbnail: Vec<usize>) -> Result<Vec<usize>, Self::Error> {
        Ok(thumbnail)
    }
}
