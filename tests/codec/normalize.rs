//! Normalizing keeps an upright JPEG within 2048 px byte for byte, and makes such a JPEG of every
//! other photo. Photos of each kind are normalized, and the results are probed and decoded.

use double_exposure::codec::{Format, Orientation, normalize, probe};

use crate::formats::squares;
use crate::images::{TestImage, decode, difference, exif};

#[test]
fn an_upright_jpeg_within_2048_px_stays_byte_for_byte() {
    let flat = |width, height| TestImage::flat(width, height, [7, 100, 60]);
    for photo in [
        flat(2048, 31).jpeg(|e| e.set_quality(35)),
        flat(31, 2048).jpeg(|e| e.set_progressive(true)),
        flat(40, 40).jpeg(|e| e.add_exif_metadata(&exif(1)).unwrap()),
    ] {
        assert_eq!(normalize(&photo).unwrap(), photo);
    }
}

#[test]
fn every_other_photo_becomes_an_upright_jpeg_within_2048_px() {
    let cases = [
        (TestImage::flat(2049, 31, [9; 3]).jpeg(|_| ()), (2048, 31)),
        (TestImage::flat(31, 5000, [9; 3]).jpeg(|_| ()), (13, 2048)),
        (
            TestImage::flat(40, 30, [9; 3]).jpeg(|e| e.add_exif_metadata(&exif(8)).unwrap()),
            (30, 40),
        ),
        (TestImage::flat(40, 30, [9; 3]).png(), (40, 30)),
        (TestImage::flat(2100, 300, [9; 3]).webp(None), (2048, 293)),
    ];
    for (photo, dimensions) in cases {
        let normalized = normalize(&photo).unwrap();
        let header = probe(&normalized).unwrap();
        assert_eq!((header.format, header.orientation), (Format::Jpeg, Orientation::NoTransforms));
        assert_eq!((header.width, header.height), dimensions);
        let rgb = decode(&normalized).unwrap().rgb().into_owned();
        assert!(difference(&rgb, &vec![9; rgb.len()]) <= 2);
        assert_eq!(normalize(&normalized).unwrap(), normalized, "once is enough");
    }
    let turned = squares("abc/def").jpeg(|e| e.add_exif_metadata(&exif(6)).unwrap());
    let (frame, upright) = (decode(&normalize(&turned).unwrap()).unwrap(), squares("da/eb/fc"));
    for (x, y) in [(8, 8), (24, 8), (8, 24), (24, 24), (8, 40), (24, 40)] {
        let pixel = (y * 32 + x) * 3;
        let pixel = pixel..pixel + 3;
        assert!(difference(&frame.rgb()[pixel.clone()], &upright.rgb[pixel]) <= 16, "{x}, {y}");
    }
}
