//! Ids are issued so that no blend of two is a third, and what cannot be marked is refused in
//! words. Every pair of 256 ids is blended, bit by bit and half and half, as words and as rows of
//! pixels.

use double_exposure::mark::{
    Expect, Fit, Id, Issued, LEAST_SIDE, MOST_ISSUED, MOST_PIXELS, MarkError, OwnedPlanes, Picture,
    Read, Reader, paint,
};

const SIDE: u32 = 80;

fn rows(ids: &[Id]) -> Vec<Vec<u8>> {
    let row = |&id: &Id| {
        let photo = paint(id, SIDE, SIDE, None).expect("a square has room");
        photo.rgb[..SIDE as usize * 3].to_vec()
    };
    ids.iter().map(row).collect()
}

/// What rows of pixels are read as, one by one.
fn read(issued: &Issued, asked: Id, rows: &[Vec<u8>]) -> Vec<Read> {
    let (width, height) = (SIDE, rows.len() as u32);
    let reader = Reader::new(issued, Expect { width, height, fit: Fit::Cover });
    let planes = OwnedPlanes::from_rgb(&Picture { width, height, rgb: rows.concat() });
    reader.read(asked, planes.planes()).rows.iter().map(|row| row.y).collect()
}

#[test]
fn no_blend_of_two_of_256_ids_is_read_as_a_third() {
    let issued = Issued::new(256, 7).expect("256 can be told apart");
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
            let third = matches!(found, Read::Other(third) if third != *id);
            assert!(!third, "{own} and {id} are read as {found:?}");
        }
    }
}

#[test]
fn each_of_256_ids_is_read_as_itself_and_as_anothers_by_another() {
    let issued = Issued::new(256, 7).expect("256 can be told apart");
    let rows = rows(issued.ids());
    for asked in [issued.ids()[0], issued.ids()[255]] {
        let expected = |id: &Id| if *id == asked { Read::Own } else { Read::Other(*id) };
        let expected: Vec<Read> = issued.ids().iter().map(expected).collect();
        assert_eq!(read(&issued, asked, &rows), expected);
    }
}

#[test]
fn as_many_ids_as_promised_are_issued_whatever_the_seed_and_no_more() {
    for seed in [0, 1, 20_241_128, u64::MAX] {
        let issued = Issued::new(MOST_ISSUED, seed).expect("so many are promised");
        let mut ids = issued.ids().to_vec();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), MOST_ISSUED);
        assert!(ids.iter().all(|id| issued.contains(*id)));
        assert_eq!(
            (0..=u16::MAX).filter(|number| issued.get(*number).is_some()).count(),
            ids.len()
        );
    }
    let refused = Issued::new(MOST_ISSUED + 1, 0).map(|issued| issued.ids().len());
    let expected = MarkError::TooMany { asked: MOST_ISSUED + 1, most: MOST_ISSUED };
    assert_eq!(refused, Err(expected));
}

#[test]
fn a_mark_of_a_number_that_was_not_issued_is_nobodys() {
    let (many, few) = (Issued::new(256, 7), Issued::new(16, 7));
    let (many, few) = (many.expect("256"), few.expect("16"));
    let stranger = many.ids()[200];
    assert!(!few.contains(stranger));
    let reader = Reader::new(&few, Expect { width: SIDE, height: SIDE, fit: Fit::Cover });
    let photo = paint(stranger, SIDE, SIDE, None).expect("a square has room");
    let reading = reader.read(few.ids()[0], OwnedPlanes::from_rgb(&photo).planes());
    assert!(reading.rows.iter().all(|row| row.y == Read::NotIssued(stranger.get())));
    let [finding] = &reading.findings[..] else { panic!("{:?}", reading.findings) };
    assert_eq!((finding.found, finding.mixes()), (None, true));
}

#[test]
fn photos_without_room_or_beyond_the_bound_are_refused_with_their_numbers() {
    let id = Issued::new(1, 0).expect("one").ids()[0];
    let small = paint(id, LEAST_SIDE - 1, 900, None);
    let expected = MarkError::TooSmall { width: LEAST_SIDE - 1, height: 900, least: LEAST_SIDE };
    assert_eq!(small, Err(expected));
    let large = paint(id, 1 << 14, 1 << 13, None);
    let expected = MarkError::TooLarge { width: 1 << 14, height: 1 << 13, most: MOST_PIXELS };
    assert_eq!(large, Err(expected));
    let under = Picture { width: 60, height: 61, rgb: vec![0; 60 * 61 * 3] };
    let refused = paint(id, 60, 60, Some(&under)).expect_err("it has another height");
    assert_eq!(refused, MarkError::Under { width: 60, height: 61, bytes: 60 * 61 * 3 });
    assert!(refused.to_string().contains("60x61"));
}
