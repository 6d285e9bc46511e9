//! Decodes JPEG to planes and encodes planes as JPEG, by libjpeg-turbo.
//!
//! libjpeg-turbo is nearly twice as fast as the decoder in Rust, and lenient: where data is wrong
//! or missing it warns and shows grey. So the decoder in Rust, which both builds have, decides
//! about every file that libjpeg-turbo warns of and every file of a less usual kind. Both builds
//! thus refuse the same files for the same reasons.

mod canvas;
mod color;
mod huffman_tables;
mod orient;
mod planes;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::num::NonZeroU32;

use jpeg_decoder::ColorTransform;
use turbojpeg::{Decompressor, Image, ScalingFactor, Subsamp, YuvImage, yuv_pixels_len};

pub(in crate::codec) use self::canvas::Canvas;
use self::orient::StoredPlanes;
use self::planes::{Chroma, Sampling, Shape};
use crate::codec::decoded::{Layout, Pixels};
use crate::codec::jpeg::{Jpeg, scaled};
use crate::codec::pixel_buffer::PixelBuffer;
use crate::codec::{Format, ImageError, ImageFrame, Orientation, panic_guard};

/// Suffix of this build's maker names.
pub(in crate::codec) const MAKER_SUFFIX: &str = "-turbojpeg";

/// Number of bands of a large image whose caller does not choose a number. The rows of a plane
/// are a third of those of RGB and stay in the processor's cache, and with one band the weights are
/// computed once.
pub(in crate::codec) const LARGE_IMAGE_BANDS: NonZeroU32 = NonZeroU32::MIN;

/// Describes how a frame stores a photo.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::codec) enum PixelFormat {
    /// RGB, 3 bytes a pixel.
    #[default]
    Rgb,
    /// A plane of luma, and two planes of chroma unless the photo is grey.
    Planes(Option<Chroma>),
}

impl PixelFormat {
    /// Returns the number of bytes of a photo of these dimensions.
    pub(in crate::codec) fn bytes(self, width: usize, height: usize) -> usize {
        match self {
            Self::Rgb => width * height * 3,
            Self::Planes(chroma) => Shape { width, height, chroma }.samples(),
        }
    }

    /// Returns the samples as RGB.
    pub(in crate::codec) fn to_rgb(
        self,
        (width, height): (usize, usize),
        samples: &[u8],
    ) -> Cow<'_, [u8]> {
        match self {
            Self::Rgb => Cow::Borrowed(samples),
            Self::Planes(chroma) => {
                Cow::Owned(Shape { width, height, chroma }.view(samples).to_rgb())
            }
        }
    }
}

/// Holds the pixels of a decoded photo.
pub(in crate::codec) enum DecodedPixels {
    /// Pixels of the decoders in Rust.
    Interleaved(Pixels),
    /// Planes of libjpeg-turbo.
    Planes(StoredPlanes),
}

impl DecodedPixels {
    /// Appends the pixels to a frame, upright: planes as planes, all other pixels as RGB.
    pub(in crate::codec) fn append(self, orientation: Orientation, frame: &mut ImageFrame) {
        match self {
            Self::Interleaved(pixels) => pixels.append(orientation, frame),
            Self::Planes(planes) => planes.append(orientation, frame),
        }
    }
}

impl From<Pixels> for DecodedPixels {
    fn from(pixels: Pixels) -> Self {
        Self::Interleaved(pixels)
    }
}

/// Decodes a JPEG at a scale in eighths.
pub(in crate::codec) fn decode_jpeg(
    jpeg: &Jpeg<'_>,
    eighths: u32,
) -> Result<DecodedPixels, ImageError> {
    match decode_planes(jpeg, eighths) {
        Some(planes) => Ok(DecodedPixels::Planes(planes)),
        None => jpeg.decode_in_rust(eighths).map(DecodedPixels::Interleaved),
    }
}

/// Decodes a JPEG at a scale in eighths, to grey, RGB or CMYK.
pub(in crate::codec) fn decode_jpeg_interleaved(
    jpeg: &Jpeg<'_>,
    eighths: u32,
) -> Result<Pixels, ImageError> {
    match decode_by(decompress_interleaved, jpeg, eighths) {
        Some(pixels) => Ok(pixels),
        None => jpeg.decode_in_rust(eighths),
    }
}

/// Decodes a JPEG to planes at a scale in eighths. Returns `None` if the decoder in Rust must
/// decode the file or name the reason for its refusal.
fn decode_planes(jpeg: &Jpeg<'_>, eighths: u32) -> Option<StoredPlanes> {
    decode_by(decompress, jpeg, eighths)
}

/// Decodes a JPEG by libjpeg-turbo. Returns `None` if the decoder in Rust must decode it.
fn decode_by<T>(
    decompress: fn(&Jpeg<'_>, Subsamp, u32) -> turbojpeg::Result<T>,
    jpeg: &Jpeg<'_>,
    eighths: u32,
) -> Option<T> {
    // At the end of a scan and at restarts libjpeg-turbo passes over data that is left or missing,
    // and for a missing table it takes the usual one, all without a warning.
    let usual = jpeg.info.single_scan && huffman_tables::defines_all(jpeg.file);
    let subsamp = usual.then(|| subsamp(jpeg))??;
    let decoded = panic_guard::decode(Format::Jpeg, || Ok(decompress(jpeg, subsamp, eighths)));
    decoded.ok()?.ok()
}

/// Returns a decoder that has read the header and decodes at a scale in eighths, and the width and
/// height that it decodes to.
fn decoder(
    jpeg: &Jpeg<'_>,
    subsamp: Subsamp,
    eighths: u32,
) -> turbojpeg::Result<(Decompressor, u32, u32)> {
    let mut decoder = Decompressor::new()?;
    let header = decoder.read_header(jpeg.file)?;
    let (width, height) = jpeg.dimensions();
    // libjpeg-turbo writes the samples that *it* reads from the header, whatever the buffer's size.
    let read = (header.width as u32, header.height as u32, header.subsamp);
    if read != (width, height, subsamp) {
        return Err(turbojpeg::Error::OutOfBounds);
    }
    decoder.set_scaling_factor(ScalingFactor::new(eighths as usize, 8))?;
    Ok((decoder, scaled(width, eighths), scaled(height, eighths)))
}

fn decompress(jpeg: &Jpeg<'_>, subsamp: Subsamp, eighths: u32) -> turbojpeg::Result<StoredPlanes> {
    let (mut decoder, width, height) = decoder(jpeg, subsamp, eighths)?;
    let (columns, rows) = (width as usize, height as usize);
    let mut samples = PixelBuffer::zeroed(yuv_pixels_len(columns, 1, rows, subsamp)?);
    let pixels = &mut samples[..];
    let image = YuvImage { pixels, width: columns, align: 1, height: rows, subsamp };
    decoder.decompress_to_yuv(jpeg.file, image)?;
    let sampling = (subsamp != Subsamp::Gray)
        .then(|| Sampling { across: subsamp.width(), down: subsamp.height() });
    let valid = jpeg.valid(width, height);
    Ok(StoredPlanes { samples, width: columns, height: rows, sampling, valid })
}

fn decompress_interleaved(
    jpeg: &Jpeg<'_>,
    subsamp: Subsamp,
    eighths: u32,
) -> turbojpeg::Result<Pixels> {
    let (mut decoder, width, height) = decoder(jpeg, subsamp, eighths)?;
    let (format, layout) = if subsamp == Subsamp::Gray {
        (turbojpeg::PixelFormat::GRAY, Layout::Luma8)
    } else {
        (turbojpeg::PixelFormat::RGB, Layout::Rgb8)
    };
    let (columns, rows) = (width as usize, height as usize);
    let pitch = columns * layout.bytes();
    let mut samples = PixelBuffer::zeroed(pitch * rows);
    let pixels = &mut samples[..];
    decoder.decompress(jpeg.file, Image { pixels, width: columns, pitch, height: rows, format })?;
    let valid = jpeg.valid(width, height);
    Ok(Pixels { samples, width, height, layout, valid })
}

/// Returns how the chroma is sampled, if it is one of the ways that planes support.
fn subsamp(jpeg: &Jpeg<'_>) -> Option<Subsamp> {
    let factors: Vec<_> = jpeg.info.frame.components.iter().map(|c| c.factors).collect();
    match (jpeg.info.color_transform(), &factors[..]) {
        (ColorTransform::Grayscale, [(1, 1)]) => Some(Subsamp::Gray),
        (ColorTransform::YCbCr, [luma, (1, 1), (1, 1)]) => match luma {
            (1, 1) => Some(Subsamp::None),
            (2, 1) => Some(Subsamp::Sub2x1),
            (2, 2) => Some(Subsamp::Sub2x2),
            (1, 2) => Some(Subsamp::Sub1x2),
            (4, 1) => Some(Subsamp::Sub4x1),
            (1, 4) => Some(Subsamp::Sub1x4),
            _ => None,
        },
        _ => None,
    }
}
