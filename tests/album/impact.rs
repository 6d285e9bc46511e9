//! Goal: the confirmed impact counts exactly what the rows record, and the estimate stays separate.
//! Method: short lists of records written by hand, given to the pure function, and once to a file.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use double_exposure::album::{
    AlbumId, Band, ContentHash, Entry, Estimated, ForeignBand, Impact, ImpactQuery, MakingEvent,
    MakingRef, Moment, PersonId, PhotoRef, PhotoUuid, Record, RecordKind, RowId, ThumbnailRecord,
    impact,
};
use double_exposure::codec::ThumbnailSpec;

use crate::fixture::{self, DAY, MAKER, START, TestFile, append};

fn photo(id: i64) -> PhotoRef {
    PhotoRef {
        photo: id.into(),
        name: PhotoUuid::random(),
        album: AlbumId::random(),
        owner: PersonId::random(),
    }
}

fn record(row: i64, viewer: PersonId, requested: PhotoRef, kind: RecordKind) -> Record {
    let event = MakingEvent {
        viewer,
        requested,
        photo_hash: ContentHash::of(b"in"),
        thumbnail_hash: ContentHash::of(b"out"),
        spec: ThumbnailSpec::default(),
        maker: MAKER.into(),
        pipeline: "shared".into(),
    };
    Record { row: row.into(), at: START, event, kind }
}

fn made(row: i64, requested: PhotoRef, bands: &[Option<PhotoRef>]) -> Record {
    let band = |source: &Option<PhotoRef>| source.map(|source| Band { source, decode: 0 });
    let bands = bands.iter().map(band).collect();
    let kind = RecordKind::Made(ThumbnailRecord { slot: None, decode: 0, bands });
    record(row, requested.owner, requested, kind)
}

fn shown(
    row: i64,
    viewer: PersonId,
    requested: PhotoRef,
    foreign: &[(Option<PhotoRef>, bool)],
) -> Record {
    let foreign =
        foreign.iter().map(|&(source, stranger)| ForeignBand { source, stranger }).collect();
    let kind = RecordKind::Shown { made: RowId::from(1), own_bands: 1, foreign };
    record(row, viewer, requested, kind)
}

fn query(one_in: u32) -> ImpactQuery {
    let one_in = NonZeroU32::new(one_in).expect("a sampling interval");
    ImpactQuery { from: START, to: START.after(DAY), maker: None, one_in }
}

fn people(people: &[PersonId]) -> BTreeSet<PersonId> {
    people.iter().copied().collect()
}

#[test]
fn exposed_owners_and_affected_viewers_are_counted_only_if_the_viewer_was_no_member() {
    let [a, b, c] = [1, 2, 3].map(photo);
    let [v, w, x] = [(); 3].map(|()| PersonId::random());
    let rows = [
        made(1, a, &[Some(a), Some(a)]),
        made(2, a, &[Some(a), Some(b)]),
        made(3, b, &[Some(c), Some(c)]),
        made(4, c, &[None, Some(c)]),
        shown(5, v, a, &[]),
        shown(6, v, a, &[(Some(b), true)]),
        shown(7, w, a, &[(Some(b), true), (Some(c), false)]),
        shown(8, x, b, &[(Some(c), false)]),
        shown(9, x, c, &[(None, false)]),
        record(10, v, a, RecordKind::Withheld),
    ];
    let Impact { confirmed, .. } = impact(rows, &query(1));
    assert_eq!((confirmed.made, confirmed.made_wrong), (4, 3));
    assert_eq!((confirmed.shown, confirmed.shown_wrong), (5, 4));
    assert_eq!(confirmed.withheld, 1);
    assert_eq!(confirmed.exposed_owners, people(&[b.owner]), "c only reached members");
    assert_eq!(confirmed.affected_viewers, people(&[v, w]), "x was a member");
}

#[test]
fn the_estimate_is_accesses_times_the_sampled_rate_and_nothing_else() {
    let [a, b] = [1, 2].map(photo);
    let viewers = [(); 4].map(|()| PersonId::random());
    let rows: Vec<_> = (0..8)
        .map(|row| {
            let foreign: &[_] = if row < 2 { &[(Some(b), true)] } else { &[] };
            shown(row, viewers[row as usize % 4], a, foreign)
        })
        .collect();
    let estimated = impact(rows.clone(), &query(1)).estimated;
    let expected = Estimated {
        accesses: 8,
        viewers: 4,
        owners: 1,
        sampled: 8,
        sampled_wrong: 2,
        rate: Some(0.25),
        shown_wrong: Some(2.0),
        exposed_owners: Some(0.25),
        affected_viewers: Some(1.0),
    };
    assert_eq!(estimated, expected);
    let none = impact(rows, &query(u32::MAX));
    assert_eq!((none.estimated.sampled, none.estimated.rate), (0, None));
    assert_eq!(none.estimated.shown_wrong, None, "an empty sample has no rate");
    assert_eq!(none.confirmed.shown_wrong, 2, "the confirmed impact needs no sample");
}

#[test]
fn a_sample_of_one_in_ten_is_about_a_tenth_and_always_the_same() {
    let (a, viewer) = (photo(1), PersonId::random());
    let rows = || (0..10_000).map(|row| shown(row, viewer, a, &[]));
    let sampled = impact(rows(), &query(10)).estimated.sampled;
    assert!((900..1_100).contains(&sampled), "{sampled} of 10,000");
    assert_eq!(impact(rows(), &query(10)).estimated.sampled, sampled);
}

#[test]
fn only_rows_of_the_selected_maker_and_time_count() {
    let a = photo(1);
    let mut rows = vec![shown(1, a.owner, a, &[]); 4];
    rows[1].at = START.after(DAY);
    rows[2].at = Moment::from_millis(START.millis() - 1);
    rows[3].event.maker = "maker 8".into();
    let shown = |query: &ImpactQuery| impact(rows.clone(), query).confirmed.shown;
    assert_eq!(shown(&query(1)), 2);
    assert_eq!(shown(&ImpactQuery { maker: Some(MAKER.into()), ..query(1) }), 1);
    assert_eq!(shown(&ImpactQuery { maker: Some("none".into()), ..query(1) }), 0);
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let [a, b] = [1, 2].map(photo);
    let rows = [
        made(1, a, &[Some(b)]),
        shown(2, a.owner, a, &[(Some(b), true)]),
        shown(3, b.owner, b, &[]),
    ];
    let mut reversed = rows.clone();
    reversed.reverse();
    assert_eq!(impact(rows, &query(1)), impact(reversed, &query(1)));
}

#[test]
fn the_file_gives_the_impact_of_its_rows() {
    let (_file, store, [anns, bens]) = TestFile::with_two_photos();
    let entries = [
        fixture::made(&anns, &[Some(&anns), Some(&bens)], false),
        fixture::shown(anns.owner, &anns, MakingRef::Previous),
        Entry::Withheld(fixture::event(&bens)),
    ];
    append(&store, START, &entries);
    store.delete_photo(bens.owner, bens.name).expect("its owner may delete it");
    let Impact { confirmed, estimated } = store.impact(&query(1)).expect("the file is read");
    assert_eq!((confirmed.made, confirmed.made_wrong), (1, 1));
    assert_eq!((confirmed.shown, confirmed.shown_wrong, confirmed.withheld), (1, 1, 1));
    assert_eq!(confirmed.exposed_owners, people(&[bens.owner]));
    assert_eq!(confirmed.affected_viewers, people(&[anns.owner]));
    assert_eq!((estimated.accesses, estimated.rate), (1, Some(1.0)));
}
