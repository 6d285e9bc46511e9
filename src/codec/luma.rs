//! The luma of a JPEG as it is stored, for oracles that compare rows.
//!
//! Luma computed from RGB is not exact: chroma is interpolated across the rows where two photos
//! meet, and would carry each a little into the other.

use zune_jpeg::zune_core::colorspace::ColorSpace;

use super::jpeg::{Jpeg, samples};
use super::{Damage, Format, ImageError, limits, panic_guard};

/// The luma of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Luma {
    /// Width in pixels, as stored.
    pub width: u32,
    /// Height in pixels, as stored.
    pub height: u32,
    /// Rows from top to bottom, one byte a pixel.
    pub pixels: Vec<u8>,
}

/// Decodes the luma of a JPEG, exactly and at its full size, as it is stored: EXIF's orientation
/// is not applied.
///
/// # Errors
/// A [`Refusal`], if the bytes are no JPEG, beyond the limits, or do not decode.
pub fn luma(jpeg: &[u8]) -> Result<Luma, ImageError> {
    limits::check_file(jpeg)?;
    let (width, height) = Jpeg::open(jpeg)?.dimensions();
    let pixels = panic_guard::decode(Format::Jpeg, || samples(jpeg, ColorSpace::Luma))?;
    if pixels.len() as u64 != u64::from(width) * u64::from(height) {
        return Err(ImageError::Damaged { format: Format::Jpeg, damage: Damage::Sizes });
    }
    Ok(Luma { width, height, pixels: pixels.into_vec() })
}
