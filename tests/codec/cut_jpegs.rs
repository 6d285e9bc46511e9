//! Tests that of a JPEG that ends early exactly the rows are decoded that its data holds, and no
//! row is invented.

use double_exposure::codec::{InspectedPixels, inspect_first_rows, inspect_pixels};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

const WIDTH: u16 = 72;
const HEIGHT: u16 = 100;

/// Encodes noise, so that each row of blocks differs from the others and takes many bytes.
fn photo(set_up: impl Fn(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(20_241_128);
    let rgb: Vec<u8> =
        (0..usize::from(WIDTH) * usize::from(HEIGHT) * 3).map(|_| random.u8(..)).collect();
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 80);
    set_up(&mut encoder);
    encoder.encode(&rgb, WIDTH, HEIGHT, ColorType::Rgb).unwrap();
    file
}

fn whole(file: &[u8]) -> Vec<u8> {
    match inspect_pixels(file, 1 << 24).unwrap() {
        (_, _, InspectedPixels::YCbCr(pixels)) => pixels,
        (_, _, InspectedPixels::Rgb(_)) => panic!("a JPEG has YCbCr"),
    }
}

#[test]
fn the_rows_of_a_cut_baseline_file_are_those_of_the_whole_file() {
    for (sampling, restarts, block_rows) in [
        (SamplingFactor::F_1_1, 0, 8),
        (SamplingFactor::F_2_2, 0, 16),
        (SamplingFactor::F_1_1, 4, 8),
        (SamplingFactor::F_2_2, 7, 16),
    ] {
        let file = photo(|encoder| {
            encoder.set_sampling_factor(sampling);
            if restarts > 0 {
                encoder.set_restart_interval(restarts);
            }
        });
        let pixels = whole(&file);
        let row_bytes = usize::from(WIDTH) * 3;
        let (mut last, mut distinct) = (0, 0);
        for length in (file.len() / 4..file.len() - 4).step_by(97) {
            let cut = inspect_first_rows(&file[..length], 1 << 24).unwrap();
            assert_eq!((cut.width, cut.height), (WIDTH.into(), HEIGHT.into()));
            assert_eq!(cut.pixels.len(), cut.rows as usize * row_bytes);
            // Chroma is interpolated over the edge to the rows that are not there.
            let sure =
                (cut.rows as usize).saturating_sub(usize::from(block_rows == 16)) * row_bytes;
            assert_eq!(cut.pixels[..sure], pixels[..sure], "{sampling:?} {restarts} {length}");
            assert!(cut.rows >= last && cut.rows.is_multiple_of(block_rows), "{} rows", cut.rows);
            // A file holds the rows in proportion to its length, since noise takes even bytes.
            let expected = u64::from(HEIGHT) * length as u64 / file.len() as u64;
            assert!(u64::from(cut.rows).abs_diff(expected) <= 24, "{} at {length}", cut.rows);
            distinct += u32::from(cut.rows > last);
            last = cut.rows;
        }
        assert!(distinct >= 4, "{distinct}");
    }
}

#[test]
fn a_cut_progressive_file_is_read_by_its_whole_scans() {
    let file = photo(|encoder| encoder.set_progressive(true));
    assert!(inspect_pixels(&file[..file.len() / 2], 1 << 24).is_err());
    let cut = inspect_first_rows(&file[..file.len() / 2], 1 << 24).unwrap();
    assert_eq!(cut.rows, u32::from(HEIGHT));
    // The means of the blocks come first, so that no row is one colour.
    let luma = |row: usize| cut.pixels[row * usize::from(WIDTH) * 3..].iter().step_by(3).take(72);
    assert!((0..100).all(|row| luma(row).max() > luma(row).min()));
}

#[test]
fn a_file_without_a_row_and_a_file_beyond_the_limit_are_refused() {
    let file = photo(|_| {});
    for length in [0, 2, 100, 640] {
        assert!(inspect_first_rows(&file[..length], 1 << 24).is_err(), "{length}");
    }
    assert!(inspect_first_rows(&file[..file.len() / 2], 100).is_err());
}
