//! A mark is read back from every row of a thumbnail, through all that services do, and never as
//! another's. Photos of many shapes go through resizers and encoders that do not know of marks.

use double_exposure::audit::watermark::wear::{Coding, Filter, Service, Touch};
use double_exposure::audit::watermark::{
    Codebook, Detection, DetectionVerdict, Detector, ExpectedImage, MarkId, Raster, RowFinding,
    RowFindingKind, RowOwner, YCbCrView, embed,
};

const SHAPES: [(u32, u32); 4] = [(640, 480), (480, 640), (500, 500), (900, 300)];

fn plain(size: u32) -> Service {
    Service {
        size,
        square: true,
        filter: Filter::Lanczos3,
        touch: Touch::Plain,
        coding: Coding::Jpeg420(80),
    }
}

fn issued() -> Codebook {
    Codebook::new(256, 1).expect("256 can be told apart")
}

fn photo(id: MarkId, (width, height): (u32, u32)) -> Raster {
    embed(id, width, height, None).expect("the shapes have room")
}

fn read(issued: &Codebook, asked: MarkId, shape: (u32, u32), planes: YCbCrView<'_>) -> Detection {
    let expect = ExpectedImage { width: shape.0, height: shape.1, fit: None };
    Detector::new(issued, expect).read(asked, planes)
}

#[track_caller]
fn clean(service: Service, shape: (u32, u32), id: MarkId, issued: &Codebook) {
    let sent = service.send(service.resize(&photo(id, shape)));
    let reading = read(issued, id, shape, sent.planes());
    let what = format!("{service:?} {shape:?} {id}: {:?}", reading.findings);
    assert_eq!(reading.verdict, DetectionVerdict::Clean, "{what}");
    assert_eq!(reading.findings, [], "{what}");
}

#[test]
fn clean_thumbnails_are_clean_through_every_filter_coding_and_touch() {
    let issued = issued();
    let mut ids = issued.ids().iter().copied();
    let codings = [
        Coding::Lossless,
        Coding::Jpeg420(40),
        Coding::Jpeg420(75),
        Coding::Jpeg420(95),
        Coding::Jpeg444(50),
        Coding::Webp(60),
    ];
    let touches = [Touch::Plain, Touch::Sharpen, Touch::Watermark, Touch::Gamma, Touch::Colours];
    for size in [56, 96, 128, 200, 256] {
        for filter in Filter::ALL {
            for coding in codings {
                let id = ids.next().unwrap_or(issued.ids()[0]);
                let touch = touches[(id.get() % 5) as usize];
                let shape = SHAPES[(id.get() / 5 % 3) as usize];
                clean(Service { size, square: true, filter, touch, coding }, shape, id, &issued);
            }
        }
    }
}

/// Puts rows of one picture into another.
fn put(into: &mut Raster, from: &Raster, rows: std::ops::Range<usize>) {
    let row = into.width as usize * 3;
    into.rgb[rows.start * row..rows.end * row]
        .copy_from_slice(&from.rgb[rows.start * row..rows.end * row]);
}

fn blended(one: &Raster, other: &Raster, share: f32) -> Raster {
    let mix = |(&one, &other): (&u8, &u8)| {
        (f32::from(one) + share * (f32::from(other) - f32::from(one))).round() as u8
    };
    Raster { rgb: one.rgb.iter().zip(&other.rgb).map(mix).collect(), ..*one }
}

#[track_caller]
fn only(reading: &Detection, found: Option<MarkId>, kind: RowFindingKind) -> RowFinding {
    let [finding] = &reading.findings[..] else { panic!("{:?}", reading.findings) };
    assert_eq!((finding.found, finding.kind), (found, kind), "{finding:?}");
    finding.clone()
}

#[test]
fn a_tail_of_another_is_found_with_its_owner_and_its_rows() {
    let issued = issued();
    let (own, other) = (issued.ids()[3], issued.ids()[7]);
    for size in [56, 128, 256] {
        for tail in [2, 3, 8, 17, size as usize / 2] {
            let service = plain(size);
            let mut mixed = service.resize(&photo(own, (640, 480)));
            let from = size as usize - tail;
            put(&mut mixed, &service.resize(&photo(other, (640, 480))), from..size as usize);
            let sent = service.send(mixed);
            let reading = read(&issued, own, (640, 480), sent.planes());
            let finding = only(&reading, Some(other), RowFindingKind::Rows);
            assert_eq!(reading.verdict, DetectionVerdict::Mixed);
            assert!(finding.rows.start.abs_diff(from as u32) <= 1, "{size} {tail}: {finding:?}");
            assert_eq!(finding.rows.end, size);
        }
    }
}

#[test]
fn a_blend_is_found_with_its_owner_and_its_share() {
    let issued = issued();
    for (at, share) in [0.03, 0.06, 0.12, 0.25, 0.4, 0.5].into_iter().enumerate() {
        let (own, other) = (issued.ids()[at], issued.ids()[at + 30]);
        let photo = blended(&photo(own, (640, 480)), &photo(other, (640, 480)), share);
        let sent = plain(256).send(plain(256).resize(&photo));
        let reading = read(&issued, own, (640, 480), sent.planes());
        let finding = only(&reading, Some(other), RowFindingKind::Blend);
        assert!((finding.share - share).abs() < 0.015, "{share}: {finding:?}");
        assert!(finding.rows.len() > 240, "{share}: {finding:?}");
    }
}

#[test]
fn a_whole_swap_is_found_with_its_owner() {
    let issued = issued();
    let (own, other) = (issued.ids()[0], issued.ids()[1]);
    for shape in SHAPES {
        let sent = plain(160).send(plain(160).resize(&photo(other, shape)));
        let reading = read(&issued, own, (640, 480), sent.planes());
        let finding = only(&reading, Some(other), RowFindingKind::Whole);
        assert_eq!(finding.rows, 0..160, "{shape:?}");
        assert!(reading.rows.iter().all(|row| row.y == RowOwner::Other(other)));
    }
}

#[test]
fn a_crop_to_the_side_is_read_like_one_of_the_middle() {
    let issued = issued();
    let (own, other) = (issued.ids()[4], issued.ids()[5]);
    for offset in [0, 37, 90, 160] {
        let mut square = Raster { width: 480, height: 480, rgb: Vec::new() };
        for (at, from) in [own, other].into_iter().enumerate() {
            let photo = photo(from, (640, 480));
            for row in photo.rgb.chunks_exact(640 * 3).skip(at * 240).take(240) {
                square.rgb.extend_from_slice(&row[offset * 3..(offset + 480) * 3]);
            }
        }
        let sent = plain(128).send(plain(128).resize(&square));
        let reading = read(&issued, own, (640, 480), sent.planes());
        let finding = only(&reading, Some(other), RowFindingKind::Rows);
        assert!(finding.rows.start.abs_diff(64) <= 1, "{offset}: {finding:?}");
    }
}

#[test]
fn colour_of_another_is_found_in_the_planes_that_have_it() {
    let issued = issued();
    let (own, other) = (issued.ids()[8], issued.ids()[9]);
    let send = |id| plain(256).send(plain(256).resize(&photo(id, (640, 480))));
    for both in [true, false] {
        let sent = send(own).with_colour_of(send(other), both);
        let reading = read(&issued, own, (640, 480), sent.planes());
        let finding = only(&reading, Some(other), RowFindingKind::Planes);
        assert_eq!(finding.planes.to_string(), if both { "cb+cr" } else { "cb" });
        assert_eq!((finding.rows, reading.verdict), (0..256, DetectionVerdict::Mixed));
    }
}

#[test]
fn rows_of_the_right_photo_in_the_wrong_place_are_found_and_never_called_mixed() {
    let issued = issued();
    let own = issued.ids()[10];
    let right = plain(256).resize(&photo(own, (500, 500)));
    let row = 256 * 3;
    let mut repeated = right.clone();
    repeated.rgb.copy_within(64 * row..112 * row, 128 * row);
    let mut turned = right.clone();
    turned.rgb.rotate_left(100 * row);
    for wrong in [repeated, turned] {
        let sent = plain(256).send(wrong);
        let reading = read(&issued, own, (500, 500), sent.planes());
        assert!(reading.findings.iter().any(|finding| finding.kind == RowFindingKind::Order));
        assert!(reading.findings.iter().all(|finding| finding.found == Some(own)));
        assert_eq!(reading.verdict, DetectionVerdict::Clean);
    }
}

#[test]
fn every_other_row_of_another_is_found_with_its_owner() {
    let issued = issued();
    let (own, other) = (issued.ids()[11], issued.ids()[12]);
    let mut mixed = plain(256).resize(&photo(own, (500, 500)));
    let from = plain(256).resize(&photo(other, (500, 500)));
    for row in (1..256).step_by(2) {
        put(&mut mixed, &from, row..row + 1);
    }
    let sent = plain(256).send(mixed);
    let reading = read(&issued, own, (500, 500), sent.planes());
    assert_eq!(reading.verdict, DetectionVerdict::Mixed, "{:?}", reading.findings);
    assert!(reading.findings.iter().all(|finding| finding.found == Some(other)));
}

#[test]
fn planes_that_are_not_as_long_as_they_say_are_unreadable() {
    let issued = issued();
    let bytes = [0; 64];
    for (width, height, luma) in [(8, 8, 63), (0, 8, 0), (8, 0, 0), (u32::MAX, u32::MAX, 64)] {
        let planes =
            YCbCrView { width, height, y: &bytes[..luma], cb: &bytes[..luma], cr: &bytes[..luma] };
        let reading = read(&issued, issued.ids()[0], (640, 480), planes);
        assert_eq!((reading.verdict, reading.read), (DetectionVerdict::Unreadable, 0));
    }
}
