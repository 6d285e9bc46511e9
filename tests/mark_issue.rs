//! Ids are issued so that no blend of two is a third, and what cannot be marked is refused in
//! words. Every pair of 256 ids is blended, bit by bit and half and half, as words and as rows of
//! pixels.

use double_exposure::audit::watermark::{
    Codebook, CodebookError, Detector, ExpectedImage, MAX_IDS, MAX_PIXELS, MIN_SIDE_PX, MarkId,
    Raster, RowOwner, YCbCrImage, embed,
};
use double_exposure::codec::Fit;

const SIDE: u32 = 80;

fn rows(ids: &[MarkId]) -> Vec<Vec<u8>> {
    let row = |&id: &MarkId| {
        let photo = embed(id, SIDE, SIDE, None).expect("a square has room");
        photo.rgb[..SIDE as usize * 3].to_vec()
    };
    ids.iter().map(row).collect()
}

/// What rows of pixels are read as, one by one.
fn read(issued: &Codebook, asked: MarkId, rows: &[Vec<u8>]) -> Vec<RowOwner> {
    let (width, height) = (SIDE, rows.len() as u32);
    let reader = Detector::new(issued, ExpectedImage { width, height, fit: Some(Fit::Cover) });
    let planes = YCbCrImage::from_rgb(&Raster { width, height, rgb: rows.concat() });
    reader.read(asked, planes.planes()).rows.iter().map(|row| row.y).collect()
}

#[test]
fn no_blend_of_two_of_256_ids_is_read_as_a_third() {
    let issued = Codebook::new(256, 7).expect("256 can be told apart");
    let rows = rows(issued.ids());
    let blends: [fn(u8, u8) -> u8; 6] = [
        |one, other| one & other,
        |one, other| one | other,
        |one, other| one ^ other,
        |one, other| one.midpoint(other),
        u8::max,
        u8::min,
    ];
    let half = rows[0].len() / 2;
    for (at, (own, row)) in issued.ids().iter().zip(&rows).enumerate() {
        let others = || issued.ids().iter().zip(&rows).skip(at + 1);
        let blended = |blend: fn(u8, u8) -> u8, other: &[u8]| -> Vec<u8> {
            row.iter().zip(other).map(|(one, other)| blend(*one, *other)).collect()
        };
        let (mut between, mut mixed) = (Vec::new(), Vec::new());
        for (id, other) in others() {
            for blend in blends {
                between.push(*id);
                mixed.push(blended(blend, other));
            }
            between.push(*id);
            mixed.push([&row[..half], &other[half..]].concat());
        }
        for (id, found) in between.iter().zip(read(&issued, *own, &mixed)) {
            let third = matches!(found, RowOwner::Other(third) if third != *id);
            assert!(!third, "{own} and {id} are read as {found:?}");
        }
    }
}

#[test]
fn each_of_256_ids_is_read_as_itself_and_as_anothers_by_another() {
    let issued = Codebook::new(256, 7).expect("256 can be told apart");
    let rows = rows(issued.ids());
    for asked in [issued.ids()[0], issued.ids()[255]] {
        let expected =
            |id: &MarkId| if *id == asked { RowOwner::Own } else { RowOwner::Other(*id) };
        let expected: Vec<RowOwner> = issued.ids().iter().map(expected).collect();
        assert_eq!(read(&issued, asked, &rows), expected);
    }
}

#[test]
fn as_many_ids_as_promised_are_issued_whatever_the_seed_and_no_more() {
    for seed in [0, 1, 20_241_128, u64::MAX] {
        let issued = Codebook::new(MAX_IDS, seed).expect("so many are promised");
        let mut ids = issued.ids().to_vec();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), MAX_IDS);
        assert!(ids.iter().all(|id| issued.contains(*id)));
        assert_eq!(
            (0..=u16::MAX).filter(|number| issued.get(*number).is_some()).count(),
            ids.len()
        );
    }
    let refused = Codebook::new(MAX_IDS + 1, 0).map(|issued| issued.ids().len());
    let expected = CodebookError::TooMany { asked: MAX_IDS + 1, most: MAX_IDS };
    assert_eq!(refused, Err(expected));
}

#[test]
fn a_mark_of_a_number_that_was_not_issued_is_nobodys() {
    let (many, few) = (Codebook::new(256, 7), Codebook::new(16, 7));
    let (many, few) = (many.expect("256"), few.expect("16"));
    let stranger = many.ids()[200];
    assert!(!few.contains(stranger));
    let reader =
        Detector::new(&few, ExpectedImage { width: SIDE, height: SIDE, fit: Some(Fit::Cover) });
    let photo = embed(stranger, SIDE, SIDE, None).expect("a square has room");
    let reading = reader.read(few.ids()[0], YCbCrImage::from_rgb(&photo).planes());
    assert!(reading.rows.iter().all(|row| row.y == RowOwner::NotIssued(stranger.get())));
    let [finding] = &reading.findings[..] else { panic!("{:?}", reading.findings) };
    assert_eq!((finding.found, finding.mixes()), (None, true));
}

#[test]
fn photos_without_room_or_beyond_the_bound_are_refused_with_their_numbers() {
    let id = Codebook::new(1, 0).expect("one").ids()[0];
    let small = embed(id, MIN_SIDE_PX - 1, 900, None);
    let expected =
        CodebookError::TooSmall { width: MIN_SIDE_PX - 1, height: 900, least: MIN_SIDE_PX };
    assert_eq!(small, Err(expected));
    let large = embed(id, 1 << 14, 1 << 13, None);
    let expected = CodebookError::TooLarge { width: 1 << 14, height: 1 << 13, most: MAX_PIXELS };
    assert_eq!(large, Err(expected));
    let under = Raster { width: 60, height: 61, rgb: vec![0; 60 * 61 * 3] };
    let refused = embed(id, 60, 60, Some(&under)).expect_err("it has another height");
    assert_eq!(refused, CodebookError::Under { width: 60, height: 61, bytes: 60 * 61 * 3 });
    assert!(refused.to_string().contains("60x61"));
}
