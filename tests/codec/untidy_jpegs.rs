//! A JPEG is taken if each of its blocks is decoded from its own bytes, however untidy the rest of
//! it is. The tests make tidy files untidy, and compare the pixels with those of the tidy file.

use bytes::Bytes;
use double_exposure::codec::{Damage, Format, ImageError, Part, luma, normalize, probe};
use jpeg_encoder::{ColorType, SamplingFactor};

use crate::damage::jpegs;
use crate::images::{self, TestImage, decode, jpeg};

/// Trailer that phones and cameras write behind a picture: fields of their own, and a video.
const TRAILER: &[u8] = b"\0\0\x01\x0A\x0E\0\0\0Image_UTC_Data1700000000000SEFHj\0\0\0SEFT\
    \xFF\xD8\xFF\xE1\0\x04ab\xFF\xD3\0\0\0\x18ftypmp42\xFF\xDA\0\x03\xFF\xFF";

/// Returns the pixels of a photo that must be taken.
#[track_caller]
fn pixels(file: impl Into<Bytes>) -> Vec<u8> {
    let file = file.into();
    let probed = probe(&file).map(drop);
    match decode(&file) {
        Ok(frame) => {
            assert_eq!(probed, Ok(()));
            frame.rgb().into_owned()
        }
        Err(error) => panic!("{error}"),
    }
}

/// Returns the range of each piece of coded data, without the markers beside it.
fn coded(file: &[u8]) -> Vec<std::ops::Range<usize>> {
    let scan = images::segment(file, 0xDA).end;
    let is_marker = |at: &usize| file[*at] == 0xFF && file[*at + 1] != 0;
    let ends = (scan..file.len() - 1).filter(is_marker);
    let mut start = scan;
    ends.map(|end| std::mem::replace(&mut start, end + 2)..end).collect()
}

/// Returns a JPEG with a restart after every second unit.
fn with_restarts() -> Bytes {
    TestImage::busy(75, 61, 6).jpeg(|e| e.set_restart_interval(2))
}

/// Joins pieces of a file.
fn join(parts: &[&[u8]]) -> Bytes {
    parts.concat().into()
}

#[test]
fn a_jpeg_cut_at_any_byte_is_taken_if_and_only_if_all_of_its_blocks_are_there() {
    for (kind, file) in jpegs() {
        let whole = pixels(file.clone());
        let end = file.len() - 2;
        let mut taken = 0;
        for length in 2..file.len() {
            let Ok(frame) = decode(&file.slice(..length)) else {
                assert!(length < end, "{kind} cut at {length} of {end}");
                continue;
            };
            taken += 1;
            assert!(frame.rgb()[..] == whole, "{kind} cut at {length} of {end}");
        }
        // The last byte of the data may hold only padding, and the marker has two bytes.
        assert!((2..=4).contains(&taken), "{kind}: {taken}");
    }
}

#[test]
fn a_jpeg_without_its_end_marker_and_with_a_trailer_is_whole() {
    for (kind, file) in jpegs() {
        let whole = pixels(file.clone());
        let data = &file[..file.len() - 2];
        for trailer in [TRAILER, &[0; 9], &file, b"\xFF\xE1\0", b"\xFF"] {
            let untidy = join(&[data, trailer]);
            assert!(pixels(untidy.clone()) == whole, "{kind}, {}", trailer.escape_ascii());
            // All of the blocks are there, and one of them is not.
            assert!(decode(&join(&[&data[..data.len() * 9 / 10], trailer])).is_err(), "{kind}");
        }
        assert!(pixels(join(&[&file, TRAILER])) == whole, "{kind}");
    }
}

#[test]
fn bytes_between_segments_and_fill_bytes_are_skipped() {
    for (kind, file) in jpegs() {
        let whole = pixels(file.clone());
        let mut at = 2;
        while file[at + 1] != 0xDA {
            for junk in [&b"\0"[..], b"\0\0\0\0\0", b"junk", b"\xFF\xFF\xFF", b"a\xFF\0b\xFF\xD5"] {
                let untidy = join(&[&file[..at], junk, &file[at..]]);
                assert!(pixels(untidy) == whole, "{kind}, {}", junk.escape_ascii());
            }
            at += 2 + usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        }
        for piece in coded(&file) {
            let untidy = join(&[&file[..piece.end], b"\xFF\xFF", &file[piece.end..]]);
            assert!(pixels(untidy) == whole, "{kind}, fill bytes at {}", piece.end);
        }
    }
}

#[test]
fn a_segment_that_is_damaged_is_not_taken_for_junk() {
    let (_, file) = jpegs().swap_remove(0);
    for code in [0xDB, 0xC4, 0xC0] {
        // The marker of a table or of the frame header is lost.
        let mut damaged = file.to_vec();
        damaged[images::segment(&file, code).start] = 0;
        let taken = decode(&damaged.into()).map(|frame| frame.rgb().into_owned());
        // The tables of this file are the standard ones, of which it has no other.
        assert!(taken.is_err() || code == 0xC4, "{code:x}");
    }
    // A preview inside of the metadata is no picture of the file.
    let preview = TestImage::flat(16, 16, [9; 3]).jpeg(|_| ());
    let damaged = join(&[&file[..2], b"\xFF\xE1\0\x05abc", &preview, &file[2..]]);
    let misplaced = Damage::Misplaced { at_byte: 9 };
    assert_eq!(decode(&damaged).unwrap_err(), Format::Jpeg.damage(misplaced));
}

#[test]
fn bytes_before_restarts_are_skipped() {
    let file = with_restarts();
    let whole = pixels(file.clone());
    let pieces = coded(&file);
    assert!(pieces.len() > 8);
    for extra in [&[0][..], &[0x5A; 9], &[0xFF, 0, 0x13], &[0xA5; 113]] {
        for piece in &pieces {
            let untidy = join(&[&file[..piece.end], extra, &file[piece.end..]]);
            assert!(pixels(untidy) == whole, "{extra:?} at {}", piece.end);
        }
        let mut untidy = file[..pieces[0].start].to_vec();
        for piece in &pieces {
            untidy.extend(&file[piece.clone()]);
            untidy.extend(extra);
            untidy.extend(&file[piece.end..piece.end + 2]);
        }
        assert!(pixels(untidy) == whole, "{extra:?} everywhere");
    }
}

#[test]
fn the_same_number_of_bytes_behind_each_of_many_restarts_is_skipped() {
    let file = TestImage::busy(300, 250, 6).jpeg(|e| e.set_restart_interval(5));
    let whole = pixels(file.clone());
    let pieces = coded(&file);
    assert!(pieces.len() > 17);
    for (extra, is_known) in
        [(&[0x5A; 9][..], true), (&[0x13, 0x57, 0x9B], true), (&[7; 17], false)]
    {
        let mut untidy = file[..pieces[0].end + 2].to_vec();
        for piece in &pieces[1..] {
            untidy.extend(extra);
            untidy.extend(&file[piece.start..piece.end + 2]);
        }
        let untidy = Bytes::from(untidy);
        assert_eq!(is_known, decode(&untidy).is_ok_and(|frame| frame.rgb()[..] == whole));
        assert!(decode(&untidy.slice(..untidy.len() - 9)).is_err());
    }
    // A few restarts could fit by chance.
    for seed in 0..40 {
        let file = TestImage::busy(75, 61, seed).jpeg(|e| e.set_restart_interval(2));
        let piece = &coded(&file)[3];
        for lost in 1..20 {
            let damaged = join(&[&file[..piece.start], &file[piece.start + lost..]]);
            if let Ok(frame) = decode(&damaged) {
                let first = 75 * 3 * 8;
                assert!(frame.rgb()[..first] == pixels(file.clone())[..first], "{seed}, {lost}");
            }
        }
    }
}

#[test]
fn restarts_with_wrong_numbers_are_renumbered_if_every_interval_is_there() {
    for file in [
        with_restarts(),
        TestImage::busy(43, 37, 6).jpeg(|e| {
            e.set_progressive(true);
            e.set_restart_interval(2);
        }),
    ] {
        let whole = pixels(file.clone());
        let restarts: Vec<_> = (images::segment(&file, 0xDA).end..file.len() - 1)
            .filter(|&at| file[at] == 0xFF && matches!(file[at + 1], 0xD0..=0xD7))
            .collect();
        for number in 0..8 {
            let mut untidy = file.to_vec();
            restarts.iter().for_each(|&at| untidy[at + 1] = 0xD0 + number);
            assert!(pixels(untidy) == whole, "all are {number}");
        }
        let mut untidy = file.to_vec();
        restarts.iter().for_each(|&at| untidy[at + 1] ^= 5);
        assert!(pixels(untidy) == whole);
        // An interval is lost with its marker, or a marker alone is.
        for &at in &restarts {
            assert!(decode(&join(&[&file[..at], &file[at + 2..]])).is_err(), "{at}");
        }
    }
}

#[test]
fn an_interval_too_many_is_refused_and_an_empty_one_at_the_end_is_not() {
    let file = with_restarts();
    let pieces = coded(&file);
    let first = &file[pieces[1].start..pieces[1].end + 2];
    let doubled = join(&[&file[..pieces[1].end + 2], first, &file[pieces[1].end + 2..]]);
    let error = decode(&doubled).unwrap_err();
    assert!(
        matches!(error, ImageError::Damaged { damage: Damage::Restarts { .. }, .. }),
        "{error:?}"
    );
    let end = file.len() - 2;
    let number = 0xD0 + (pieces.len() - 1) as u8 % 8;
    let untidy = join(&[&file[..end], &[0xFF, number, 0xFF, 0xD9]]);
    assert!(pixels(untidy) == pixels(file));
}

#[test]
fn a_jpeg_without_huffman_tables_has_the_standard_ones() {
    let picture = TestImage::busy(43, 37, 6);
    let grey: Vec<u8> = picture.rgb.iter().step_by(3).copied().collect();
    let files = [
        picture.jpeg(|_| ()),
        picture.jpeg(|e| e.set_sampling_factor(SamplingFactor::F_1_1)),
        picture.jpeg(|e| e.set_restart_interval(2)),
        jpeg(&grey, 43, 37, ColorType::Luma, |_| ()),
    ];
    for file in &files {
        let mut untidy = without_tables(file);
        assert!(pixels(untidy.clone()) == pixels(file.clone()));
        let end = untidy.len() - 2;
        assert!(decode(&join(&[&untidy[..end - 3], &untidy[end..]])).is_err());
        // Frames of a video are padded.
        untidy.truncate(end);
        untidy.extend([0; 7]);
        assert!(pixels(untidy) == pixels(file.clone()));
    }
    // Files with tables of their own decode to noise with the standard ones, or not at all.
    for seed in 0..40 {
        let own = TestImage::busy(43, 37, seed).jpeg(|e| e.set_optimized_huffman_tables(true));
        let error = decode(&without_tables(&own).into()).unwrap_err();
        assert!(
            matches!(error, ImageError::Damaged { .. } | ImageError::EndsEarly { .. }),
            "{error:?}"
        );
    }
    // If one table is there, no other is made up.
    let table = images::segment(&files[0], 0xC4);
    assert!(decode(&join(&[&files[0][..table.start], &files[0][table.end..]])).is_err());
}

/// Removes all Huffman tables of a file.
fn without_tables(file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    while file[..images::segment(&file, 0xDA).start].windows(2).any(|pair| pair == b"\xFF\xC4") {
        let table = images::segment(&file, 0xC4);
        file.drain(table);
    }
    file
}

#[test]
fn the_height_may_follow_the_scan_and_must_agree_with_the_header() {
    for (kind, file) in jpegs().into_iter().filter(|(kind, _)| !kind.contains("pro")) {
        let Some(sof) = (file[..600].windows(2)).position(|pair| pair == b"\xFF\xC0") else {
            continue;
        };
        let whole = pixels(file.clone());
        let (data, end) = file.split_at(file.len() - 2);
        let with_height = |height: u8| join(&[data, &[0xFF, 0xDC, 0, 4, 0, height], end]);
        assert!(pixels(with_height(37)) == whole, "{kind}");
        let without_height = |file: Bytes| {
            let mut file = file.to_vec();
            file[sof + 5..sof + 7].fill(0);
            Bytes::from(file)
        };
        assert!(pixels(without_height(with_height(37))) == whole, "{kind}");

        let error = decode(&with_height(36)).unwrap_err();
        let sizes = Damage::Sizes { first: (43, 37), second: (43, 36) };
        assert_eq!(error, Format::Jpeg.damage(sizes), "{kind}");
        assert_eq!(
            error.to_string(),
            "this JPEG is damaged, it names two sizes, 43x37 and 43x36 px: use an undamaged copy"
        );
        let late = decode(&without_height(file.clone())).unwrap_err();
        assert!(matches!(late, ImageError::EndsEarly { missing: Part::Height, .. }), "{late:?}");
        // A row of blocks is missing.
        assert!(decode(&without_height(with_height(60))).is_err(), "{kind}");
    }
}

#[test]
fn oracles_read_an_untidy_jpeg_and_normalizing_keeps_it() {
    let file = with_restarts();
    let tidy = luma(&file).unwrap();
    let mut untidy = file[..file.len() - 2].to_vec();
    let restart = coded(&file)[0].end;
    untidy.splice(restart..restart, *b"noise");
    assert_eq!(luma(&untidy), Ok(tidy));
    let untidy = Bytes::from(untidy);
    assert_eq!(normalize(&untidy), Ok(untidy.clone()));
    assert!(luma(&untidy[..untidy.len() - 4]).is_err());
}

trait Refusal {
    fn damage(self, damage: Damage) -> ImageError;
}

impl Refusal for Format {
    fn damage(self, damage: Damage) -> ImageError {
        ImageError::Damaged { format: self, damage }
    }
}
