//! What an answer shows: whose its rows are, and whether it is what was asked for.
//!
//! A judge knows the photos and nothing of other answers; what two answers say together is the
//! tally's to find.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::client::HttpError;
use super::finding_kind::FindingKind;
use super::load_generator::Exchange;
use super::spec::{ShownFit, Target};
use super::test_photos::TestPhotos;
use super::workload::{Body, Outcome, PlannedRequest};
use crate::audit::watermark::{
    self, DetectionVerdict, Detector, ExpectedImage, PlaneSet, Raster, RowFindingKind, YCbCrImage,
};
use crate::codec::{
    self, Format, InspectedPixels, Size, ThumbnailSpec, inspect_pixels, thumbnail_dimensions,
};

/// The most pixels of an answer. More cannot be asked for, so more is a bomb.
pub const MAX_ANSWER_PX: u64 = 1 << 24;

/// An answer that was looked at.
pub(crate) struct Checked {
    pub(crate) ask: PlannedRequest,
    pub(crate) step: usize,
    pub(crate) due: Duration,
    pub(crate) sent: Duration,
    pub(crate) done: Duration,
    pub(crate) in_flight: usize,
    pub(crate) warm_up: bool,
    /// Whether the photo was sent cut short.
    pub(crate) truncated: bool,
    pub(crate) what: ResponseClass,
}

/// What it turned out to be.
pub(crate) enum ResponseClass {
    Shed,
    Refused,
    Failed(HttpError),
    /// A success, and no picture.
    NotAnImage,
    Picture(ImageCheck),
}

/// A picture, read.
pub(crate) struct ImageCheck {
    /// The file, if anything was found in it.
    pub(crate) file: Option<Bytes>,
    /// What tells its bytes from those of another answer.
    pub(crate) hash: [u8; 32],
    pub(crate) verdict: DetectionVerdict,
    pub(crate) rows_read: u32,
    pub(crate) rows_unknown: u32,
    pub(crate) found: Vec<Evidence>,
}

/// One thing that was found in a picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Evidence {
    pub(crate) kind: FindingKind,
    /// The photo that shows, if it is known.
    pub(crate) photo: Option<usize>,
    pub(crate) rows: Range<u32>,
    pub(crate) planes: PlaneSet,
    pub(crate) share: f32,
    /// Whether this alone is enough to call the answer mixed.
    pub(crate) enough: bool,
}

/// Reads answers.
pub(crate) struct ResponseChecker {
    target: Arc<Target>,
    subjects: Arc<TestPhotos>,
    reader: Detector,
}

impl ResponseChecker {
    pub(crate) fn new(target: &Arc<Target>, subjects: &Arc<TestPhotos>) -> Self {
        let fit = match target.thumbnail.fit {
            ShownFit::Cover => watermark::ExpectedFit::Cover,
            ShownFit::Contain => watermark::ExpectedFit::Contain,
            ShownFit::Any => watermark::ExpectedFit::Unknown,
        };
        let expect =
            ExpectedImage { width: target.photos.width, height: target.photos.height, fit };
        let reader = Detector::new(&subjects.issued, expect);
        Self { target: Arc::clone(target), subjects: Arc::clone(subjects), reader }
    }

    pub(crate) fn judge(&self, answer: Exchange) -> Checked {
        let Exchange { ask, step, due, sent, done, in_flight, warm_up, outcome } = answer;
        let what = match outcome {
            Outcome::Shed => ResponseClass::Shed,
            Outcome::Refused => ResponseClass::Refused,
            Outcome::Failed(failure) => ResponseClass::Failed(failure),
            Outcome::Body(body) => {
                self.look(ask, body).map_or(ResponseClass::NotAnImage, ResponseClass::Picture)
            }
        };
        let truncated = self.subjects.all[ask.photo].truncated;
        Checked { ask, step, due, sent, done, in_flight, warm_up, truncated, what }
    }

    /// Whether a stranger was shown the photo: any row of it will do.
    pub(crate) fn shows(&self, ask: PlannedRequest, body: Body) -> Option<ImageCheck> {
        let looked = self.look(ask, body)?;
        (looked.rows_read > 0 && looked.verdict != DetectionVerdict::Unreadable).then_some(looked)
    }

    fn look(&self, ask: PlannedRequest, body: Body) -> Option<ImageCheck> {
        let (width, height, pixels) = inspect_pixels(&body.bytes, MAX_ANSWER_PX).ok()?;
        let planes = match pixels {
            InspectedPixels::YCbCr(pixels) => YCbCrImage::from_ycbcr(width, height, &pixels),
            InspectedPixels::Rgb(rgb) => YCbCrImage::from_rgb(&Raster { width, height, rgb }),
        };
        let subject = &self.subjects.all[ask.photo];
        let reading = self.reader.read(subject.id, planes.planes());
        let mut found: Vec<Evidence> =
            reading.findings.iter().map(|finding| self.found(ask, finding)).collect();
        let whole = 0..height;
        let of_all = |kind| Evidence {
            kind,
            photo: Some(ask.photo),
            rows: whole.clone(),
            planes: PlaneSet::default(),
            share: 1.0,
            enough: false,
        };
        found.extend(self.beside(ask, &body, (width, height)).map(of_all));
        let hash = *blake3::hash(&body.bytes).as_bytes();
        Some(ImageCheck {
            file: (!found.is_empty()).then_some(body.bytes),
            hash,
            verdict: reading.verdict,
            rows_read: reading.read,
            rows_unknown: reading.unknown,
            found,
        })
    }

    fn found(&self, ask: PlannedRequest, finding: &watermark::RowFinding) -> Evidence {
        let asked = &self.subjects.all[ask.photo];
        let found = finding.found.and_then(|id| self.subjects.of(id));
        let (photo, is_earlier) = (found.map(|(photo, _)| photo), found.is_some_and(|(_, is)| is));
        let owner = photo.map(|photo| self.subjects.all[photo].owner);
        let kind = match (finding.kind, owner) {
            (RowFindingKind::Order, _) => FindingKind::Order,
            (_, None) => FindingKind::NotIssued,
            (_, Some(owner)) if owner == asked.owner => match photo == Some(ask.photo) {
                true if is_earlier => FindingKind::Stale,
                true => FindingKind::Order,
                false => FindingKind::OtherPhoto,
            },
            (RowFindingKind::Rows, _) if asked.truncated => FindingKind::Dirty,
            (RowFindingKind::Rows, _) => FindingKind::Rows,
            (RowFindingKind::Whole, _) => FindingKind::Whole,
            (RowFindingKind::Blend, _) => FindingKind::Blend,
            (RowFindingKind::Planes, _) => FindingKind::Planes,
        };
        Evidence {
            kind,
            photo,
            rows: finding.rows.clone(),
            planes: finding.planes,
            share: finding.share,
            enough: kind.is_mixing() && finding.mixes(),
        }
    }

    /// What is not as it should be beside the pixels.
    fn beside(
        &self,
        ask: PlannedRequest,
        body: &Body,
        dimensions: (u32, u32),
    ) -> impl Iterator<Item = FindingKind> + use<> {
        let format = codec::probe(&body.bytes).map(|header| header.format).ok();
        let real = format.map(|format| match format {
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
            Format::WebP => "image/webp",
        });
        let said = body.content_type.as_deref().and_then(|said| said.split(';').next());
        let wanted = self.target.thumbnail.media_type.as_deref();
        let wrong_type = said.map(str::trim) != real || wanted.is_some_and(|w| real != Some(w));
        let caches = self.target.thumbnail.private;
        let control = body.cache_control.as_deref().unwrap_or_default();
        let public = caches && ["public", "s-maxage"].iter().any(|word| control.contains(word));
        let unkept = control.contains("no-store");
        let no_validator = caches && !unkept && !body.has_validator;
        [
            (wrong_type, FindingKind::Type),
            (!self.fits(ask.size, dimensions), FindingKind::Size),
            (public, FindingKind::Public),
            (no_validator, FindingKind::NoValidator),
        ]
        .into_iter()
        .filter_map(|(is, kind)| is.then_some(kind))
    }

    /// Whether dimensions are those that were asked for, give or take a rounded pixel. Where more
    /// was asked for than the photo has, services differ, and any will do.
    fn fits(&self, size: u32, (width, height): (u32, u32)) -> bool {
        let photos = self.target.photos;
        let fit = match self.target.thumbnail.fit {
            ShownFit::Any => return true,
            ShownFit::Cover if size > photos.width.min(photos.height) => return true,
            ShownFit::Contain if size > photos.width.max(photos.height) => return true,
            ShownFit::Cover => codec::Fit::Cover,
            ShownFit::Contain => codec::Fit::Contain,
        };
        let Ok(size) = Size::try_from(size) else { return true };
        let wanted = thumbnail_dimensions(photos.width, photos.height, ThumbnailSpec { size, fit });
        width.abs_diff(wanted.0) <= 1 && height.abs_diff(wanted.1) <= 1
    }
}
