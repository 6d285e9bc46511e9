//! One photo made smaller, and the result doubted.

use std::num::NonZeroU32;

use bytes::Bytes;

use super::strip_metadata;
use crate::codec::{
    Fit, Format, ImageCodec, ImageError, Luma, Orientation, Size, ThumbnailRequest, ThumbnailSpec,
    luma, probe, thumbnail_dimensions,
};
use crate::pipeline::{Owned, Pipeline};

/// What became of a photo's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recompressed {
    /// They are fewer, and upright.
    Smaller {
        /// The new ones.
        bytes: Bytes,
        /// Their width in pixels.
        width: u32,
        /// Their height in pixels.
        height: u32,
    },
    /// They would be more.
    WouldGrow,
}

/// Why a photo was not compressed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RecompressError {
    /// It cannot be read, or its smaller copy not be written.
    #[error(transparent)]
    Photo(#[from] ImageError),
    /// Its smaller copy cannot be read again.
    #[error("the smaller copy does not decode ({0}): the photo stays as it is")]
    Copy(ImageError),
    /// Its smaller copy has another shape.
    #[error(
        "the smaller copy has {}x{} px, not {}x{}: the photo stays as it is",
        found.0, found.1, wanted.0, wanted.1
    )]
    Shape {
        /// Width and height in pixels, as they should be.
        wanted: (u32, u32),
        /// Width and height in pixels, as they are.
        found: (u32, u32),
    },
    /// Its smaller copy shows something else.
    #[error(
        "the smaller copy differs by {found:.1} of 255 somewhere, more than {limit}: the photo \
         stays as it is"
    )]
    Unlike {
        /// The greatest difference of a block's mean that is allowed.
        limit: f64,
        /// The greatest that was found.
        found: f64,
    },
}

/// Side in pixels of the pictures that are compared.
const COMPARED_PX: u32 = 256;

/// Side in pixels of the blocks that are compared by their means: coding moves single pixels of a
/// busy photo a lot, and such blocks of any photo hardly.
const BLOCK_PX: usize = 8;

/// How much the mean luma of a block may differ, of 255. A piece of another photo, or the same one
/// turned, differs by tens.
const MOST_DIFFERENCE: f64 = 8.0;

/// Makes a photo smaller: at most 2048 px on its longest side, JPEG of quality 80, upright, without
/// metadata; then decodes the result again and compares it with the photo. What would grow stays,
/// but an upright JPEG loses its metadata also then, its pixels untouched.
///
/// # Errors
/// A [`SqueezeError`].
pub fn recompress(photo: &Bytes) -> Result<Recompressed, RecompressError> {
    let header = probe(photo)?;
    let copy = shrink(photo, Size::MAX)?;
    if copy.len() < photo.len() {
        let wanted = thumbnail_dimensions(
            header.width,
            header.height,
            ThumbnailSpec { size: Size::MAX, fit: Fit::Contain },
        );
        check(photo, &copy, wanted)?;
        let (width, height) = wanted;
        return Ok(Recompressed::Smaller { bytes: copy, width, height });
    }
    if header.format == Format::Jpeg && header.orientation == Orientation::NoTransforms {
        let bare = strip_metadata::without(photo).map(Bytes::from);
        if let Some(bytes) = bare.filter(|bare| bare.len() < photo.len()) {
            let (width, height) = (header.width, header.height);
            check(photo, &bytes, (width, height))?;
            return Ok(Recompressed::Smaller { bytes, width, height });
        }
    }
    Ok(Recompressed::WouldGrow)
}

/// Holds a copy against its photo: it decodes whole, has its shape, and shows the same.
fn check(photo: &Bytes, copy: &Bytes, wanted: (u32, u32)) -> Result<(), RecompressError> {
    let header = probe(copy).map_err(RecompressError::Copy)?;
    let Luma { width, height, .. } = luma(copy).map_err(RecompressError::Copy)?;
    for found in [(header.width, header.height), (width, height)] {
        if found != wanted {
            return Err(RecompressError::Shape { wanted, found });
        }
    }
    let small = Size::try_from(COMPARED_PX).expect("a size within the limits");
    let before = luma(&shrink(photo, small)?)?;
    let after = luma(&shrink(copy, small).map_err(RecompressError::Copy)?);
    let after = after.map_err(RecompressError::Copy)?;
    let found = difference(&before, &after);
    if found > MOST_DIFFERENCE {
        return Err(RecompressError::Unlike { limit: MOST_DIFFERENCE, found });
    }
    Ok(())
}

/// The greatest difference between the mean lumas of two blocks in the same place, of 255: all of
/// it where the shapes differ.
fn difference(one: &Luma, other: &Luma) -> f64 {
    if (one.width, one.height) != (other.width, other.height) {
        return 255.0;
    }
    let width = one.width as usize;
    let rows = |luma: &Luma| {
        let rows = luma.pixels.chunks(width * BLOCK_PX);
        rows.flat_map(|rows| block_means(rows, width)).collect::<Vec<_>>()
    };
    let pairs = rows(one).into_iter().zip(rows(other));
    pairs.map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
}

/// The mean of each block in a strip of rows.
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
    fn a_strip_of_another_picture_is_a_difference_and_noise_is_none() {
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
    fn a_copy_of_another_photo_shape_or_of_nothing_is_refused() {
        let photo = crate::codec::normalize(&picture(3)).expect("it is read");
        let other = crate::codec::normalize(&picture(200)).expect("it is read");
        assert_eq!(check(&photo, &photo, (64, 32)), Ok(()));
        let unlike = check(&photo, &other, (64, 32));
        assert!(matches!(unlike, Err(RecompressError::Unlike { .. })), "{unlike:?}");
        let shape = check(&photo, &photo, (32, 64));
        assert_eq!(shape, Err(RecompressError::Shape { wanted: (32, 64), found: (64, 32) }));
        let cut = photo.slice(..photo.len() / 2);
        assert!(matches!(check(&photo, &cut, (64, 32)), Err(RecompressError::Copy(_))));
    }

    fn picture(level: u8) -> Bytes {
        let mut bytes = Vec::new();
        jpeg_encoder::Encoder::new(&mut bytes, 80)
            .encode(&[level; 64 * 32], 64, 32, jpeg_encoder::ColorType::Luma)
            .expect("a plain picture is encoded");
        bytes.into()
    }
}
