//! The codebook keeps every blend of two ids apart from all other ids, and photos that cannot be
//! watermarked are refused. Every pair of 256 ids is blended, bit by bit and half by half, as rows
//! of pixels that the detector reads.

use double_exposure::audit::watermark::{
    Codebook, Detector, ExpectedImage, MAX_IDS, MAX_PIXELS, MIN_SIDE_PX, MarkId, Raster, RowOwner,
    WatermarkError, YCbCrImage, embed,
};
use double_exposure::codec::Fit;

use crate::{codebook, photo};

const SIDE: u32 = 80;

/// Returns the first row of pixels of each id's photo.
fn rows(ids: &[MarkId]) -> Vec<Vec<u8>> {
    ids.iter().map(|&id| photo(id, (SIDE, SIDE)).rgb[..SIDE as usize * 3].to_vec()).collect()
}

/// Returns the owners that the detector reads from rows of pixels.
fn owners(codebook: &Codebook, expected: MarkId, rows: &[Vec<u8>]) -> Vec<RowOwner> {
    let (width, height) = (SIDE, rows.len() as u32);
    let detector = Detector::new(codebook, ExpectedImage { width, height, fit: Some(Fit::Cover) });
    let thumbnail = YCbCrImage::from_rgb(&Raster { width, height, rgb: rows.concat() });
    detector.detect(expected, &thumbnail).rows.iter().map(|row| row.y).collect()
}

#[test]
fn no_blend_of_two_of_256_ids_is_read_as_a_third() {
    let codebook = codebook(256, 7);
    let rows = rows(codebook.ids());
    let blends: [fn(u8, u8) -> u8; 6] = [
        |own, other| own & other,
        |own, other| own | other,
        |own, other| own ^ other,
        |own, other| own.midpoint(other),
        u8::max,
        u8::min,
    ];
    let half = rows[0].len() / 2;
    for (index, (own, row)) in codebook.ids().iter().zip(&rows).enumerate() {
        let (mut others, mut mixed) = (Vec::new(), Vec::new());
        for (id, other) in codebook.ids().iter().zip(&rows).skip(index + 1) {
            for blend in blends {
                others.push(*id);
                mixed.push(row.iter().zip(other).map(|(own, other)| blend(*own, *other)).collect());
            }
            others.push(*id);
            mixed.push([&row[..half], &other[half..]].concat());
        }
        for (id, owner) in others.iter().zip(owners(&codebook, *own, &mixed)) {
            let is_third = matches!(owner, RowOwner::Other(third) if third != *id);
            assert!(!is_third, "{own} and {id} are read as {owner:?}");
        }
    }
}

#[test]
fn each_of_256_ids_is_read_as_own_where_it_is_expected_and_else_as_another() {
    let codebook = codebook(256, 7);
    let rows = rows(codebook.ids());
    for expected in [codebook.ids()[0], codebook.ids()[255]] {
        let owner =
            |id: &MarkId| if *id == expected { RowOwner::Own } else { RowOwner::Other(*id) };
        let right: Vec<RowOwner> = codebook.ids().iter().map(owner).collect();
        assert_eq!(owners(&codebook, expected, &rows), right);
    }
}

#[test]
fn a_codebook_of_any_seed_holds_max_ids_and_no_more() {
    for seed in [0, 1, 20_241_128, u64::MAX] {
        let codebook = codebook(MAX_IDS, seed);
        let mut ids = codebook.ids().to_vec();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), MAX_IDS);
        assert!(ids.iter().all(|id| codebook.contains(*id)));
        let numbers = (0..=u16::MAX).filter(|number| codebook.get(*number).is_some());
        assert_eq!(numbers.count(), ids.len());
    }
    let refused = Codebook::new(MAX_IDS + 1, 0).map(|codebook| codebook.ids().len());
    let error = WatermarkError::TooMany { requested: MAX_IDS + 1 };
    assert_eq!(refused, Err(error));
}

#[test]
fn a_watermark_whose_number_is_not_in_the_codebook_names_no_photo() {
    let (large, small) = (codebook(256, 7), codebook(16, 7));
    let foreign = large.ids()[200];
    assert!(!small.contains(foreign));
    let image = ExpectedImage { width: SIDE, height: SIDE, fit: Some(Fit::Cover) };
    let thumbnail = YCbCrImage::from_rgb(&photo(foreign, (SIDE, SIDE)));
    let detection = Detector::new(&small, image).detect(small.ids()[0], &thumbnail);
    assert!(detection.rows.iter().all(|row| row.y == RowOwner::NotIssued(foreign.get())));
    let [finding] = &detection.findings[..] else { panic!("{:?}", detection.findings) };
    assert_eq!((finding.id, finding.mixes()), (None, true));
}

#[test]
fn photos_that_are_too_small_or_too_large_are_refused_with_their_dimensions() {
    let id = codebook(1, 0).ids()[0];
    let (width, height) = (MIN_SIDE_PX - 1, 900);
    let error = WatermarkError::TooSmall { width, height };
    assert_eq!(embed(id, width, height, None), Err(error));
    assert!(error.to_string().contains(&format!("at least {MIN_SIDE_PX} px")));
    let (width, height) = (1 << 14, 1 << 13);
    let error = WatermarkError::TooLarge { width, height };
    assert_eq!(embed(id, width, height, None), Err(error));
    assert!(error.to_string().contains(&format!("at most {MAX_PIXELS} px")));
    let background = Raster { width: 60, height: 61, rgb: vec![0; 60 * 61 * 3] };
    let refused = embed(id, 60, 60, Some(&background)).expect_err("it has another height");
    let error = WatermarkError::Background { width: 60, height: 61, bytes: 60 * 61 * 3 };
    assert_eq!(refused, error);
    assert!(refused.to_string().contains("60x61"));
}
