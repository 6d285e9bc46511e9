//! One overlap, written out: a second request begins between the two bands of a first. The same
//! steps are called by hand, in the same order, on every pipeline, with photos of two bytes and
//! with real ones of different shapes: what is shared tears, what is owned holds.

#[path = "model/codec.rs"]
#[allow(dead_code, reason = "written for several tests, each of which uses its share")]
mod codec;
#[path = "model/watchdog.rs"]
mod watchdog;

use std::fmt::Debug;
use std::io::Cursor;
use std::num::{NonZeroU32, NonZeroUsize};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use double_exposure::codec::{self as photos, Fit, ImageCodec, Size, ThumbnailSpec};
use double_exposure::pipeline::{
    self, Bounds, Error, Output, Owned, Pipeline, Pooled, Request, Shared,
};

use codec::{Model, Step};
use watchdog::ten_seconds;

const ONE_SLOT: NonZeroUsize = NonZeroUsize::MIN;
const BOUNDS: Bounds = Bounds { frames: 1, frame_bytes: 1 << 20 };

/// Ben's request begins between Ann's two bands, and ends after hers: `AABABABB`.
fn overlap<P: Pipeline>(pipeline: &P, ann: &Request<P>, ben: &Request<P>) -> [Output<P>; 2]
where
    Error<P>: Debug,
{
    let mut ann = pipeline.begin(ann).expect("Ann's photo is whole");
    assert!(pipeline.band(&mut ann), "one more band");
    let mut ben = pipeline.begin(ben).expect("Ben's photo is whole");
    assert!(!pipeline.band(&mut ann), "that was the last band");
    assert!(pipeline.band(&mut ben));
    let ann = pipeline.finish(ann).expect("Ann's thumbnail can be written");
    assert!(!pipeline.band(&mut ben));
    let ben = pipeline.finish(ben).expect("Ben's thumbnail can be written");
    [ann, ben]
}

#[test]
fn shared_tears_the_thumbnail_that_is_lapped_before_its_last_band() {
    let _watch = ten_seconds();
    let shared = Shared::new(Model::new(2), ONE_SLOT);
    assert_eq!(overlap(&shared, &b'A', &b'B'), [b"AB", b"BB"]);
}

#[test]
fn shared_holds_if_there_is_a_slot_for_each() {
    let _watch = ten_seconds();
    let shared = Shared::new(Model::new(2), ONE_SLOT.saturating_add(1));
    assert_eq!(overlap(&shared, &b'A', &b'B'), [b"AA", b"BB"]);
}

#[test]
fn owned_holds() {
    let _watch = ten_seconds();
    assert_eq!(overlap(&Owned::new(Model::new(2)), &b'A', &b'B'), [b"AA", b"BB"]);
}

#[test]
fn pooled_holds_also_when_it_reuses_a_frame() {
    let _watch = ten_seconds();
    let pooled = Pooled::new(Model::new(2), BOUNDS);
    pooled.convert(&b'C').expect("Cid's photo is whole");
    assert_eq!(pooled.pool().kept().0, 1, "a frame to use again");
    assert_eq!(overlap(&pooled, &b'A', &b'B'), [b"AA", b"BB"]);
    assert_eq!(overlap(&pooled, &b'D', &b'E'), [b"DD", b"EE"]);
}

#[test]
fn a_refused_photo_takes_a_number_and_leaves_the_slot_as_it_was() {
    let _watch = ten_seconds();
    let shared = Shared::new(Model::new(1), ONE_SLOT.saturating_add(1));
    let begin = |owner: u8| shared.begin(&owner);
    let mut ann = begin(b'A').expect("Ann's photo is whole");
    let mut ben = begin(b'B').expect("Ben's photo is whole");
    assert_eq!(begin(b'x').err(), Some(b'x'));
    shared.band(&mut ann);
    assert_eq!(shared.finish(ann), Ok(b"A".to_vec()), "not lapped by the refused one");
    let _cid = begin(b'C').expect("Cid's photo is whole");
    shared.band(&mut ben);
    assert_eq!(shared.finish(ben), Ok(b"C".to_vec()), "the refused one counts in the ring");
}

#[test]
fn a_slot_goes_on_after_a_panic_under_its_lock() {
    let _watch = ten_seconds();
    let panics: [fn(Step); 3] = [
        |step| assert_ne!(step, Step::Decode(b'X')),
        |step| assert_ne!(step, Step::Fill(b'X')),
        |step| assert_ne!(step, Step::Band(b'X')),
    ];
    for step in panics {
        let shared = Shared::new(Model { bands: 2, step }, ONE_SLOT);
        catch_unwind(AssertUnwindSafe(|| shared.convert(&b'X'))).expect_err("the step panics");
        assert_eq!(overlap(&shared, &b'A', &b'B'), [b"AB", b"BB"]);
    }
}

/// A photo of Ann's and one of Ben's, each of its owner's grey all over.
struct Pair {
    ann: photos::ThumbnailRequest,
    ben: photos::ThumbnailRequest,
}

const TWO_BANDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);
const ANN: u8 = 200;
const BEN: u8 = 40;

fn jpeg(grey: u8, width: u16, height: u16) -> Bytes {
    let mut jpeg = Vec::new();
    let pixels = vec![grey; usize::from(width) * usize::from(height)];
    jpeg_encoder::Encoder::new(&mut jpeg, 90)
        .encode(&pixels, width, height, jpeg_encoder::ColorType::Luma)
        .expect("the encoder takes these pixels");
    jpeg.into()
}

fn png(grey: u8, width: u16, height: u16) -> Bytes {
    let mut png = Cursor::new(Vec::new());
    image::GrayImage::from_pixel(width.into(), height.into(), image::Luma([grey]))
        .write_to(&mut png, image::ImageFormat::Png)
        .expect("the encoder takes these pixels");
    png.into_inner().into()
}

/// Every pair of a portrait, a landscape, a square and one smaller than a thumbnail, in both fits.
fn pairs() -> Vec<Pair> {
    let shapes = [(96, 160), (200, 80), (64, 64), (20, 33)];
    let mut pairs = Vec::new();
    for fit in [Fit::Cover, Fit::Contain] {
        for (width, height) in shapes {
            for (other_width, other_height) in shapes {
                let size = Size::try_from(48).expect("within 16 to 2048 px");
                let request =
                    |photo| photos::ThumbnailRequest { photo, spec: ThumbnailSpec { size, fit } };
                let ann = request(jpeg(ANN, width, height));
                let ben = request(png(BEN, other_width, other_height));
                pairs.push(Pair { ann, ben });
            }
        }
    }
    pairs
}

/// The size that a request's thumbnail has whatever lies in its slot.
fn own_dimensions(request: &photos::ThumbnailRequest) -> (u32, u32) {
    let photo = photos::probe(&request.photo).expect("the photo is whole");
    photos::thumbnail_dimensions(photo.width, photo.height, request.spec)
}

/// The grey of each band of this request's thumbnail: one that all its pixels have.
fn greys(request: &photos::ThumbnailRequest, thumbnail: &Bytes) -> Vec<u8> {
    let luma = photos::luma(thumbnail).expect("a thumbnail is a whole JPEG");
    assert_eq!((luma.width, luma.height), own_dimensions(request));
    let grey = |rows: std::ops::Range<u32>| {
        let pixels = (rows.start * luma.width) as usize..(rows.end * luma.width) as usize;
        let near = |grey: &u8| luma.pixels[pixels.clone()].iter().all(|at| at.abs_diff(*grey) <= 4);
        [ANN, BEN].into_iter().find(near).expect("a band is of one grey, in every pixel")
    };
    photos::band_rows(luma.height, TWO_BANDS).map(grey).collect()
}

fn photo_overlap<P: Pipeline<Codec = ImageCodec>>(pipeline: &P, pair: &Pair) -> [Vec<u8>; 2] {
    let [ann, ben] = overlap(pipeline, &pair.ann, &pair.ben);
    [greys(&pair.ann, &ann), greys(&pair.ben, &ben)]
}

#[test]
fn shared_shows_the_other_photo_whatever_the_two_shapes() {
    let _watch = ten_seconds();
    let shared = Shared::new(ImageCodec::new(TWO_BANDS), ONE_SLOT);
    for pair in pairs() {
        assert_eq!(photo_overlap(&shared, &pair), [[ANN, BEN], [BEN, BEN]]);
    }
}

#[test]
fn owned_and_pooled_show_their_own_photo_whatever_the_shapes_before_it() {
    let _watch = ten_seconds();
    let owned = Owned::new(ImageCodec::new(TWO_BANDS));
    let pooled = Pooled::new(ImageCodec::new(TWO_BANDS), BOUNDS);
    for pair in pairs() {
        assert_eq!(photo_overlap(&owned, &pair), [[ANN, ANN], [BEN, BEN]]);
        assert_eq!(photo_overlap(&pooled, &pair), [[ANN, ANN], [BEN, BEN]]);
    }
}
