//! Goal: the ledger tells who was shown what, nobody can change it, and it goes when its time is
//! over. Method: rows by hand through the writer, read back past and through the store.

use std::sync::Arc;

use bytes::Bytes;
use double_exposure::album::{
    CacheKey, Entry, ForeignBand, Ledger, MakingRef, Moment, Photo, PhotoQuery, PhotoRef,
    PhotoView, RETENTION, RecordKind, RowId, ShownEntry, Store, StoreError,
};
use double_exposure::codec::ThumbnailSpec;

use crate::scene::{DAY, MAKER, START, Scene, event, making, owner, person, post};

fn made(photo: &Photo, bands: &[Option<&Photo>], keep: bool) -> Entry {
    let keep = keep.then(|| Bytes::from_static(b"thumbnail"));
    Entry::Made { event: event(photo.owner, photo), making: making(bands), keep }
}

fn shown(viewer: double_exposure::album::PersonId, photo: &Photo, made: MakingRef) -> Entry {
    Entry::Shown(ShownEntry { viewer, asked: PhotoRef::from(photo), made })
}

fn append(store: &Store, at: Moment, entries: &[Entry]) -> Vec<RowId> {
    let results = store.append([(at, entries)].into_iter()).expect("the batch is written");
    results.into_iter().next().expect("one group, one result").expect("the group is written")
}

fn always() -> (Moment, Moment) {
    (Moment::from_millis(0), START.after(DAY * 10_000))
}

#[test]
fn a_shown_row_holds_what_was_foreign_and_to_whom() {
    let scene = Scene::new();
    let store = scene.open();
    let ((ann, hers), (ben, his)) = (owner(&store), owner(&store));
    let guest = person(&store);
    for (by, album) in [(ann, hers), (ben, his)] {
        store.add_member(by, album, guest).expect("the guest becomes a member of both");
    }
    let mine = post(&store, ann, hers, &b"ann's"[..].into());
    let foreign = post(&store, ben, his, &b"ben's"[..].into());
    let entries = [
        made(&mine, &[Some(&mine), Some(&foreign), None], true),
        shown(ann, &mine, MakingRef::Previous),
        shown(guest, &mine, MakingRef::Previous),
    ];
    let rows = append(&store, START, &entries);
    let (from, to) = always();
    let records: Vec<_> = store.ledger(from, to).collect::<Result<_, _>>().expect("rows are read");
    assert_eq!(records.iter().map(|record| record.row).collect::<Vec<_>>(), rows);
    let Entry::Made { event, making, .. } = &entries[0] else { unreachable!("it was made so") };
    assert_eq!(records[0].what, RecordKind::Made(making.clone()));
    assert_eq!(records[0].event, *event);
    let bens = |stranger| ForeignBand { source: Some(PhotoRef::from(&foreign)), stranger };
    let nobodys = ForeignBand { source: None, stranger: false };
    for (record, viewer, stranger) in [(&records[1], ann, true), (&records[2], guest, false)] {
        let foreign = vec![bens(stranger), nobodys];
        assert_eq!(record.what, RecordKind::Shown { made: rows[0], own: 1, foreign });
        assert_eq!(record.event.viewer, viewer);
        assert_eq!(record.event.content_out, event.content_out);
    }
}

#[test]
fn who_saw_tells_askers_from_finders_also_after_the_photo_is_gone() {
    let scene = Scene::new();
    let store = scene.open();
    let ((ann, hers), (ben, his)) = (owner(&store), owner(&store));
    let anns = post(&store, ann, hers, &b"ann's"[..].into());
    let bens = post(&store, ben, his, &b"ben's"[..].into());
    let clean = [made(&bens, &[Some(&bens)], false), shown(ben, &bens, MakingRef::Previous)];
    append(&store, START, &clean);
    append(&store, START.after(DAY), &clean);
    let torn =
        [made(&anns, &[Some(&anns), Some(&bens)], true), shown(ann, &anns, MakingRef::Previous)];
    append(&store, START.after(DAY * 2), &torn);
    let swapped = [made(&anns, &[Some(&bens)], true), shown(ann, &anns, MakingRef::Previous)];
    append(&store, START.after(DAY * 3), &swapped);
    store.delete_photo(ben, bens.name).expect("ben may delete it");
    assert_eq!(store.purge(MAKER), Ok(1));

    let seen = |photo: &Photo, viewer, in_anothers, times, first, last| PhotoView {
        photo: photo.id,
        album: photo.name.album,
        name: photo.name.photo,
        viewer,
        in_anothers,
        stranger: in_anothers,
        times,
        first: START.after(DAY * first),
        last: START.after(DAY * last),
    };
    let of_bens = vec![seen(&bens, ben, false, 2, 0, 1), seen(&bens, ann, true, 2, 2, 3)];
    // Of the swapped thumbnail ann saw nothing that was hers.
    let of_anns = vec![seen(&anns, ann, false, 1, 2, 2)];
    for (photo, expected) in [(&bens, of_bens), (&anns, of_anns)] {
        let (album, name) = (photo.name.album, photo.name.photo);
        for text in [photo.id.to_string(), name.to_string(), format!("{album}/{name}")] {
            let sought = text.parse().expect("it names a photo");
            assert_eq!(store.who_saw(sought), Ok(expected.clone()), "{text}");
        }
    }
    let elsewhere = PhotoQuery::Name { album: Some(hers), photo: bens.name.photo };
    assert_eq!(store.who_saw(elsewhere), Ok(vec![]));
}

#[test]
fn a_showing_of_an_unknown_making_fails_alone() {
    let scene = Scene::new();
    let store = scene.open();
    let (ann, album) = owner(&store);
    let photo = post(&store, ann, album, &b"photo"[..].into());
    let good = [made(&photo, &[Some(&photo)], true), shown(ann, &photo, MakingRef::Previous)];
    let lost = RowId::from(99);
    let bad = [made(&photo, &[Some(&photo)], true), shown(ann, &photo, MakingRef::Row(lost))];
    let orphan = [shown(ann, &photo, MakingRef::Previous)];
    let groups = [&good[..], &bad, &orphan].map(|entries| (START, entries));
    let results = store.append(groups.into_iter()).expect("the batch is written");
    assert!(results[0].is_ok(), "{:?}", results[0]);
    assert_eq!(results[1], Err(StoreError::UnknownMaking { row: Some(lost) }));
    assert_eq!(results[2], Err(StoreError::UnknownMaking { row: None }));
    let (from, to) = always();
    assert_eq!(store.ledger(from, to).count(), 2, "rows of a group that failed");
}

#[test]
fn a_thumbnail_is_not_kept_for_a_photo_that_is_gone_or_changed() {
    let scene = Scene::new();
    let store = scene.open();
    let (ann, album) = owner(&store);
    let mut photo = post(&store, ann, album, &b"photo"[..].into());
    let kept = |store: &Store, photo: &Photo| {
        let wanted = CacheKey { spec: ThumbnailSpec::default(), maker: MAKER };
        store.thumbnail(ann, photo.name, &wanted).expect("the photo is there").thumbnail
    };
    photo.content = double_exposure::album::ContentHash::of(b"what it was before");
    append(&store, START, &[made(&photo, &[Some(&photo)], true)]);
    assert_eq!(kept(&store, &photo), None);
    photo.content = double_exposure::album::ContentHash::of(b"photo");
    let [row] = append(&store, START, &[made(&photo, &[Some(&photo)], true)])[..] else {
        panic!("one entry, one row")
    };
    assert_eq!(kept(&store, &photo).map(|kept| kept.made), Some(row));
    store.delete_photo(ann, photo.name).expect("ann may delete it");
    let rows = append(&store, START, &[made(&photo, &[Some(&photo)], true)]);
    assert_eq!(rows.len(), 1, "the row of a making stays, whatever became of the photo");
}

#[test]
fn nothing_in_the_ledger_can_be_changed_or_taken_out() {
    let scene = Scene::new();
    let store = scene.open();
    let (ann, album) = owner(&store);
    let photo = post(&store, ann, album, &b"photo"[..].into());
    append(
        &store,
        START,
        &[made(&photo, &[Some(&photo)], true), shown(ann, &photo, MakingRef::Previous)],
    );
    let sqlite = scene.sqlite();
    for sql in [
        "UPDATE ledger SET at = 0",
        "DELETE FROM ledger",
        "UPDATE ledger_bands SET photo = 7",
        "DELETE FROM ledger_bands",
        "REPLACE INTO ledger SELECT * FROM ledger",
        "REPLACE INTO ledger_bands SELECT * FROM ledger_bands",
        "UPDATE ledger_kept_from SET at = at - 1 WHERE at > -9223372036854775808;
         UPDATE ledger SET at = at",
    ] {
        let refused = sqlite.execute_batch(sql).expect_err(sql).to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    let (from, to) = always();
    assert_eq!(store.ledger(from, to).count(), 2);
}

#[test]
fn rows_go_after_their_time_and_take_kept_thumbnails_of_unknown_making_along() {
    let scene = Scene::new();
    let store = scene.open();
    let (ann, album) = owner(&store);
    let photo = post(&store, ann, album, &b"photo"[..].into());
    let entries = [made(&photo, &[Some(&photo)], true), shown(ann, &photo, MakingRef::Previous)];
    append(&store, START, &entries);
    let later = START.after(DAY);
    append(&store, later, &[shown(ann, &photo, MakingRef::Row(RowId::from(1)))]);
    let now = START.after(RETENTION);
    assert_eq!(store.prune_ledger(now.before(RETENTION)), Ok(0), "400 days old is not older");
    let now = Moment::from_millis(now.millis() + 1);
    assert_eq!(store.prune_ledger(now.before(RETENTION)), Ok(2));
    let (from, to) = always();
    assert_eq!(store.ledger(from, to).count(), 1, "the later showing stays");
    assert_eq!(store.who_saw(PhotoQuery::Id(photo.id)).expect("rows are read").len(), 1);
    let wanted = CacheKey { spec: ThumbnailSpec::default(), maker: MAKER };
    let found = store.thumbnail(ann, photo.name, &wanted).expect("the photo is there");
    assert_eq!(found.thumbnail, None, "its making is not known any more");
    let bands: i64 = scene
        .sqlite()
        .query_row("SELECT count(*) FROM ledger_bands", [], |row| row.get(0))
        .expect("bands are counted");
    assert_eq!(bands, 0, "bands of rows that are gone");
}

#[test]
fn rows_come_a_page_at_a_time_and_none_twice() {
    let scene = Scene::new();
    let store = scene.open();
    let (ann, album) = owner(&store);
    let photo = post(&store, ann, album, &b"photo"[..].into());
    let entries = vec![made(&photo, &[Some(&photo)], false); 700];
    // The later batch first, and both at one moment each: pages part neither.
    append(&store, START.after(DAY), &entries);
    append(&store, START, &entries);
    append(&store, START, &entries);
    let rows = |from, to| {
        let rows: Vec<_> = store.ledger(from, to).collect::<Result<_, _>>().expect("rows are read");
        rows.iter().map(|record| record.row.get()).collect::<Vec<_>>()
    };
    let expected: Vec<i64> = (701..=2_100).chain(1..=700).collect();
    assert_eq!(rows(START, START.after(DAY * 2)), expected);
    assert_eq!(rows(START, START.after(DAY)), expected[..1_400], "`to` is the moment after");
}

#[test]
fn appends_of_many_threads_are_all_there_and_each_knows_its_rows() {
    let scene = Scene::new();
    let store = Arc::new(scene.open());
    let (ann, album) = owner(&store);
    let photo = post(&store, ann, album, &b"photo"[..].into());
    let ledger = Ledger::start(store.clone()).expect("the ledger starts");
    let entries =
        || vec![made(&photo, &[Some(&photo)], true), shown(ann, &photo, MakingRef::Previous)];
    let mut rows: Vec<RowId> = std::thread::scope(|scope| {
        let append = || {
            let append = || ledger.append(entries()).expect("the rows are written");
            std::iter::repeat_with(append).take(40).flatten().collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(append)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no append panics")).collect()
    });
    let receipt = ledger.submit(entries()).expect("there is room");
    drop(ledger);
    rows.extend(receipt.wait().expect("a ledger that ends commits what it took"));
    rows.sort();
    assert_eq!(rows, (1..=482).map(RowId::from).collect::<Vec<_>>());
    drop(store);
    let (from, to) = always();
    assert_eq!(scene.open().ledger(from, to).count(), 482);
}
