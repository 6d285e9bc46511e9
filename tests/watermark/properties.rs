//! For any photo and any service, the detector names only photos that are in the thumbnail. Shapes,
//! ids, sizes, encodings and mixes are drawn at random from a fixed seed, and a failing case is
//! shrunk.

use std::ops::Range;
use std::sync::LazyLock;

use double_exposure::audit::watermark::{
    Codebook, Detection, DetectionVerdict, MAX_IDS, MIN_SIDE_PX, MarkId, Raster, RowOwner,
    embed_in_colour, person_colour,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

use crate::evaluation::{Effect, Encoding, Filter, SimulatedService};
use crate::{codebook, photo};

static CODEBOOK: LazyLock<Codebook> = LazyLock::new(|| codebook(MAX_IDS, 16));

fn config(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(20_241_128);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

fn id() -> impl Strategy<Value = MarkId> {
    (0..MAX_IDS).prop_map(|index| CODEBOOK.ids()[index])
}

fn two_ids() -> impl Strategy<Value = (MarkId, MarkId)> {
    (id(), id()).prop_filter("two photos", |(own, other)| own != other)
}

/// Draws a width and a height in px, of which none is longer than three times the other.
fn shape() -> impl Strategy<Value = (u32, u32)> {
    let side = || MIN_SIDE_PX..700;
    (side(), side()).prop_map(|(width, height)| (width.min(3 * height), height.min(3 * width)))
}

fn encoding() -> impl Strategy<Value = Encoding> {
    prop_oneof![
        Just(Encoding::Lossless),
        (40_u8..=95).prop_map(Encoding::Jpeg420),
        (40_u8..=95).prop_map(Encoding::Jpeg444),
        (40_u8..=90).prop_map(Encoding::Webp),
    ]
}

fn service(sizes: Range<u32>) -> impl Strategy<Value = SimulatedService> {
    let (filter, effect) = (select(&Filter::ALL[..]), select(&Effect::ALL[..]));
    (sizes, any::<bool>(), filter, effect, encoding()).prop_map(
        |(size, square, filter, effect, encoding)| SimulatedService {
            size,
            square,
            filter,
            effect,
            encoding,
        },
    )
}

fn thumbnail(service: &SimulatedService, id: MarkId, shape: (u32, u32)) -> Raster {
    service.resize(&photo(id, shape))
}

fn detect(
    service: &SimulatedService,
    own: MarkId,
    shape: (u32, u32),
    thumbnail: Raster,
) -> Detection {
    crate::detect(&CODEBOOK, own, shape, &service.send(thumbnail))
}

/// Detects the photos in a thumbnail of the first photo whose last rows come from the second.
fn detect_tail(
    service: &SimulatedService,
    (own, other): (MarkId, MarkId),
    shape: (u32, u32),
    rows: impl Fn(u32) -> u32,
) -> Detection {
    let mut torn = thumbnail(service, own, shape);
    let height = torn.height;
    torn.splice(&thumbnail(service, other, shape), height - rows(height)..height);
    detect(service, own, shape, torn)
}

/// Returns `true` if rows and findings name at most these two photos.
fn names_only(detection: &Detection, own: MarkId, other: Option<MarkId>) -> bool {
    let is_known = |id: MarkId| id == own || Some(id) == other;
    let is_right = |owner: RowOwner| match owner {
        RowOwner::Own | RowOwner::Unknown => true,
        RowOwner::Other(id) => is_known(id),
        RowOwner::NotIssued(_) => false,
    };
    detection.rows.iter().all(|row| row.planes().into_iter().all(is_right))
        && detection.findings.iter().all(|finding| finding.id.is_some_and(is_known))
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn a_clean_thumbnail_names_only_its_own_photo(
        id in id(),
        shape in shape(),
        service in service(56..330),
    ) {
        let detection = detect(&service, id, shape, thumbnail(&service, id, shape));
        prop_assert!(names_only(&detection, id, None), "{:?}", detection.findings);
        prop_assert_ne!(detection.verdict, DetectionVerdict::Mixed);
    }

    #[test]
    fn a_tail_names_only_the_two_photos_in_the_thumbnail(
        ids in two_ids(),
        shape in shape(),
        service in service(56..330),
        share in 0.0..1.0_f64,
    ) {
        let rows = |height: u32| 2 + (share * f64::from(height.saturating_sub(4))) as u32;
        let detection = detect_tail(&service, ids, shape, rows);
        prop_assert!(names_only(&detection, ids.0, Some(ids.1)), "{:?}", detection.findings);
    }

    #[test]
    fn a_mix_of_two_photos_never_names_a_third(
        (own, other) in two_ids(),
        shape in shape(),
        service in service(56..330),
        kind in 0..8,
        share in 0.0..1.0_f32,
    ) {
        let mut mixed = thumbnail(&service, own, shape);
        let seam = (share * mixed.width as f32) as usize;
        let columns = (0..mixed.width as usize).cycle().flat_map(|x| [x; 3]);
        let others = thumbnail(&service, other, shape).rgb;
        for ((sample, other), x) in mixed.rgb.iter_mut().zip(others).zip(columns) {
            let own = *sample;
            *sample = match kind {
                0 => own & other,
                1 => own | other,
                2 => own ^ other,
                3 => !(own ^ other),
                4 => own.max(other),
                5 => own.midpoint(other),
                6 if x < seam => own,
                6 => other,
                _ => (f32::from(own) + share * (f32::from(other) - f32::from(own))) as u8,
            };
        }
        let detection = detect(&service, own, shape, mixed);
        // The bits of two codewords may form a codeword whose number is not in the codebook.
        let in_findings = detection.findings.iter().filter_map(|finding| finding.id);
        let owners = detection.rows.iter().flat_map(|row| row.planes());
        let in_rows = owners.filter_map(|owner| match owner {
            RowOwner::Other(id) => Some(id),
            _ => None,
        });
        let third: Vec<MarkId> =
            in_findings.chain(in_rows).filter(|id| ![own, other].contains(id)).collect();
        prop_assert!(third.is_empty(), "{:?}: {:?}", third, detection.findings);
    }
}

proptest! {
    #![proptest_config(config(100))]

    /// The photos have their owners' colours, as in an audit. What a service sends may have
    /// another stride than its rows, noise, and a share of another photo.
    #[test]
    fn a_sheared_or_noisy_mix_of_coloured_photos_names_only_them(
        (own, other) in two_ids(),
        people in (0..64_usize, 0..64_usize),
        service in service(56..330),
        (shear, from) in (-40..40_i32, 0.0..1.0_f32),
        (share, noise, seed) in (0.0..1.0_f32, 0..120_u8, any::<u64>()),
    ) {
        let shape = (320, 240);
        let coloured = |id, person| {
            let photo = embed_in_colour(id, shape.0, shape.1, None, person_colour(person));
            service.resize(&photo.expect("the shape has room for a watermark"))
        };
        let mut mixed = coloured(own, people.0);
        let others = coloured(other, people.1);
        let mut random = fastrand::Rng::with_seed(seed);
        let width = mixed.width as usize;
        let first = (from * mixed.height as f32) as usize;
        for (row, pixels) in mixed.rgb.chunks_mut(width * 3).enumerate().skip(first) {
            for (x, pixel) in pixels.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                // Each row begins some pixels beside the row above it.
                let moved = (row * width + x) as i64 + i64::from(shear) * row as i64;
                let at = moved.rem_euclid((others.rgb.len() / 3) as i64) as usize;
                for (sample, other) in pixel.iter_mut().zip(&others.rgb[at * 3..]) {
                    let blend = f32::from(*sample) * (1.0 - share) + f32::from(*other) * share;
                    let noise = f32::from(random.u8(0..=noise)) - f32::from(noise) / 2.0;
                    *sample = (blend + noise).clamp(0.0, 255.0) as u8;
                }
            }
        }
        let detection = detect(&service, own, shape, mixed);
        let named = detection.findings.iter().filter_map(|finding| finding.id);
        let third: Vec<MarkId> = named.filter(|id| ![own, other].contains(id)).collect();
        prop_assert!(third.is_empty(), "{:?}: {:?}", third, detection.findings);
    }

    /// Serves as the control: rows of another person's coloured photo are found with their owner.
    #[test]
    fn a_tail_of_a_coloured_photo_is_found(
        (own, other) in two_ids(),
        people in (0..64_usize, 0..64_usize),
        size in 128_u32..260,
        rows in 4_u32..60,
    ) {
        let service = SimulatedService {
            size,
            square: true,
            filter: Filter::ALL[0],
            effect: Effect::Plain,
            encoding: Encoding::Jpeg420(80),
        };
        let coloured = |id, person| {
            let photo = embed_in_colour(id, 640, 480, None, person_colour(person));
            service.resize(&photo.expect("the shape has room for a watermark"))
        };
        let mut torn = coloured(own, people.0);
        let height = torn.height;
        torn.splice(&coloured(other, people.1), height - rows..height);
        let detection = detect(&service, own, (640, 480), torn);
        prop_assert_eq!(detection.verdict, DetectionVerdict::Mixed);
        prop_assert!(names_only(&detection, own, Some(other)), "{:?}", detection.findings);
    }
}

proptest! {
    #![proptest_config(config(60))]

    /// Serves as the control: a detector that reports nothing names no wrong photo either.
    #[test]
    fn a_tail_is_found_from_128_px_on(
        ids in two_ids(),
        service in service(128..260),
        rows in 2_u32..60,
    ) {
        let service = SimulatedService { square: true, effect: Effect::Plain, ..service };
        let detection = detect_tail(&service, ids, (640, 480), |_| rows);
        prop_assert_eq!(detection.verdict, DetectionVerdict::Mixed);
        prop_assert!(names_only(&detection, ids.0, Some(ids.1)), "{:?}", detection.findings);
    }
}
