//! What makes thumbnails: one of the pipelines, with a witness round its codec.
//!
//! The server sees no more of a pipeline than this, so that all three are served by the same lines.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use bytes::Bytes;

use crate::album::{ContentHash, Photo, PhotoRef};
use crate::codec::{ImageCodec, ImageError, ThumbnailRequest, ThumbnailSpec};
use crate::pipeline::Pipeline;
use crate::pipelines::{AnyPipeline, MAX_KEPT_FRAME_BYTES, PipelineKind};
use crate::provenance::{Numbered, TaggingCodec, Traced};

/// Bands of a thumbnail.
const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();

/// One conversion, and whose it is; it goes in with the photo and comes out with the thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversionJob {
    /// The number by which the witness knows it.
    pub number: usize,
    /// The photo, and its owner.
    pub source: PhotoRef,
    /// The hash of the photo's bytes.
    pub content: ContentHash,
    /// The thumbnail's size and fit.
    pub spec: ThumbnailSpec,
}

impl ConversionJob {
    /// Whether its thumbnail is one of this photo, this size and this fit. This compares what the
    /// job carries; it looks at no pixel, and at no evidence of the witness.
    pub fn is_of(&self, photo: &Photo, spec: ThumbnailSpec) -> bool {
        self.source == PhotoRef::from(photo) && self.content == photo.content && self.spec == spec
    }
}

/// A finished conversion.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// Whose it is.
    pub job: ConversionJob,
    /// The thumbnail, and what the witness saw of its making.
    pub made: Traced<Bytes>,
}

/// Turns photos into thumbnails, any number at once.
pub trait Converter: Send + Sync {
    /// Converts one photo. Blocks for as long as that takes.
    ///
    /// # Errors
    /// The codec's.
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError>;
}

impl<P> Converter for P
where
    P: Pipeline<Codec = TaggingCodec<ImageCodec>> + Send + Sync,
{
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError> {
        let request = ThumbnailRequest { photo, spec: job.spec };
        let made = Pipeline::convert(self, &Numbered { number: job.number, request })?;
        Ok(Conversion { job, made })
    }
}

/// The codec that engines run: real, with a witness round it, and four bands a thumbnail.
pub fn codec() -> TaggingCodec<ImageCodec> {
    TaggingCodec::new(ImageCodec::new(BANDS))
}

/// Builds the converter that runs a pipeline. `slots` counts the buffers in the ring of `shared`,
/// and the frames that `pooled` keeps.
pub fn converter(kind: PipelineKind, slots: NonZeroUsize) -> Arc<dyn Converter> {
    Arc::new(AnyPipeline::new(kind, codec(), slots, MAX_KEPT_FRAME_BYTES))
}
