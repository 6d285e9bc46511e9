//! A damaged or hostile colour profile is ignored: the photo is shown as sRGB, in bounded time.

use bytes::Bytes;
use double_exposure::codec::{
    Fit, MAX_PROFILE_BYTES, PhotoLimits, ProbedPhoto, Size, ThumbnailSpec, has_unusable_profile,
    silence_decoder_panics,
};

use crate::icc_profiles::{
    ADOBE_RGB, gamma_curve, icc_segment, iccp, profile, table_of_colors, with_chunks, with_segments,
};
use crate::images::{TestImage, decode, difference, splitmix64};
use crate::run_on_each;

fn photo() -> TestImage {
    TestImage::flat(20, 20, [200, 90, 60])
}

/// Returns a PNG with a profile.
fn with_profile(profile: &[u8]) -> Bytes {
    with_chunks(&photo().png(), &[(b"iCCP", &iccp(profile))])
}

/// Returns true if the photo shows the colours that its file stores.
fn shows_stored(photo: &Bytes) -> bool {
    difference(&decode(photo).unwrap().rgb()[..3], &[200, 90, 60]) <= 1
}

/// Returns a profile of each kind.
fn profiles() -> [Vec<u8>; 2] {
    let table = table_of_colors(3, |point| [50.0 * f64::from(point[0] + point[1]), 0.0, 0.0]);
    [ADOBE_RGB.profile(), profile(b"RGB ", b"Lab ", &[(*b"A2B0", table)])]
}

#[test]
fn a_profile_that_is_cut_anywhere_is_ignored_and_the_photo_is_not_refused() {
    silence_decoder_panics();
    for profile in profiles() {
        let whole = with_profile(&profile);
        assert!(!shows_stored(&whole), "the control");
        for length in 0..profile.len() - 4 {
            let photo = with_profile(&profile[..length]);
            assert!(shows_stored(&photo), "{length} of {}", profile.len());
            assert_eq!(has_unusable_profile(&photo), Ok(true), "{length} of {}", profile.len());
        }
    }
}

#[test]
fn a_profile_that_is_damaged_anywhere_never_stops_a_photo() {
    silence_decoder_panics();
    for profile in profiles() {
        for (at, seed) in (0..profile.len()).flat_map(|at| (0..3).map(move |seed| (at, seed))) {
            let mut damaged = profile.clone();
            damaged[at] ^= splitmix64(at as u64 ^ seed << 32).max(1) as u8;
            let photo = with_profile(&damaged);
            assert_eq!(decode(&photo).unwrap().rgb().len(), 20 * 20 * 3, "{at} {seed}");
        }
    }
}

#[test]
fn the_memory_of_a_conversion_counts_the_profile_as_large_as_it_may_inflate() {
    let spec = ThumbnailSpec { size: Size::default(), fit: Fit::Cover };
    let bytes = |photo: &[u8]| {
        let photo = Bytes::copy_from_slice(photo);
        ProbedPhoto::open(photo, PhotoLimits::MAX).unwrap().memory_bytes(spec)
    };
    let plain = bytes(&photo().png());
    let large = bytes(&with_profile(&vec![0; 2 * MAX_PROFILE_BYTES]));
    assert!(large > plain + 6 * MAX_PROFILE_BYTES as u64, "{large} for {plain}");
    let jpeg = photo().jpeg(|_| ());
    let parts: Vec<_> = (1..=10).map(|number| icc_segment(number, 10, &[0; 60_000])).collect();
    let large = bytes(&with_segments(&jpeg, &parts));
    assert!(large > bytes(&jpeg) + 6 * 600_000, "{large}");
}

#[test]
fn a_profile_that_is_too_long_or_inflates_without_end_is_ignored() {
    let plain = photo().jpeg(|_| ());
    let long = |bytes: usize| {
        let mut profile = ADOBE_RGB.profile();
        profile.resize(bytes, 0);
        let parts: Vec<_> = profile.chunks(65_519).collect();
        let count = parts.len() as u8;
        let segments = (1..).zip(parts).map(|(number, part)| icc_segment(number, count, part));
        with_segments(&plain, &segments.collect::<Vec<_>>())
    };
    assert_eq!(has_unusable_profile(&long(MAX_PROFILE_BYTES)), Ok(false), "the control");
    assert_eq!(has_unusable_profile(&long(MAX_PROFILE_BYTES + 1)), Ok(true));
    let mut inflated = ADOBE_RGB.profile();
    inflated.resize(MAX_PROFILE_BYTES + 1, 0);
    assert!(shows_stored(&with_profile(&inflated)));
}

#[test]
fn a_table_of_many_tags_over_the_same_bytes_takes_no_longer_than_one() {
    // A description whose records all have the same text, and tags that all point to one curve.
    let mut text = b"mluc\0\0\0\0".to_vec();
    text.extend(80_000_u32.to_be_bytes());
    text.extend([0, 0, 0, 12]);
    for _ in 0..80_000 {
        text.extend(b"enUS\0\x0F\0\0\0\0\0\x10");
    }
    let space = ADOBE_RGB.profile();
    let mut tags: Vec<_> = [b"rXYZ", b"gXYZ", b"bXYZ"]
        .iter()
        .zip(0..)
        .map(|(name, index)| {
            let at = 132 + 12 * 6 + index * 36;
            (**name, space[at..at + 20].to_vec())
        })
        .collect();
    tags.extend([b"rTRC", b"gTRC", b"bTRC"].map(|name| (*name, gamma_curve(2.2))));
    tags.push((*b"desc", text));
    let texts = profile(b"RGB ", b"XYZ ", &tags);

    let curve = 132 + 12 * 200_000;
    let mut table = profile(b"RGB ", b"XYZ ", &[]);
    table[128..132].copy_from_slice(&200_000_u32.to_be_bytes());
    for _ in 0..200_000 {
        table.extend(b"rTRC");
        table.extend((curve as u32).to_be_bytes());
        table.extend((12 + 2 * 40_000_u32).to_be_bytes());
    }
    table.extend(b"curv\0\0\0\0");
    table.extend(40_000_u32.to_be_bytes());
    table.resize(table.len() + 2 * 40_000, 7);

    let files = [("texts", texts), ("tags", table)];
    let files = files.map(|(name, profile)| (name.to_owned(), with_profile(&profile)));
    run_on_each(files.to_vec(), |photo| {
        decode(photo).unwrap();
    });
}
