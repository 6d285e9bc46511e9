//! Decodes JPEG at full size with `zune-jpeg`, for files as cameras write them.
//!
//! `zune-jpeg` is twice as fast at full size. `jpeg-decoder` decodes at fractions of the size, and
//! decodes the less usual kinds of file. Both decoders must be equally strict, so `zune-jpeg` reads
//! the same sentinel bytes: see [`SentinelReader`].

use std::io::Read;

use jpeg_decoder::ColorTransform;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::structure::JpegInfo;
use super::truncation_guard::SentinelReader;
use crate::codec::decoded::{Layout, Pixels};
use crate::codec::pixel_buffer::PixelBuffer;
use crate::codec::{Damage, Format, ImageError, limits};

/// Returns the layout that `zune-jpeg` decodes a file to. Returns `None` for files of other kinds
/// than one baseline scan, grey or YCbCr, with chroma at the luma's size or half of it.
pub(super) fn layout(info: &JpegInfo) -> Option<(ColorSpace, Layout)> {
    if !info.single_scan {
        return None;
    }
    match (&info.frame.components[..], info.color_transform()) {
        ([luma], _) if luma.factors == (1, 1) => Some((ColorSpace::Luma, Layout::Luma8)),
        // The decoder would take components of these names for RGB.
        ([r, g, b], _) if [r.id, g.id, b.id] == *b"RGB" => None,
        ([luma, blue, red], ColorTransform::YCbCr)
            if matches!(luma.factors, (1 | 2, 1 | 2))
                && blue.factors == (1, 1)
                && red.factors == (1, 1) =>
        {
            Some((ColorSpace::RGB, Layout::Rgb8))
        }
        _ => None,
    }
}

pub(super) fn decode(
    file: &[u8],
    info: &JpegInfo,
    (color_space, layout): (ColorSpace, Layout),
) -> Result<Pixels, ImageError> {
    let mut padded = Vec::with_capacity(file.len() + SentinelReader::ADDED_BYTES);
    let read = SentinelReader::new(file).read_to_end(&mut padded);
    debug_assert!(read.is_ok(), "a slice can be read");

    let samples = samples(&padded, color_space)?;

    let (width, height) = (u32::from(info.frame.width), u32::from(info.frame.height));
    if samples.len() != width as usize * height as usize * layout.bytes() {
        return Err(Format::Jpeg.damaged(Damage::SampleCount));
    }
    let valid = (width.into(), height.into());
    Ok(Pixels { samples, width, height, layout, valid })
}

/// Decodes the samples of a JPEG at full size in a colour space.
pub(in crate::codec) fn samples(
    file: &[u8],
    color_space: ColorSpace,
) -> Result<PixelBuffer, ImageError> {
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(color_space)
        .set_strict_mode(true)
        .set_max_width(limits::MAX_SIDE_PX as usize)
        .set_max_height(limits::MAX_SIDE_PX as usize);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    let coding = |error: DecodeErrors| Format::Jpeg.coding(error);
    decoder.decode_headers().map_err(coding)?;
    let length =
        decoder.output_buffer_size().ok_or_else(|| Format::Jpeg.damaged(Damage::SampleCount))?;
    let mut samples = PixelBuffer::zeroed(length);
    decoder.decode_into(&mut samples).map_err(coding)?;
    Ok(samples)
}
