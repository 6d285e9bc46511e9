//! The watermark is read from every row of a thumbnail, through all that services do, and never as
//! another photo's. Photos of several shapes pass through simulated services, which resize, encode
//! and mix them.

use double_exposure::audit::watermark::{
    Codebook, Detection, DetectionVerdict, Detector, ExpectedImage, MarkId, Raster, RowFinding,
    RowFindingKind, RowOwner, YCbCrImage,
};

use crate::evaluation::{Effect, Encoding, Filter, SimulatedService, Tampering};
use crate::{codebook, detect, photo};

const SHAPES: [(u32, u32); 4] = [(640, 480), (480, 640), (500, 500), (900, 300)];

fn plain(size: u32) -> SimulatedService {
    SimulatedService {
        size,
        square: true,
        filter: Filter::Lanczos3,
        effect: Effect::Plain,
        encoding: Encoding::Jpeg420(80),
    }
}

/// Detects the photos in a thumbnail of a photo of 640 × 480 px that is mixed with another photo.
fn detect_mixed(
    codebook: &Codebook,
    size: u32,
    tampering: Tampering,
    [own, other]: [MarkId; 2],
) -> Detection {
    let photos = [own, other].map(|id| photo(id, (640, 480)));
    let thumbnail = tampering.send(&plain(size), &photos[0], &photos[1]);
    detect(codebook, own, (640, 480), &thumbnail)
}

/// Returns the only finding of a detection, and checks its id and kind.
#[track_caller]
fn only_finding(detection: &Detection, id: MarkId, kind: RowFindingKind) -> RowFinding {
    let [finding] = &detection.findings[..] else { panic!("{:?}", detection.findings) };
    assert_eq!((finding.id, finding.kind), (Some(id), kind), "{finding:?}");
    finding.clone()
}

#[test]
fn clean_thumbnails_are_clean_through_every_filter_encoding_and_effect() {
    let codebook = codebook(256, 1);
    let mut ids = codebook.ids().iter().copied();
    let encodings = [
        Encoding::Lossless,
        Encoding::Jpeg420(40),
        Encoding::Jpeg420(75),
        Encoding::Jpeg420(95),
        Encoding::Jpeg444(50),
        Encoding::Webp(60),
    ];
    let effects = [Effect::Plain, Effect::Sharpen, Effect::Logo, Effect::Gamma, Effect::Colours];
    for size in [56, 96, 128, 200, 256] {
        for filter in Filter::ALL {
            for encoding in encodings {
                let id = ids.next().unwrap_or(codebook.ids()[0]);
                let effect = effects[(id.get() % 5) as usize];
                let shape = SHAPES[(id.get() / 5 % 3) as usize];
                let service = SimulatedService { size, square: true, filter, effect, encoding };
                let thumbnail = service.send(service.resize(&photo(id, shape)));
                let Detection { verdict, findings, .. } = detect(&codebook, id, shape, &thumbnail);
                let case = format!("{service:?} {shape:?} {id}: {findings:?}");
                assert_eq!(verdict, DetectionVerdict::Clean, "{case}");
                assert_eq!(findings, [], "{case}");
            }
        }
    }
}

#[test]
fn a_tail_of_another_photo_is_found_with_its_id_and_its_rows() {
    let codebook = codebook(256, 1);
    let ids = [codebook.ids()[3], codebook.ids()[7]];
    for size in [56, 128, 256] {
        for tail in [2, 3, 8, 17, size / 2] {
            let detection = detect_mixed(&codebook, size, Tampering::Tail(tail), ids);
            let finding = only_finding(&detection, ids[1], RowFindingKind::Rows);
            assert_eq!(detection.verdict, DetectionVerdict::Mixed);
            assert!(finding.rows.start.abs_diff(size - tail) <= 1, "{size} {tail}: {finding:?}");
            assert_eq!(finding.rows.end, size);
        }
    }
}

#[test]
fn a_blend_is_found_with_its_id_and_its_share() {
    let codebook = codebook(256, 1);
    for (index, percent) in [3, 6, 12, 25, 40, 50].into_iter().enumerate() {
        let ids = [codebook.ids()[index], codebook.ids()[index + 30]];
        let detection = detect_mixed(&codebook, 256, Tampering::Blend(percent), ids);
        let finding = only_finding(&detection, ids[1], RowFindingKind::Blend);
        let error = finding.share - percent as f32 / 100.0;
        assert!(error.abs() < 0.015, "{percent} %: {finding:?}");
        assert!(finding.rows.len() > 240, "{percent} %: {finding:?}");
    }
}

#[test]
fn a_swapped_thumbnail_is_found_with_its_id() {
    let codebook = codebook(256, 1);
    let (own, other) = (codebook.ids()[0], codebook.ids()[1]);
    for shape in SHAPES {
        let thumbnail = plain(160).send(plain(160).resize(&photo(other, shape)));
        let detection = detect(&codebook, own, (640, 480), &thumbnail);
        let finding = only_finding(&detection, other, RowFindingKind::Whole);
        assert_eq!(finding.rows, 0..160, "{shape:?}");
        assert!(detection.rows.iter().all(|row| row.y == RowOwner::Other(other)));
    }
}

#[test]
fn a_crop_to_the_side_is_read_like_a_crop_of_the_middle() {
    let codebook = codebook(256, 1);
    let ids = [codebook.ids()[4], codebook.ids()[5]];
    for offset in [0, 37, 90, 160] {
        let mut square = Raster { width: 480, height: 480, rgb: Vec::new() };
        for (half, id) in ids.into_iter().enumerate() {
            let photo = photo(id, (640, 480));
            for row in photo.rgb.chunks_exact(640 * 3).skip(half * 240).take(240) {
                square.rgb.extend_from_slice(&row[offset * 3..(offset + 480) * 3]);
            }
        }
        let thumbnail = plain(128).send(plain(128).resize(&square));
        let detection = detect(&codebook, ids[0], (640, 480), &thumbnail);
        let finding = only_finding(&detection, ids[1], RowFindingKind::Rows);
        assert!(finding.rows.start.abs_diff(64) <= 1, "{offset}: {finding:?}");
    }
}

#[test]
fn colour_of_another_photo_is_found_in_the_planes_that_have_it() {
    let codebook = codebook(256, 1);
    let ids = [codebook.ids()[8], codebook.ids()[9]];
    for (tampering, planes) in [(Tampering::Colour, "cb+cr"), (Tampering::Blue, "cb")] {
        let detection = detect_mixed(&codebook, 256, tampering, ids);
        let finding = only_finding(&detection, ids[1], RowFindingKind::Planes);
        assert_eq!(finding.planes.to_string(), planes);
        assert_eq!((finding.rows, detection.verdict), (0..256, DetectionVerdict::Mixed));
    }
}

#[test]
fn displaced_rows_of_the_expected_photo_are_found_and_never_called_mixed() {
    let codebook = codebook(256, 1);
    let own = codebook.ids()[10];
    let intact = plain(256).resize(&photo(own, (500, 500)));
    let row = 256 * 3;
    let mut repeated = intact.clone();
    repeated.rgb.copy_within(64 * row..112 * row, 128 * row);
    let mut rotated = intact;
    rotated.rgb.rotate_left(100 * row);
    for displaced in [repeated, rotated] {
        let detection = detect(&codebook, own, (500, 500), &plain(256).send(displaced));
        assert!(detection.findings.iter().any(|finding| finding.kind == RowFindingKind::Order));
        assert!(detection.findings.iter().all(|finding| finding.id == Some(own)));
        assert_eq!(detection.verdict, DetectionVerdict::Clean);
    }
}

#[test]
fn every_other_row_of_another_photo_is_found_with_its_id() {
    let codebook = codebook(256, 1);
    let (own, other) = (codebook.ids()[11], codebook.ids()[12]);
    let [mut mixed, from] = [own, other].map(|id| plain(256).resize(&photo(id, (500, 500))));
    for row in (1..256).step_by(2) {
        mixed.splice(&from, row..row + 1);
    }
    let detection = detect(&codebook, own, (500, 500), &plain(256).send(mixed));
    assert_eq!(detection.verdict, DetectionVerdict::Mixed, "{:?}", detection.findings);
    assert!(detection.findings.iter().all(|finding| finding.id == Some(other)));
}

#[test]
fn planes_whose_length_does_not_match_the_dimensions_are_unreadable() {
    let codebook = codebook(256, 1);
    let image = ExpectedImage { width: 640, height: 480, fit: None };
    let detector = Detector::new(&codebook, image);
    for (width, height, length) in [(8, 8, 63), (0, 8, 0), (8, 0, 0), (u32::MAX, u32::MAX, 64)] {
        let [y, cb, cr] = [0; 3].map(|byte| vec![byte; length]);
        let thumbnail = YCbCrImage { width, height, y, cb, cr };
        let detection = detector.detect(codebook.ids()[0], &thumbnail);
        let result = (detection.verdict, detection.rows_read);
        assert_eq!(result, (DetectionVerdict::Unreadable, 0));
    }
}
