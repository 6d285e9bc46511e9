//! Two photos side by side are both named, and an overlay on a photo names no other photo. Tiles of
//! another photo are put beside clean ones, and frames, circles, bars, text and shade are laid over
//! clean ones.

use double_exposure::audit::watermark::{
    Codebook, Detection, DetectionVerdict, MAX_IDS, MarkId, Raster,
};

use crate::evaluation::{Effect, Encoding, Filter, SimulatedService};
use crate::{codebook, photo};

const SHAPE: (u32, u32) = (500, 500);

/// Returns the sample under an overlay, from the sample, its x and y from 0 to 1, and the strength
/// from 0 to 1.
type Overlay = fn(u8, f32, f32, f32) -> f32;

const OVERLAYS: [(&str, Overlay); 7] = [
    ("frame", |sample, x, y, strength| {
        let edge = x.min(1.0 - x).min(y).min(1.0 - y);
        if edge < 0.02 + 0.1 * strength { 255.0 } else { f32::from(sample) }
    }),
    (
        "circle",
        |sample, x, y, _| {
            if (x - 0.5).hypot(y - 0.5) > 0.5 { 255.0 } else { f32::from(sample) }
        },
    ),
    ("bars", |sample, x, _, strength| {
        let bar = ((x * (10.0 + 60.0 * strength)) as u32).is_multiple_of(2);
        if bar { 0.5 * f32::from(sample) + 127.0 } else { f32::from(sample) }
    }),
    ("code", |sample, x, y, strength| {
        let bit = (0x9d2c_5680_u64 >> ((x * 40.0) as u32 % 31) ^ (strength * 8.0) as u64) & 1;
        if x > 0.5 && y > 0.5 { 20.0 + 210.0 * bit as f32 } else { f32::from(sample) }
    }),
    ("text", |sample, x, y, strength| {
        let stroke = ((x * 90.0 + y * 45.0 + 9.0 * strength) as u32 / 5).is_multiple_of(2);
        if stroke && (0.33..0.67).contains(&y) {
            0.5 * f32::from(sample) + 127.0
        } else {
            f32::from(sample)
        }
    }),
    ("shade", |sample, x, y, strength| {
        f32::from(sample) * (1.0 - (0.7 + strength) * ((x - 0.5).powi(2) + (y - 0.5).powi(2)))
    }),
    ("fade", |sample, _, y, strength| f32::from(sample) * (1.0 - (0.5 + 0.5 * strength) * y)),
];

fn service(index: usize) -> SimulatedService {
    let encodings = [
        Encoding::Jpeg420(75),
        Encoding::Jpeg444(60),
        Encoding::Webp(60),
        Encoding::Jpeg420(40),
        Encoding::Lossless,
    ];
    SimulatedService {
        size: [128, 160, 200, 256, 96, 56][index % 6],
        square: true,
        filter: Filter::ALL[index % 4],
        effect: Effect::Plain,
        encoding: encodings[index % 5],
    }
}

fn thumbnail(service: &SimulatedService, id: MarkId) -> Raster {
    service.resize(&photo(id, SHAPE))
}

fn detect(
    codebook: &Codebook,
    service: &SimulatedService,
    expected: MarkId,
    thumbnail: Raster,
) -> Detection {
    crate::detect(codebook, expected, SHAPE, &service.send(thumbnail))
}

/// Replaces the right side of each row, from one `part`-th of the width on.
fn splice_right(thumbnail: &mut Raster, other: &Raster, part: usize) {
    let row = thumbnail.width as usize * 3;
    for (into, from) in thumbnail.rgb.chunks_exact_mut(row).zip(other.rgb.chunks_exact(row)) {
        into[row / part..].copy_from_slice(&from[row / part..]);
    }
}

#[test]
fn an_overlay_on_a_clean_photo_names_no_other_photo() {
    let codebook = codebook(MAX_IDS, 5);
    for (name, overlay) in OVERLAYS {
        for (index, &id) in codebook.ids().iter().take(60).enumerate() {
            let service = service(index);
            let mut image = thumbnail(&service, id);
            let (width, height) = (image.width as usize, image.height as usize);
            for (index_of_sample, sample) in image.rgb.iter_mut().enumerate() {
                let (x, y) = (index_of_sample / 3 % width, index_of_sample / 3 / width);
                let (x, y) = ((x as f32 + 0.5) / width as f32, (y as f32 + 0.5) / height as f32);
                *sample = overlay(*sample, x, y, index as f32 / 60.0).clamp(0.0, 255.0) as u8;
            }
            let Detection { verdict, findings, .. } = detect(&codebook, &service, id, image);
            let case = format!("{name} over {id}, {service:?}: {findings:?}");
            assert_ne!(verdict, DetectionVerdict::Mixed, "{case}");
        }
    }
}

#[test]
fn another_photo_beside_the_expected_one_is_found_and_never_a_third() {
    let codebook = codebook(MAX_IDS, 5);
    let mut mixed = 0;
    for (index, ids) in codebook.ids().chunks_exact(2).take(60).enumerate() {
        let service =
            SimulatedService { size: 256, encoding: Encoding::Jpeg420(80), ..service(index) };
        let mut image = thumbnail(&service, ids[0]);
        splice_right(&mut image, &thumbnail(&service, ids[1]), 3);
        let detection = detect(&codebook, &service, ids[0], image);
        assert_ne!(detection.verdict, DetectionVerdict::Clean);
        assert!(detection.findings.iter().all(|finding| finding.id == Some(ids[1])));
        mixed += usize::from(detection.verdict == DetectionVerdict::Mixed);
    }
    assert!(mixed >= 50, "{mixed} of 60");
}

#[test]
fn a_photo_beside_itself_moved_names_no_other_photo() {
    let codebook = codebook(MAX_IDS, 5);
    let service = SimulatedService { size: 160, encoding: Encoding::Jpeg444(80), ..service(3) };
    for (index, &id) in codebook.ids().iter().take(150).enumerate() {
        let clean = thumbnail(&service, id);
        for (part, cells) in [(2, 3 + index % 17), (3, 20 + index % 17)] {
            let mut moved = clean.clone();
            for row in moved.rgb.chunks_exact_mut(160 * 3) {
                row.rotate_left(cells * 4 * 3);
            }
            let mut beside = clean.clone();
            splice_right(&mut beside, &moved, part);
            let findings = detect(&codebook, &service, id, beside).findings;
            assert!(findings.iter().all(|finding| finding.id == Some(id)), "{id}: {findings:?}");
        }
    }
}

#[test]
fn a_thumbnail_that_is_a_third_hidden_is_not_clean_and_a_thumbnail_with_bars_is() {
    let codebook = codebook(MAX_IDS, 5);
    let service = SimulatedService { size: 200, encoding: Encoding::Jpeg420(85), ..service(3) };
    let (own, other) = (codebook.ids()[1], codebook.ids()[2]);
    let mut inset = thumbnail(&service, own);
    let small = thumbnail(&SimulatedService { size: 70, ..service }, other);
    for (y, row) in small.rgb.chunks_exact(70 * 3).enumerate() {
        inset.rgb[((40 + y) * 200 + 60) * 3..][..70 * 3].copy_from_slice(row);
    }
    let detection = detect(&codebook, &service, own, inset);
    assert_eq!((detection.verdict, detection.findings), (DetectionVerdict::Unreadable, vec![]));
    let mut barred = thumbnail(&service, own);
    barred.rgb[..40 * 200 * 3].fill(255);
    barred.rgb[160 * 200 * 3..].fill(255);
    let verdict = detect(&codebook, &service, own, barred).verdict;
    assert_eq!(verdict, DetectionVerdict::Clean);
}
