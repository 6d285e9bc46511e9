//! The album's compression keeps what is good already and makes all else an ordinary upright JPEG.
//! Photos of each kind are compressed, and what comes back is inspected and decoded.

use double_exposure::codec::{Format, Orientation, compress, inspect};

use crate::paint::{Picture, decode, difference, exif};
use crate::photos::squares;

#[test]
fn compression_leaves_an_upright_jpeg_within_2048_px_byte_for_byte() {
    let flat = |width, height| Picture::flat(width, height, [7, 100, 60]);
    for photo in [
        flat(2048, 31).jpeg(|e| e.set_quality(35)),
        flat(31, 2048).jpeg(|e| e.set_progressive(true)),
        flat(40, 40).jpeg(|e| e.add_exif_metadata(&exif(1)).unwrap()),
    ] {
        assert_eq!(compress(&photo).unwrap(), photo);
    }
}

#[test]
fn compression_makes_everything_else_an_upright_jpeg_within_2048_px() {
    let cases = [
        (Picture::flat(2049, 31, [9; 3]).jpeg(|_| ()), (2048, 31)),
        (Picture::flat(31, 5000, [9; 3]).jpeg(|_| ()), (13, 2048)),
        (Picture::flat(40, 30, [9; 3]).jpeg(|e| e.add_exif_metadata(&exif(8)).unwrap()), (30, 40)),
        (Picture::flat(40, 30, [9; 3]).png(), (40, 30)),
        (Picture::flat(2100, 300, [9; 3]).webp(None), (2048, 293)),
    ];
    for (photo, dimensions) in cases {
        let kept = compress(&photo).unwrap();
        let header = inspect(&kept).unwrap();
        assert_eq!((header.format, header.orientation), (Format::Jpeg, Orientation::NoTransforms));
        assert_eq!((header.width, header.height), dimensions);
        let rgb = decode(&kept).unwrap().rgb().into_owned();
        assert!(difference(&rgb, &vec![9; rgb.len()]) <= 2);
        assert_eq!(compress(&kept).unwrap(), kept, "once is enough");
    }
    let turned = squares("abc/def").jpeg(|e| e.add_exif_metadata(&exif(6)).unwrap());
    let (frame, upright) = (decode(&compress(&turned).unwrap()).unwrap(), squares("da/eb/fc"));
    for (x, y) in [(8, 8), (24, 8), (8, 24), (24, 24), (8, 40), (24, 40)] {
        let pixel = (y * 32 + x) * 3;
        let pixel = pixel..pixel + 3;
        assert!(difference(&frame.rgb()[pixel.clone()], &upright.rgb[pixel]) <= 16, "{x}, {y}");
    }
}
