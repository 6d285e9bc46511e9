//! Processes images as a small service does: mixes their colours, and decodes truncated photos.

use bytes::Bytes;
use jpeg_encoder::SamplingFactor;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::Raster;
use crate::codec::{Fit, Size, ThumbnailSpec};

/// Renders a photo's centre square as a thumbnail.
pub(super) fn thumbnail(photo: &Bytes, size: u32) -> Option<Raster> {
    let spec = ThumbnailSpec { size: Size::try_from(size).ok()?, fit: Fit::Cover };
    super::thumbnail(photo, spec).ok()
}

/// Encodes an image as JPEG with subsampled chroma (4:2:0).
pub(super) fn encode(image: &Raster, quality: u8) -> Option<Bytes> {
    image.to_jpeg(quality, SamplingFactor::F_2_2).map(Bytes::from)
}

/// Decodes the rows that a photo has, and returns their number with the image.
pub(super) fn decode_leniently(photo: &[u8]) -> Option<(Raster, u32)> {
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_strict_mode(false)
        .set_max_width(4096)
        .set_max_height(4096);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(photo), options);
    let rgb = decoder.decode().ok()?;
    let (width, height) = decoder.dimensions()?;
    if rgb.len() != width * height * 3 {
        return None;
    }
    // The decoder fills the missing rows, down to the last one, with one colour.
    let is_even = |row: &[u8]| row.chunks(3).all(|pixel| pixel == &row[..3]);
    let decoded = rgb.chunks(width * 3).rposition(|row| !is_even(row)).map_or(0, |row| row + 1);
    Some((Raster { width: width as u32, height: height as u32, rgb }, decoded as u32))
}
