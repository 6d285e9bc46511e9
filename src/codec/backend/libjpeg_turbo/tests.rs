//! Both builds make the same thumbnail of a JPEG, within rounding. A test binary with `turbojpeg`
//! has both backends, so photos pass through both here, and the pixels are compared.

use std::num::NonZeroU32;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use turbojpeg::{Image, PixelFormat, Subsamp};

use super::{Canvas, DecodedPixels, color, decode_planes};
use crate::codec::backend::rgb_canvas;
use crate::codec::jpeg::Jpeg;
use crate::codec::orientation::turned;
use crate::codec::resample::CropMapping;
use crate::codec::{Fit, ImageFrame, Size, ThumbnailSpec, band_rows, luma, thumbnail_dimensions};

const PHOTOS: [&[u8]; 4] = [
    include_bytes!("../../../sample_photos/cat.jpg"),
    include_bytes!("../../../sample_photos/coffee.jpg"),
    include_bytes!("../../../sample_photos/raccoon.jpg"),
    include_bytes!("../../../sample_photos/rocket.jpg"),
];

/// Returns a thumbnail's RGB by way of planes and by way of RGB, and its width.
fn both_ways(file: &[u8], size: u32, fit: Fit) -> ([Vec<u8>; 2], usize) {
    let jpeg = Jpeg::open(file).unwrap();
    let (width, height) = turned(jpeg.info.orientation, jpeg.dimensions());
    let spec = ThumbnailSpec { size: Size::try_from(size).unwrap(), fit };
    let all = thumbnail_dimensions(width, height, spec);
    let eighths = jpeg.eighths(all, fit);
    let planes = decode_planes(&jpeg, eighths).expect("it is an ordinary photo");
    let rgb = jpeg.decode_in_rust(eighths).unwrap();
    assert_eq!((planes.width as u32, planes.height as u32), (rgb.width, rgb.height));
    assert_eq!(planes.valid, rgb.valid);

    let frame = |pixels: DecodedPixels| {
        let mut frame = ImageFrame::default();
        pixels.append(jpeg.info.orientation, &mut frame);
        frame
    };
    let (planes, rgb) = (frame(DecodedPixels::Planes(planes)), frame(rgb.into()));
    let mapping = CropMapping { crop: fit.crop(rgb.layout.valid), all };
    let mut by_planes = Canvas::new(all);
    let mut by_rgb = rgb_canvas::Canvas::new(all);
    for rows in band_rows(all.1, NonZeroU32::new(4).unwrap()) {
        by_planes.make(&planes, &mapping, rows.clone()).unwrap();
        by_rgb.make(&rgb, &mapping, rows).unwrap();
    }
    let thumbnails = [by_planes.rgb().into_owned(), by_rgb.rgb().into_owned()];
    let files = [by_planes.encode().unwrap(), by_rgb.encode().unwrap()];
    let [first, second] = files.map(|file| luma(&file).unwrap());
    assert_eq!((first.width, first.height), (second.width, second.height));
    let pairs = first.pixels.iter().zip(&second.pixels);
    let differences = pairs.map(|(a, b)| f64::from(a.abs_diff(*b)));
    // After encoding, a small difference may become a difference of a whole step.
    let mean = differences.sum::<f64>() / first.pixels.len() as f64;
    assert!(mean <= 2.5, "{mean:.2}: {size} {fit}");
    (thumbnails, all.0 as usize)
}

/// Returns the mean differences of luma, and of chroma over squares of 2 by 2 pixels, of 255.
fn mean_differences([first, second]: &[Vec<u8>; 2], width: usize) -> (f64, f64) {
    let (first, second) = (ycbcr(first), ycbcr(second));
    let luma = first.iter().zip(&second).map(|(a, b)| f64::from(a[0].abs_diff(b[0])));
    let luma = luma.sum::<f64>() / first.len() as f64;
    let squares = |pixels: &[[u8; 3]]| -> Vec<[f64; 2]> {
        let rows = pixels.chunks_exact(width).collect::<Vec<_>>();
        let square = |upper: &[[u8; 3]], lower: &[[u8; 3]]| {
            [1, 2].map(|c| upper.iter().chain(lower).map(|p| f64::from(p[c])).sum::<f64>() / 4.0)
        };
        let pairs = rows.as_chunks::<2>().0.iter();
        pairs
            .flat_map(|[upper, lower]| {
                let squares = upper.chunks_exact(2).zip(lower.chunks_exact(2));
                squares.map(|(upper, lower)| square(upper, lower)).collect::<Vec<_>>()
            })
            .collect()
    };
    let (first, second) = (squares(&first), squares(&second));
    let chroma = first.iter().flatten().zip(second.iter().flatten()).map(|(a, b)| (a - b).abs());
    (luma, chroma.sum::<f64>() / (2 * first.len()) as f64)
}

fn ycbcr(rgb: &[u8]) -> Vec<[u8; 3]> {
    rgb.as_chunks::<3>().0.iter().map(|&rgb| color::from_rgb(rgb)).collect()
}

#[test]
fn both_builds_make_the_same_thumbnails_of_photos_within_rounding() {
    for photo in PHOTOS {
        for (size, fit) in [
            (256, Fit::Contain),
            (256, Fit::Cover),
            (97, Fit::Contain),
            (33, Fit::Cover),
            (1000, Fit::Contain),
        ] {
            let (thumbnails, width) = both_ways(photo, size, fit);
            let (luma, chroma) = mean_differences(&thumbnails, width);
            assert!(luma <= 0.8 && chroma <= 1.2, "{luma:.2} {chroma:.2}: {size} {fit}");
        }
    }
}

#[test]
fn both_builds_make_the_same_thumbnails_of_every_sampling_and_oddity_within_rounding() {
    for (width, height) in [(200, 160), (201, 160), (200, 161), (203, 155)] {
        let wave =
            |at: usize, length: usize| (at as f64 / length as f64 * 9.0).sin() * 60.0 + 120.0;
        let pixel = |x, y| [wave(x, width), wave(y, height), wave(x + y, width)].map(|c| c as u8);
        let rgb: Vec<u8> =
            (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect();
        let image =
            Image { pixels: &rgb[..], width, pitch: width * 3, height, format: PixelFormat::RGB };
        for subsamp in [
            Subsamp::None,
            Subsamp::Sub2x1,
            Subsamp::Sub1x2,
            Subsamp::Sub1x4,
            Subsamp::Sub2x2,
            Subsamp::Sub4x1,
            Subsamp::Gray,
        ] {
            let upright = turbojpeg::compress(image, 95, subsamp).unwrap();
            for turned in [1, 3, 6, 5] {
                let exif = [
                    &b"\xFF\xE1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..],
                    &[turned, 0, 0, 0, 0, 0, 0, 0],
                ];
                let file = [&upright[..2], &exif.concat(), &upright[2..]].concat();
                for (size, fit) in [(48, Fit::Contain), (99, Fit::Cover), (200, Fit::Contain)] {
                    let (thumbnails, columns) = both_ways(&file, size, fit);
                    let (luma, chroma) = mean_differences(&thumbnails, columns);
                    let case = format!("{width}x{height} {subsamp:?} {turned} {size} {fit}");
                    assert!(luma <= 0.8 && chroma <= 1.2, "{luma:.2} {chroma:.2}: {case}");
                }
            }
        }
    }
}

#[test]
fn the_decoder_in_rust_accepts_all_coded_data_that_is_decoded_to_planes() {
    let mut refused = 0;
    for sampling in [SamplingFactor::R_4_2_0, SamplingFactor::R_4_4_4] {
        let pixel = |at: usize| [(at * 7 % 251) as u8, (at * 3 % 241) as u8, (at % 97) as u8];
        let rgb: Vec<u8> = (0..43 * 37).flat_map(pixel).collect();
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 70);
        encoder.set_sampling_factor(sampling);
        encoder.encode(&rgb, 43, 37, ColorType::Rgb).unwrap();
        let scan = file.windows(2).position(|pair| pair == b"\xFF\xDA").unwrap() + 14;
        for bit in scan * 8..file.len() * 8 {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let Ok(jpeg) = Jpeg::open(&damaged) else { continue };
            let (planes, rgb) = (decode_planes(&jpeg, 8), jpeg.decode_in_rust(8));
            refused += usize::from(planes.is_none() && rgb.is_err());
            assert!(planes.is_none() || rgb.is_ok(), "{sampling:?} {bit}: {:?}", rgb.err());
        }
    }
    assert!(refused > 100, "{refused} files were not damaged enough");
}

#[test]
fn a_file_that_lost_a_table_of_codes_is_not_decoded_to_planes() {
    let mut file = Vec::new();
    Encoder::new(&mut file, 70).encode(&[90; 32 * 32 * 3], 32, 32, ColorType::Rgb).unwrap();
    assert!(decode_planes(&Jpeg::open(&file).unwrap(), 8).is_some());
    // The first table now has the index of another table.
    let first = file.windows(2).position(|pair| pair == b"\xFF\xC4").unwrap();
    file[first + 4] ^= 2;
    let jpeg = Jpeg::open(&file).unwrap();
    assert!(decode_planes(&jpeg, 8).is_none() && jpeg.decode_in_rust(8).is_err());
}

#[test]
fn files_with_restarts_and_progressive_files_are_not_decoded_to_planes() {
    for (restarts, progressive) in [(3, false), (0, true)] {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 70);
        encoder.set_progressive(progressive);
        if restarts > 0 {
            encoder.set_restart_interval(restarts);
        }
        encoder.encode(&[90; 64 * 64 * 3], 64, 64, ColorType::Rgb).unwrap();
        let jpeg = Jpeg::open(&file).unwrap();
        assert!(decode_planes(&jpeg, 8).is_none(), "{restarts} {progressive}");
        assert!(jpeg.decode_in_rust(8).is_ok());
    }
}
