//! Compression never changes a photo's colours: they are converted to sRGB, or their profile stays.
//! Photos with profiles that are whole and damaged are compressed, and their colours are compared.

use std::num::NonZeroU32;

use bytes::Bytes;
use double_exposure::album::{Plane, RecompressError, Recompressed, recompress};
use double_exposure::codec::{
    Fit, ImageCodec, Size, ThumbnailRequest, ThumbnailSpec, block_means, probe,
};
use jpeg_encoder::{ColorType, Encoder};
use moxcms::ColorProfile;

use crate::fixture::contains;

const ICC: &[u8] = b"ICC_PROFILE\0";

/// Returns a JPEG of coloured stripes that leave room to compress, with a profile.
fn photo(width: u16, quality: u8, profile: &[u8]) -> Bytes {
    let height = width / 4 * 3;
    let pixel = |at: usize| {
        let (x, y) = (at % usize::from(width), at / usize::from(width));
        let noise = (at.wrapping_mul(2_654_435_761) >> 7 & 31) as u8;
        let color = if x * 3 < usize::from(width) { [190, 60, 40] } else { [30, 150, 70] };
        color.map(|channel: u8| channel + noise + (y * 20 / usize::from(height)) as u8)
    };
    let rgb: Vec<u8> = (0..usize::from(width) * usize::from(height)).flat_map(pixel).collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.add_icc_profile(profile).expect("a short profile");
    encoder.encode(&rgb, width, height, ColorType::Rgb).expect("it is encoded");
    bytes.into()
}

fn display_p3() -> Vec<u8> {
    ColorProfile::new_display_p3().encode().expect("the profile is written")
}

/// Inserts an EXIF block with an orientation behind a JPEG's start marker.
fn with_exif(jpeg: &Bytes, orientation: u8) -> Bytes {
    let mut exif =
        b"\xFF\xE1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    [&jpeg[..2], &exif, &jpeg[2..]].concat().into()
}

/// Returns the mean colour of a photo, as its thumbnail shows it.
fn mean(photo: &Bytes) -> [f64; 3] {
    let spec = ThumbnailSpec { size: Size::default(), fit: Fit::Contain };
    let request = ThumbnailRequest { photo: photo.clone(), spec };
    let thumbnail = ImageCodec::new(NonZeroU32::MIN).thumbnail(&request).expect("it is decoded");
    let rgb = thumbnail.rgb();
    let (pixels, _) = rgb.as_chunks::<3>();
    let sum = |channel: usize| pixels.iter().map(|pixel| f64::from(pixel[channel])).sum::<f64>();
    std::array::from_fn(|channel| sum(channel) / pixels.len() as f64)
}

#[test]
fn a_compressed_photo_of_a_wide_gamut_has_the_colours_of_the_original_in_srgb() {
    for orientation in 1..=8 {
        let original = with_exif(&photo(2600, 97, &display_p3()), orientation);
        let result = recompress(&original);
        let Ok(Recompressed::Smaller { bytes, width, height }) = result else {
            panic!("{orientation}: {:?}", result.err())
        };
        assert_eq!(width > height, orientation <= 4, "it is upright");
        assert!(!contains(&bytes, ICC), "what says sRGB needs no profile");
        for (found, expected) in mean(&bytes).into_iter().zip(mean(&original)) {
            assert!((found - expected).abs() <= 1.5, "{orientation}: {found}, not {expected}");
        }
        // Its numbers as they are, without the profile, would be other colours.
        let at = original.windows(12).position(|bytes| bytes == ICC).expect("it has a profile");
        let mut dropped = original.to_vec();
        dropped[at] = b'x';
        let difference = mean(&bytes)[0] - mean(&dropped.into())[0];
        assert!(difference.abs() > 5.0, "the control: {difference}");
    }
}

#[test]
fn a_photo_that_would_grow_loses_its_metadata_and_keeps_its_profile() {
    let bare = photo(640, 20, &display_p3());
    let expected = Recompressed::Smaller { bytes: bare.clone(), width: 640, height: 480 };
    assert_eq!(recompress(&with_exif(&bare, 1)), Ok(expected));
    assert_eq!(recompress(&bare), Ok(Recompressed::WouldGrow));
}

#[test]
fn a_photo_with_a_damaged_profile_keeps_its_pixels_and_the_profile() {
    let profile = &display_p3()[..200];
    let bare = photo(2600, 97, profile);
    assert_eq!(recompress(&bare), Err(RecompressError::Profile));
    assert_eq!(recompress(&with_exif(&bare, 6)), Err(RecompressError::Profile));
    let expected = Recompressed::Smaller { bytes: bare.clone(), width: 2600, height: 1950 };
    assert_eq!(recompress(&with_exif(&bare, 1)), Ok(expected));
}

#[test]
fn the_error_of_another_colour_names_the_plane_and_the_numbers() {
    let error = RecompressError::Unlike { limit: 8.0, found: 9.25, plane: Plane::Blue };
    assert_eq!(
        error.to_string(),
        "the smaller copy differs by 9.2 of 255 in blue somewhere, more than 8: the photo stays as \
         it is"
    );
}

#[test]
fn the_means_of_blocks_are_those_of_the_upright_photo_in_every_orientation() {
    // The left third is red as stored; the blocks say on which side it is seen.
    let stored = photo(192, 95, &[]);
    for orientation in 1..=8 {
        let turned = with_exif(&stored, orientation);
        let header = probe(&turned).expect("it is a photo");
        let (columns, rows) = (header.width as usize / 16, header.height as usize / 16);
        let means = block_means(&turned, (header.width, header.height)).expect("it is decoded");
        assert_eq!(means.len(), columns * rows);
        let red = |block: usize| means[block][2] > 128.0;
        let corners =
            [red(0), red(columns - 1), red(columns * (rows - 1)), red(columns * rows - 1)];
        // TIFF 6.0, tag 274: the first stored column is seen on this side.
        let expected = match orientation {
            1 | 4 => [true, false, true, false],
            2 | 3 => [false, true, false, true],
            5 | 6 => [true, true, false, false],
            _ => [false, false, true, true],
        };
        assert_eq!(corners, expected, "{orientation}");
    }
}
