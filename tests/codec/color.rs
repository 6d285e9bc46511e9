//! A photo comes out in sRGB, whatever its file says about its colours. Files of each format say it
//! in each way, and the colours are compared with those that published matrices give.

use bytes::Bytes;
use double_exposure::codec::has_unusable_profile;
use image::ExtendedColorType;
use jpeg_encoder::{ColorType, SamplingFactor};

use crate::icc_profiles::{
    ADOBE_RGB, DISPLAY_P3, PRO_PHOTO, PngChunk, RgbSpace, SRGB, encoded_srgb, files_with_profile,
    gamma_curve, grey_profile, grey_table_of_8_bits, icc_segment, iccp, profile, table_of_colors,
    with_chunks, with_segments,
};
use crate::images::{TestImage, decode, difference, jpeg, png};

/// Colours that lie in all spaces, and some that lie outside of sRGB.
const COLORS: [[u8; 3]; 8] = [
    [200, 90, 60],
    [70, 160, 90],
    [40, 70, 180],
    [230, 220, 120],
    [255, 30, 10],
    [20, 240, 30],
    [128; 3],
    [10, 14, 12],
];

/// Greatest difference to a computed colour, of 255: the files' coding, and rounded matrices.
const MAX_DIFFERENCE: u8 = 4;

/// Makes an image of the colours, in squares of 16 px.
fn colors() -> TestImage {
    TestImage::new(16 * 8, 16, |x, _| COLORS[x as usize / 16])
}

/// Returns the colours in the middle of the squares of a photo.
fn shown(photo: &Bytes) -> Vec<[u8; 3]> {
    let frame = decode(photo).unwrap();
    let row = frame.rgb()[8 * 128 * 3..9 * 128 * 3].to_vec();
    row.as_chunks::<3>().0.iter().skip(8).step_by(16).copied().collect()
}

#[track_caller]
fn assert_shows(photo: &Bytes, space: RgbSpace, case: &str) {
    for (found, color) in shown(photo).into_iter().zip(COLORS) {
        let expected = space.srgb(color);
        let difference = difference(&found, &expected);
        assert!(difference <= MAX_DIFFERENCE, "{case}: {color:?} {found:?}, not {expected:?}");
    }
}

/// Returns true if a photo shows the colours that its file stores.
fn shows_stored(photo: &Bytes) -> bool {
    shown(photo).iter().zip(COLORS).all(|(found, color)| difference(found, &color) <= 3)
}

#[test]
fn photos_with_a_profile_come_out_in_srgb_from_every_format() {
    for space in [SRGB, DISPLAY_P3, ADOBE_RGB, PRO_PHOTO] {
        for (format, photo) in files_with_profile(&colors(), &space.profile()) {
            assert_shows(&photo, space, &format!("{} in {format}", space.name));
            assert_eq!(has_unusable_profile(&photo), Ok(false));
        }
    }
}

#[test]
fn a_profile_that_means_srgb_changes_no_sample() {
    let image = TestImage::busy(90, 70, 5);
    let plain = image.jpeg(|_| ());
    let with_profile = image.jpeg(|e| e.add_icc_profile(&SRGB.profile()).unwrap());
    assert_eq!(decode(&with_profile).unwrap().rgb(), decode(&plain).unwrap().rgb());
    let with_profile = image.jpeg(|e| e.add_icc_profile(&DISPLAY_P3.profile()).unwrap());
    assert_ne!(decode(&with_profile).unwrap().rgb(), decode(&plain).unwrap().rgb(), "the control");
}

#[test]
fn grey_with_a_profile_comes_out_as_the_grey_of_srgb() {
    let ramp: Vec<u8> = (0..128 * 16).map(|at| (at % 128 * 2) as u8).collect();
    let wide: Vec<u8> = ramp.iter().flat_map(|&grey| [grey; 2]).collect();
    let lightness = profile(b"GRAY", b"Lab ", &[(*b"kTRC", gamma_curve(1.0))]);
    let light = |l: f64| {
        let f = (100.0 * l + 16.0) / 116.0;
        if f > 6.0 / 29.0 { f.powi(3) } else { (f - 4.0 / 29.0) * 108.0 / 841.0 }
    };
    let cases: [(_, &dyn Fn(f64) -> f64); 3] = [
        (grey_profile(1.8), &|value| value.powf(1.8)),
        (grey_profile(2.2), &|value| value.powf(2.2)),
        (lightness, &light),
    ];
    for (profile, light) in cases {
        let chunk = iccp(&profile);
        let files = [
            jpeg(&ramp, 128, 16, ColorType::Luma, |encoder| {
                encoder.set_quality(100);
                encoder.add_icc_profile(&profile).unwrap();
            }),
            with_chunks(&png(&ramp, 128, 16, ExtendedColorType::L8, None), &[(b"iCCP", &chunk)]),
            with_chunks(&png(&wide, 128, 16, ExtendedColorType::L16, None), &[(b"iCCP", &chunk)]),
        ];
        for file in files {
            let frame = decode(&file).unwrap();
            for (pixel, &grey) in frame.rgb().as_chunks::<3>().0.iter().zip(&ramp) {
                let expected = 255.0 * encoded_srgb(light(f64::from(grey) / 255.0));
                let difference = difference(pixel, &[expected.round() as u8; 3]);
                assert!(difference <= 3, "{grey}: {pixel:?}, not {expected}");
            }
        }
    }
}

#[test]
fn tables_of_colours_are_followed_for_rgb_and_for_inks() {
    // The table shows the first component's light alone, as grey.
    let table = table_of_colors(3, |point| [100.0 * f64::from(point[0]), 0.0, 0.0]);
    let profile_of = |space, table| profile(space, b"Lab ", &[(*b"A2B0", table)]);
    let image = TestImage::new(128, 16, |x, _| [if x < 64 { 0 } else { 255 }, 200, 10]);
    for (format, photo) in files_with_profile(&image, &profile_of(b"RGB ", table)) {
        let shown = shown(&photo);
        assert!(difference(&shown[1], &[0; 3]) <= 3, "{format}: {:?}", shown[1]);
        assert!(difference(&shown[6], &[255; 3]) <= 3, "{format}: {:?}", shown[6]);
    }
    // The table shows black alone: other inks leave the paper white.
    let table = table_of_colors(4, |ink| [100.0 * f64::from(1 - ink[3]), 0.0, 0.0]);
    let inks =
        [[255, 40, 0, 0], [0, 80, 255, 255]].map(|pixel| pixel.repeat(64)).concat().repeat(16);
    let photo = jpeg(&inks, 128, 16, ColorType::Cmyk, |encoder| {
        encoder.set_quality(100);
        encoder.set_sampling_factor(SamplingFactor::F_1_1);
        encoder.add_icc_profile(&profile_of(b"CMYK", table)).unwrap();
    });
    let shown = shown(&photo);
    assert!(difference(&shown[1], &[255; 3]) <= 3, "{:?}", shown[1]);
    assert!(difference(&shown[6], &[0; 3]) <= 3, "{:?}", shown[6]);
}

#[test]
fn a_table_of_8_bits_keeps_grey_neutral() {
    let profile = profile(b"RGB ", b"Lab ", &[(*b"A2B1", grey_table_of_8_bits())]);
    let image = TestImage::new(128, 16, |x, _| [2 * x as u8, 10, 200]);
    for (format, photo) in files_with_profile(&image, &profile) {
        for [r, g, b] in shown(&photo) {
            assert!(r.abs_diff(g).max(b.abs_diff(g)) <= 1, "{format}: {r} {g} {b}");
        }
    }
}

#[test]
fn a_png_is_read_by_cicp_or_else_iccp_or_else_srgb_or_else_gamma_and_chromaticities() {
    let chromaticities = |numbers: [u32; 8]| numbers.map(u32::to_be_bytes).concat();
    let adobe = chromaticities([31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000]);
    let srgb = chromaticities([31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000]);
    let p3 = chromaticities([31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000]);
    let gamma = 45_455_u32.to_be_bytes();
    let profile = iccp(&PRO_PHOTO.profile());
    let cases: [(&[PngChunk<'_>], RgbSpace); 8] = [
        (&[(b"gAMA", &gamma), (b"cHRM", &adobe)], ADOBE_RGB),
        (&[(b"cHRM", &p3)], DISPLAY_P3),
        (&[(b"gAMA", &gamma), (b"cHRM", &srgb)], SRGB),
        (&[(b"gAMA", &gamma)], SRGB),
        (&[(b"cHRM", &adobe), (b"gAMA", &gamma), (b"sRGB", &[0])], SRGB),
        (&[(b"sRGB", &[0]), (b"iCCP", &profile), (b"gAMA", &gamma)], PRO_PHOTO),
        (&[(b"iCCP", &profile), (b"cICP", &[12, 13, 0, 1])], DISPLAY_P3),
        (&[(b"cICP", &[1, 13, 0, 1]), (b"iCCP", &profile)], SRGB),
    ];
    for (number, (chunks, space)) in cases.into_iter().enumerate() {
        let photo = with_chunks(&colors().png(), chunks);
        assert_shows(&photo, space, &format!("{} in case {number}", space.name));
    }
}

#[test]
fn a_png_with_linear_light_and_a_grey_one_with_a_gamma_are_encoded() {
    let gamma = 100_000_u32.to_be_bytes();
    let expected = (255.0 * encoded_srgb(0.2)).round() as u8;
    for photo in [
        TestImage::flat(128, 16, [51; 3]).png(),
        png(&[51; 2048], 128, 16, ExtendedColorType::L8, None),
    ] {
        let photo = with_chunks(&photo, &[(b"gAMA", &gamma)]);
        assert!(shown(&photo).iter().all(|shown| difference(shown, &[expected; 3]) <= 1));
    }
}

#[test]
fn white_of_high_dynamic_range_is_white_and_brighter_light_is_clipped() {
    // 203 cd/m² lie at 0.58 of PQ and at 0.75 of HLG (ITU-R BT.2408, table 1).
    for (transfer, white) in [(16, 148), (18, 191)] {
        for (level, expected) in [(white, 255), (255, 255), (0, 0)] {
            let photo = TestImage::flat(128, 16, [level; 3]).png();
            let photo = with_chunks(&photo, &[(b"cICP", &[9, transfer, 0, 1])]);
            let shown = shown(&photo)[0];
            assert!(difference(&shown, &[expected; 3]) <= 3, "{transfer} {level}: {shown:?}");
        }
    }
    // The range of video: 16 is black, 235 is white.
    for (level, expected) in [(16, 0), (235, 255)] {
        let photo = TestImage::flat(128, 16, [level; 3]).png();
        let photo = with_chunks(&photo, &[(b"cICP", &[1, 13, 0, 0])]);
        assert!(difference(&shown(&photo)[0], &[expected; 3]) <= 1);
    }
}

#[test]
fn a_profile_in_many_segments_is_joined_in_the_order_of_their_numbers() {
    let plain = colors().jpeg(|encoder| {
        encoder.set_quality(100);
        encoder.set_sampling_factor(SamplingFactor::F_1_1);
    });
    let profile = DISPLAY_P3.profile();
    let parts: Vec<_> = profile.chunks(profile.len().div_ceil(7)).collect();
    let segment = |number: usize, count: u8| icc_segment(number as u8 + 1, count, parts[number]);
    let in_order = [0, 1, 2, 3, 4, 5, 6];
    for numbers in [in_order, [6, 2, 0, 5, 1, 4, 3]] {
        let photo = with_segments(&plain, &numbers.map(|number| segment(number, 7)));
        assert_shows(&photo, DISPLAY_P3, "in parts");
    }
    // A part is missing, is there twice, or counts otherwise.
    let missing = in_order[..6].iter().map(|&number| segment(number, 7)).collect();
    let twice = [0, 1, 2, 3, 4, 5, 6, 6].map(|number| segment(number, 7)).to_vec();
    let other_count = in_order.map(|number| segment(number, 7 + (number == 3) as u8)).to_vec();
    for segments in [missing, twice, other_count] {
        let photo = with_segments(&plain, &segments);
        assert!(shows_stored(&photo));
        assert_eq!(has_unusable_profile(&photo), Ok(true));
    }
}

#[test]
fn a_profile_for_other_components_or_without_its_flag_is_ignored() {
    let grey = jpeg(&[100; 2048], 128, 16, ColorType::Luma, |encoder| {
        encoder.add_icc_profile(&PRO_PHOTO.profile()).unwrap();
    });
    assert!(shown(&grey).iter().all(|shown| difference(shown, &[100; 3]) <= 1));
    assert_eq!(has_unusable_profile(&grey), Ok(false));
    let [jpeg, .., webp] = files_with_profile(&colors(), &grey_profile(1.8));
    assert!(shows_stored(&jpeg.1) && shows_stored(&webp.1));
    let [.., (_, webp)] = files_with_profile(&colors(), &PRO_PHOTO.profile());
    assert!(!shows_stored(&webp), "the control");
    let mut webp = webp.to_vec();
    webp[20] &= !0b10_0000;
    assert!(shows_stored(&webp.into()));
}
