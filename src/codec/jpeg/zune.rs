//! JPEG at full size, by the decoder that is twice as fast at it, for files as cameras write them.
//!
//! `jpeg-decoder` is taken for what it alone can do: a part of the size, and every odd kind of
//! file. What is decoded here must be as strict, so it is given the same trap: see [`Padded`].

use std::io::Read;

use jpeg_decoder::ColorTransform;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::segments::damaged;
use super::structure::JpegInfo;
use super::truncation_guard::SentinelReader;
use crate::codec::decoded::{Layout, Pixels};
use crate::codec::pixel_buffer::PixelBuffer;
use crate::codec::{Damage, ImageError, limits};

/// What to decode a file to, if it is of the kind that is decoded here: one stretch of coded data,
/// grey or YCbCr, with its colours at the luma's size or half of it.
pub(super) fn colours(survey: &JpegInfo) -> Option<(ColorSpace, Layout)> {
    let frame = &survey.frame;
    if !survey.one_stretch {
        return None;
    }
    match (&frame.components[..], survey.color_transform()) {
        ([luma], _) if luma.factors == (1, 1) => Some((ColorSpace::Luma, Layout::Luma8)),
        // By these names the decoder would take them for RGB.
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
    survey: &JpegInfo,
    (colours, layout): (ColorSpace, Layout),
) -> Result<Pixels, ImageError> {
    let mut padded = Vec::with_capacity(file.len() + SentinelReader::ADDED);
    let read = SentinelReader::new(file).read_to_end(&mut padded);
    debug_assert!(read.is_ok(), "a slice can be read");

    let samples = samples(&padded, colours)?;

    let (width, height) = (u32::from(survey.frame.width), u32::from(survey.frame.height));
    if samples.len() != width as usize * height as usize * layout.bytes() {
        return Err(damaged(Damage::Sizes));
    }
    let filled = (width.into(), height.into());
    Ok(Pixels { samples, width, height, layout, filled })
}

/// The samples of a whole JPEG in these colours.
pub(in crate::codec) fn samples(
    file: &[u8],
    colours: ColorSpace,
) -> Result<PixelBuffer, ImageError> {
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(colours)
        .set_strict_mode(true)
        .set_max_width(limits::SIDE_PX as usize)
        .set_max_height(limits::SIDE_PX as usize);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    let wrong = |error: DecodeErrors| damaged(Damage::Coding(error.to_string()));
    decoder.decode_headers().map_err(wrong)?;
    let length = decoder.output_buffer_size().ok_or_else(|| damaged(Damage::Sizes))?;
    let mut samples = PixelBuffer::zeroed(length);
    decoder.decode_into(&mut samples).map_err(wrong)?;
    Ok(samples)
}
