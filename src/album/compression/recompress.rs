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
        "the smaller copy differs by {found:.1} of 255 in {plane} somewhere, more than {limit}: \
         the photo stays as it is"
    )]
    Unlike {
        /// Upper bound of the difference between two blocks' means, of 255.
        limit: f32,
        /// Largest difference between two blocks' means, of 255.
        found: f32,
        /// The plane in which the difference is.
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
/// photo, the same photo turned, chroma that lies half a block off, and a dropped colour profile
/// differ by more. Photos differ by 1 or 2; scaling draws rings round hard lines, and clips them,
/// which changes the means of a drawing by several.
const MAX_DIFFERENCE: f32 = 8.0;

/// Recompresses a photo to an upright JPEG of quality 80, at most 2048 px on its longest side, in
/// sRGB and without metadata. Then decodes the result and compares its colours, block by block,
/// with the photo as a viewer shows it.
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

/// Verifies that a copy decodes whole, has the expected dimensions and shows the same picture in
/// the same colours.
fn verify(photo: &[u8], copy: &[u8], expected: (u32, u32)) -> Result<(), RecompressError> {
    let header = probe(copy).map_err(RecompressError::Copy)?;
    let found = (header.width, header.height);
    if found != expected {
        return Err(RecompressError::Dimensions { expected, found });
    }
    let before = block_means(photo, expected)?;
    let after = block_means(copy, expected).map_err(RecompressError::Copy)?;
    let planes = [Plane::Luma, Plane::Blue, Plane::Red].into_iter().enumerate();
    for (index, plane) in planes {
        let pairs = before.iter().zip(&after);
        let found = pairs.map(|(a, b)| (a[index] - b[index]).abs()).fold(0.0, f32::max);
        if found > MAX_DIFFERENCE {
            return Err(RecompressError::Unlike { limit: MAX_DIFFERENCE, found, plane });
        }
    }
    Ok(())
}

fn shrink(photo: &Bytes) -> Result<Bytes, ImageError> {
    let spec = ThumbnailSpec { size: Size::MAX, fit: Fit::Contain };
    let request = ThumbnailRequest { photo: photo.clone(), spec };
    Owned::new(ImageCodec::new(NonZeroU32::MIN)).convert(&request)
}

#[cfg(test)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder};
    use moxcms::ColorProfile;

    use super::*;

    /// Side of the photo in pixels; not a multiple of a block's.
    const SIDE: usize = 200;

    /// Returns a square photo of coloured slopes with an edge, different in every eighth of it.
    fn pixels(seed: usize) -> Vec<[u8; 3]> {
        let pixel = |at: usize| {
            let (x, y) = (at % SIDE, at / SIDE);
            let side = if x * 2 > SIDE + 16 * seed { [90, 0, 0] } else { [0, 0, 90] };
            let slope = [x * 150 / SIDE, y * 150 / SIDE, (x + 2 * y) * 50 / SIDE];
            std::array::from_fn(|i| (slope[(i + seed) % 3] + side[i]) as u8)
        };
        (0..SIDE * SIDE).map(pixel).collect()
    }

    fn encoded(pixels: &[[u8; 3]], profile: Option<&[u8]>) -> Bytes {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 95);
        if let Some(profile) = profile {
            encoder.add_icc_profile(profile).expect("a short profile");
        }
        let side = SIDE as u16;
        encoder
            .encode(pixels.as_flattened(), side, side, ColorType::Rgb)
            .expect("a small picture is encoded");
        bytes.into()
    }

    fn verified(photo: &Bytes, copy: &Bytes) -> Result<(), RecompressError> {
        verify(photo, copy, (SIDE as u32, SIDE as u32))
    }

    #[track_caller]
    fn assert_unlike(photo: &Bytes, copy: &[[u8; 3]], case: &str) {
        let result = verified(photo, &encoded(copy, None));
        assert!(matches!(result, Err(RecompressError::Unlike { .. })), "{case}: {result:?}");
    }

    #[test]
    fn a_copy_of_another_shape_and_a_cut_copy_are_rejected() {
        let photo = encoded(&pixels(0), None);
        assert_eq!(verified(&photo, &shrink(&photo).expect("it is decoded")), Ok(()));
        let expected = RecompressError::Dimensions { expected: (200, 100), found: (200, 200) };
        assert_eq!(verify(&photo, &photo, (200, 100)), Err(expected));
        let cut = photo.slice(..photo.len() / 2);
        assert!(matches!(verified(&photo, &cut), Err(RecompressError::Copy(_))));
    }

    #[test]
    fn a_copy_with_a_strip_of_another_photo_is_rejected() {
        let mut strip = pixels(0);
        strip[96 * SIDE..112 * SIDE].copy_from_slice(&pixels(1)[96 * SIDE..112 * SIDE]);
        assert_unlike(&encoded(&pixels(0), None), &strip, "a strip of 16 rows");
        assert_unlike(&encoded(&pixels(0), None), &pixels(1), "another photo");
    }

    #[test]
    fn a_copy_that_is_turned_or_mirrored_is_rejected() {
        let (photo, mut turned) = (encoded(&pixels(0), None), pixels(0));
        for step in 1..8 {
            // A mirror and a transposition, in turn, come to all eight orientations.
            if step % 2 == 1 {
                turned.chunks_mut(SIDE).for_each(<[_]>::reverse);
            } else {
                turned = (0..SIDE * SIDE).map(|at| turned[at % SIDE * SIDE + at / SIDE]).collect();
            }
            assert_unlike(&photo, &turned, &format!("step {step}"));
        }
    }

    #[test]
    fn a_copy_whose_chroma_lies_some_pixels_off_is_rejected() {
        let photo = encoded(&pixels(0), None);
        let ycbcr = |[r, g, b]: [u8; 3]| jpeg_encoder::rgb_to_ycbcr(r, g, b);
        for offset in [6, SIDE * 6] {
            let original = pixels(0);
            let moved = (0..SIDE * SIDE).map(|at| {
                let (luma, ..) = ycbcr(original[at]);
                let (_, blue, red) = ycbcr(original[at.saturating_sub(offset)]);
                let [y, b, r] = [luma, blue, red].map(f32::from);
                let (b, r) = (b - 128.0, r - 128.0);
                [y + 1.402 * r, y - 0.344 * b - 0.714 * r, y + 1.772 * b].map(|c| c as u8)
            });
            assert_unlike(&photo, &moved.collect::<Vec<_>>(), &format!("by {offset}"));
        }
    }

    #[test]
    fn a_copy_that_dropped_the_profile_is_rejected_and_a_converted_one_is_not() {
        for profile in [ColorProfile::new_display_p3(), ColorProfile::new_pro_photo_rgb()] {
            let profile = profile.encode().expect("the profile is written");
            let photo = encoded(&pixels(0), Some(&profile));
            assert_unlike(&photo, &pixels(0), "without its profile");
            let converted = shrink(&photo).expect("it is decoded");
            assert_eq!(verified(&photo, &converted), Ok(()));
            assert_eq!(verified(&photo, &photo), Ok(()), "the profile is kept");
        }
    }
}
