//! Tests the detector before each audit, at the smallest and the largest size of the audit.
//!
//! The detector must find a mix that the self-test plants, and must find a clean thumbnail clean.

use std::num::NonZeroU32;
use std::sync::Arc;

use bytes::Bytes;
use jpeg_encoder::SamplingFactor;

use super::evidence::FindingKind;
use super::response_check::ResponseChecker;
use super::spec::Target;
use super::test_photos::TestPhotos;
use crate::audit::watermark::{DetectionVerdict, Raster};
use crate::codec::{Fit, ImageCodec, ImageError, QUALITY, Size, ThumbnailRequest, ThumbnailSpec};

/// Describes why the self-test failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SelfTestError {
    #[error(
        "at {size_px} px the watermark of a clean thumbnail cannot be read: ask for larger ones"
    )]
    Unread { size_px: u32 },
    #[error("at {size_px} px a planted mix is not found: ask for larger thumbnails")]
    Missed { size_px: u32 },
    #[error("a thumbnail of {size_px} px cannot be made here: {error}")]
    NotMade { size_px: u32, error: ImageError },
}

/// Tests the detector at the smallest and the largest size of the target.
pub(crate) fn run(target: &Arc<Target>, photos: &Arc<TestPhotos>) -> Result<(), SelfTestError> {
    let checker = ResponseChecker::new(target, photos);
    let sizes = &target.thumbnail.sizes;
    for size_px in [sizes.min(), sizes.max()] {
        check_size(&checker, photos, size_px, target.thumbnail.fit)?;
    }
    Ok(())
}

fn check_size(
    checker: &ResponseChecker,
    photos: &TestPhotos,
    size_px: u32,
    fit: Option<Fit>,
) -> Result<(), SelfTestError> {
    let not_made = |error| SelfTestError::NotMade { size_px, error };
    let other_photo = photos.spec.per_person;
    let mut image = rendered(photos, 0, size_px, fit).map_err(not_made)?;
    let other = rendered(photos, other_photo, size_px, fit).map_err(not_made)?;
    let check = |image: &Raster| checker.check_image(0, fit, &encoded(image)?);
    let is_clean = check(&image).is_some_and(|check| {
        check.verdict == DetectionVerdict::Clean
            && !check.evidence.iter().any(|evidence| evidence.kind.is_mixing())
    });
    if !is_clean {
        return Err(SelfTestError::Unread { size_px });
    }
    let height = image.height;
    image.splice(&other, height / 2..height);
    let is_found = check(&image).is_some_and(|check| {
        check.evidence.iter().any(|evidence| {
            evidence.kind == FindingKind::Rows
                && evidence.is_sufficient
                && evidence.photo == Some(other_photo)
        })
    });
    if is_found { Ok(()) } else { Err(SelfTestError::Missed { size_px }) }
}

/// Returns the thumbnail that a service should have sent, or `None` for a truncated photo.
pub(crate) fn expected_image(
    photos: &TestPhotos,
    photo: usize,
    size_px: u32,
    fit: Option<Fit>,
) -> Option<Bytes> {
    rendered(photos, photo, size_px, fit).ok().and_then(|image| encoded(&image))
}

pub(super) fn rendered(
    photos: &TestPhotos,
    photo: usize,
    size_px: u32,
    fit: Option<Fit>,
) -> Result<Raster, ImageError> {
    let size_px = size_px.clamp(Size::MIN.get(), Size::MAX.get());
    let size = Size::try_from(size_px).expect("the size is clamped");
    let fit = fit.unwrap_or(Fit::Contain);
    thumbnail(&photos.all[photo].file, ThumbnailSpec { size, fit })
}

pub(super) fn encoded(image: &Raster) -> Option<Bytes> {
    image.to_jpeg(QUALITY, SamplingFactor::F_2_2).map(Bytes::from)
}

/// Renders a photo's thumbnail with this program's codec.
pub(super) fn thumbnail(photo: &Bytes, spec: ThumbnailSpec) -> Result<Raster, ImageError> {
    let codec = ImageCodec::new(NonZeroU32::MIN);
    let request = ThumbnailRequest { photo: photo.clone(), spec };
    let thumbnail = codec.thumbnail(&request)?;
    let (width, height) = (thumbnail.width(), thumbnail.height());
    Ok(Raster { width, height, rgb: thumbnail.rgb().to_vec() })
}

#[cfg(test)]
mod tests {
    use super::super::spec::Mode;
    use super::*;

    /// Makes a target for thumbnails of one size, and its photos: two of each person.
    fn target(size_px: u32) -> (Arc<Target>, TestPhotos) {
        let mut target = Target::from_url(Mode::Post, "http://127.0.0.1:1/t?size={size}")
            .expect("the URL is valid");
        target.photos.per_person = 2;
        target.thumbnail.sizes = size_px.to_string().parse().expect("the size is valid");
        let photos = TestPhotos::generate(target.photos, 7).expect("the photos fit");
        (Arc::new(target), photos)
    }

    #[test]
    fn a_detector_that_reads_the_size_passes_and_one_that_does_not_fails() {
        let (large, photos) = target(192);
        assert_eq!(run(&large, &Arc::new(photos)), Ok(()));
        let (small, photos) = target(16);
        let unread = SelfTestError::Unread { size_px: 16 };
        assert_eq!(run(&small, &Arc::new(photos)), Err(unread));
    }

    #[test]
    fn a_planted_mix_that_is_not_found_as_mixing_fails() {
        let (target, mut photos) = target(192);
        // The mix is then planted with the same person's second photo, which is no mixing.
        photos.spec.per_person = 1;
        let missed = SelfTestError::Missed { size_px: 192 };
        assert_eq!(run(&target, &Arc::new(photos)), Err(missed));
    }
}
