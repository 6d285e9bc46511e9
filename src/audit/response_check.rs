//! Checks one response: whose rows its image shows, and whether it is what was requested.
//!
//! A checker knows the photos and no other response. Evidence that needs two responses is weighed
//! in `evidence`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, LAST_MODIFIED};

use super::cache_control::may_be_shared;
use super::check_memory::{CheckKey, CheckMemory};
use super::client::HttpError;
use super::evidence::{Evidence, FindingKind};
use super::load_generator::Exchange;
use super::spec::Target;
use super::test_photos::TestPhotos;
use super::workload::PlannedRequest;
use crate::audit::watermark::{DetectionVerdict, Detector, ExpectedImage, Raster, YCbCrImage};
use crate::codec::{
    self, Fit, Format, InspectedPixels, InspectedRows, Size, ThumbnailSpec, inspect_first_rows,
    inspect_pixels, thumbnail_dimensions,
};

/// Upper bound of the pixels of an image. No request asks for more, so a larger image is taken for
/// a decompression bomb.
pub const MAX_IMAGE_PX: u64 = 1 << 24;

/// Holds an exchange whose response was checked. The body is kept only if it has evidence.
pub(crate) struct Checked {
    pub(crate) exchange: Exchange,
    pub(crate) class: ResponseClass,
    /// True if the requested photo was uploaded truncated.
    pub(crate) is_truncated: bool,
}

/// Classifies a response.
pub(crate) enum ResponseClass {
    /// The service shed the request: it refused the request because it is full.
    Shed,
    /// The service answered with another status than success.
    ErrorStatus,
    /// No complete response arrived.
    Failed(HttpError),
    /// The status is a success, and the body is no image that can be decoded.
    NotAnImage,
    /// The body is an image.
    Image(ImageCheck),
}

/// Holds what the detector read in an image.
#[derive(Clone)]
pub(crate) struct ImageCheck {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// True if the file ends before its last row.
    pub(crate) is_cut: bool,
    /// BLAKE3 hash of the file, which tells two responses apart.
    pub(crate) hash: [u8; 32],
    /// Hash of the response's validators, `ETag` and `Last-Modified`, if it has one.
    pub(crate) validator: Option<u64>,
    pub(crate) verdict: DetectionVerdict,
    pub(crate) rows_read: u32,
    pub(crate) rows_unknown: u32,
    pub(crate) evidence: Vec<Evidence>,
}

/// Checks responses against the target and the photos.
pub(crate) struct ResponseChecker {
    target: Arc<Target>,
    photos: Arc<TestPhotos>,
    /// Detectors of the fits `None`, cover and contain, in this order.
    detectors: [Detector; 3],
    memory: Mutex<CheckMemory<ImageCheck>>,
}

impl ResponseChecker {
    pub(crate) fn new(target: &Arc<Target>, photos: &Arc<TestPhotos>) -> Self {
        let (width, height) = (target.photos.width, target.photos.height);
        let detectors = [None, Some(Fit::Cover), Some(Fit::Contain)]
            .map(|fit| Detector::new(&photos.codebook, ExpectedImage { width, height, fit }));
        let (target, photos) = (Arc::clone(target), Arc::clone(photos));
        Self { target, photos, detectors, memory: Mutex::default() }
    }

    /// Classifies the response of an exchange, and reads its image.
    pub(crate) fn check(&self, mut exchange: Exchange) -> Checked {
        let class = match &mut exchange.response {
            Err(error) => ResponseClass::Failed(error.clone()),
            Ok(response) if self.target.thumbnail.shed.contains(&response.status) => {
                ResponseClass::Shed
            }
            Ok(response) if !(200..300).contains(&response.status) => ResponseClass::ErrorStatus,
            Ok(response) => {
                let PlannedRequest { photo, size, fit, .. } = exchange.request;
                let image = self.check_image(photo, fit, &response.body).map(|mut image| {
                    image.validator = validator(&response.headers);
                    let dimensions = (image.width, image.height);
                    let defects = [
                        (!self.fits(size, fit, dimensions), FindingKind::Size),
                        (image.is_cut, FindingKind::Cut),
                        (image.is_unread(), FindingKind::Unread),
                    ];
                    let actual = actual_type(&image, &response.body);
                    let defects = defects
                        .into_iter()
                        .chain(self.header_defects(&response.headers, actual))
                        .filter(|(is_defect, _)| *is_defect)
                        .map(|(_, kind)| Evidence::of_image(kind, photo, image.height));
                    image.evidence.extend(defects);
                    image
                });
                // The queue to the statistics would otherwise hold every image.
                match &image {
                    Some(image) if image.evidence.is_empty() => response.body.clear(),
                    Some(_) => {}
                    None => response.cut_to_readable(),
                }
                image.map_or(ResponseClass::NotAnImage, ResponseClass::Image)
            }
        };
        exchange.memory = None;
        let is_truncated = self.photos.all[exchange.request.photo].truncated;
        Checked { exchange, class, is_truncated }
    }

    /// Reads every row of an image that should show the photo `requested` in a fit. Of a JPEG that
    /// ends early, reads the rows that it holds. Returns `None` if the file has no row that can be
    /// decoded, or has more than [`MAX_IMAGE_PX`] pixels.
    pub(crate) fn check_image(
        &self,
        requested: usize,
        fit: Option<Fit>,
        file: &[u8],
    ) -> Option<ImageCheck> {
        let key = (requested, fit, *blake3::hash(file).as_bytes());
        let lock = || self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(key) {
            return known;
        }
        let image = self.read_image(key, file);
        lock().insert(key, image.clone());
        image
    }

    fn read_image(&self, (requested, fit, hash): CheckKey, file: &[u8]) -> Option<ImageCheck> {
        let (image, rows) = match inspect_pixels(file, MAX_IMAGE_PX) {
            Ok((width, height, InspectedPixels::YCbCr(pixels))) => {
                (YCbCrImage::from_ycbcr(width, height, &pixels), height)
            }
            Ok((width, height, InspectedPixels::Rgb(rgb))) => {
                (YCbCrImage::from_rgb(&Raster { width, height, rgb }), height)
            }
            Err(_) => first_rows(inspect_first_rows(file, MAX_IMAGE_PX).ok()?),
        };
        let (width, height) = (image.width, image.height);
        let detector = match fit {
            None => &self.detectors[0],
            Some(Fit::Cover) => &self.detectors[1],
            Some(Fit::Contain) => &self.detectors[2],
        };
        let detection = detector.detect_first_rows(self.photos.all[requested].id, &image, rows);
        let evidence = detection.findings.iter();
        let evidence = evidence.map(|found| Evidence::new(found, requested, &self.photos));
        Some(ImageCheck {
            width,
            height,
            is_cut: rows < height,
            hash,
            validator: None,
            verdict: detection.verdict,
            rows_read: detection.rows_read,
            rows_unknown: detection.rows_unknown,
            evidence: evidence.collect(),
        })
    }

    /// Lists the defects that headers can have, each with true if it is there. `actual` is the
    /// media type of the body. A record without headers says nothing about them.
    fn header_defects(
        &self,
        headers: &HeaderMap,
        actual: Option<&str>,
    ) -> [(bool, FindingKind); 3] {
        let content_type = lowercase(headers, &CONTENT_TYPE);
        let declared = content_type.as_deref().and_then(|declared| declared.split(';').next());
        let expected = self.target.thumbnail.media_type.as_deref();
        let is_wrong_type = declared.map(str::trim) != actual
            || expected.is_some_and(|expected| actual != Some(expected));
        let is_private = self.target.thumbnail.private;
        let control = lowercase(headers, &CACHE_CONTROL).unwrap_or_default();
        let names = self.target.thumbnail.request.headers.iter().map(|(name, _)| name);
        let has_authorization = names.into_iter().any(|name| name == AUTHORIZATION);
        let is_public = may_be_shared(headers, has_authorization);
        let has_validator = headers.contains_key(ETAG) || headers.contains_key(LAST_MODIFIED);
        let lacks_validator = !has_validator && !control.contains("no-store");
        [
            (is_wrong_type, FindingKind::Type),
            (is_private && is_public, FindingKind::Public),
            (is_private && lacks_validator, FindingKind::NoValidator),
        ]
        .map(|(is_defect, kind)| (is_defect && !headers.is_empty(), kind))
    }

    /// Returns true if dimensions are those of the requested size, within a rounding error of
    /// 1 px. Services differ where the requested size is larger than the photo, so that any
    /// dimensions pass there.
    fn fits(&self, size: u32, fit: Option<Fit>, (width, height): (u32, u32)) -> bool {
        let photos = self.target.photos;
        let (Some(fit), Ok(spec_size)) = (fit, Size::try_from(size)) else {
            return true;
        };
        let max_size = match fit {
            Fit::Cover => photos.width.min(photos.height),
            Fit::Contain => photos.width.max(photos.height),
        };
        let spec = ThumbnailSpec { size: spec_size, fit };
        let expected = thumbnail_dimensions(photos.width, photos.height, spec);
        size > max_size || width.abs_diff(expected.0) <= 1 && height.abs_diff(expected.1) <= 1
    }
}

impl ImageCheck {
    /// Returns true if neither the requested photo nor another one can be read in the image.
    fn is_unread(&self) -> bool {
        let is_known =
            |evidence: &Evidence| evidence.is_sufficient || evidence.kind == FindingKind::NotIssued;
        self.verdict == DetectionVerdict::Unreadable && !self.evidence.iter().any(is_known)
    }
}

/// Returns an image of the first rows, and their number. The other rows are grey.
fn first_rows(cut: InspectedRows) -> (YCbCrImage, u32) {
    let mut pixels = cut.pixels;
    pixels.resize(cut.width as usize * cut.height as usize * 3, 128);
    (YCbCrImage::from_ycbcr(cut.width, cut.height, &pixels), cut.rows)
}

/// Returns the media type of an image file.
fn actual_type(image: &ImageCheck, file: &[u8]) -> Option<&'static str> {
    // The header of a file that ends early is not read again: only a JPEG is read so far.
    let format =
        if image.is_cut { Some(Format::Jpeg) } else { codec::probe(file).ok()?.format.into() };
    format.map(|format| match format {
        Format::Jpeg => "image/jpeg",
        Format::Png => "image/png",
        Format::WebP => "image/webp",
    })
}

/// Returns a hash of the validators of a response.
fn validator(headers: &HeaderMap) -> Option<u64> {
    let values = [ETAG, LAST_MODIFIED].map(|name| headers.get(name).map(|value| value.as_bytes()));
    let mut hasher = DefaultHasher::new();
    values.hash(&mut hasher);
    values.iter().any(Option::is_some).then(|| hasher.finish())
}

fn lowercase(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_ascii_lowercase())
}
