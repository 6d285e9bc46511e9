//! The auditor proves itself, before each audit and at the sizes that it will ask for: a mix that
//! it plants it must find, and a clean thumbnail it must find clean.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::course::{Ask, Body, Outcome};
use super::drive::Answer;
use super::judge::{Judge, Looked, What};
use super::kind::Kind;
use super::subjects::Subjects;
use super::target::{Fit, Target};
use crate::codec::{self, ImageCodec, QUALITY, Refusal, Request, Size, Thumbnail};
use crate::mark::Verdict;
use crate::pipeline::Codec;

/// What the auditor was shown, and did not see.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProofError {
    #[error("at {size_px} px the marks of a clean thumbnail are not read: ask for larger ones")]
    Unread { size_px: u32 },
    #[error("at {size_px} px a planted mix is not found: ask for larger thumbnails")]
    Missed { size_px: u32 },
    #[error("a thumbnail of {size_px} px cannot be made here: {refusal}")]
    Unmade { size_px: u32, refusal: Refusal },
}

/// Proves a judge at the smallest and the largest size.
pub(crate) fn prove(target: &Arc<Target>, subjects: &Arc<Subjects>) -> Result<(), ProofError> {
    let judge = Judge::new(target, subjects);
    let sizes = &target.thumbnail.sizes;
    for size_px in [sizes.least(), sizes.most()] {
        at_size(&judge, target, subjects, size_px)?;
    }
    Ok(())
}

fn at_size(
    judge: &Judge,
    target: &Target,
    subjects: &Subjects,
    size_px: u32,
) -> Result<(), ProofError> {
    let unmade = |refusal| ProofError::Unmade { size_px, refusal };
    let other = subjects.photos.each;
    let own = thumbnail(subjects, 0, size_px, target.thumbnail.fit).map_err(unmade)?;
    let others = thumbnail(subjects, other, size_px, target.thumbnail.fit).map_err(unmade)?;
    let looked = look(judge, size_px, encoded(&own, &own.rgb()));
    let clean = looked.is_some_and(|looked| {
        looked.verdict == Verdict::Clean && !looked.found.iter().any(|f| f.kind.is_mixing())
    });
    if !clean {
        return Err(ProofError::Unread { size_px });
    }
    let half = own.rgb().len() / 2 / (own.width() as usize * 3) * own.width() as usize * 3;
    let torn = [&own.rgb()[..half], &others.rgb()[half..]].concat();
    let looked = look(judge, size_px, encoded(&own, &torn));
    let found = looked.is_some_and(|looked| {
        let is = |found: &super::judge::Found| {
            found.kind == Kind::Rows && found.enough && found.photo == Some(other)
        };
        looked.found.iter().any(is)
    });
    if found { Ok(()) } else { Err(ProofError::Missed { size_px }) }
}

fn look(judge: &Judge, size: u32, jpeg: Bytes) -> Option<Looked> {
    let body = Body { bytes: jpeg, content_type: None, cache_control: None, has_validator: true };
    let answer = Answer {
        ask: Ask { number: 0, photo: 0, viewer: 0, size },
        step: 0,
        due: Duration::ZERO,
        sent: Duration::ZERO,
        done: Duration::ZERO,
        in_flight: 1,
        warm_up: false,
        outcome: Outcome::Body(body),
    };
    match judge.judge(answer).what {
        What::Picture(looked) => Some(looked),
        _ => None,
    }
}

/// A photo's thumbnail as this program makes it, in all its bands.
fn thumbnail(
    subjects: &Subjects,
    photo: usize,
    size_px: u32,
    fit: Fit,
) -> Result<Thumbnail, Refusal> {
    let codec = ImageCodec::new(NonZeroU32::MIN);
    let request = request(subjects, photo, size_px, fit);
    let mut frame = codec::Frame::default();
    let mut thumbnail = codec.fill(codec.decode(&request)?, &mut frame);
    while codec.band(&frame, &mut thumbnail) {}
    Ok(thumbnail)
}

fn request(subjects: &Subjects, photo: usize, size_px: u32, fit: Fit) -> Request {
    let px = size_px.clamp(Size::MIN.get(), Size::MAX.get());
    let size = Size::try_from(px).expect("clamped");
    let fit = if fit == Fit::Cover { codec::Fit::Cover } else { codec::Fit::Contain };
    Request { photo: subjects.all[photo].file.clone(), size, fit }
}

/// What a photo's thumbnail should have been; None of one that was cut short.
pub(crate) fn should_be(subjects: &Subjects, photo: usize, size: u32, fit: Fit) -> Option<Bytes> {
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
