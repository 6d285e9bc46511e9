//! A thumbnail made in bands equals the thumbnail made in one band, and a band takes any frame.
//! Random photos are made into thumbnails and compared; frames are exchanged, reused, and emptied.

use std::num::NonZeroU32;

use double_exposure::codec::{
    Fit, ImageCodec, ImageFrame, Size, Thumbnail, ThumbnailRequest, ThumbnailSpec, band_rows,
    probe, thumbnail_dimensions,
};
use double_exposure::pipeline::{Codec, Frame as _};
use proptest::prelude::*;

use crate::images::{TestImage, difference, exif, request, segment, shows};

fn codec(bands: u32) -> ImageCodec {
    ImageCodec::new(NonZeroU32::new(bands).unwrap())
}

fn begin(bands: u32, request: &ThumbnailRequest, frame: &mut ImageFrame) -> Thumbnail {
    codec(bands).fill(codec(bands).decode(request).unwrap(), frame)
}

/// Makes a thumbnail in `bands` bands, and returns its pixels.
fn pixels(bands: u32, request: &ThumbnailRequest) -> Vec<u8> {
    let mut frame = ImageFrame::default();
    let mut thumbnail = begin(bands, request, &mut frame);
    let mut count = 1;
    while codec(bands).band(&frame, &mut thumbnail) {
        count += 1;
    }
    assert_eq!(count, thumbnail.bands().len());
    assert!(!codec(bands).band(&frame, &mut thumbnail), "no band follows the last");
    thumbnail.rgb().into_owned()
}

fn fits() -> impl Strategy<Value = Fit> {
    prop_oneof![Just(Fit::Cover), Just(Fit::Contain)]
}

fn sizes() -> impl Strategy<Value = Size> {
    (16u32..=2048).prop_map(|px| Size::try_from(px).unwrap())
}

/// Returns ordinary shapes, and shapes of a few pixels in one direction.
fn shapes() -> impl Strategy<Value = (u32, u32)> {
    prop_oneof![(1u32..400, 1u32..400), (1u32..4, 1u32..3000), (1u32..3000, 1u32..4)]
}

proptest! {
    #![proptest_config(crate::cases(96))]

    #[test]
    fn bands_are_within_2_of_255_of_one_band(
        (width, height) in shapes(), size in sizes(), fit in fits(), bands in 1u32..=16,
        seed in 0u64..1000,
    ) {
        let photo = TestImage::busy(width, height, seed).png();
        let request = request(&photo, size, fit);
        prop_assert!(difference(&pixels(bands, &request), &pixels(1, &request)) <= 2);
    }

    #[test]
    fn any_frame_fills_every_row_of_any_job(
        shape in shapes(), other in shapes(), size in sizes(), fit in fits(), bands in 1u32..=16,
    ) {
        let own = TestImage::busy(shape.0, shape.1, 1).png();
        let request = request(&own, size, fit);
        let mut frame = ImageFrame::default();
        let thumbnail = begin(bands, &request, &mut frame);
        let color = [200, 30, 77];
        let foreign = TestImage::flat(other.0, other.1, color).png();
        frame.clear();
        begin(bands, &ThumbnailRequest { photo: foreign, ..request }, &mut frame);

        let dimensions = (thumbnail.width(), thumbnail.height());
        let expected = thumbnail_dimensions(shape.0, shape.1, ThumbnailSpec { size, fit });
        prop_assert_eq!(dimensions, expected);
        let thumbnail = codec(bands).render(&frame, thumbnail);
        prop_assert!(shows(&thumbnail.rgb(), color));
        prop_assert!(codec(bands).encode(thumbnail).is_ok());
    }

    #[test]
    fn a_scaled_decode_uses_the_smallest_scale_that_leaves_twice_the_thumbnail(
        width in 1u32..1500, height in 1u32..700, size in 16u32..400, fit in fits(),
    ) {
        let photo = TestImage::flat(width, height, [90; 3]).jpeg(|_| ());
        let size = Size::try_from(size).unwrap();
        let mut frame = ImageFrame::default();
        begin(1, &request(&photo, size, fit), &mut frame);
        let wanted = thumbnail_dimensions(width, height, ThumbnailSpec { size, fit });
        let enough = |width: u32, height: u32| match fit {
            Fit::Cover => width.min(height) >= 2 * wanted.0,
            Fit::Contain => width >= 2 * wanted.0 && height >= 2 * wanted.1,
        };
        let scaled = |eighths: u32| ((width * eighths).div_ceil(8), (height * eighths).div_ceil(8));
        let smallest = [1, 2, 4].map(scaled).into_iter().find(|&(w, h)| enough(w, h));
        let full = (width, height);
        let decoded = (frame.width(), frame.height());
        prop_assert!(Some(decoded) == smallest || decoded == full);
        if width.max(height) >= 64 {
            prop_assert_eq!((frame.width(), frame.height()), smallest.unwrap_or(full));
        }
        prop_assert_eq!(frame.rgb().len() as u32, frame.width() * frame.height() * 3);
    }
}

#[test]
fn bands_are_within_2_of_255_of_one_band_at_every_height() {
    for height in 1..=520 {
        let photo = TestImage::busy(9, height * 2, u64::from(height)).png();
        let request = request(&photo, Size::try_from(height.max(16)).unwrap(), Fit::Contain);
        for bands in [4, 7, 16] {
            let difference = difference(&pixels(bands, &request), &pixels(1, &request));
            assert!(difference <= 2, "{difference} at {height} rows in {bands} bands");
        }
    }
}

#[test]
fn cover_shows_the_centre_and_contain_the_whole() {
    // The photo is red, then a green square, then blue.
    let photo = TestImage::new(90, 30, |x, _| match x {
        0..30 => [255, 0, 0],
        30..60 => [0, 255, 0],
        _ => [0, 0, 255],
    });
    let photo = photo.png();
    let size = Size::try_from(30).unwrap();
    let cover = pixels(4, &request(&photo, size, Fit::Cover));
    assert!(shows(&cover, [0, 255, 0]));
    let contain = pixels(4, &request(&photo, size, Fit::Contain));
    for (column, color) in [(1, [255, 0, 0]), (15, [0, 255, 0]), (28, [0, 0, 255])] {
        assert!(shows(&contain[column * 3..][..3], color), "{column}");
    }
}

#[test]
fn an_empty_frame_leaves_rows_white() {
    let photo = TestImage::flat(80, 80, [1, 2, 3]).png();
    let mut frame = ImageFrame::default();
    let mut thumbnail = begin(4, &request(&photo, Size::default(), Fit::Cover), &mut frame);
    let edge = band_rows(80, NonZeroU32::new(4).unwrap()).next().unwrap().end as usize * 80 * 3;
    assert!(codec(4).band(&frame, &mut thumbnail));
    frame.clear();
    assert_eq!((frame.width(), frame.height(), frame.rgb().len()), (0, 0, 0));
    let thumbnail = codec(4).render(&frame, thumbnail);
    assert!(shows(&thumbnail.rgb()[..edge], [1, 2, 3]));
    assert!(thumbnail.rgb()[edge..].iter().all(|&sample| sample == 255));
    assert!(codec(4).encode(thumbnail).is_ok());
}

#[test]
fn a_frame_that_was_not_emptied_shows_the_earlier_photo() {
    let before = TestImage::flat(50, 40, [250, 0, 0]).png();
    let after = TestImage::flat(50, 40, [0, 0, 250]).png();
    let mut frame = ImageFrame::default();
    begin(2, &request(&before, Size::default(), Fit::Cover), &mut frame);
    let thumbnail = begin(2, &request(&after, Size::default(), Fit::Cover), &mut frame);
    let thumbnail = codec(2).render(&frame, thumbnail);
    assert!(shows(&thumbnail.rgb(), [250, 0, 0]));
}

#[test]
fn a_cleared_frame_keeps_its_memory_and_a_photo_that_fits_takes_no_more() {
    let large = TestImage::flat(200, 100, [9; 3]).png();
    let small = TestImage::flat(100, 100, [8; 3]).png();
    let mut frame = ImageFrame::default();
    assert_eq!(frame.capacity(), 0);
    begin(1, &request(&large, Size::default(), Fit::Cover), &mut frame);
    let capacity = frame.capacity();
    assert!(capacity >= 200 * 100 * 3);
    let memory = frame.rgb().as_ptr();
    frame.clear();
    assert_eq!(frame.capacity(), capacity);
    begin(1, &request(&small, Size::default(), Fit::Cover), &mut frame);
    assert_eq!((frame.capacity(), frame.rgb().as_ptr()), (capacity, memory));
    assert_eq!(frame.rgb(), [8; 3].repeat(100 * 100));
}

#[test]
fn thumbnails_are_jpegs_of_quality_80_at_4_2_0_without_metadata() {
    let orientation = exif(1);
    let photo = TestImage::busy(300, 200, 5).jpeg(|e| e.add_exif_metadata(&orientation).unwrap());
    let mut frame = ImageFrame::default();
    let thumbnail = begin(4, &request(&photo, Size::default(), Fit::Contain), &mut frame);
    let file = codec(4).encode(thumbnail).unwrap();
    assert_eq!(probe(&file).unwrap().width, 256);

    let sof = &file[segment(&file, 0xC0)];
    assert_eq!((sof[9], sof[11], sof[14], sof[17]), (3, 0x22, 0x11, 0x11));
    // The first luma divisor is 16 at quality 50, and two fifths of 16 at quality 80.
    let dqt = &file[segment(&file, 0xDB)];
    assert_eq!(dqt[5], 6);
    let mut at = 2;
    while file[at + 1] != 0xDA {
        assert!(matches!(file[at + 1], 0xE0 | 0xDB | 0xC0 | 0xC4), "{:x}", file[at + 1]);
        at += 2 + usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
    }
}
