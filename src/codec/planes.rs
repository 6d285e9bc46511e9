//! A picture as luma and two planes of colour, for oracles that read each plane alone.
//!
//! A JPEG's planes are taken as they are stored: by way of RGB, each would carry a little of the
//! others.

use zune_jpeg::zune_core::colorspace::ColorSpace;

use super::jpeg::samples;
use super::probe::File;
use super::{Damage, Fit, Format, ImageError, ImageFrame, Size, ThumbnailSpec, panic_guard};
use crate::pipeline::Frame as _;

/// A picture's pixels, 3 bytes each, from top to bottom; of its full size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectedPixels {
    /// Luma, blue difference, red difference, as the file stores them (BT.601, full range).
    YCbCr(Vec<u8>),
    /// Red, green, blue.
    Rgb(Vec<u8>),
}

/// Decodes a picture of at most `most_px` pixels. EXIF's orientation is not applied to a JPEG.
///
/// # Errors
/// A [`Refusal`], if the bytes are no JPEG, PNG or WebP, beyond the limits, or do not decode.
pub fn pixels(picture: &[u8], most_px: u64) -> Result<(u32, u32, InspectedPixels), ImageError> {
    let file = File::open(picture)?;
    let header = file.header();
    let found_px = u64::from(header.width) * u64::from(header.height);
    if found_px > most_px {
        return Err(ImageError::Pixels { limit_px: most_px, found_px });
    }
    let File::Jpeg(jpeg) = &file else {
        let photo = file.decode(ThumbnailSpec { size: Size::MAX, fit: Fit::Contain })?;
        let mut frame = ImageFrame::default();
        frame.clear();
        photo.pixels.append(photo.orientation, &mut frame);
        return Ok((frame.width(), frame.height(), InspectedPixels::Rgb(frame.rgb().into_owned())));
    };
    let (width, height) = jpeg.dimensions();
    let planes = if jpeg.is_grey() { ColorSpace::Luma } else { ColorSpace::YCbCr };
    let pixels = panic_guard::decode(Format::Jpeg, || samples(picture, planes))?;
    let count = width as usize * height as usize;
    let pixels = match planes {
        ColorSpace::Luma if pixels.len() == count => {
            pixels.iter().flat_map(|&luma| [luma, 128, 128]).collect()
        }
        ColorSpace::YCbCr if pixels.len() == 3 * count => pixels.into_vec(),
        _ => return Err(ImageError::Damaged { format: Format::Jpeg, damage: Damage::Sizes }),
    };
    Ok((width, height, InspectedPixels::YCbCr(pixels)))
}
