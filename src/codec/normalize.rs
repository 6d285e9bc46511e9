//! The album's compression: what happens to a photo before it is kept.
//!
//! Albums keep photos of at most 2048 px, so that every reader afterwards deals with ordinary,
//! upright JPEGs. A file that is one already is not made worse by coding it again.

use bytes::Bytes;
use image::metadata::Orientation;

use super::canvas::BANDS;
use super::probe::File;
use super::{Fit, Format, ImageCodec, ImageError, ImageFrame, Size, ThumbnailSpec};
use crate::pipeline::Codec;

/// Makes a photo ready for an album: an upright JPEG of at most 2048 px on its longest side,
/// quality 80, 4:2:0, without metadata. A JPEG that is upright and within 2048 px comes back byte
/// for byte, once it has decoded whole; never enlarged.
///
/// # Errors
/// A [`Refusal`], if the photo cannot be decoded whole or is beyond the limits.
pub fn compress(photo: &Bytes) -> Result<Bytes, ImageError> {
    let file = File::open(photo)?;
    let header = file.header();
    let decoded = file.decode(ThumbnailSpec { size: Size::MAX, fit: Fit::Contain })?;
    let fits = header.width.max(header.height) <= Size::MAX.get();
    if fits && header.format == Format::Jpeg && header.orientation == Orientation::NoTransforms {
        return Ok(photo.clone());
    }
    let codec = ImageCodec::new(BANDS);
    let mut frame = ImageFrame::default();
    let mut thumbnail = codec.fill(decoded, &mut frame);
    while codec.band(&frame, &mut thumbnail) {}
    codec.encode(thumbnail)
}
