//! A band of any job shows the photo in the frame, in whichever format the frame stores it: RGB, or
//! planes of every sampling. Photos of all kinds follow each other in one slot (an index into the
//! ring of shared buffers), and each band is compared with the photo in the slot.

use std::num::NonZeroUsize;

use bytes::Bytes;
use double_exposure::codec::{Fit, ImageFrame, Size, ThumbnailRequest, luma, thumbnail_dimensions};
use double_exposure::pipeline::{Codec, Frame as _, Pipeline, Shared};
use image::ExtendedColorType as Png;
use jpeg_encoder::{ColorType, SamplingFactor};

use crate::images::{self, CODEC, TestImage, difference, exif, frame, jpeg, png};

const SAMPLINGS: [SamplingFactor; 7] = [
    SamplingFactor::R_4_4_4,
    SamplingFactor::R_4_2_2,
    SamplingFactor::R_4_4_0,
    SamplingFactor::R_4_4_1,
    SamplingFactor::R_4_2_0,
    SamplingFactor::R_4_1_1,
    SamplingFactor::R_4_1_0,
];

/// Encodes an image as a file of every kind, in colour and in grey.
fn files(picture: &TestImage) -> Vec<Bytes> {
    let (width, height) = (picture.width, picture.height);
    let grey: Vec<u8> = picture.rgb.iter().skip(1).step_by(3).copied().collect();
    let inks: Vec<u8> = picture.rgb.chunks(3).flat_map(|c| [c[0], c[1], c[2], 20]).collect();
    let mut files: Vec<Bytes> = SAMPLINGS
        .iter()
        .map(|&sampling| picture.jpeg(|e| e.set_sampling_factor(sampling)))
        .collect();
    files.extend([
        picture.jpeg(|e| e.set_progressive(true)),
        picture.jpeg(|e| e.add_exif_metadata(&exif(6)).unwrap()),
        jpeg(&grey, width, height, ColorType::Luma, |_| ()),
        jpeg(&inks, width, height, ColorType::Cmyk, |_| ()),
        picture.png(),
        png(&grey, width, height, Png::L8, None),
        picture.webp(None),
    ]);
    files
}

fn request(photo: &Bytes, size: u32, fit: Fit) -> ThumbnailRequest {
    images::request(photo, Size::try_from(size).unwrap(), fit)
}

#[test]
fn a_band_of_any_job_shows_any_kind_of_photo_in_its_slot() {
    let own_photos = files(&TestImage::busy(131, 97, 1));
    let photos = files(&TestImage::busy(75, 160, 2));
    for (own_kind, own_photo) in own_photos.iter().enumerate() {
        for (kind, photo) in photos.iter().enumerate() {
            let fit = if (own_kind + kind) % 2 == 0 { Fit::Cover } else { Fit::Contain };
            let (own, foreign) = (request(own_photo, 64, fit), request(photo, 64, fit));
            let pipeline = Shared::new(CODEC, NonZeroUsize::MIN);
            let mut job = pipeline.begin(&own).unwrap();
            pipeline.band(&mut job);
            let _lapping = pipeline.begin(&foreign).unwrap();
            while pipeline.band(&mut job) {}
            let torn = luma(&pipeline.finish(job).unwrap()).unwrap();

            // The truth is the same bands, each made from a frame of its own photo.
            let size = own.spec.size;
            let (own_frame, mut expected) = frame(own_photo, size, fit).unwrap();
            let (foreign_frame, _) = frame(photo, size, fit).unwrap();
            let alone = CODEC.blank((expected.width(), expected.height()), fit);
            CODEC.band(&own_frame, &mut expected);
            let expected = CODEC.render(&foreign_frame, expected);
            let alone = CODEC.render(&foreign_frame, alone);
            let edge = (alone.bands().next().unwrap().end * alone.width()) as usize;
            assert_eq!(expected.rgb()[3 * edge..], alone.rgb()[3 * edge..], "{own_kind} {kind}");
            let (expected, alone) = (CODEC.encode(expected).unwrap(), CODEC.encode(alone).unwrap());
            assert_eq!(torn, luma(&expected).unwrap(), "{own_kind} {kind}");
            assert_eq!(torn.pixels[edge..], luma(&alone).unwrap().pixels[edge..]);
            assert_ne!(torn.pixels[..edge], luma(&alone).unwrap().pixels[..edge]);
        }
    }
}

/// Makes an image of one luma, whose chroma changes across and down.
fn colors(width: u32, height: u32) -> TestImage {
    TestImage::new(width, height, |x, y| {
        let (x, y) = ((x * 160 / width) as i32 - 80, (y * 160 / height) as i32 - 80);
        [128 + y, 128 - (114 * x + 299 * y) / 587, 128 + x].map(|c| c as u8)
    })
}

#[test]
fn chroma_lies_where_luma_does_in_every_sampling_orientation_and_odd_size() {
    for (width, height) in [(96, 64), (97, 64), (96, 65), (97, 63), (61, 96), (35, 33)] {
        let picture = colors(width, height);
        for orientation in 1..=8 {
            let exif = exif(orientation);
            let plain = png(&picture.rgb, width, height, Png::Rgb8, Some(exif.clone()));
            // The chroma of the last sampling is as coarse as these images.
            for sampling in SAMPLINGS.into_iter().take(6) {
                let photo = picture.jpeg(|e| {
                    e.set_quality(100);
                    e.set_sampling_factor(sampling);
                    e.add_exif_metadata(&exif).unwrap();
                });
                for (size, fit) in [(33, Fit::Contain), (32, Fit::Cover), (500, Fit::Contain)] {
                    let pixels = |photo: &Bytes| {
                        let thumbnail = CODEC.thumbnail(&request(photo, size, fit)).unwrap();
                        thumbnail.rgb().into_owned()
                    };
                    let difference = difference(&pixels(&photo), &pixels(&plain));
                    let case = format!("{width}x{height} turned {orientation}, {sampling:?}");
                    let coarse =
                        matches!(sampling, SamplingFactor::R_4_4_1 | SamplingFactor::R_4_1_1);
                    let limit = if coarse { 20 } else { 13 };
                    assert!(difference <= limit, "{difference}: {case}, {size} {fit}");
                }
            }
        }
    }
}

#[test]
fn a_frame_holds_no_more_than_its_largest_photo_whatever_kinds_follow_each_other() {
    let rgb_bytes = 3 * 120 * 90;
    let photos = files(&TestImage::busy(120, 90, 3));
    for first in &photos {
        for second in &photos {
            let mut frame = ImageFrame::default();
            for photo in [first, second, first] {
                frame.clear();
                assert_eq!((frame.width(), frame.height(), frame.rgb().len()), (0, 0, 0));
                let held = frame.capacity();
                CODEC.fill(CODEC.decode(&request(photo, 2048, Fit::Contain)).unwrap(), &mut frame);
                assert!((held.max(120 * 90)..=rgb_bytes).contains(&frame.capacity()));
                assert_eq!(frame.rgb(), images::decode(photo).unwrap().rgb());
            }
        }
    }
}

#[test]
fn a_frame_that_was_not_emptied_shows_the_earlier_photo_whatever_kinds_follow_each_other() {
    let photos = files(&TestImage::busy(64, 64, 4));
    let others = files(&TestImage::flat(64, 64, [200, 10, 90]));
    for photo in &photos {
        for other in &others {
            let mut frame = images::decode(photo).unwrap();
            let next = request(other, 2048, Fit::Contain);
            let thumbnail = CODEC.fill(CODEC.decode(&next).unwrap(), &mut frame);
            let thumbnail = CODEC.render(&frame, thumbnail);
            let (width, height) = thumbnail_dimensions(64, 64, next.spec);
            assert_eq!(thumbnail.rgb().len() as u32, width * height * 3);
            // No row has the one colour of the later photo: all rows are read from the frame's
            // start.
            let upper = &thumbnail.rgb()[..64 * 3 * 16];
            assert!(
                upper.chunks(64 * 3).all(|row| difference(&row[3..], &row[..row.len() - 3]) > 8)
            );
        }
    }
}

#[test]
fn oddities_that_lose_no_pixel_are_ignored() {
    let plain = TestImage::new(50, 40, |x, y| [x as u8 * 3, y as u8 * 4, 90]).jpeg(|_| ());
    let expected = images::decode(&plain).unwrap().rgb().into_owned();
    let scan = plain.windows(2).position(|pair| pair == b"\xFF\xDA").unwrap();
    let end = plain.len() - 2;
    let adobe = b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\x07";
    let mut other_version = plain.to_vec();
    let jfif = images::segment(&plain, 0xE0).start;
    other_version[jfif + 9] = 2;
    for odd in [
        [&plain[..scan], &[0; 5], &plain[scan..]].concat(),
        [&plain[..2], adobe, &plain[2..]].concat(),
        [&plain[..end], b"\xFF\xFF\xFF\xD9"].concat(),
        [&plain[..end], &[0x55; 20], b"\xFF\xD9"].concat(),
        other_version,
    ] {
        let frame = images::decode(&odd.into()).unwrap();
        assert!(difference(&frame.rgb(), &expected) <= 24);
    }
}
