//! A truncated file is refused at every length, also with a new end marker, and a file with wrong
//! bits is refused or decoded without a panic. Small files of every kind are cut at each byte, and
//! each of their bits is flipped.

use bytes::Bytes;
use double_exposure::codec::{Damage, Format, ImageError, Part, luma, normalize, probe};
use image::ExtendedColorType;
use jpeg_encoder::{ColorType, SamplingFactor};
use proptest::prelude::*;

use crate::images::{self, TestImage, decode, jpeg, png, png_chunk, png_header};

/// Returns JPEGs of every kind of coding, small enough to be cut at every byte.
pub(crate) fn jpegs() -> Vec<(&'static str, Bytes)> {
    let picture = TestImage::busy(43, 37, 6);
    let grey: Vec<u8> = picture.rgb.iter().step_by(3).copied().collect();
    let coded = |progressive, own_codes, restart_interval| {
        picture.jpeg(|e| {
            e.set_progressive(progressive);
            e.set_optimized_huffman_tables(own_codes);
            e.set_restart_interval(restart_interval);
        })
    };
    vec![
        ("baseline 4:2:0", coded(false, false, 0)),
        ("baseline 4:4:4", picture.jpeg(|e| e.set_sampling_factor(SamplingFactor::F_1_1))),
        ("own codes", coded(false, true, 0)),
        ("restarts", coded(false, false, 2)),
        ("progressive", coded(true, false, 0)),
        ("progressive, own codes", coded(true, true, 0)),
        ("progressive, restarts", coded(true, false, 2)),
        ("grey", jpeg(&grey, 43, 37, ColorType::Luma, |_| ())),
        ("refined", Bytes::from_static(include_bytes!("refined.jpg"))),
    ]
}

/// Returns PNGs of every kind, small enough to be damaged at every bit.
fn pngs() -> Vec<(&'static str, Bytes)> {
    let picture = TestImage::busy(9, 7, 6);
    let palette = |interlacing: u8, rows: &[u8]| {
        let mut file = png_header(5, 3, 2, 3);
        file.truncate(8);
        file.extend(png_chunk(b"IHDR", &[0, 0, 0, 5, 0, 0, 0, 3, 2, 3, 0, 0, interlacing]));
        file.extend(png_chunk(b"PLTE", &[250, 0, 0, 0, 250, 0, 0, 0, 250]));
        file.extend(png_chunk(b"tRNS", &[255, 0, 128]));
        file.extend(png_chunk(b"IDAT", &fdeflate::compress_to_vec(rows)));
        file.extend(png_chunk(b"IEND", b""));
        Bytes::from(file)
    };
    let wide: Vec<u8> = picture.rgb.iter().flat_map(|&sample| [sample, 77]).collect();
    vec![
        ("8 bits", picture.png()),
        ("16 bits", png(&wide, 9, 7, ExtendedColorType::Rgb16, None)),
        ("palette", palette(0, &[0, 0x18, 0x40, 0, 0x61, 0x80, 0, 0x24, 0])),
        // The passes have 1, 1, 2 pixels in row 0, then row 2, then the odd columns, then row 1.
        (
            "interlaced",
            palette(1, &[0, 0, 0, 0x40, 0, 0x60, 0, 0x48, 0, 0x10, 0, 0x24, 0, 0x18, 0x40]),
        ),
    ]
}

/// Returns PNGs and WebPs of every kind.
fn others() -> Vec<(&'static str, Bytes)> {
    let picture = TestImage::busy(33, 21, 6);
    let wide: Vec<u8> = picture.rgb.iter().flat_map(|&sample| [sample, 77]).collect();
    vec![
        ("PNG", picture.png()),
        ("PNG of 16 bits", png(&wide, 33, 21, ExtendedColorType::Rgb16, Some(images::exif(1)))),
        ("lossless WebP", picture.webp(None)),
        ("lossless WebP with EXIF", picture.webp(Some(images::exif(1)))),
        ("lossless WebP of libwebp", Bytes::from_static(images::LOSSLESS_WEBP)),
        ("lossy WebP", Bytes::from_static(images::LOSSY_WEBP)),
        ("lossy WebP with alpha", Bytes::from_static(images::LOSSY_ALPHA_WEBP)),
    ]
}

#[test]
fn a_png_or_webp_cut_at_any_byte_is_refused_or_has_all_of_its_pixels() {
    for (kind, file) in others() {
        let whole = decode(&file).unwrap();
        let mut taken = 0;
        for length in 0..file.len() {
            let cut = file.slice(..length);
            match decode(&cut) {
                Ok(frame) => {
                    assert_eq!(frame.rgb(), whole.rgb(), "{kind} cut at {length}");
                    taken += 1;
                }
                Err(ImageError::EndsEarly { at_byte, .. }) => assert!(at_byte <= length as u64),
                Err(ImageError::Unknown | ImageError::Empty) => assert!(length < 12, "{length}"),
                Err(other) => panic!("{kind} cut at {length}: {other:?}"),
            }
        }
        // A PNG's rows are followed by two checksums and an end chunk. A WebP's image may be
        // followed by EXIF.
        let behind_pixels = match kind {
            "lossless WebP with EXIF" => 34..35,
            _ if kind.contains("PNG") => 20..24,
            // The padding of an odd chunk may be missing.
            _ => 0..2,
        };
        assert!(behind_pixels.contains(&taken), "{kind}: {taken}");
    }
}

#[test]
fn jpegs_cut_anywhere_and_given_an_end_marker_are_refused() {
    for (kind, file) in jpegs() {
        // The last byte may hold only padding.
        for length in 2..file.len() - 3 {
            let closed: Bytes = [&file[..length], b"\xFF\xD9"].concat().into();
            assert!(decode(&closed).is_err(), "{kind} cut at {length} of {}", file.len());
            // An upright, small JPEG would come back unchanged if it decoded whole.
            assert!(length % 7 != 0 || normalize(&closed).is_err());
        }
    }
}

#[test]
fn jpegs_that_lost_data_between_restarts_are_refused() {
    let file = TestImage::busy(160, 120, 6).jpeg(|e| e.set_restart_interval(4));
    let is_restart = |at: &usize| file[*at] == 0xFF && matches!(file[*at + 1], 0xD0..=0xD7);
    let scan = images::segment(&file, 0xDA).end;
    let restarts: Vec<_> = (scan..file.len() - 1).filter(is_restart).collect();
    assert!(restarts.len() > 10);
    for pair in restarts.windows(2) {
        for lost in 1..pair[1] - pair[0] - 2 {
            let short = [&file[..pair[1] - lost], &file[pair[1]..]].concat();
            assert!(decode(&short.into()).is_err(), "{lost} bytes before {}", pair[1]);
        }
        // Here the restart is lost too, with its data.
        let short = [&file[..pair[0]], &file[pair[1]..]].concat();
        assert!(decode(&short.into()).is_err());
    }
}

#[test]
fn jpegs_that_lost_the_end_of_any_scan_are_refused() {
    for (kind, file) in jpegs() {
        for scan in (0..file.len()).filter(|&at| file[at..].starts_with(b"\xFF\xDA")) {
            let start = scan + 2 + usize::from(file[scan + 3]);
            let marker =
                |at: &usize| file[*at] == 0xFF && !matches!(file[*at + 1], 0 | 0xD0..=0xD7);
            let end = (start..file.len() - 1).find(marker).unwrap();
            // The last byte may hold only padding, and a few bits may be read as other codes.
            for lost in 3..=end - start {
                let short = [&file[..end - lost], &file[end..]].concat();
                assert!(decode(&short.into()).is_err(), "{kind}: {lost} bytes of {start}..{end}");
            }
        }
    }
}

#[test]
fn a_refining_scan_without_codes_that_lost_its_end_is_refused() {
    // The file has 16 blocks of 63 coefficients, each of value 2. A refining scan has one code for
    // all blocks, and a bit for each coefficient.
    let mut file = images::grey_progressive(128, 8, &[0x01, 0x40]);
    file.extend(images::grey_scan([0, 0], 0x01, &[(0, 1); 16]));
    file.extend(images::grey_scan([1, 63], 0x01, &[(0b01, 2); 63 * 16]));
    let mut refining = vec![(0b10, 2), (0, 4)];
    refining.extend([(0, 1); 63 * 16]);
    file.extend(images::grey_scan([1, 63], 0x10, &refining));
    let before_means = file.len();
    file.extend(images::grey_scan([0, 0], 0x10, &[(0, 1); 16]));
    let means = file.len();
    let closed = |parts: &[&[u8]]| Bytes::from([&parts.concat()[..], b"\xFF\xD9"].concat());
    assert!(decode(&closed(&[&file])).is_ok(), "{:?}", decode(&closed(&[&file])).err());

    for lost in 2..=127 {
        let short = closed(&[&file[..before_means - lost], &file[before_means..]]);
        assert!(decode(&short).is_err(), "{lost} bytes");
    }
    // The number of bits of the means is known, so one missing byte is detected.
    for lost in 1..=2 {
        let error = probe(&closed(&[&file[..means - lost]])).unwrap_err();
        assert!(
            matches!(error, ImageError::EndsEarly { missing: Part::PixelData, .. }),
            "{error:?}"
        );
    }
}

#[test]
fn a_missing_restart_is_detected_without_decoding() {
    let file = TestImage::busy(64, 64, 6).jpeg(|e| e.set_restart_interval(5));
    let last = (0..file.len()).rfind(|&at| file[at..].starts_with(b"\xFF\xD2")).unwrap();
    let short = [&file[..last], b"\xFF\xD9"].concat();
    let error = probe(&short).unwrap_err();
    assert!(matches!(error, ImageError::EndsEarly { missing: Part::PixelData, .. }), "{error:?}");
}

#[test]
fn a_progressive_jpeg_without_its_last_scans_is_refused() {
    let file = TestImage::busy(43, 37, 6).jpeg(|e| e.set_progressive(true));
    let scans: Vec<_> = (0..file.len()).filter(|&at| file[at..].starts_with(b"\xFF\xDA")).collect();
    assert!(scans.len() > 4);
    for scan in &scans[1..] {
        // The Huffman tables of a scan precede it.
        let end = (0..*scan).rfind(|&at| file[at..].starts_with(b"\xFF\xC4")).unwrap().min(*scan);
        let end =
            if file[end..*scan].windows(2).any(|pair| pair == b"\xFF\xDA") { *scan } else { end };
        let short = [&file[..end], b"\xFF\xD9"].concat();
        let error = probe(&short).unwrap_err();
        assert!(matches!(error, ImageError::EndsEarly { missing: Part::Scans, .. }), "{error:?}");
    }
}

#[test]
fn a_jpeg_with_more_coded_data_than_its_size_can_take_is_refused() {
    let mut file = TestImage::busy(300, 200, 6).jpeg(|_| ()).to_vec();
    let sof = images::segment(&file, 0xC0).start;
    // The header now names 8 by 8 pixels.
    file[sof + 5..sof + 9].copy_from_slice(&[0, 8, 0, 8]);
    let error = probe(&file).unwrap_err();
    assert!(
        matches!(error, ImageError::Damaged { damage: Damage::Excess { .. }, .. }),
        "{error:?}"
    );
}

#[test]
fn a_png_with_any_wrong_bit_is_refused_or_has_the_same_pixels() {
    for (kind, file) in pngs() {
        let whole = decode(&file).unwrap();
        let mut taken = 0;
        for bit in 0..file.len() * 8 {
            let mut damaged = file.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            if let Ok(frame) = decode(&damaged.into()) {
                assert!(frame.rgb() == whole.rgb(), "{kind}, bit {bit}");
                taken += 1;
            }
        }
        // One of two checksums of the rows may be wrong, and all of the end chunk.
        assert!(taken >= 32 + 96, "{kind}: {taken}");
    }
}

/// Wraps rows and their checksum as the pixels of a grey PNG of 2 by 2, without compression.
fn stored(rows: &[u8], checksum: &[u8]) -> Vec<u8> {
    let length = rows.len() as u16;
    let mut data = vec![0x78, 0x01, 0x01];
    data.extend(length.to_le_bytes());
    data.extend((!length).to_le_bytes());
    data.extend(rows);
    data.extend(checksum);
    let mut file = png_header(2, 2, 8, 0);
    file.extend(png_chunk(b"IDAT", &data));
    file
}

fn adler(rows: &[u8]) -> [u8; 4] {
    let (mut a, mut b) = (1_u32, 0);
    for &byte in rows {
        a = (a + u32::from(byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    (b << 16 | a).to_be_bytes()
}

#[test]
fn a_png_needs_all_of_its_rows_and_no_more_than_one_kind_of_checksum() {
    let rows = [0, 10, 20, 0, 30, 40];
    let end = png_chunk(b"IEND", b"");
    let more = [&rows[..], &[0]].concat();
    let very_many = [&rows[..], &[7; 60_000]].concat();
    let wrong = [9; 4];
    let cut = |mut file: Vec<u8>, bytes: usize| {
        file.truncate(file.len() - bytes);
        file
    };
    let spoilt = |mut file: Vec<u8>| {
        *file.last_mut().unwrap() ^= 1;
        file
    };
    let taken = [
        [stored(&rows, &adler(&rows)), end.clone()].concat(),
        [stored(&rows, &adler(&rows)), b"no chunk at all".to_vec()].concat(),
        stored(&rows, &adler(&rows)),
        stored(&rows, &wrong),
        stored(&rows, b""),
        stored(&rows, b"\0\0"),
        stored(&more, &adler(&more)),
        stored(&more, &wrong),
        stored(&very_many, &adler(&very_many)),
        spoilt(stored(&rows, &adler(&rows))),
        spoilt(stored(&more, &adler(&more))),
        cut(stored(&rows, &adler(&rows)), 2),
        cut(stored(&rows, &adler(&rows)), 6),
    ];
    for (index, file) in taken.into_iter().enumerate() {
        let frame = decode(&file.into()).unwrap_or_else(|error| panic!("{index}: {error}"));
        assert_eq!(frame.rgb()[..6], [10, 10, 10, 20, 20, 20], "{index}");
    }
    let checksum = |error| matches!(error, ImageError::Damaged { .. });
    for file in [
        spoilt(stored(&rows, &wrong)),
        spoilt(stored(&rows, b"")),
        spoilt(stored(&very_many, &adler(&very_many))),
        cut(stored(&rows, &wrong), 1),
    ] {
        assert!(checksum(decode(&file.into()).unwrap_err()));
    }
    for fewer in [&rows[..5], &rows[..3], &[]] {
        for file in [stored(fewer, &adler(fewer)), stored(fewer, b"")] {
            let error = decode(&file.into()).unwrap_err();
            assert!(
                matches!(error, ImageError::EndsEarly { missing: Part::PixelData, .. }),
                "{error:?}"
            );
        }
    }
}

#[test]
fn damage_in_chunks_that_make_no_pixels_is_ignored_with_the_chunk() {
    let picture = TestImage::busy(9, 7, 6);
    let file = picture.png();
    let header = 8 + 25;
    let spoilt = |name: &[u8; 4], data: &[u8]| {
        let mut chunk = png_chunk(name, data);
        *chunk.last_mut().unwrap() ^= 1;
        chunk
    };
    for name in [b"tEXt", b"pHYs", b"eXIf", b"iCCP", b"prVt"] {
        let untidy = [&file[..header], &spoilt(name, &images::exif(6)), &file[header..]].concat();
        let frame = decode(&untidy.into()).unwrap();
        assert_eq!(frame.rgb(), picture.rgb, "not turned either");
    }
    // These chunks make the image, or may have done so before a bit of their names was wrong.
    for name in [b"PLTE", b"tRNS", b"pLTE", b"tRNs", b"NEWC"] {
        let damaged = [&file[..header], &spoilt(name, &[1, 2, 3]), &file[header..]].concat();
        let error = decode(&damaged.into()).unwrap_err();
        assert!(
            matches!(error, ImageError::Damaged { damage: Damage::Checksum { .. }, .. }),
            "{error:?}"
        );
    }
    // Pixels behind another chunk do not belong to the picture.
    let rows = [0, 10, 20, 0, 30, 40];
    let pixels = stored(&rows, &adler(&rows));
    let twice = [&pixels[..], &png_chunk(b"tEXt", b"a"), &pixels[header..]].concat();
    assert_eq!(decode(&twice.into()).unwrap().rgb()[..3], [10; 3]);
}

#[test]
fn sizes_that_contradict_each_other_are_refused() {
    let sizes = |file: &[u8]| match probe(file) {
        Err(ImageError::Damaged { damage: Damage::Sizes { .. }, .. }) => true,
        other => panic!("{other:?}"),
    };
    // The canvas and the image have different sizes.
    let mut file = images::LOSSY_ALPHA_WEBP.to_vec();
    assert_eq!(&file[12..16], b"VP8X");
    file[24] += 1;
    assert!(sizes(&file));
}

#[test]
fn a_wrong_bit_in_a_header_or_scan_never_panics() {
    for (_, file) in jpegs().into_iter().chain(others()) {
        for bit in 0..file.len() * 8 {
            // The test flips all bits of the headers, and some of the pixels.
            if bit / 8 > 500 && bit % 61 != 0 {
                continue;
            }
            let mut damaged = file.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            if let Ok(frame) = decode(&damaged.into()) {
                assert_eq!(frame.rgb().len() as u32, frame.width() * frame.height() * 3);
            }
        }
    }
}

proptest! {
    #![proptest_config(crate::cases(256))]

    #[test]
    fn bytes_of_no_format_never_panic(
        start in 0usize..4, bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let starts: [&[u8]; 4] =
            [b"\xFF\xD8\xFF", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBPVP8L\x30\0\0\0\x2F", b""];
        let file: Bytes = [starts[start], &bytes].concat().into();
        let _ = (decode(&file).is_ok(), normalize(&file).is_ok(), luma(&file).is_ok());
    }
}

#[test]
fn a_jpeg_with_a_quantization_step_of_zero_is_refused() {
    // A table that no component uses is checked too, with steps of 8 bits and of 16.
    let (_, file) = jpegs().swap_remove(0);
    let table = file.windows(2).position(|pair| pair == b"\xFF\xDB").unwrap();
    let wide = |zero: usize| {
        let steps = (0..64).flat_map(|step| if step == zero { [0, 0] } else { [1, 0] });
        let steps: Vec<u8> = steps.collect();
        [&file[..table], &[0xFF, 0xDB, 0, 131, 0x10], &steps, &file[table..]].concat()
    };
    assert!(probe(&wide(64)).is_ok(), "a byte of zero is not a step of zero");
    for step in [0, 17, 63] {
        let mut narrow = file.to_vec();
        narrow[table + 5 + step] = 0;
        for file in [narrow, wide(step)].map(Bytes::from) {
            let damage = Damage::Field { at_byte: table as u64 };
            let expected = ImageError::Damaged { format: Format::Jpeg, damage };
            assert_eq!(decode(&file).unwrap_err(), expected, "{step}");
            assert_eq!(normalize(&file), Err(expected), "{step}");
        }
    }
}
