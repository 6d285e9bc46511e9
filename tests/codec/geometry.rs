//! A thumbnail's geometry follows from the photo's upright dimensions alone. It is compared with
//! the rules written in another way, over all sizes.

use std::num::NonZeroU32;

use double_exposure::codec::{
    Fit, FitError, Size, SizeError, ThumbnailSpec, band_rows, probe, thumbnail_dimensions,
};
use proptest::prelude::*;

use crate::images::{self, TestImage};

fn sizes() -> impl Strategy<Value = Size> {
    (16u32..=2048).prop_map(|px| Size::try_from(px).unwrap())
}

#[test]
fn sizes_are_16_to_2048_px_and_256_by_default() {
    assert_eq!(Size::default().get(), 256);
    for px in [16, 17, 256, 2047, 2048] {
        assert_eq!(Size::try_from(px).unwrap().get(), px);
        assert_eq!(px.to_string().parse::<Size>().unwrap().get(), px);
    }
    for found_px in [0, 15, 2049, u32::MAX] {
        assert_eq!(Size::try_from(found_px), Err(SizeError::Range { found_px }));
        assert_eq!(found_px.to_string().parse::<Size>(), Err(SizeError::Range { found_px }));
    }
    for found in ["", "big", "-16", "1e3", "4294967296"] {
        assert_eq!(found.parse::<Size>(), Err(SizeError::Number { found: found.to_owned() }));
    }
}

#[test]
fn fits_are_cover_and_contain_and_cover_by_default() {
    assert_eq!(Fit::default(), Fit::Cover);
    for fit in [Fit::Cover, Fit::Contain] {
        assert_eq!(fit.to_string().parse(), Ok(fit));
    }
    let found = "Cover".to_owned();
    assert_eq!(found.parse::<Fit>(), Err(FitError { found }));
}

#[test]
fn thumbnails_of_ordinary_photos_have_the_expected_dimensions() {
    let size = Size::default();
    let cases = [
        ((4032, 3024), (256, 256), (256, 192)),
        ((3024, 4032), (256, 256), (192, 256)),
        ((200, 1000), (200, 200), (51, 256)),
        ((1000, 1), (1, 1), (256, 1)),
        ((1, 65_500), (1, 1), (1, 256)),
        ((40, 30), (30, 30), (40, 30)),
        ((256, 256), (256, 256), (256, 256)),
        ((257, 256), (256, 256), (256, 255)),
        // 511 / 2 is rounded up.
        ((512, 511), (256, 256), (256, 256)),
        ((512, 509), (256, 256), (256, 255)),
    ];
    for ((width, height), cover, contain) in cases {
        for (fit, expected) in [(Fit::Cover, cover), (Fit::Contain, contain)] {
            assert_eq!(thumbnail_dimensions(width, height, ThumbnailSpec { size, fit }), expected);
        }
    }
}

#[test]
fn four_bands_of_256_rows_are_64_rows_each() {
    let rows: Vec<_> = band_rows(256, NonZeroU32::new(4).unwrap()).collect();
    assert_eq!(rows, [0..64, 64..128, 128..192, 192..256]);
}

#[test]
fn a_frame_is_turned_before_its_thumbnails_shape_is_decided() {
    let photo = TestImage::busy(60, 40, 1).jpeg(|e| e.add_exif_metadata(&images::exif(6)).unwrap());
    let header = probe(&photo).unwrap();
    assert_eq!((header.width, header.height), (40, 60));
    let (frame, thumbnail) = images::frame(&photo, Size::MIN, Fit::Contain).unwrap();
    assert!(frame.width() < frame.height());
    assert_eq!((thumbnail.width(), thumbnail.height()), (11, 16));
}

proptest! {
    #![proptest_config(crate::cases(512))]

    #[test]
    fn thumbnails_are_never_larger_than_the_photo_or_the_size(
        width in 1u32..=65_500, height in 1u32..=65_500, size in sizes(),
    ) {
        let (w, h) = thumbnail_dimensions(width, height, ThumbnailSpec { size, fit: Fit::Cover });
        prop_assert_eq!(w, h);
        prop_assert_eq!(w, width.min(height).min(size.get()));

        let (w, h) = thumbnail_dimensions(width, height, ThumbnailSpec { size, fit: Fit::Contain });
        let scale = f64::min(1.0, f64::from(size.get()) / f64::from(width.max(height)));
        prop_assert!((f64::from(w) - (f64::from(width) * scale).max(1.0)).abs() <= 0.5 + 1e-6);
        prop_assert!((f64::from(h) - (f64::from(height) * scale).max(1.0)).abs() <= 0.5 + 1e-6);
        prop_assert_eq!(w.max(h), width.max(height).min(size.get()));
        prop_assert!(w >= 1 && h >= 1);
    }

    #[test]
    fn bands_cover_all_rows_in_order_with_edges_on_multiples_of_16(
        height in 1u32..=2048, bands in 1u32..=200,
    ) {
        let rows: Vec<_> = band_rows(height, NonZeroU32::new(bands).unwrap()).collect();
        prop_assert_eq!(rows.len() as u32, bands.min(height.div_ceil(16)));
        prop_assert_eq!(rows[0].start, 0);
        prop_assert_eq!(rows[rows.len() - 1].end, height);
        for pair in rows.windows(2) {
            prop_assert_eq!(pair[0].end, pair[1].start);
            prop_assert_eq!(pair[0].end % 16, 0);
        }
        let blocks: Vec<_> = rows.iter().map(|rows| rows.len().div_ceil(16)).collect();
        let (min, max) = (blocks.iter().min().unwrap(), blocks.iter().max().unwrap());
        prop_assert!(*min >= 1 && max - min <= 1);
    }
}
