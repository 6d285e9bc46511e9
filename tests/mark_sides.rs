//! Photos beside each other in one row are found, and what services lay over a photo is nobody's.
//! Tiles of another photo are put in, and frames, circles, bars, text and shade are laid over clean
//! ones.

use double_exposure::audit::watermark::table::{Plant, Trial};
use double_exposure::audit::watermark::wear::{Coding, Filter, Service, Touch};
use double_exposure::audit::watermark::{
    Codebook, Detection, DetectionVerdict, Detector, ExpectedImage, MAX_IDS, MarkId, Raster, embed,
};

const SHAPE: (u32, u32) = (500, 500);

/// What a service lays over a thumbnail: a pixel, its place from 0 to 1, and the strength of it.
type Overlay = fn(u8, f32, f32, f32) -> f32;

const OVERLAYS: [(&str, Overlay); 7] = [
    ("frame", |of, x, y, by| {
        let edge = x.min(1.0 - x).min(y).min(1.0 - y);
        if edge < 0.02 + 0.1 * by { 255.0 } else { f32::from(of) }
    }),
    ("circle", |of, x, y, _| if (x - 0.5).hypot(y - 0.5) > 0.5 { 255.0 } else { f32::from(of) }),
    ("bars", |of, x, _, by| {
        let bar = ((x * (10.0 + 60.0 * by)) as u32).is_multiple_of(2);
        if bar { 0.5 * f32::from(of) + 127.0 } else { f32::from(of) }
    }),
    ("code", |of, x, y, by| {
        let bit = (0x9d2c_5680_u64 >> ((x * 40.0) as u32 % 31) ^ (by * 8.0) as u64) & 1;
        if x > 0.5 && y > 0.5 { 20.0 + 210.0 * bit as f32 } else { f32::from(of) }
    }),
    ("text", |of, x, y, by| {
        let stroke = ((x * 90.0 + y * 45.0 + 9.0 * by) as u32 / 5).is_multiple_of(2);
        if stroke && (0.33..0.67).contains(&y) {
            0.5 * f32::from(of) + 127.0
        } else {
            f32::from(of)
        }
    }),
    ("shade", |of, x, y, by| {
        f32::from(of) * (1.0 - (0.7 + by) * ((x - 0.5).powi(2) + (y - 0.5).powi(2)))
    }),
    ("fade", |of, _, y, by| f32::from(of) * (1.0 - (0.5 + 0.5 * by) * y)),
];

fn issued() -> Codebook {
    Codebook::new(MAX_IDS, 5).expect("so many can be issued")
}

fn service(at: usize) -> Service {
    let codings = [
        Coding::Jpeg420(75),
        Coding::Jpeg444(60),
        Coding::Webp(60),
        Coding::Jpeg420(40),
        Coding::Lossless,
    ];
    Service {
        size: [128, 160, 200, 256, 96, 56][at % 6],
        square: true,
        filter: Filter::ALL[at % 4],
        touch: Touch::Plain,
        coding: codings[at % 5],
    }
}

fn thumbnail(service: &Service, id: MarkId) -> Raster {
    service.resize(&embed(id, SHAPE.0, SHAPE.1, None).expect("it has room"))
}

fn read(issued: &Codebook, service: &Service, asked: MarkId, sent: Raster) -> Detection {
    let expect = ExpectedImage { width: SHAPE.0, height: SHAPE.1, fit: None };
    Detector::new(issued, expect).read(asked, service.send(sent).planes())
}

#[test]
fn nothing_that_is_laid_over_a_clean_photo_is_anybodys() {
    let issued = issued();
    for (name, overlay) in OVERLAYS {
        for (at, &id) in issued.ids().iter().take(60).enumerate() {
            let service = service(at);
            let mut picture = thumbnail(&service, id);
            let (wide, high) = (picture.width as usize, picture.height as usize);
            for (place, sample) in picture.rgb.iter_mut().enumerate() {
                let (x, y) = (place / 3 % wide, place / 3 / wide);
                let at_x = (x as f32 + 0.5) / wide as f32;
                let at_y = (y as f32 + 0.5) / high as f32;
                *sample = overlay(*sample, at_x, at_y, at as f32 / 60.0).clamp(0.0, 255.0) as u8;
            }
            let reading = read(&issued, &service, id, picture);
            let found = &reading.findings;
            assert_ne!(
                reading.verdict,
                DetectionVerdict::Mixed,
                "{name} over {id}, {service:?}: {found:?}"
            );
        }
    }
}

#[test]
fn another_photo_beside_the_asked_one_is_found_and_never_a_third() {
    let issued = issued();
    let mut found = 0;
    for (at, pair) in issued.ids().chunks_exact(2).take(60).enumerate() {
        let service = Service { size: 256, coding: Coding::Jpeg420(80), ..service(at) };
        let (mut mixed, other) = (thumbnail(&service, pair[0]), thumbnail(&service, pair[1]));
        let row = mixed.width as usize * 3;
        for (into, from) in mixed.rgb.chunks_exact_mut(row).zip(other.rgb.chunks_exact(row)) {
            into[row / 3..].copy_from_slice(&from[row / 3..]);
        }
        let reading = read(&issued, &service, pair[0], mixed);
        assert_ne!(reading.verdict, DetectionVerdict::Clean);
        assert!(reading.findings.iter().all(|finding| finding.found == Some(pair[1])));
        found += usize::from(reading.verdict == DetectionVerdict::Mixed);
    }
    assert!(found >= 50, "{found} of 60");
}

/// The rows of a picture, each moved to the side by what is said of it, coming in at the other end.
fn moved(picture: &Raster, by: impl Fn(usize) -> usize) -> Raster {
    let row = picture.width as usize * 3;
    let mut rgb = picture.rgb.clone();
    for (at, pixels) in rgb.chunks_exact_mut(row).enumerate() {
        pixels.rotate_left(by(at) % (row / 3) * 3);
    }
    Raster { rgb, ..*picture }
}

fn nobody(reading: &Detection, own: MarkId, what: &str) {
    let others = reading.findings.iter().filter(|finding| finding.found != Some(own));
    assert_eq!(others.count(), 0, "{what} of {own}: {:?}", reading.findings);
}

#[test]
fn a_photo_beside_itself_moved_is_nobody_elses() {
    let issued = issued();
    let service = Service { size: 160, coding: Coding::Jpeg444(80), ..service(3) };
    for (at, &id) in issued.ids().iter().take(150).enumerate() {
        let clean = thumbnail(&service, id);
        for (part, cells) in [(2, 3 + at % 17), (3, 20 + at % 17)] {
            let other = moved(&clean, |_| cells * 4);
            let mut beside = clean.clone();
            let row = clean.width as usize * 3;
            for (into, from) in beside.rgb.chunks_exact_mut(row).zip(other.rgb.chunks_exact(row)) {
                into[row / part..].copy_from_slice(&from[row / part..]);
            }
            nobody(&read(&issued, &service, id, beside), id, "the photo beside itself");
        }
    }
}

/// Where two marks shine through each other, what is left of both once looked like half of a third.
#[test]
fn a_blend_of_two_is_not_a_third_beside_the_first() {
    let issued = Codebook::new(MAX_IDS, 20_241_128).expect("so many can be issued");
    let trial = Trial::new(46_897, 20_241_128);
    assert_eq!(trial.plant, Plant::Blend(50));
    let [_, other] = trial.people(&issued);
    let reading = trial.read(&issued);
    assert!(reading.findings.iter().all(|finding| finding.found == Some(other)));
    assert_eq!(reading.verdict, DetectionVerdict::Mixed);
}

#[test]
fn a_thumbnail_of_which_a_third_is_hidden_is_not_called_clean_and_one_with_bars_is() {
    let issued = issued();
    let service = Service { size: 200, coding: Coding::Jpeg420(85), ..service(3) };
    let (own, other) = (issued.ids()[1], issued.ids()[2]);
    let mut inset = thumbnail(&service, own);
    let small = thumbnail(&Service { size: 70, ..service }, other);
    for (at, row) in small.rgb.chunks_exact(70 * 3).enumerate() {
        inset.rgb[((40 + at) * 200 + 60) * 3..][..70 * 3].copy_from_slice(row);
    }
    let reading = read(&issued, &service, own, inset);
    assert_eq!((reading.verdict, &reading.findings[..]), (DetectionVerdict::Unreadable, &[][..]));
    let mut barred = thumbnail(&service, own);
    barred.rgb[..40 * 200 * 3].fill(255);
    barred.rgb[160 * 200 * 3..].fill(255);
    assert_eq!(read(&issued, &service, own, barred).verdict, DetectionVerdict::Clean);
}
