//! Goal: impact counts exactly what rows say, and never lets the estimate into it. Method: small
//! logs by hand, straight into the pure function, and once through the file.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use double_exposure::album::{
    AlbumId, Band, ContentHash, Entry, Estimated, ForeignBand, Impact, ImpactQuery, MakingEvent,
    MakingRef, Moment, PersonId, PhotoRef, PhotoUuid, Record, RecordKind, RowId, ShownEntry,
    ThumbnailRecord, impact,
};
use double_exposure::codec::ThumbnailSpec;

use crate::scene::{DAY, MAKER, START, Scene, event, making, owner, post};

fn photo(id: i64) -> PhotoRef {
    PhotoRef {
        photo: id.into(),
        name: PhotoUuid::random(),
        album: AlbumId::random(),
        owner: PersonId::random(),
    }
}

fn record(row: i64, viewer: PersonId, asked: PhotoRef, what: RecordKind) -> Record {
    let event = MakingEvent {
        viewer,
        asked,
        content_in: ContentHash::of(b"in"),
        content_out: ContentHash::of(b"out"),
        spec: ThumbnailSpec::default(),
        maker: MAKER.into(),
        pipeline: "shared".into(),
    };
    Record { row: row.into(), at: START, event, what }
}

fn made(row: i64, asked: PhotoRef, bands: &[Option<PhotoRef>]) -> Record {
    let bands = bands.iter().map(|of| of.map(|source| Band { source, decode: 0 })).collect();
    record(
        row,
        asked.owner,
        asked,
        RecordKind::Made(ThumbnailRecord { slot: None, decode: 0, bands }),
    )
}

fn shown(
    row: i64,
    viewer: PersonId,
    asked: PhotoRef,
    foreign: &[(Option<PhotoRef>, bool)],
) -> Record {
    let foreign =
        foreign.iter().map(|&(source, stranger)| ForeignBand { source, stranger }).collect();
    record(row, viewer, asked, RecordKind::Shown { made: RowId::from(1), own: 1, foreign })
}

fn question(one_in: u32) -> ImpactQuery {
    let one_in = NonZeroU32::new(one_in).expect("a sample of some");
    ImpactQuery { from: START, to: START.after(DAY), maker: None, one_in }
}

fn people(people: &[PersonId]) -> BTreeSet<PersonId> {
    people.iter().copied().collect()
}

#[test]
fn exposed_owners_and_affected_viewers_are_two_counts_and_need_a_stranger() {
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
        record(10, v, a, RecordKind::Stopped),
    ];
    let Impact { confirmed, .. } = impact(rows, &question(1));
    assert_eq!((confirmed.made, confirmed.made_wrong), (4, 3));
    assert_eq!((confirmed.shown, confirmed.shown_wrong), (5, 4));
    assert_eq!(confirmed.stopped, 1);
    assert_eq!(confirmed.exposed_owners, people(&[b.owner]), "c only reached members");
    assert_eq!(confirmed.affected_viewers, people(&[v, w]), "x was no stranger");
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
    let all = impact(rows.clone(), &question(1)).estimated;
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
    assert_eq!(all, expected);
    let none = impact(rows, &question(u32::MAX));
    assert_eq!((none.estimated.sampled, none.estimated.rate), (0, None));
    assert_eq!(none.estimated.shown_wrong, None, "nothing looked at, nothing to say");
    assert_eq!(none.confirmed.shown_wrong, 2, "what is confirmed needs no sample");
}

#[test]
fn a_sample_of_one_in_ten_is_about_a_tenth_and_always_the_same() {
    let (a, viewer) = (photo(1), PersonId::random());
    let rows = || (0..10_000).map(|row| shown(row, viewer, a, &[]));
    let sampled = impact(rows(), &question(10)).estimated.sampled;
    assert!((900..1_100).contains(&sampled), "{sampled} of 10,000");
    assert_eq!(impact(rows(), &question(10)).estimated.sampled, sampled);
}

#[test]
fn only_the_batch_and_the_time_asked_for_count() {
    let a = photo(1);
    let mut rows = vec![shown(1, a.owner, a, &[]); 4];
    rows[1].at = START.after(DAY);
    rows[2].at = Moment::from_millis(START.millis() - 1);
    rows[3].event.maker = "maker 8".into();
    let shown = |question: &ImpactQuery| impact(rows.clone(), question).confirmed.shown;
    assert_eq!(shown(&question(1)), 2);
    assert_eq!(shown(&ImpactQuery { maker: Some(MAKER.into()), ..question(1) }), 1);
    assert_eq!(shown(&ImpactQuery { maker: Some("none".into()), ..question(1) }), 0);
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let [a, b] = [1, 2].map(photo);
    let rows = [
        made(1, a, &[Some(b)]),
        shown(2, a.owner, a, &[(Some(b), true)]),
        shown(3, b.owner, b, &[]),
    ];
    let mut turned = rows.clone();
    turned.reverse();
    assert_eq!(impact(rows, &question(1)), impact(turned, &question(1)));
}

#[test]
fn the_file_answers_as_its_rows_do() {
    let scene = Scene::new();
    let store = scene.open();
    let ((ann, hers), (ben, his)) = (owner(&store), owner(&store));
    let anns = post(&store, ann, hers, &b"ann's"[..].into());
    let bens = post(&store, ben, his, &b"ben's"[..].into());
    let bands = making(&[Some(&anns), Some(&bens)]);
    let entries = [
        Entry::Made { event: event(ann, &anns), making: bands, keep: None },
        Entry::Shown(ShownEntry {
            viewer: ann,
            asked: PhotoRef::from(&anns),
            made: MakingRef::Previous,
        }),
        Entry::Stopped(event(ben, &bens)),
    ];
    store.append([(START, &entries[..])].into_iter()).expect("the rows are written");
    store.delete_photo(ben, bens.name).expect("ben may delete it");
    let question = question(1);
    let Impact { confirmed, estimated } = store.impact(&question).expect("the file answers");
    assert_eq!((confirmed.made, confirmed.made_wrong), (1, 1));
    assert_eq!((confirmed.shown, confirmed.shown_wrong, confirmed.stopped), (1, 1, 1));
    assert_eq!(confirmed.exposed_owners, people(&[ben]));
    assert_eq!(confirmed.affected_viewers, people(&[ann]));
    assert_eq!((estimated.accesses, estimated.rate), (1, Some(1.0)));
}
