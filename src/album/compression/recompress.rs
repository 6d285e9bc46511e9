//! Recompresses a photo and verifies the result.

use std::num::NonZeroU32;

use bytes::Bytes;

use super::strip_metadata::strip_metadata;
use crate::codec::{
    Fit, Format, ImageCodec, ImageError, Orientation, Size, ThumbnailRequest, ThumbnailSpec,
    block_means, has_unusable_profile, probe, thumbnail_dimensions,
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
    /// The smaller copy shows another picture, or other colours.
    #[error(
        "the smaller copy differs by {found:.1} of 255 in {plane} somewhere, more than {limit}: the \
         photo stays as it is"
    )]
    Unlike {
        /// Upper bound of the difference between two blocks' means, of 255.
        limit: f32,
        /// Largest difference between two blocks' means, of 255.
        found: f32,
        /// The plane in which the largest difference is.
        plane: Plane,
    },
    /// The photo has a colour profile that another viewer may be able to read.
    #[error("the photo's colour profile cannot be read here: the photo stays as it is")]
    Profile,
}

/// Names a plane of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Plane {
    /// Luma.
    #[error("luma")]
    Luma,
    /// Blue difference.
    #[error("blue")]
    Blue,
    /// Red difference.
    #[error("red")]
    Red,
}

/// Upper bound of the difference between two blocks' means in a plane, of 255. A part of another
/// photo, the same photo turned, and a dropped colour profile differ by tens.
const MAX_DIFFERENCE: f32 = 8.0;

/// Recompresses a photo to an upright JPEG of quality 80, at most 2048 px on its longest side, in
/// sRGB and without metadata. Then decodes the result and compares its colours, block by block, with
/// the photo as a viewer shows it.
///
/// A photo that would become larger, or whose colour profile cannot be read, is left as it is, with
/// one exception: an upright JPEG loses its metadata, and keeps its coded pixels and its profile.
///
/// # Errors
/// Returns a [`RecompressError`] if the photo cannot be decoded or its copy fails a check.
pub fn recompress(photo: &Bytes) -> Result<Recompressed, RecompressError> {
    let header = probe(photo)?;
    let has_usable_profile = !has_unusable_profile(photo)?;
    let copy = if has_usable_profile { Some(shrink(photo)?) } else { None };
    if let Some(copy) = copy.filter(|copy| copy.len() < photo.len()) {
        let spec = ThumbnailSpec { size: Size::MAX, fit: Fit::Contain };
        let (width, height) = thumbnail_dimensions(header.width, header.height, spec);
        verify(photo, &copy, (width, height))?;
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
    if has_usable_profile { Ok(Recompressed::WouldGrow) } else { Err(RecompressError::Profile) }
}

/// Verifies that a copy decodes whole, has the expected dimensions and shows the same picture in the
/// same colours.
fn verify(photo: &[u8], copy: &[u8], expected: (u32, u32)) -> Result<(), RecompressError> {
    let header = probe(copy).map_err(RecompressError::Copy)?;
    let found = (header.width, header.height);
    if found != expected {
        return Err(RecompressError::Dimensions { expected, found });
    }
    let before = block_means(photo, expected)?;
    let after = block_means(copy, expected).map_err(RecompressError::Copy)?;
    let (found, plane) = difference(&before, &after);
    if found > MAX_DIFFERENCE {
        return Err(RecompressError::Unlike { limit: MAX_DIFFERENCE, found, plane });
    }
    Ok(())
}

/// Returns the largest difference between the means of two blocks at the same position, of 255, and
/// its plane.
fn difference(before: &[[f32; 3]], after: &[[f32; 3]]) -> (f32, Plane) {
    debug_assert_eq!(before.len(), after.len(), "both have the blocks of one size");
    let planes = [Plane::Luma, Plane::Blue, Plane::Red].into_iter().enumerate();
    let largest = planes.map(|(index, plane)| {
        let pairs = before.iter().zip(after);
        (pairs.map(|(a, b)| (a[index] - b[index]).abs()).fold(0.0, f32::max), plane)
    });
    largest.max_by(|(a, _), (b, _)| a.total_cmp(b)).unwrap_or((0.0, Plane::Luma))
}

fn shrink(photo: &Bytes) -> Result<Bytes, ImageError> {
    let spec = ThumbnailSpec { size: Size::MAX, fit: Fit::Contain };
    let request = ThumbnailRequest { photo: photo.clone(), spec };
    Owned::new(ImageCodec::new(NonZeroU32::MIN)).convert(&request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_another_photo_or_shape_and_a_cut_copy_are_rejected() {
        let photo = shrink(&picture(3)).expect("the picture is decoded");
        let other = shrink(&picture(200)).expect("the picture is decoded");
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
