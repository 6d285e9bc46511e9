//! Recompresses a photo and verifies the result.

use std::num::NonZeroU32;

use bytes::Bytes;

use super::strip_metadata::strip_metadata;
use crate::codec::{
    Fit, Format, ImageCodec, ImageError, Luma, Orientation, Size, ThumbnailRequest, ThumbnailSpec,
    luma, probe, thumbnail_dimensions,
};
use crate::pipeline::{Owned, Pipeline};

/// Describes the result of recompressing a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recompressed {
    /// The photo became smaller. Its picture is upright.
    Smaller {
        /// Bytes of the smaller JPEG.
        bytes: Bytes,
        /// Width of the smaller picture in pixels.
        width: u32,
        /// Height of the smaller picture in pixels.
        height: u32,
    },
    /// The photo would become larger and is left as it is.
    WouldGrow,
}

/// Describes why a photo was not compressed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RecompressError {
    /// The photo cannot be decoded, or its smaller copy cannot be encoded.
    #[error(transparent)]
    Photo(#[from] ImageError),
    /// The smaller copy cannot be decoded.
    #[error("the smaller copy does not decode ({0}): the photo stays as it is")]
    Copy(ImageError),
    /// The smaller copy has other dimensions than expected.
    #[error(
        "the smaller copy has {}x{} px, not {}x{}: the photo stays as it is",
        found.0, found.1, expected.0, expected.1
    )]
    Dimensions {
        /// Expected width and height in pixels.
        expected: (u32, u32),
        /// Width and height of the copy in pixels.
        found: (u32, u32),
    },
    /// The smaller copy shows another picture.
    #[error(
        "the smaller copy differs by {found:.1} of 255 somewhere, more than {limit}: the photo \
         stays as it is"
    )]
    Unlike {
        /// Upper bound of the difference between two blocks' mean lumas, of 255.
        limit: f64,
        /// Largest difference between two blocks' mean lumas, of 255.
        found: f64,
    },
}

/// Side in pixels of the thumbnails by which photo and copy are compared.
const COMPARED_PX: u32 = 256;

/// Side in pixels of the blocks whose mean lumas are compared. Lossy coding changes single pixels
/// of a detailed photo a lot, but the mean of such a block hardly, in any photo.
const BLOCK_PX: usize = 8;

/// Upper bound of the difference between two blocks' mean lumas, of 255. A part of another photo,
/// or the same photo rotated, differs by tens.
const MAX_DIFFERENCE: f64 = 8.0;

/// Recompresses a photo to an upright JPEG of quality 80, at most 2048 px on its longest side,
/// without metadata. Then decodes the result and compares the result with the photo.
///
/// A photo that would become larger is left as it is, with one exception: an upright JPEG loses its
/// metadata and keeps its coded pixels.
///
/// # Errors
/// Returns a [`RecompressError`] if the photo cannot be decoded or its copy fails a check.
pub fn recompress(photo: &Bytes) -> Result<Recompressed, RecompressError> {
    let header = probe(photo)?;
    let copy = shrink(photo, Size::MAX)?;
    if copy.len() < photo.len() {
        let expected = thumbnail_dimensions(
            header.width,
            header.height,
            ThumbnailSpec { size: Size::MAX, fit: Fit::Contain },
        );
        verify(photo, &copy, expected)?;
        let (width, height) = expected;
        return Ok(Recompressed::Smaller { bytes: copy, width, height });
    }
    if header.format == Format::Jpeg && header.orientation == Orientation::NoTransforms {
        let stripped = strip_metadata(photo).map(Bytes::from);
        if let Some(bytes) = stripped.filter(|bytes| bytes.len() < photo.len()) {
            let (width, height) = (header.width, header.height);
            verify(photo, &bytes, (width, height))?;
            return Ok(Recompressed::Smaller { bytes, width, height });
        }
    }
    Ok(Recompressed::WouldGrow)
}

/// Verifies that a copy decodes whole, has the expected dimensions and shows the same picture.
fn verify(photo: &Bytes, copy: &Bytes, expected: (u32, u32)) -> Result<(), RecompressError> {
    let header = probe(copy).map_err(RecompressError::Copy)?;
    let Luma { width, height, .. } = luma(copy).map_err(RecompressError::Copy)?;
    for found in [(header.width, header.height), (width, height)] {
        if found != expected {
            return Err(RecompressError::Dimensions { expected, found });
        }
    }
    let small = Size::try_from(COMPARED_PX).expect("a size within the limits");
    let before = luma(&shrink(photo, small)?)?;
    let after = luma(&shrink(copy, small).map_err(RecompressError::Copy)?);
    let after = after.map_err(RecompressError::Copy)?;
    let found = difference(&before, &after);
    if found > MAX_DIFFERENCE {
        return Err(RecompressError::Unlike { limit: MAX_DIFFERENCE, found });
    }
    Ok(())
}

/// Returns the largest difference between the mean lumas of two blocks at the same position, of
/// 255. Returns 255 for pictures of different dimensions.
fn difference(before: &Luma, after: &Luma) -> f64 {
    if (before.width, before.height) != (after.width, after.height) {
        return 255.0;
    }
    let width = before.width as usize;
    let means = |luma: &Luma| {
        let strips = luma.pixels.chunks(width * BLOCK_PX);
        strips.flat_map(|rows| block_means(rows, width)).collect::<Vec<_>>()
    };
    let pairs = means(before).into_iter().zip(means(after));
    pairs.map(|(before, after)| (before - after).abs()).fold(0.0, f64::max)
}

/// Returns the mean of each block in a strip of rows.
fn block_means(rows: &[u8], width: usize) -> Vec<f64> {
    let mut blocks = vec![(0_u32, 0_u32); width.div_ceil(BLOCK_PX)];
    for row in rows.chunks(width) {
        for (block, pixels) in blocks.iter_mut().zip(row.chunks(BLOCK_PX)) {
            block.0 += pixels.iter().map(|&pixel| u32::from(pixel)).sum::<u32>();
            block.1 += pixels.len() as u32;
        }
    }
    blocks.iter().map(|&(sum, count)| f64::from(sum) / f64::from(count)).collect()
}

fn shrink(photo: &Bytes, size: Size) -> Result<Bytes, ImageError> {
    let request =
        ThumbnailRequest { photo: photo.clone(), spec: ThumbnailSpec { size, fit: Fit::Contain } };
    Owned::new(ImageCodec::new(NonZeroU32::MIN)).convert(&request)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(level: u8) -> Luma {
        Luma { width: 20, height: 20, pixels: vec![level; 400] }
    }

    #[test]
    fn a_strip_of_another_picture_counts_as_a_difference_and_noise_does_not() {
        let before = plain(100);
        let mut strip = before.clone();
        strip.pixels[16 * 20..].fill(130);
        assert_eq!(difference(&before, &strip), 30.0);
        let mut noise = before.clone();
        noise.pixels.iter_mut().step_by(2).for_each(|pixel| *pixel = 110);
        noise.pixels.iter_mut().skip(1).step_by(2).for_each(|pixel| *pixel = 90);
        assert_eq!(difference(&before, &noise), 0.0);
        let turned = Luma { width: 10, height: 40, ..before.clone() };
        assert_eq!(difference(&before, &turned), 255.0);
    }

    #[test]
    fn a_copy_of_another_photo_or_shape_and_a_cut_copy_are_rejected() {
        let photo = shrink(&picture(3), Size::MAX).expect("the picture is decoded");
        let other = shrink(&picture(200), Size::MAX).expect("the picture is decoded");
        assert_eq!(verify(&photo, &photo, (64, 32)), Ok(()));
        let unlike = verify(&photo, &other, (64, 32));
        assert!(matches!(unlike, Err(RecompressError::Unlike { .. })), "{unlike:?}");
        let turned = verify(&photo, &photo, (32, 64));
        let expected = RecompressError::Dimensions { expected: (32, 64), found: (64, 32) };
        assert_eq!(turned, Err(expected));
        let cut = photo.slice(..photo.len() / 2);
        assert!(matches!(verify(&photo, &cut, (64, 32)), Err(RecompressError::Copy(_))));
    }

    fn picture(level: u8) -> Bytes {
        let mut bytes = Vec::new();
        jpeg_encoder::Encoder::new(&mut bytes, 80)
            .encode(&[level; 64 * 32], 64, 32, jpeg_encoder::ColorType::Luma)
            .expect("a plain picture is encoded");
        bytes.into()
    }
}
