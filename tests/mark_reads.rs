//! A mark is read back from every row of a thumbnail, through all that services do, and never as
//! another's. Photos of many shapes go through resizers and encoders that do not know of marks.

use double_exposure::mark::wear::{Coding, Filter, Service, Touch};
use double_exposure::mark::{
    Expect, Finding, FindingKind, Fit, Id, Issued, Picture, Planes, Read, Reader, Reading, Verdict,
    paint,
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

fn issued() -> Issued {
    Issued::new(256, 1).expect("256 can be told apart")
}

fn photo(id: Id, (width, height): (u32, u32)) -> Picture {
    paint(id, width, height, None).expect("the shapes have room")
}

fn read(issued: &Issued, asked: Id, shape: (u32, u32), planes: Planes<'_>) -> Reading {
    let expect = Expect { width: shape.0, height: shape.1, fit: Fit::Unknown };
    Reader::new(issued, expect).read(asked, planes)
}

#[track_caller]
fn clean(service: Service, shape: (u32, u32), id: Id, issued: &Issued) {
    let sent = service.send(service.resize(&photo(id, shape)));
    let reading = read(issued, id, shape, sent.planes());
    let what = format!("{service:?} {shape:?} {id}: {:?}", reading.findings);
    assert_eq!(reading.verdict, Verdict::Clean, "{what}");
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
fn put(into: &mut Picture, from: &Picture, rows: std::ops::Range<usize>) {
    let row = into.width as usize * 3;
    into.rgb[rows.start * row..rows.end * row]
        .copy_from_slice(&from.rgb[rows.start * row..rows.end * row]);
}

fn blended(one: &Picture, other: &Picture, share: f32) -> Picture {
    let mix = |(&one, &other): (&u8, &u8)| {
        (f32::from(one) + share * (f32::from(other) - f32::from(one))).round() as u8
    };
    Picture { rgb: one.rgb.iter().zip(&other.rgb).map(mix).collect(), ..*one }
}

#[track_caller]
fn only(reading: &Reading, found: Option<Id>, kind: FindingKind) -> Finding {
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
            let finding = only(&reading, Some(other), FindingKind::Rows);
            assert_eq!(reading.verdict, Verdict::Mixed);
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
        let finding = only(&reading, Some(other), FindingKind::Blend);
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
        let finding = only(&reading, Some(other), FindingKind::Whole);
        assert_eq!(finding.rows, 0..160, "{shape:?}");
        assert!(reading.rows.iter().all(|row| row.y == Read::Other(other)));
    }
}
