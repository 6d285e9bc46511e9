//! Decodes and encodes JPEG in Rust, by way of RGB.
//!
//! This backend needs no tool but cargo, and shows the work most plainly: one image, and one resize
//! for each band.

use std::borrow::Cow;
use std::num::NonZeroU32;

pub(in crate::codec) use super::rgb_canvas::Canvas;
use crate::codec::decoded::Pixels;
use crate::codec::jpeg::Jpeg;
use crate::codec::{ImageError, ImageFrame, Orientation};

/// Empty suffix: this build is the default one.
pub(in crate::codec) const MAKER_SUFFIX: &str = "";

/// Number of bands of a large image whose caller does not choose a number. All rows of RGB,
/// resized in one direction and not yet in the other, would exceed the processor's cache.
pub(in crate::codec) const LARGE_IMAGE_BANDS: NonZeroU32 = NonZeroU32::new(8).unwrap();

/// Describes how a frame stores a photo.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::codec) enum PixelFormat {
    /// RGB, 3 bytes a pixel.
    #[default]
    Rgb,
}

impl PixelFormat {
    /// Returns the number of bytes of a photo of these dimensions.
    pub(in crate::codec) fn bytes(self, width: usize, height: usize) -> usize {
        width * height * 3
    }

    /// Returns the samples, which are RGB already.
    pub(in crate::codec) fn to_rgb(
        self,
        _dimensions: (usize, usize),
        samples: &[u8],
    ) -> Cow<'_, [u8]> {
        Cow::Borrowed(samples)
    }
}

/// Holds the pixels of a decoded photo.
pub(in crate::codec) struct DecodedPixels(Pixels);

impl DecodedPixels {
    /// Appends the pixels to a frame, upright.
    pub(in crate::codec) fn append(self, orientation: Orientation, frame: &mut ImageFrame) {
        self.0.append(orientation, frame);
    }
}

impl From<Pixels> for DecodedPixels {
    fn from(pixels: Pixels) -> Self {
        Self(pixels)
    }
}

/// Decodes a JPEG at a scale in eighths.
pub(in crate::codec) fn decode_jpeg(
    jpeg: &Jpeg<'_>,
    eighths: u32,
) -> Result<DecodedPixels, ImageError> {
    jpeg.decode_in_rust(eighths).map(DecodedPixels)
}

/// Decodes a JPEG at a scale in eighths, to grey, RGB or CMYK.
pub(in crate::codec) fn decode_jpeg_interleaved(
    jpeg: &Jpeg<'_>,
    eighths: u32,
) -> Result<Pixels, ImageError> {
    jpeg.decode_in_rust(eighths)
}
