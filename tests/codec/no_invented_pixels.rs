//! No pixel of an accepted photo is made up, after any damage. A decoder that lacks data reads what
//! follows the data. So each accepted file is decoded again by a lenient decoder, with two kinds of
//! other bytes behind its data: the pixels must be the same, and those of the codec.

use std::cell::Cell;

use bytes::Bytes;
use double_exposure::codec::silence_decoder_panics;
use proptest::prelude::*;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::damage::jpegs;
use crate::images::{self, decode, vp8x, webp_chunk, webp_of};

/// Largest mean difference between the pixels of two decoders, of 255. They interpolate chroma
/// differently.
const MAX_MEAN_DIFFERENCE: f64 = 8.0;

/// Describes a damage: a hole, and bytes in its place.
#[derive(Clone, Debug)]
struct Damage {
    /// Position of the hole, as a share of the data.
    at: f64,
    hole: usize,
    bytes: Vec<u8>,
}

impl Damage {
    fn any() -> impl Strategy<Value = Self> {
        let hole = prop_oneof![Just(0_usize), 1..4_usize, 1..400_usize];
        let bytes = prop_oneof![
            Just(Vec::new()),
            prop::collection::vec(any::<u8>(), 1..4),
            prop::collection::vec(any::<u8>(), 1..300),
        ];
        (0.0..1.0, hole, bytes).prop_map(|(at, hole, bytes)| Self { at, hole, bytes })
    }

    fn apply(&self, data: &[u8]) -> Vec<u8> {
        let at = (data.len() as f64 * self.at) as usize;
        let end = data.len().min(at + self.hole);
        [&data[..at], &self.bytes, &data[end..]].concat()
    }
}

/// Decodes a JPEG with the lenient decoder, which fills in what is missing.
fn lenient(file: &[u8]) -> Option<Vec<u8>> {
    let options =
        DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB).set_strict_mode(false);
    JpegDecoder::new_with_options(ZCursor::new(file), options).decode().ok()
}

fn mean_difference(first: &[u8], second: &[u8]) -> f64 {
    assert_eq!(first.len(), second.len());
    let sum: u64 = first.iter().zip(second).map(|(&a, &b)| u64::from(a.abs_diff(b))).sum();
    sum as f64 / first.len() as f64
}

/// Returns the pixels of the lenient decoder with two kinds of bytes behind the scan's data, which
/// ends at `end`.
fn with_other_bytes(file: &[u8], end: usize) -> [Option<Vec<u8>>; 2] {
    [0x00, 0x55].map(|byte| lenient(&[&file[..end], &[byte; 6000], b"\xFF\xD9"].concat()))
}

thread_local! {
    /// Number of files that were taken, and of refused ones in which pixels would be made up.
    static SEEN: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

#[test]
fn a_damaged_jpeg_is_taken_only_if_no_byte_behind_its_data_matters() {
    silence_decoder_panics();
    let files = jpegs();
    // The data of one scan without restarts ends where the file does.
    let single: Vec<_> = files
        .into_iter()
        .filter(|(kind, _)| ["baseline 4:2:0", "baseline 4:4:4", "grey"].contains(kind))
        .map(|(_, file)| file)
        .collect();
    assert_eq!(single.len(), 3);
    let damaged = (0..single.len(), prop::collection::vec(Damage::any(), 1..3), any::<bool>());
    let mut runner = prop::test_runner::TestRunner::new(crate::cases(1500));
    let result = runner.run(&damaged, |(index, damages, with_end)| {
        let file = &single[index];
        let scan = images::segment(file, 0xDA).end;
        let mut data = file[scan..file.len() - 2].to_vec();
        for damage in &damages {
            data = damage.apply(&data);
        }
        // A marker in the data would be its end.
        let mut stuffed = Vec::new();
        for &byte in &data {
            stuffed.push(byte);
            if byte == 0xFF {
                stuffed.push(0);
            }
        }
        let end: &[u8] = if with_end { b"\xFF\xD9" } else { b"" };
        let damaged = [&file[..scan], &stuffed, end].concat();
        let others = with_other_bytes(&damaged, scan + stuffed.len());
        let seen = SEEN.get();
        match decode(&damaged.into()) {
            Ok(frame) => {
                let [Some(zeros), Some(others)] = &others else {
                    return Err(TestCaseError::fail("the lenient decoder takes it, too"));
                };
                prop_assert!(zeros == others, "bytes behind the data matter");
                prop_assert!(mean_difference(zeros, &frame.rgb()) <= MAX_MEAN_DIFFERENCE);
                SEEN.set((seen.0 + 1, seen.1));
            }
            Err(_) => SEEN.set((seen.0, seen.1 + u32::from(others[0] != others[1]))),
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let (taken, made_up) = SEEN.get();
    println!("{taken} were taken, and {made_up} refused in which bytes behind the data matter");
    assert!(taken > 150 && made_up > 150, "{taken} and {made_up}");
}

/// Decodes a WebP with libwebp, on white.
fn libwebp(file: &[u8]) -> Option<Vec<u8>> {
    let image = webp::Decoder::new(file).decode()?;
    let on_white = |color: u8, alpha: u8| {
        ((u32::from(color) * u32::from(alpha) + 255 * (255 - u32::from(alpha)) + 127) / 255) as u8
    };
    if !image.is_alpha() {
        return Some(image.to_vec());
    }
    let (pixels, _) = image.as_chunks::<4>();
    Some(pixels.iter().flat_map(|&[r, g, b, a]| [r, g, b].map(|c| on_white(c, a))).collect())
}

#[test]
fn a_damaged_webp_is_taken_only_if_no_byte_behind_its_data_matters() {
    silence_decoder_panics();
    let alpha = webp_chunk(images::LOSSY_ALPHA_WEBP, b"ALPH");
    let lossy = webp_chunk(images::LOSSY_WEBP, b"VP8 ");
    let lossless = webp_chunk(images::LOSSLESS_WEBP, b"VP8L");
    let with_alpha = webp_chunk(images::LOSSY_ALPHA_WEBP, b"VP8 ");
    let file = |kind: usize, data: &[u8]| match kind {
        0 => webp_of(&[(b"VP8 ", data)]),
        1 => webp_of(&[(b"VP8L", data)]),
        2 => webp_of(&[(b"VP8X", &vp8x(0x10, 96, 72)), (b"ALPH", alpha), (b"VP8 ", data)]),
        _ => webp_of(&[(b"VP8X", &vp8x(0x10, 96, 72)), (b"ALPH", data), (b"VP8 ", with_alpha)]),
    };
    let data = [lossy, lossless, with_alpha, alpha];
    let damaged = (0..4_usize, prop::collection::vec(Damage::any(), 1..3));
    let mut runner = prop::test_runner::TestRunner::new(crate::cases(1500));
    SEEN.set((0, 0));
    let result = runner.run(&damaged, |(kind, damages)| {
        let mut damaged = data[kind].to_vec();
        for damage in &damages {
            damaged = damage.apply(&damaged);
        }
        let seen = SEEN.get();
        let Ok(frame) = decode(&file(kind, &damaged).into()) else {
            SEEN.set((seen.0, seen.1 + 1));
            return Ok(());
        };
        for byte in [0, 0x55, 0xFF] {
            let longer = [&damaged[..], &[byte; 3000]].concat();
            let other = decode(&file(kind, &longer).into());
            prop_assert!(other.is_ok_and(|other| other.rgb() == frame.rgb()), "{byte}");
        }
        if let Some(other) = libwebp(&file(kind, &damaged)) {
            prop_assert!(mean_difference(&other, &frame.rgb()) <= MAX_MEAN_DIFFERENCE);
        }
        SEEN.set((seen.0 + 1, seen.1));
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let (taken, refused) = SEEN.get();
    println!("{taken} were taken, and {refused} refused");
    assert!(taken > 150 && refused > 150, "{taken} and {refused}");
}

#[test]
fn a_webp_cut_at_any_byte_with_right_lengths_is_refused_or_has_all_of_its_pixels() {
    for (name, whole) in [(b"VP8 ", images::LOSSY_WEBP), (b"VP8L", images::LOSSLESS_WEBP)] {
        let data = webp_chunk(whole, name);
        let pixels = decode(&Bytes::from_static(whole)).unwrap();
        let mut taken = 0;
        for length in 10..data.len() {
            if let Ok(frame) = decode(&webp_of(&[(name, &data[..length])]).into()) {
                assert!(frame.rgb() == pixels.rgb(), "cut at {length} of {}", data.len());
                taken += 1;
            }
        }
        assert!(taken < 8, "{taken}");
    }
}
