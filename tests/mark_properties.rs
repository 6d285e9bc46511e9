//! Whatever the photo and whatever the service, nobody is named who is not in the thumbnail.
//! Shapes, ids, sizes, encoders and mixes are drawn at random from a fixed seed, and shrunk if one
//! fails.

use std::ops::Range;
use std::sync::LazyLock;

use double_exposure::audit::watermark::table::TOUCHES;
use double_exposure::audit::watermark::wear::{Coding, Filter, Service};
use double_exposure::audit::watermark::{
    Codebook, Detection, DetectionVerdict, Detector, ExpectedImage, MAX_IDS, MIN_SIDE_PX, MarkId,
    Raster, RowOwner, embed,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

static ISSUED: LazyLock<Codebook> =
    LazyLock::new(|| Codebook::new(MAX_IDS, 16).expect("so many can be issued"));

fn config(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(20_241_128);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

fn id() -> impl Strategy<Value = MarkId> {
    (0..MAX_IDS).prop_map(|at| ISSUED.ids()[at])
}

fn two() -> impl Strategy<Value = (MarkId, MarkId)> {
    (id(), id()).prop_filter("two photos", |(one, other)| one != other)
}

/// No longer than three times as high, and the other way round.
fn shape() -> impl Strategy<Value = (u32, u32)> {
    let side = || MIN_SIDE_PX..700;
    (side(), side()).prop_map(|(width, height)| (width.min(3 * height), height.min(3 * width)))
}

fn coding() -> impl Strategy<Value = Coding> {
    prop_oneof![
        Just(Coding::Lossless),
        (40_u8..=95).prop_map(Coding::Jpeg420),
        (40_u8..=95).prop_map(Coding::Jpeg444),
        (40_u8..=90).prop_map(Coding::Webp),
    ]
}

fn service(sizes: Range<u32>) -> impl Strategy<Value = Service> {
    let touch = select(&TOUCHES[..]);
    (sizes, any::<bool>(), select(&Filter::ALL[..]), touch, coding()).prop_map(
        |(size, square, filter, touch, coding)| Service { size, square, filter, touch, coding },
    )
}

fn made(service: &Service, id: MarkId, (width, height): (u32, u32)) -> Raster {
    service.resize(&embed(id, width, height, None).expect("it has room"))
}

fn read(service: &Service, own: MarkId, shape: (u32, u32), thumbnail: Raster) -> Detection {
    let expect = ExpectedImage { width: shape.0, height: shape.1, fit: None };
    Detector::new(&ISSUED, expect).read(own, service.send(thumbnail).planes())
}

/// Whether rows and findings name these two at most.
fn names_only(reading: &Detection, own: MarkId, other: Option<MarkId>) -> bool {
    let known = |id: MarkId| id == own || Some(id) == other;
    let right = |read: RowOwner| match read {
        RowOwner::Own | RowOwner::Unknown => true,
        RowOwner::Other(id) => known(id),
        RowOwner::NotIssued(_) => false,
    };
    reading.rows.iter().all(|row| [row.y, row.cb, row.cr].into_iter().all(right))
        && reading.findings.iter().all(|finding| finding.found.is_some_and(known))
}

/// Two pictures made into one, sample by sample; the place is the pixel's, counted across.
fn mixed(one: &Raster, other: &Raster, mix: impl Fn(u8, u8, usize) -> u8) -> Raster {
    let width = one.width as usize;
    let samples = one.rgb.iter().zip(&other.rgb).enumerate();
    let rgb = samples.map(|(at, (one, other))| mix(*one, *other, at / 3 % width)).collect();
    Raster { rgb, ..*one }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn a_clean_thumbnail_names_nobody_else(id in id(), shape in shape(), by in service(56..330)) {
        let reading = read(&by, id, shape, made(&by, id, shape));
        prop_assert!(names_only(&reading, id, None), "{:?}", reading.findings);
        prop_assert_ne!(reading.verdict, DetectionVerdict::Mixed);
    }

    #[test]
    fn a_tail_names_only_who_is_in_it(
        (own, other) in two(),
        shape in shape(),
        by in service(56..330),
        share in 0.0..1.0_f64,
    ) {
        let mut torn = made(&by, own, shape);
        let rows = 2 + (share * f64::from(torn.height.saturating_sub(4))) as usize;
        let from = made(&by, other, shape);
        let start = torn.rgb.len() - rows * torn.width as usize * 3;
        torn.rgb[start..].copy_from_slice(&from.rgb[start..]);
        let reading = read(&by, own, shape, torn);
        prop_assert!(names_only(&reading, own, Some(other)), "{:?}", reading.findings);
    }

    #[test]
    fn a_mix_of_two_never_names_a_third(
        (own, other) in two(),
        shape in shape(),
        by in service(56..330),
        kind in 0..8,
        share in 0.0..1.0_f32,
    ) {
        let (one, from) = (made(&by, own, shape), made(&by, other, shape));
        let seam = (share * one.width as f32) as usize;
        let reading = read(&by, own, shape, mixed(&one, &from, |one, other, x| match kind {
            0 => one & other,
            1 => one | other,
            2 => one ^ other,
            3 => !(one ^ other),
            4 => one.max(other),
            5 => one.midpoint(other),
            6 if x < seam => one,
            6 => other,
            _ => (f32::from(one) + share * (f32::from(other) - f32::from(one))) as u8,
        }));
        // Bits of two may well be the mark of a number that was given to nobody.
        let named = reading.findings.iter().filter_map(|finding| finding.found);
        let rows = reading.rows.iter().flat_map(|row| [row.y, row.cb, row.cr]);
        let read = rows.filter_map(|read| if let RowOwner::Other(id) = read { Some(id) } else { None });
        let third: Vec<MarkId> = named.chain(read).filter(|id| ![own, other].contains(id)).collect();
        prop_assert!(third.is_empty(), "{:?}: {:?}", third, reading.findings);
    }
}

proptest! {
    #![proptest_config(config(60))]

    /// The control: a reader that says nothing names nobody either.
    #[test]
    fn a_tail_is_found_from_128_px_on(
        (own, other) in two(),
        by in service(128..260),
        rows in 2_usize..60,
    ) {
        let by = Service { square: true, touch: TOUCHES[0], ..by };
        let (mut torn, from) = (made(&by, own, (640, 480)), made(&by, other, (640, 480)));
        let start = torn.rgb.len() - rows * torn.width as usize * 3;
        torn.rgb[start..].copy_from_slice(&from.rgb[start..]);
        let reading = read(&by, own, (640, 480), torn);
        prop_assert_eq!(reading.verdict, DetectionVerdict::Mixed);
        prop_assert!(names_only(&reading, own, Some(other)), "{:?}", reading.findings);
    }
}
