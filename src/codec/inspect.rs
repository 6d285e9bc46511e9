//! Decodes images for oracles, which read luma and chroma as the file stores them.
//!
//! Values computed from RGB are not exact. Chroma is interpolated across the rows where two photos
//! meet, so luma computed from RGB would carry a little of each photo into the other.

use zune_jpeg::zune_core::colorspace::ColorSpace;

use super::jpeg::{Jpeg, first_rows, samples};
use super::{
    Damage, Fit, Format, ImageError, ImageFrame, Size, ThumbnailSpec, limits, panic_guard, probe,
};

/// Holds the luma of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Luma {
    /// Width in pixels, as stored.
    pub width: u32,
    /// Height in pixels, as stored.
    pub height: u32,
    /// Rows from top to bottom, one byte a pixel.
    pub pixels: Vec<u8>,
}

/// Decodes the luma of a JPEG exactly, at full size and as stored: EXIF's orientation is not
/// applied.
///
/// # Errors
/// Returns an [`ImageError`] if the bytes are no JPEG, exceed the limits, or do not decode.
pub fn luma(jpeg: &[u8]) -> Result<Luma, ImageError> {
    limits::check_file(jpeg)?;
    let jpeg = Jpeg::open(jpeg)?;
    let (width, height) = jpeg.dimensions();
    let pixels = full_size(&jpeg, ColorSpace::Luma)?;
    Ok(Luma { width, height, pixels })
}

/// Holds the pixels of an image at full size, 3 bytes a pixel, rows from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectedPixels {
    /// Luma, blue difference and red difference, as the file stores them (BT.601, full range).
    YCbCr(Vec<u8>),
    /// Red, green and blue.
    Rgb(Vec<u8>),
}

/// Decodes an image of at most `max_px` pixels, and returns its width, height and pixels. EXIF's
/// orientation is not applied to a JPEG.
///
/// # Errors
/// Returns an [`ImageError`] if the bytes are no JPEG, PNG or WebP, exceed the limits, or do not
/// decode.
pub fn inspect_pixels(
    image: &[u8],
    max_px: u64,
) -> Result<(u32, u32, InspectedPixels), ImageError> {
    let file = probe::File::open(image)?;
    let header = file.header();
    let found_px = u64::from(header.width) * u64::from(header.height);
    if found_px > max_px {
        return Err(ImageError::Pixels { limit_px: max_px, found_px });
    }
    let probe::File::Jpeg(jpeg) = &file else {
        let photo = file.decode(ThumbnailSpec { size: Size::MAX, fit: Fit::Contain })?;
        let mut frame = ImageFrame::default();
        photo.pixels.append(photo.orientation, &mut frame);
        let rgb = frame.rgb().into_owned();
        return Ok((frame.width(), frame.height(), InspectedPixels::Rgb(rgb)));
    };
    let (width, height) = jpeg.dimensions();
    let pixels = if jpeg.info.frame.components.len() == 1 {
        let luma = full_size(jpeg, ColorSpace::Luma)?;
        luma.into_iter().flat_map(|luma| [luma, 128, 128]).collect()
    } else {
        full_size(jpeg, ColorSpace::YCbCr)?
    };
    Ok((width, height, InspectedPixels::YCbCr(pixels)))
}

/// Holds the first rows of a JPEG whose data ends early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectedRows {
    /// Width in pixels, as stored.
    pub width: u32,
    /// Height in pixels that the file declares.
    pub height: u32,
    /// Number of rows that the file holds.
    pub rows: u32,
    /// Luma, blue difference and red difference of these rows, 3 bytes a pixel.
    pub pixels: Vec<u8>,
}

/// Decodes the first rows of a JPEG that ends early, and no row that its data does not hold. The
/// file declares at most `max_px` pixels. Browsers show such a file with its other rows grey.
///
/// # Errors
/// Returns an [`ImageError`] if the file is no JPEG, exceeds the limits, or ends before its first
/// rows.
pub fn inspect_first_rows(image: &[u8], max_px: u64) -> Result<InspectedRows, ImageError> {
    limits::check_file(image)?;
    let cut = first_rows(image)?;
    let found_px = u64::from(cut.width) * u64::from(cut.height);
    if found_px > max_px {
        return Err(ImageError::Pixels { limit_px: max_px, found_px });
    }
    let space = if cut.components == 1 { ColorSpace::Luma } else { ColorSpace::YCbCr };
    let decoded = panic_guard::decode(Format::Jpeg, || samples(&cut.file, space))?;
    let (width, rows) = (cut.width as usize, cut.rows as usize);
    if decoded.len() != width * rows * space.num_components() {
        return Err(Format::Jpeg.damaged(Damage::SampleCount));
    }
    let decoded = decoded.into_vec();
    let pixels = match space {
        ColorSpace::Luma => decoded.into_iter().flat_map(|luma| [luma, 128, 128]).collect(),
        _ => decoded,
    };
    Ok(InspectedRows { width: cut.width, height: cut.height, rows: cut.rows, pixels })
}

/// Decodes a JPEG at full size, and checks the number of its samples.
fn full_size(jpeg: &Jpeg<'_>, color_space: ColorSpace) -> Result<Vec<u8>, ImageError> {
    let file = jpeg.tidy_file()?;
    let (width, height) = jpeg.dimensions();
    let samples = panic_guard::decode(Format::Jpeg, || samples(&file, color_space))?;
    if samples.len() != width as usize * height as usize * color_space.num_components() {
        return Err(Format::Jpeg.damaged(Damage::SampleCount));
    }
    Ok(samples.into_vec())
}
