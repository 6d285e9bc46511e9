//! Converts photos to thumbnails with one of the pipelines, whose codec traces where each band
//! comes from.
//!
//! The server knows a pipeline only by the trait in this file, so that all three pipelines are
//! served by the same lines.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use bytes::Bytes;

use crate::album::{ContentHash, Photo, PhotoRef};
use crate::codec::{ImageCodec, ImageError, ThumbnailRequest, ThumbnailSpec};
use crate::pipeline::Pipeline;
use crate::pipelines::{AnyPipeline, MAX_KEPT_FRAME_BYTES, PipelineKind};
use crate::provenance::{Numbered, TaggingCodec, Traced};

/// Number of bands (steps of a resize) of a thumbnail.
const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();

/// Identifies one conversion. It is passed to the converter with the photo, and comes back with the
/// thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversionJob {
    /// Number of the job, by which the codec's tags name it.
    pub number: usize,
    /// Photo to convert, and its owner.
    pub source: PhotoRef,
    /// Hash of the photo's bytes.
    pub content: ContentHash,
    /// Size and fit of the thumbnail.
    pub spec: ThumbnailSpec,
}

impl ConversionJob {
    /// Returns true if the job's thumbnail is of this photo and this spec. The method compares the
    /// fields of the job. It reads no pixel and no tag of the codec.
    pub fn is_of(&self, photo: &Photo, spec: ThumbnailSpec) -> bool {
        self.source == PhotoRef::from(photo) && self.content == photo.content && self.spec == spec
    }
}

/// Holds a finished conversion.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// Job that the converter says the thumbnail belongs to.
    pub job: ConversionJob,
    /// Thumbnail, and the tags of the bands it was made from.
    pub traced: Traced<Bytes>,
}

/// Turns photos into thumbnails, any number at once.
pub trait Converter: Send + Sync {
    /// Converts one photo, and blocks for as long as that takes.
    ///
    /// # Errors
    /// Returns the codec's [`ImageError`] if the photo cannot be decoded.
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError>;
}

impl<P> Converter for P
where
    P: Pipeline<Codec = TaggingCodec<ImageCodec>> + Send + Sync,
{
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError> {
        let request = ThumbnailRequest { photo, spec: job.spec };
        let traced = Pipeline::convert(self, &Numbered { number: job.number, request })?;
        Ok(Conversion { job, traced })
    }
}

/// Creates the codec of a converter: the image codec with four bands, wrapped so that it tags each
/// band.
pub fn codec() -> TaggingCodec<ImageCodec> {
    TaggingCodec::new(ImageCodec::new(BANDS))
}

/// Builds the converter that runs a pipeline. `slots` counts the buffers in the ring of `shared`,
/// and the frames that `pooled` keeps.
pub fn converter(kind: PipelineKind, slots: NonZeroUsize) -> Arc<dyn Converter> {
    Arc::new(AnyPipeline::new(kind, codec(), slots, MAX_KEPT_FRAME_BYTES))
}
