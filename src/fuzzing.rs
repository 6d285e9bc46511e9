//! Checks properties that hold for all bytes: the bodies of the fuzz targets.
//!
//! A fuzzer finds an input, and a function here panics if the input violates a property. Each
//! target in `fuzz/` calls one function, and `cargo test` calls the same function on each seed, so
//! the properties are also checked where no fuzzer runs. The properties join modules that do not
//! depend on each other: codec and pipelines, words (schedules written as letters) and pipelines.

use std::num::{NonZeroU32, NonZeroUsize};

use bytes::Bytes;

use crate::audit::watermark::{
    Codebook, DetectionVerdict, Detector, ExpectedImage, RowFindingKind, YCbCrImage, embed,
};
use crate::codec::{
    Fit, Format, Header, ImageCodec, ImageError, Orientation, PhotoLimits, ProbedPhoto, Size,
    ThumbnailRequest, ThumbnailSpec, luma, normalize, probe, thumbnail_dimensions,
};
use crate::pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};
use crate::schedule::{MAX_LETTERS, Outcome, Schedule, ScheduleError, predict, replay_all};

const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();

/// Pixels of a photo that is decoded more than once, at most 250,000. A larger photo may take a
/// second or more, and an input may take no longer than one conversion.
const MAX_REPEATED_PIXELS: u64 = 250_000;

/// Limits of the photos that are decoded. A larger photo would take seconds, and more memory than a
/// fuzzer allows.
const LIMITS: PhotoLimits = PhotoLimits::of_megapixels(50);

/// Checks the codec on any bytes, taken as a photo.
///
/// The codec must refuse the photo, or make readable thumbnails of the dimensions that follow from
/// the header. Every pipeline must make the same thumbnails of a small photo, bytes behind the file
/// must not change them, and normalizing a normalized photo must not change it. The caller bounds
/// time and memory: see [`limits`](crate::codec::limits).
///
/// # Panics
/// Panics if one of these properties does not hold.
pub fn decode(photo: &[u8]) {
    let photo = Bytes::copy_from_slice(photo);
    if is_too_large(&photo) {
        return;
    }
    let header = probe(&photo);
    for (size, fit) in [(Size::default(), Fit::Cover), (Size::MIN, Fit::Contain)] {
        let spec = ThumbnailSpec { size, fit };
        let request = ThumbnailRequest { photo: photo.clone(), spec };
        let owned = Owned::new(ImageCodec::new(BANDS)).convert(&request);
        let Ok(thumbnail) = owned.as_ref() else {
            assert!(
                header.is_ok() || header.clone().err() == owned.err(),
                "probe and conversion give one file the same refusal"
            );
            continue;
        };
        let header = header.as_ref().expect("a converted photo passed the probe");
        let read = luma(thumbnail).expect("a thumbnail can be read");
        let expected = thumbnail_dimensions(header.width, header.height, spec);
        assert_eq!((read.width, read.height), expected, "the dimensions follow from the header");
        if u64::from(header.width) * u64::from(header.height) > MAX_REPEATED_PIXELS {
            return;
        }
        check_reused_buffers(&request, &owned);
        check_bytes_behind(&request, header, thumbnail);
    }
    let Ok(normalized) = normalize(&photo) else { return };
    let header = probe(&normalized).expect("a normalized photo passes the probe");
    assert_eq!((header.format, header.orientation), (Format::Jpeg, Orientation::NoTransforms));
    assert!(
        header.width.max(header.height) <= Size::MAX.get(),
        "a normalized photo is within 2048 px"
    );
    assert_eq!(normalize(&normalized), Ok(normalized), "a normalized photo stays as it is");
}

/// Returns true if a photo is beyond the limits of an input.
fn is_too_large(photo: &Bytes) -> bool {
    let spec = ThumbnailSpec { size: Size::MAX, fit: Fit::Contain };
    match ProbedPhoto::open(photo.clone(), LIMITS).and_then(|photo| photo.check_memory(spec)) {
        Ok(_) => false,
        Err(error) => matches!(
            error,
            ImageError::Pixels { .. }
                | ImageError::ScannedPixels { .. }
                | ImageError::Memory { .. }
        ),
    }
}

/// Checks that zeros behind a file change no pixel of it. They may complete a chunk that the file
/// cuts, so that the header changes or the file is refused.
fn check_bytes_behind(request: &ThumbnailRequest, header: &Header, thumbnail: &Bytes) {
    let photo = Bytes::from([&request.photo[..], &[0; 64]].concat());
    if probe(&photo).as_ref() != Ok(header) {
        return;
    }
    let request = ThumbnailRequest { photo, spec: request.spec };
    if let Ok(longer) = Owned::new(ImageCodec::new(BANDS)).convert(&request) {
        assert_eq!(&longer, thumbnail, "bytes behind the file change a pixel");
    }
}

/// Checks that pipelines that use a buffer twice make the same thumbnail as one with a fresh
/// buffer.
fn check_reused_buffers(request: &ThumbnailRequest, fresh: &Result<Bytes, ImageError>) {
    let bounds = Bounds { max_frames: 1, max_frame_bytes: usize::MAX };
    let shared = Shared::new(ImageCodec::new(BANDS), NonZeroUsize::MIN);
    let pooled = Pooled::new(ImageCodec::new(BANDS), bounds);
    for _ in 0..2 {
        assert_eq!(&shared.convert(request), fresh, "shared, undisturbed");
        assert_eq!(&pooled.convert(request), fresh, "pooled");
    }
}

/// Checks the lap law on any bytes, taken as a schedule. A capital letter stands for itself, and
/// any other byte for some letter.
///
/// The ring has up to one slot (an index into the ring of shared buffers) more than there are
/// requests. A thumbnail has one band, or enough bands for all letters. `shared` must make the
/// thumbnails that the lap law predicts, and the repairs must mix no photos.
///
/// # Panics
/// Panics if one of these properties does not hold.
pub fn schedule(letters: &[u8]) {
    let letter = |&byte: &u8| match byte {
        b'A'..=b'Z' => char::from(byte),
        _ => char::from(b'A' + byte % 26),
    };
    let text: String = letters.iter().take(MAX_LETTERS).map(letter).collect();
    let Ok(word) = text.parse::<Schedule>() else {
        return assert!(text.is_empty(), "{text:?} is refused, and has only letters");
    };
    for bands in [word.bands(), NonZeroU32::MIN] {
        for slots in (1..=word.requests() + 1).filter_map(NonZeroUsize::new) {
            let replayed = replay_all(&word, bands, slots);
            let predicted = predict(&word, bands, slots);
            assert_eq!(replayed.shared, predicted, "{word}, {bands} bands, {slots} slots: shared");
            for repair in [&replayed.owned, &replayed.pooled] {
                assert_eq!(repair.len(), word.requests());
                for (own, bands) in repair.iter().enumerate() {
                    let mixed =
                        bands.as_ref().is_some_and(|bands| Outcome::of(&own, bands).mixed());
                    assert!(!mixed, "{word}, {slots} slots: a repair mixed request {own}");
                    assert_eq!(
                        bands.is_some(),
                        predicted[own].is_some(),
                        "{word}: same finished requests"
                    );
                }
            }
        }
    }
}

/// Checks the parser of words (schedules written as letters) on any text.
///
/// The parser must accept a text if and only if it has 1 to [`MAX_LETTERS`] letters `A` to `Z`. An
/// accepted word must print as it was typed, and an error must name the position of the wrong
/// letter.
///
/// # Panics
/// Panics if one of these properties does not hold.
pub fn replay(text: &str) {
    let first_wrong = text.chars().position(|typed| !typed.is_ascii_uppercase());
    match text.parse::<Schedule>() {
        Ok(word) => {
            assert!(first_wrong.is_none() && (1..=MAX_LETTERS).contains(&text.len()));
            assert_eq!(word.to_string(), text);
            assert_eq!(word.steps().count(), text.len());
            check_bands(&word, text);
        }
        Err(ScheduleError::NotALetter { found, position }) => {
            assert_eq!(first_wrong, Some(position - 1));
            assert_eq!(text.chars().nth(position - 1), Some(found));
        }
        Err(ScheduleError::Empty) => assert!(text.is_empty()),
        Err(ScheduleError::TooLong { letters }) => {
            assert!(first_wrong.is_none() && letters == text.len() && letters > MAX_LETTERS);
        }
        Err(other) => panic!("{other}: no error of parsing"),
    }
}

/// Checks that a word has no letter too many with its default number of bands, and one with a band
/// fewer.
fn check_bands(word: &Schedule, text: &str) {
    assert_eq!(word.check(word.bands()), Ok(()));
    let Some(fewer) = NonZeroU32::new(word.bands().get() - 1) else { return };
    match word.check(fewer) {
        Err(ScheduleError::TooManySteps { letter, position, bands }) => {
            let before = text[..position].matches(letter).count();
            assert_eq!((before, bands), (fewer.get() as usize + 3, fewer));
            assert!(text[..position].ends_with(letter), "it is the letter at {position}");
        }
        other => panic!("{text} with {fewer} bands: {other:?}"),
    }
}

/// Checks that the detector reads any pixels as a thumbnail without a panic. The first two bytes
/// give the dimensions, the others the planes.
///
/// The result has every row once. A finding lies inside the thumbnail and names an id of the
/// codebook or none. The verdict is *mixed* if and only if a finding mixes. A finding names the
/// expected photo if and only if the finding is about the order of rows.
///
/// # Panics
/// Panics if the detector breaks one of these promises.
pub fn watermark(bytes: &[u8]) {
    let [width, height, pixels @ ..] = bytes else { return };
    let (width, height) = (64 + u32::from(*width), 1 + u32::from(*height));
    let codebook = Codebook::new(64, 1).expect("a codebook holds 64 ids");
    let expected = codebook.ids()[0];
    let photo = embed(expected, width, height.max(64), None).expect("it has room for a watermark");
    let area = (width * height) as usize;
    // Green stands for luma. The pixels overwrite the beginning of the photo's own rows.
    let own = photo.rgb.chunks_exact(3).map(|pixel| pixel[1]);
    let luma: Vec<u8> = pixels.iter().copied().chain(own.skip(pixels.len())).take(area).collect();
    let grey = std::iter::repeat(128);
    let colour: Vec<u8> = pixels.iter().copied().chain(grey).take(area).collect();
    let thumbnail = YCbCrImage { width, height, y: luma, cb: colour.clone(), cr: colour };
    let image = ExpectedImage { width, height: height.max(64), fit: Some(Fit::Cover) };
    let detection = Detector::new(&codebook, image).detect(expected, &thumbnail);
    assert_eq!(detection.rows.len(), height as usize, "every row once");
    assert_eq!(detection.rows_read + detection.rows_unknown, height);
    for finding in &detection.findings {
        assert!(finding.rows.start < finding.rows.end && finding.rows.end <= height, "{finding:?}");
        assert!((0.0..=1.0).contains(&finding.share), "{finding:?}");
        let is_own = finding.id == Some(expected);
        assert_eq!(is_own, finding.kind == RowFindingKind::Order, "{finding:?}");
        assert!(finding.id.is_none_or(|id| codebook.contains(id)), "{finding:?}");
    }
    let mixes = detection.findings.iter().any(|finding| finding.mixes());
    assert_eq!(detection.verdict == DetectionVerdict::Mixed, mixes);
}
