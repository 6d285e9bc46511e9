//! A frame holds the photo as a person sees it: upright, in colour, on white. An encoder writes
//! each colour type, bit depth and orientation, and the decoded pixels are compared with the
//! original.

use bytes::Bytes;
use double_exposure::codec::{Fit, Format, Orientation, Size, luma, probe};
use image::ExtendedColorType as Png;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::images::{self, TestImage, decode, difference, exif, jpeg, png};

/// The six squares "abc/def", stored in each of the eight orientations, as they look upright.
const UPRIGHT: [&str; 8] =
    ["abc/def", "cba/fed", "fed/cba", "def/abc", "ad/be/cf", "da/eb/fc", "fc/eb/da", "cf/be/ad"];

/// Makes an image of squares of 16 px, a colour for each letter, and a row for each part of the
/// text.
pub(crate) fn squares(text: &str) -> TestImage {
    let rows: Vec<_> = text.split('/').collect();
    TestImage::new(rows[0].len() as u32 * 16, rows.len() as u32 * 16, |x, y| {
        let letter = rows[y as usize / 16].as_bytes()[x as usize / 16] - b'a';
        [40 * letter, 250 - 30 * letter, if letter.is_multiple_of(2) { 200 } else { 20 }]
    })
}

/// Sets an encoder to the highest quality and to full chroma.
fn without_loss(encoder: &mut Encoder<&mut Vec<u8>>) {
    encoder.set_quality(100);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
}

#[test]
fn photos_of_all_eight_orientations_come_out_upright() {
    let stored = squares("abc/def");
    for (orientation, upright) in (1..).zip(UPRIGHT) {
        let (exif, upright) = (exif(orientation), squares(upright));
        let files = [
            (0, png(&stored.rgb, stored.width, stored.height, Png::Rgb8, Some(exif.clone()))),
            (0, stored.webp(Some(exif.clone()))),
            (
                6,
                stored.jpeg(|e| {
                    without_loss(e);
                    e.add_exif_metadata(&exif).unwrap();
                }),
            ),
        ];
        for (tolerance, file) in files {
            let header = probe(&file).unwrap();
            assert_eq!(header.orientation.to_exif(), orientation, "{:?}", header.format);
            let frame = decode(&file).unwrap();
            assert_eq!((frame.width(), frame.height()), (upright.width, upright.height));
            let difference = difference(&frame.rgb(), &upright.rgb);
            assert!(difference <= tolerance, "{difference} {header:?}");
        }
    }
}

#[test]
fn a_broken_exif_block_leaves_a_photo_as_it_is() {
    let whole = exif(6);
    let mut broken: Vec<_> = (0..18).map(|length| whole[..length].to_vec()).collect();
    broken.extend([exif(0), exif(9), exif(255), b"nonsense".to_vec(), vec![0xFF; 60_000]]);
    for exif in broken {
        let photo = squares("abc/def").jpeg(|e| e.add_exif_metadata(&exif).unwrap());
        assert_eq!(probe(&photo).unwrap().orientation, Orientation::NoTransforms);
        assert_eq!(decode(&photo).unwrap().width(), 48);
    }
}

#[test]
fn an_orientation_may_be_an_integer_of_any_type() {
    let stored = squares("abc/def");
    for (tiff_type, count) in [1, 3, 4, 6, 8, 9].into_iter().flat_map(|t| [(t, 1), (t, 5)]) {
        for is_big_endian in [false, true] {
            let exif = |number| images::exif_of_type(number, tiff_type, count, is_big_endian);
            let turned = |exif: Vec<u8>| {
                let files = [
                    png(&stored.rgb, stored.width, stored.height, Png::Rgb8, Some(exif.clone())),
                    stored.webp(Some(exif.clone())),
                    stored.jpeg(|e| e.add_exif_metadata(&exif).unwrap()),
                ];
                files.map(|file| probe(&file).unwrap().orientation.to_exif())
            };
            for number in 1..=8 {
                assert_eq!(turned(exif(number)), [number as u8; 3], "type {tiff_type}");
            }
            assert_eq!(turned(exif(9)), [1; 3]);
            if !matches!(tiff_type, 1 | 6) {
                assert_eq!(turned(exif(256 + 6)), [1; 3], "no orientation has its low byte");
            }
        }
    }
    let upright = |tiff_type, count| images::exif_of_type(6, tiff_type, count, true);
    for exif in [upright(2, 1), upright(5, 1), upright(7, 1), upright(12, 1), upright(3, 0)] {
        let photo = stored.jpeg(|e| e.add_exif_metadata(&exif).unwrap());
        assert_eq!(probe(&photo).unwrap().orientation, Orientation::NoTransforms);
    }
}

#[test]
fn a_webp_whose_header_says_that_it_has_no_exif_is_not_turned() {
    let stored = squares("abc/def");
    let file = stored.webp(Some(exif(6)));
    assert_eq!(probe(&file).unwrap().orientation, Orientation::Rotate90, "the control");
    let flags = 12 + 8;
    assert_eq!(file[flags] & 8, 8);
    let mut without = file.to_vec();
    without[flags] &= !8;
    // A file without an extended header has no EXIF either.
    let image = images::webp_chunk(&file, b"VP8L");
    let simple = images::webp_of(&[(b"VP8L", image), (b"EXIF", &exif(6))]);
    for file in [without, simple].map(Bytes::from) {
        assert_eq!(probe(&file).unwrap().orientation, Orientation::NoTransforms);
        assert_eq!(decode(&file).unwrap().rgb(), stored.rgb);
    }
}

#[test]
fn an_animated_webp_shows_its_first_frame_on_a_transparent_canvas() {
    let (first, second) = (TestImage::busy(20, 14, 1), TestImage::busy(20, 14, 2));
    let frame = |image: &TestImage, x: u8, y: u8| {
        let mut data = vec![x / 2, 0, 0, y / 2, 0, 0, 19, 0, 0, 13, 0, 0, 100, 0, 0, 0];
        data.extend(images::riff_chunk(b"VP8L", images::webp_chunk(&image.webp(None), b"VP8L")));
        data
    };
    let animation = |flags: u8, (width, height), (x, y)| {
        Bytes::from(images::webp_of(&[
            (b"VP8X", &images::vp8x(flags, width, height)),
            (b"ANIM", &[10, 200, 30, 255, 0, 0]),
            (b"ANMF", &frame(&first, x, y)),
            (b"ANMF", &frame(&second, 0, 0)),
            (b"EXIF", &exif(6)),
        ]))
    };
    for flags in [0b10, 0b1_0010] {
        let photo = animation(flags, (20, 14), (0, 0));
        assert_eq!(probe(&photo).unwrap().orientation, Orientation::NoTransforms);
        assert_eq!(decode(&photo).unwrap().rgb(), first.rgb);
    }
    let turned = decode(&animation(0b1010, (20, 14), (0, 0))).unwrap();
    assert_eq!((turned.width(), turned.height()), (14, 20));

    let photo = animation(0b10, (31, 33), (6, 8));
    let frame = decode(&photo).unwrap();
    assert_eq!((frame.width(), frame.height()), (31, 33));
    let expected = TestImage::new(31, 33, |x, y| {
        let inside = (6..26).contains(&x) && (8..22).contains(&y);
        let at = || ((y - 8) * 20 + x - 6) as usize * 3;
        if inside { first.rgb[at()..][..3].try_into().unwrap() } else { [255; 3] }
    });
    assert_eq!(frame.rgb(), expected.rgb);

    for beyond in [(12, 8), (6, 20)] {
        let error = probe(&animation(0b10, (31, 33), beyond)).unwrap_err();
        assert!(error.to_string().contains("two sizes, 31x33 and "), "{error}");
    }
    // The second frame is cut, and then the first.
    let photo = animation(0b10, (20, 14), (0, 0));
    let second = photo.windows(4).rposition(|name| name == b"ANMF").unwrap();
    assert_eq!(decode(&photo.slice(..second + 50)).unwrap().rgb(), first.rgb);
    assert!(decode(&photo.slice(..second - 2)).is_err());
}

#[test]
fn an_animated_webp_may_be_lossy_with_alpha() {
    let still = images::LOSSY_ALPHA_WEBP;
    let chunk = |name| images::riff_chunk(name, images::webp_chunk(still, name));
    let mut frame = vec![0, 0, 0, 0, 0, 0, 95, 0, 0, 71, 0, 0, 100, 0, 0, 0];
    frame.extend([chunk(b"ALPH"), chunk(b"VP8 ")].concat());
    let animation = images::webp_of(&[
        (b"VP8X", &images::vp8x(0b1_0010, 96, 72)),
        (b"ANIM", &[0; 6]),
        (b"ANMF", &frame),
    ]);
    let still = decode(&Bytes::from_static(still)).unwrap();
    assert_eq!(decode(&animation.into()).unwrap().rgb(), still.rgb());
}

#[test]
fn a_webp_with_a_wrong_length_or_damage_behind_its_image_is_whole() {
    for file in [images::LOSSY_WEBP, images::LOSSY_ALPHA_WEBP, images::LOSSLESS_WEBP] {
        let whole = decode(&Bytes::from_static(file)).unwrap();
        let image = if file[12..].starts_with(b"VP8L") { b"VP8L" } else { b"VP8 " };
        let end = images::webp_chunk(file, image).as_ptr_range().end;
        let end = end as usize - file.as_ptr() as usize;
        let with_length = |file: &[u8], length: u32| {
            Bytes::from([&file[..4], &length.to_le_bytes(), &file[8..]].concat())
        };
        for length in [0, 4, file.len() as u32 / 2, file.len() as u32, u32::MAX] {
            assert_eq!(decode(&with_length(file, length)).unwrap().rgb(), whole.rgb(), "{length}");
        }
        for behind in [&b"EXIF"[..], b"EXIF\xFF\0\0\0II*", b"\0\0\0", b"VP8 \x05\0\0\0abcde"] {
            let untidy = [&file[..end + end % 2], behind].concat();
            let untidy = with_length(&untidy, untidy.len() as u32 - 8);
            assert_eq!(decode(&untidy).unwrap().rgb(), whole.rgb(), "{}", behind.escape_ascii());
        }
        let cut = with_length(&file[..end - 3], end as u32 - 11);
        assert!(decode(&cut).is_err());
    }
}

#[test]
fn jpegs_of_every_sampling_and_scan_order_show_the_same_photo() {
    for (width, height) in [(64, 48), (61, 47), (17, 33), (1, 1), (1, 9), (9, 1), (8, 8), (16, 17)]
    {
        let picture = TestImage::new(width, height, |x, y| [x as u8 * 3, y as u8 * 4, 90]);
        for sampling in [
            SamplingFactor::R_4_4_4,
            SamplingFactor::R_4_2_2,
            SamplingFactor::R_4_4_0,
            SamplingFactor::R_4_2_0,
            SamplingFactor::R_4_1_1,
        ] {
            for scans in [None, Some(2), Some(7)] {
                for interval in [0, 1, 3] {
                    let photo = picture.jpeg(|e| {
                        e.set_quality(98);
                        e.set_sampling_factor(sampling);
                        if let Some(scans) = scans {
                            e.set_progressive_scans(scans);
                        }
                        e.set_restart_interval(interval);
                    });
                    let frame = decode(&photo).unwrap();
                    assert_eq!((frame.width(), frame.height()), (width, height));
                    let difference = difference(&frame.rgb(), &picture.rgb);
                    assert!(
                        difference <= 24,
                        "{difference} {sampling:?} {scans:?} {interval} {width}x{height}"
                    );
                }
            }
        }
    }
}

#[test]
fn grey_jpegs_are_grey() {
    let grey: Vec<u8> = (0..40 * 30).map(|i| (i % 40 * 6) as u8).collect();
    for scans in [None, Some(4)] {
        let photo = jpeg(&grey, 40, 30, ColorType::Luma, |e| {
            e.set_quality(100);
            if let Some(scans) = scans {
                e.set_progressive_scans(scans);
            }
        });
        let frame = decode(&photo).unwrap();
        let expected: Vec<u8> = grey.iter().flat_map(|&y| [y; 3]).collect();
        assert!(difference(&frame.rgb(), &expected) <= 3);
    }
}

/// Amounts of cyan, magenta, yellow and black ink, and the colour that they leave of white paper.
const INKS: [([u8; 4], [u8; 3]); 6] = [
    ([0, 0, 0, 0], [255, 255, 255]),
    ([255, 0, 0, 0], [0, 255, 255]),
    ([0, 255, 0, 0], [255, 0, 255]),
    ([0, 0, 255, 0], [255, 255, 0]),
    ([0, 0, 0, 255], [0, 0, 0]),
    ([100, 50, 0, 128], [77, 102, 127]),
];

#[test]
fn cmyk_and_ycck_jpegs_show_the_colour_that_their_inks_leave_of_white() {
    for (inks, rgb) in INKS {
        let stored = inks.repeat(24 * 24);
        for color in [ColorType::Cmyk, ColorType::CmykAsYcck] {
            let photo = jpeg(&stored, 24, 24, color, without_loss);
            let frame = decode(&photo).unwrap();
            let difference = difference(&frame.rgb(), &rgb.repeat(24 * 24));
            assert!(difference <= 3, "{difference} {color:?} {inks:?} {:?}", &frame.rgb()[..3]);
        }
    }
}

#[test]
fn rgb_jpegs_are_recognised_by_adobes_segment_and_by_their_components_names() {
    let picture = TestImage::flat(16, 16, [200, 40, 90]);
    // The file is encoded as YCbCr without a transform, then labelled as RGB.
    let stored = jpeg(&picture.rgb, 16, 16, ColorType::Ycbcr, without_loss);
    let ycbcr = decode(&stored).unwrap();
    assert!(difference(&ycbcr.rgb(), &picture.rgb) > 50);

    let without_jfif: Vec<u8> = {
        let jfif = images::segment(&stored, 0xE0);
        [&stored[..jfif.start], &stored[jfif.end..]].concat()
    };
    let adobe = b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\0";
    let by_adobe = [&without_jfif[..2], adobe, &without_jfif[2..]].concat();
    let mut by_name = without_jfif;
    let sof = images::segment(&by_name, 0xC0).start;
    let sos = images::segment(&by_name, 0xDA).start;
    for (i, name) in b"RGB".iter().enumerate() {
        by_name[sof + 10 + 3 * i] = *name;
        by_name[sos + 5 + 2 * i] = *name;
    }
    for file in [by_adobe, by_name] {
        let frame = decode(&file.into()).unwrap();
        assert!(difference(&frame.rgb(), &picture.rgb) <= 3);
    }
}

#[test]
fn alpha_is_flattened_on_white() {
    let rgba = [[10, 20, 30, 255], [10, 20, 30, 0], [10, 20, 30, 128], [0, 0, 0, 51]];
    let white = [[10, 20, 30], [255, 255, 255], [132, 137, 142], [204, 204, 204]];
    let photo = png(rgba.as_flattened(), 4, 1, Png::Rgba8, None);
    assert_eq!(decode(&photo).unwrap().rgb()[..], *white.as_flattened());

    let photo = png(&[100, 255, 100, 0, 100, 128], 3, 1, Png::La8, None);
    assert_eq!(decode(&photo).unwrap().rgb()[..], *[[100; 3], [255; 3], [177; 3]].as_flattened());

    let wide = |v: u16| v.to_ne_bytes();
    let rgba16 = [[0, 65_535, 257, 32_768], [5, 5, 5, 0]].map(|pixel| pixel.map(wide));
    let photo = png(rgba16.as_flattened().as_flattened(), 2, 1, Png::Rgba16, None);
    let expected = [[127, 255, 127], [255; 3]];
    assert!(difference(&decode(&photo).unwrap().rgb(), expected.as_flattened()) <= 1);
}

#[test]
fn sixteen_bits_are_rounded_to_eight() {
    let values: Vec<u16> =
        (0..=65_535).step_by(41).chain([127, 128, 129, 385, 386, 65_535]).collect();
    let samples: Vec<u8> = values.iter().flat_map(|v| v.to_ne_bytes()).collect();
    let expected: Vec<u8> = values.iter().map(|&v| (f64::from(v) / 257.0).round() as u8).collect();

    let photo = png(&samples, values.len() as u32, 1, Png::L16, None);
    let grey: Vec<u8> = expected.iter().flat_map(|&v| [v; 3]).collect();
    assert_eq!(decode(&photo).unwrap().rgb(), grey);

    let whole = values.len() / 3 * 3;
    let photo = png(&samples[..whole * 2], whole as u32 / 3, 1, Png::Rgb16, None);
    assert_eq!(decode(&photo).unwrap().rgb()[..], expected[..whole]);

    let alpha: Vec<u8> = values.iter().flat_map(|v| [v.to_ne_bytes(), [255; 2]].concat()).collect();
    let photo = png(&alpha, values.len() as u32, 1, Png::La16, None);
    assert_eq!(decode(&photo).unwrap().rgb(), grey);
}

#[test]
fn lossy_and_lossless_webps_decode_whole() {
    for (file, dimensions) in [
        (images::LOSSY_WEBP, (96, 72)),
        (images::LOSSY_ALPHA_WEBP, (96, 72)),
        (images::LOSSLESS_WEBP, (192, 160)),
    ] {
        let file = Bytes::from_static(file);
        assert_eq!(probe(&file).unwrap().format, Format::WebP);
        let frame = decode(&file).unwrap();
        assert_eq!((frame.width(), frame.height()), dimensions);
    }
    let picture = TestImage::busy(37, 23, 4);
    assert_eq!(decode(&picture.webp(None)).unwrap().rgb(), picture.rgb);
    // The alpha of the first row begins at 0, so the first pixel is white.
    let alpha = decode(&Bytes::from_static(images::LOSSY_ALPHA_WEBP)).unwrap();
    assert_eq!(alpha.rgb()[..3], [255; 3]);
}

#[test]
fn bytes_behind_the_end_are_ignored() {
    let picture = TestImage::busy(40, 30, 2);
    for file in [picture.jpeg(|_| ()), picture.png(), picture.webp(None)] {
        let longer: Bytes = [&file[..], &file[..file.len() / 2]].concat().into();
        assert_eq!(decode(&longer).unwrap().rgb(), decode(&file).unwrap().rgb());
    }
}

#[test]
fn luma_is_as_the_jpeg_stores_it() {
    let grey: Vec<u8> = (0..64 * 48).map(|i| (i % 64 * 4) as u8).collect();
    let file = jpeg(&grey, 64, 48, ColorType::Luma, |e| e.set_quality(100));
    let luma = luma(&file).unwrap();
    assert_eq!((luma.width, luma.height), (64, 48));
    assert!(difference(&luma.pixels, &grey) <= 2);
}

#[test]
fn luma_does_not_bleed_across_the_seam_of_two_blocks() {
    // Two colours of one luma share a row of chroma blocks, which must not change the luma.
    let colors = |top: [u8; 3], bottom: [u8; 3]| {
        let picture = TestImage::new(32, 32, |_, y| if y < 16 { top } else { bottom });
        double_exposure::codec::luma(&picture.jpeg(|e| e.set_quality(100))).unwrap().pixels
    };
    let red_over_blue = colors([255, 0, 0], [0, 0, 255]);
    let red = colors([255, 0, 0], [255, 0, 0]);
    assert_eq!(red_over_blue[..16 * 32], red[..16 * 32]);
}

#[test]
fn sizes_and_fits_of_one_photo_give_the_requested_dimensions() {
    let photo = TestImage::busy(120, 90, 3).jpeg(|e| e.set_progressive(true));
    for (fit, dimensions) in [(Fit::Cover, (64, 64)), (Fit::Contain, (64, 48))] {
        let (_, thumbnail) = images::frame(&photo, Size::try_from(64).unwrap(), fit).unwrap();
        assert_eq!((thumbnail.width(), thumbnail.height()), dimensions);
    }
}
