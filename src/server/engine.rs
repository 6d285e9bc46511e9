//! What makes thumbnails: one of the pipelines, with a witness round its codec.
//!
//! The server sees no more of a pipeline than this, so that all three are served by the same lines.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use bytes::Bytes;

use crate::album::{ContentHash, Photo, Source};
use crate::codec::{Fit, ImageCodec, Refusal, Request, Size};
use crate::pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};
use crate::repro::Kind;
use crate::witness::{Asked, Witness, Witnessed};

/// Bands of a thumbnail.
const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();

/// Bytes of the largest frame that `pooled` keeps: a compressed photo's.
const KEPT_FRAME_BYTES: usize = 2048 * 2048 * 3;

/// One conversion, and whose it is; it goes in with the photo and comes out with the thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The number by which the witness knows it.
    pub number: usize,
    /// The photo, and its owner.
    pub source: Source,
    /// The hash of the photo's bytes.
    pub content: ContentHash,
    /// How long the thumbnail's sides may be.
    pub size: Size,
    /// How the photo is fitted into it.
    pub fit: Fit,
}

impl Job {
    /// Whether its thumbnail is one of this photo, this size and this fit. This compares what the
    /// job carries; it looks at no pixel, and at no evidence of the witness.
    pub fn is_of(&self, photo: &Photo, size: Size, fit: Fit) -> bool {
        self.source == Source::from(photo)
            && self.content == photo.content
            && (self.size, self.fit) == (size, fit)
    }
}

/// A finished conversion.
#[derive(Clone, Debug)]
pub struct Done {
    /// Whose it is.
    pub job: Job,
    /// The thumbnail, and what the witness saw of its making.
    pub made: Witnessed<Bytes>,
}

/// Turns photos into thumbnails, any number at once.
pub trait Engine: Send + Sync {
    /// Converts one photo. Blocks for as long as that takes.
    ///
    /// # Errors
    /// The codec's.
    fn convert(&self, job: Job, photo: Bytes) -> Result<Done, Refusal>;
}

impl<P> Engine for P
where
    P: Pipeline<Codec = Witness<ImageCodec>> + Send + Sync,
{
    fn convert(&self, job: Job, photo: Bytes) -> Result<Done, Refusal> {
        let request = Request { photo, size: job.size, fit: job.fit };
        let made = Pipeline::convert(self, &Asked { number: job.number, request })?;
        Ok(Done { job, made })
    }
}

/// The codec that engines run: real, with a witness round it, and four bands a thumbnail.
pub fn codec() -> Witness<ImageCodec> {
    Witness::new(ImageCodec::new(BANDS))
}

/// A pipeline as an engine. `slots` are those of `shared`, and the frames that `pooled` keeps.
pub fn engine(kind: Kind, slots: NonZeroUsize) -> Arc<dyn Engine> {
    let bounds = Bounds { frames: slots.get(), frame_bytes: KEPT_FRAME_BYTES };
    match kind {
        Kind::Shared => Arc::new(Shared::new(codec(), slots)),
        Kind::Owned => Arc::new(Owned::new(codec())),
        Kind::Pooled => Arc::new(Pooled::new(codec(), bounds)),
    }
}
