//! The auditor proves itself, before each audit and at the sizes that it will ask for: a mix that
//! it plants it must find, and a clean thumbnail it must find clean.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::finding_kind::FindingKind;
use super::load_generator::Exchange;
use super::response_check::{ImageCheck, ResponseChecker, ResponseClass};
use super::spec::{ShownFit, Target};
use super::test_photos::TestPhotos;
use super::workload::{Body, Outcome, PlannedRequest};
use crate::audit::watermark::DetectionVerdict;
use crate::codec::{
    self, ImageCodec, ImageError, QUALITY, Size, Thumbnail, ThumbnailRequest, ThumbnailSpec,
};

/// What the auditor was shown, and did not see.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SelfTestError {
    #[error("at {size_px} px the marks of a clean thumbnail are not read: ask for larger ones")]
    Unread { size_px: u32 },
    #[error("at {size_px} px a planted mix is not found: ask for larger thumbnails")]
    Missed { size_px: u32 },
    #[error("a thumbnail of {size_px} px cannot be made here: {refusal}")]
    Unmade { size_px: u32, refusal: ImageError },
}

/// Proves a judge at the smallest and the largest size.
pub(crate) fn prove(target: &Arc<Target>, subjects: &Arc<TestPhotos>) -> Result<(), SelfTestError> {
    let judge = ResponseChecker::new(target, subjects);
    let sizes = &target.thumbnail.sizes;
    for size_px in [sizes.least(), sizes.most()] {
        at_size(&judge, target, subjects, size_px)?;
    }
    Ok(())
}

fn at_size(
    judge: &ResponseChecker,
    target: &Target,
    subjects: &TestPhotos,
    size_px: u32,
) -> Result<(), SelfTestError> {
    let unmade = |refusal| SelfTestError::Unmade { size_px, refusal };
    let other = subjects.photos.each;
    let own = thumbnail(subjects, 0, size_px, target.thumbnail.fit).map_err(unmade)?;
    let others = thumbnail(subjects, other, size_px, target.thumbnail.fit).map_err(unmade)?;
    let looked = look(judge, size_px, encoded(&own, &own.rgb()));
    let clean = looked.is_some_and(|looked| {
        looked.verdict == DetectionVerdict::Clean
            && !looked.found.iter().any(|f| f.kind.is_mixing())
    });
    if !clean {
        return Err(SelfTestError::Unread { size_px });
    }
    let half = own.rgb().len() / 2 / (own.width() as usize * 3) * own.width() as usize * 3;
    let torn = [&own.rgb()[..half], &others.rgb()[half..]].concat();
    let looked = look(judge, size_px, encoded(&own, &torn));
    let found = looked.is_some_and(|looked| {
        let is = |found: &super::response_check::Evidence| {
            found.kind == FindingKind::Rows && found.enough && found.photo == Some(other)
        };
        looked.found.iter().any(is)
    });
    if found { Ok(()) } else { Err(SelfTestError::Missed { size_px }) }
}

fn look(judge: &ResponseChecker, size: u32, jpeg: Bytes) -> Option<ImageCheck> {
    let body = Body { bytes: jpeg, content_type: None, cache_control: None, has_validator: true };
    let answer = Exchange {
        ask: PlannedRequest { number: 0, photo: 0, viewer: 0, size },
        step: 0,
        due: Duration::ZERO,
        sent: Duration::ZERO,
        done: Duration::ZERO,
        in_flight: 1,
        warm_up: false,
        outcome: Outcome::Body(body),
    };
    match judge.judge(answer).what {
        ResponseClass::Picture(looked) => Some(looked),
        _ => None,
    }
}

/// A photo's thumbnail as this program makes it, in all its bands.
fn thumbnail(
    subjects: &TestPhotos,
    photo: usize,
    size_px: u32,
    fit: ShownFit,
) -> Result<Thumbnail, ImageError> {
    ImageCodec::new(NonZeroU32::MIN).thumbnail(&request(subjects, photo, size_px, fit))
}

fn request(subjects: &TestPhotos, photo: usize, size_px: u32, fit: ShownFit) -> ThumbnailRequest {
    let px = size_px.clamp(Size::MIN.get(), Size::MAX.get());
    let size = Size::try_from(px).expect("clamped");
    let fit = if fit == ShownFit::Cover { codec::Fit::Cover } else { codec::Fit::Contain };
    ThumbnailRequest { photo: subjects.all[photo].file.clone(), spec: ThumbnailSpec { size, fit } }
}

/// What a photo's thumbnail should have been; None of one that was cut short.
pub(crate) fn should_be(
    subjects: &TestPhotos,
    photo: usize,
    size: u32,
    fit: ShownFit,
) -> Option<Bytes> {
    let thumbnail = thumbnail(subjects, photo, size, fit).ok()?;
    Some(encoded(&thumbnail, &thumbnail.rgb()))
}

fn encoded(shape: &Thumbnail, rgb: &[u8]) -> Bytes {
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let (width, height) = (shape.width() as u16, shape.height() as u16);
    encoder.encode(rgb, width, height, ColorType::Rgb).expect("memory takes every thumbnail");
    jpeg.into()
}
