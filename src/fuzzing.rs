//! What must hold for any bytes whatever: the bodies of the fuzz targets.
//!
//! A fuzzer finds the input and this says what a finding is, so that the same function, on the
//! seeds, also runs where no fuzzer can: each target in `fuzz/` is one call, and so is each seed in
//! `cargo test`. It is a module of its own because its promises join modules that do not know each
//! other: what the codec refuses and what every pipeline makes of it, words and the shipped files.

use std::num::{NonZeroU32, NonZeroUsize};

use bytes::Bytes;

use crate::audit::watermark::{
    Codebook, DetectionVerdict, Detector, ExpectedImage, RowFindingKind, YCbCrView, embed,
};
use crate::codec::{
    Fit, Format, ImageCodec, ImageError, Orientation, Size, ThumbnailRequest, ThumbnailSpec,
    compress, inspect, luma, thumbnail_dimensions,
};
use crate::pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};
use crate::schedule::{MAX_LETTERS, Outcome, Schedule, ScheduleError, predict, replay_all};

const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();

/// Pixels of the largest photo that is decoded more than once. A larger one may take a second or
/// more by right, and an input's time is to be that of one conversion.
const PIXELS_REPEATED: u64 = 250_000;

/// Takes any bytes for a photo. It is refused, or its thumbnails have the dimensions that its
/// header promised and can be read. If it is small, they are the same from every pipeline, and the
/// album's compression of it can be compressed again.
///
/// Time and memory are the caller's to bound: see [`limits`](crate::codec::limits).
///
/// # Panics
/// If one of these does not hold.
pub fn decode(photo: &[u8]) {
    let photo = Bytes::copy_from_slice(photo);
    let header = inspect(&photo);
    for (size, fit) in [(Size::default(), Fit::Cover), (Size::MIN, Fit::Contain)] {
        let request = ThumbnailRequest { photo: photo.clone(), spec: ThumbnailSpec { size, fit } };
        let owned = Owned::new(ImageCodec::new(BANDS)).convert(&request);
        let Ok(thumbnail) = owned.as_ref() else {
            assert!(header.is_ok() || header.clone().err() == owned.err(), "one file, one refusal");
            continue;
        };
        let header = header.as_ref().expect("what is made into a thumbnail passed the inspection");
        let read = luma(thumbnail).expect("a thumbnail can be read");
        let promised =
            thumbnail_dimensions(header.width, header.height, ThumbnailSpec { size, fit });
        assert_eq!((read.width, read.height), promised, "the header's promise");
        if u64::from(header.width) * u64::from(header.height) > PIXELS_REPEATED {
            return;
        }
        same_when_reused(&request, &owned);
    }
    let Ok(kept) = compress(&photo) else { return };
    let header = inspect(&kept).expect("what the album keeps passes the inspection");
    assert_eq!((header.format, header.orientation), (Format::Jpeg, Orientation::NoTransforms));
    assert!(header.width.max(header.height) <= Size::MAX.get(), "the album's size");
    assert_eq!(compress(&kept), Ok(kept), "what the album keeps stays as it is");
}

/// Holds pipelines that use a buffer twice against the thumbnail made in a fresh one.
fn same_when_reused(request: &ThumbnailRequest, fresh: &Result<Bytes, ImageError>) {
    let bounds = Bounds { frames: 1, frame_bytes: usize::MAX };
    let shared = Shared::new(ImageCodec::new(BANDS), NonZeroUsize::MIN);
    let pooled = Pooled::new(ImageCodec::new(BANDS), bounds);
    for _ in 0..2 {
        assert_eq!(&shared.convert(request), fresh, "shared, undisturbed");
        assert_eq!(&pooled.convert(request), fresh, "pooled");
    }
}

/// Takes any bytes for a schedule: a capital letter is itself, any other byte stands for one. On
/// every ring up to one slot more than there are requests, and with bands enough for all letters or
/// just one, `shared` makes what the lap law predicts, and the repairs mix nobody.
///
/// # Panics
/// If one of these does not hold.
pub fn schedule(letters: &[u8]) {
    let letter = |&byte: &u8| match byte {
        b'A'..=b'Z' => char::from(byte),
        _ => char::from(b'A' + byte % 26),
    };
    let text: String = letters.iter().take(MAX_LETTERS).map(letter).collect();
    let Ok(word) = text.parse::<Schedule>() else {
        return assert!(text.is_empty(), "{text:?} is all letters");
    };
    for bands in [word.bands(), NonZeroU32::MIN] {
        for slots in (1..=word.requests() + 1).filter_map(NonZeroUsize::new) {
            let shipped = replay_all(&word, bands, slots);
            let law = predict(&word, bands, slots);
            assert_eq!(shipped.shared, law, "{word}, {bands} bands, {slots} slots: shared");
            for repair in [&shipped.owned, &shipped.pooled] {
                assert_eq!(repair.len(), word.requests());
                for (own, bands) in repair.iter().enumerate() {
                    let mixed =
                        bands.as_ref().is_some_and(|bands| Outcome::of(&own, bands).mixed());
                    assert!(!mixed, "{word}, {slots} slots: a repair mixed request {own}");
                    assert_eq!(bands.is_some(), law[own].is_some(), "{word}: who finished");
                }
            }
        }
    }
}

/// Takes any text for a word. It is accepted if and only if it is 1 to [`MAX_LETTERS`] letters `A`
/// to `Z`, and printed as it was typed; a refusal points at what is wrong.
///
/// # Panics
/// If one of these does not hold.
pub fn replay(text: &str) {
    let stranger = text.chars().position(|typed| !typed.is_ascii_uppercase());
    match text.parse::<Schedule>() {
        Ok(word) => {
            assert!(stranger.is_none() && (1..=MAX_LETTERS).contains(&text.len()));
            assert_eq!(word.to_string(), text);
            assert_eq!(word.steps().count(), text.len());
            bands_are_enough(&word, text);
        }
        Err(ScheduleError::NotALetter { found, position }) => {
            assert_eq!(stranger, Some(position - 1));
            assert_eq!(text.chars().nth(position - 1), Some(found));
        }
        Err(ScheduleError::Empty) => assert!(text.is_empty()),
        Err(ScheduleError::TooLong { letters }) => {
            assert!(stranger.is_none() && letters == text.len() && letters > MAX_LETTERS);
        }
        Err(other) => panic!("{other}: no error of parsing"),
    }
}

/// With the bands that a word has by default no letter is too many; with one fewer, one is.
fn bands_are_enough(word: &Schedule, text: &str) {
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

/// Takes any bytes for the pixels of a thumbnail, its first two for its dimensions. It is read
/// without a panic, every row once; a finding lies inside of it and names an issued id or nobody,
/// and a finding that mixes, and nothing else, makes it mixed. A row that the bytes do not touch
/// stays its owner's, whatever they make of the others.
///
/// # Panics
/// If one of these does not hold.
pub fn mark(bytes: &[u8]) {
    let [wide, high, rest @ ..] = bytes else { return };
    let (width, height) = (64 + u32::from(*wide), 1 + u32::from(*high));
    let issued = Codebook::new(64, 1).expect("64 can be told apart");
    let asked = issued.ids()[0];
    let photo = embed(asked, width, height.max(64), None).expect("it has room for a mark");
    let luma: Vec<u8> = photo.rgb.chunks_exact(3).map(|pixel| pixel[1]).collect();
    let area = (width * height) as usize;
    let mut luma = luma[..area].to_vec();
    let touched = rest.len().min(area);
    luma[..touched].copy_from_slice(&rest[..touched]);
    let colour: Vec<u8> = rest.iter().copied().chain(std::iter::repeat(128)).take(area).collect();
    let planes = YCbCrView { width, height, y: &luma, cb: &colour, cr: &colour };
    let reader = Detector::new(
        &issued,
        ExpectedImage { width, height: height.max(64), fit: Some(Fit::Cover) },
    );
    let reading = reader.read(asked, planes);
    assert_eq!(reading.rows.len(), height as usize, "every row once");
    assert_eq!(reading.read + reading.unknown, height);
    for finding in &reading.findings {
        assert!(finding.rows.start < finding.rows.end && finding.rows.end <= height, "{finding:?}");
        assert!((0.0..=1.0).contains(&finding.share), "{finding:?}");
        let own = finding.found == Some(asked);
        assert_eq!(own, finding.kind == RowFindingKind::Order, "{finding:?}");
        assert!(finding.found.is_none_or(|id| issued.contains(id)), "{finding:?}");
    }
    let mixes = reading.findings.iter().any(|finding| finding.mixes());
    assert_eq!(reading.verdict == DetectionVerdict::Mixed, mixes);
}
