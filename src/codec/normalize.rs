//! Normalizes photos to upright JPEGs of at most 2048 px, as an album would store them.
//!
//! The reproduction, the replay and the incident start from such photos. A file that is one already
//! stays as it is, since a second encoding would make it worse.

use bytes::Bytes;

use super::backend::LARGE_IMAGE_BANDS;
use super::limits::PhotoLimits;
use super::probe::ProbedPhoto;
use super::{Fit, Format, ImageCodec, ImageError, ImageFrame, Orientation, Size, ThumbnailSpec};
use crate::pipeline::Codec;

/// Converts a photo to an upright JPEG of at most 2048 px on its longest side, at quality 80 and
/// 4:2:0, without metadata and never enlarged. An upright JPEG within 2048 px is decoded whole, and
/// returned byte for byte.
///
/// # Errors
/// Returns an [`ImageError`] if the photo cannot be decoded whole or exceeds the default limits.
pub fn normalize(photo: &Bytes) -> Result<Bytes, ImageError> {
    normalize_within(photo, PhotoLimits::default())
}

/// Converts a photo as [`normalize`] does, within the caller's limits.
///
/// # Errors
/// Returns an [`ImageError`] if the photo cannot be decoded whole or exceeds the limits.
pub fn normalize_within(photo: &Bytes, limits: PhotoLimits) -> Result<Bytes, ImageError> {
    let file = ProbedPhoto::open(photo.clone(), limits)?;
    let header = file.header();
    let decoded = file.decode(ThumbnailSpec { size: Size::MAX, fit: Fit::Contain })?;
    let fits = header.width.max(header.height) <= Size::MAX.get();
    if fits && header.format == Format::Jpeg && header.orientation == Orientation::NoTransforms {
        return Ok(photo.clone());
    }
    let codec = ImageCodec::new(LARGE_IMAGE_BANDS);
    let mut frame = ImageFrame::default();
    let thumbnail = codec.fill(decoded, &mut frame);
    codec.encode(codec.render(&frame, thumbnail))
}
