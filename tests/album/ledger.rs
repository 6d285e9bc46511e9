//! Goal: the ledger tells which viewer was shown which photo, its rows cannot be changed, and they
//! are deleted after their retention period. Method: entries written by hand and appended, then
//! read through the store and around it.

use std::sync::Arc;

use double_exposure::album::{
    ContentHash, Entry, ForeignBand, Ledger, MakingRef, Moment, Photo, PhotoQuery, PhotoRef,
    PhotoView, RETENTION, Record, RecordKind, RowId, Store, StoreError,
};

use crate::fixture::{
    DAY, MAKER, START, TestFile, append, cached, is_cached, made, person, shown, upload,
};

/// Returns all rows, oldest first.
fn rows(store: &Store) -> Vec<Record> {
    rows_between(store, Moment::from_millis(0), START.after(DAY * 10_000))
}

fn rows_between(store: &Store, from: Moment, to: Moment) -> Vec<Record> {
    store.ledger(from, to).collect::<Result<_, _>>().expect("rows are read")
}

/// Makes the entries of a thumbnail that was made and shown as requested.
fn made_and_shown(photo: &Photo) -> [Entry; 2] {
    [made(photo, &[Some(photo)], true), shown(photo.owner, photo, MakingRef::Previous)]
}

#[test]
fn a_shown_row_holds_the_foreign_bands_and_if_the_viewer_was_a_member() {
    let (_file, store, [anns, bens]) = TestFile::with_two_photos();
    let guest = person(&store);
    for photo in [&anns, &bens] {
        let added = store.add_member(photo.owner, photo.name.album, guest);
        added.expect("the guest becomes a member of both albums");
    }
    let entries = [
        made(&anns, &[Some(&anns), Some(&bens), None], true),
        shown(anns.owner, &anns, MakingRef::Previous),
        shown(guest, &anns, MakingRef::Previous),
    ];
    let numbers = append(&store, START, &entries);
    let records = rows(&store);
    assert_eq!(records.iter().map(|record| record.row).collect::<Vec<_>>(), numbers);
    let Entry::Made { event, record, .. } = &entries[0] else { unreachable!("it is a made entry") };
    assert_eq!(records[0].kind, RecordKind::Made(record.clone()));
    assert_eq!(records[0].event, *event);
    let of_ben = |stranger| ForeignBand { source: Some(PhotoRef::from(&bens)), stranger };
    let of_no_photo = ForeignBand { source: None, stranger: false };
    let shown = [(&records[1], anns.owner, true), (&records[2], guest, false)];
    for (record, viewer, stranger) in shown {
        let foreign = vec![of_ben(stranger), of_no_photo];
        assert_eq!(record.kind, RecordKind::Shown { made: numbers[0], own_bands: 1, foreign });
        assert_eq!(record.event.viewer, viewer);
        assert_eq!(record.event.thumbnail_hash, event.thumbnail_hash);
    }
}

#[test]
fn viewers_are_listed_by_what_they_requested_also_after_the_photo_is_deleted() {
    let (_file, store, [anns, bens]) = TestFile::with_two_photos();
    let (ann, ben) = (anns.owner, bens.owner);
    let clean = [made(&bens, &[Some(&bens)], false), shown(ben, &bens, MakingRef::Previous)];
    append(&store, START, &clean);
    append(&store, START.after(DAY), &clean);
    // Torn: some bands show another photo. Swapped: all bands show another photo.
    let torn =
        [made(&anns, &[Some(&anns), Some(&bens)], true), shown(ann, &anns, MakingRef::Previous)];
    append(&store, START.after(DAY * 2), &torn);
    let swapped = [made(&anns, &[Some(&bens)], true), shown(ann, &anns, MakingRef::Previous)];
    append(&store, START.after(DAY * 3), &swapped);
    store.delete_photo(ben, bens.name).expect("its owner may delete it");
    assert_eq!(store.purge(MAKER), Ok(1));

    let view = |photo: &Photo, viewer, in_other_thumbnail, times, first, last| PhotoView {
        photo: photo.id,
        album: photo.name.album,
        name: photo.name.photo,
        viewer,
        in_other_thumbnail,
        stranger: in_other_thumbnail,
        times,
        first: START.after(DAY * first),
        last: START.after(DAY * last),
    };
    let of_bens = vec![view(&bens, ben, false, 2, 0, 1), view(&bens, ann, true, 2, 2, 3)];
    // The swapped thumbnail has no band of Ann's photo.
    let of_anns = vec![view(&anns, ann, false, 1, 2, 2)];
    for (photo, expected) in [(&bens, of_bens), (&anns, of_anns)] {
        let (album, name) = (photo.name.album, photo.name.photo);
        for text in [photo.id.to_string(), name.to_string(), format!("{album}/{name}")] {
            let query = text.parse().expect("it names a photo");
            assert_eq!(store.viewers_of(query), Ok(expected.clone()), "{text}");
        }
    }
    let elsewhere = PhotoQuery::Name { album: Some(anns.name.album), photo: bens.name.photo };
    assert_eq!(store.viewers_of(elsewhere), Ok(vec![]));
}

#[test]
fn a_shown_entry_without_its_made_row_fails_alone() {
    let (_file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, "photo");
    let missing = RowId::from(99);
    let good = made_and_shown(&photo);
    let bad = [made(&photo, &[Some(&photo)], true), shown(owner, &photo, MakingRef::Row(missing))];
    let orphan = [shown(owner, &photo, MakingRef::Previous)];
    let groups = [&good[..], &bad, &orphan].map(|entries| (START, entries));
    let results = store.append(groups.into_iter()).expect("the batch is written");
    assert!(results[0].is_ok(), "{:?}", results[0]);
    assert_eq!(results[1], Err(StoreError::UnknownMaking { row: Some(missing) }));
    assert_eq!(results[2], Err(StoreError::UnknownMaking { row: None }));
    assert_eq!(rows(&store).len(), 2, "rows of a group that failed");
}

#[test]
fn a_thumbnail_is_not_cached_for_a_photo_that_is_deleted_or_has_changed() {
    let (_file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, "photo");
    let before = Photo { content: ContentHash::of(b"another content"), ..photo.clone() };
    append(&store, START, &[made(&before, &[Some(&before)], true)]);
    assert!(!is_cached(&store, &photo));
    let [row] = append(&store, START, &[made(&photo, &[Some(&photo)], true)])[..] else {
        panic!("one entry, one row")
    };
    assert_eq!(cached(&store, &photo).map(|cached| cached.made), Some(row));
    store.delete_photo(owner, photo.name).expect("the owner may delete it");
    let numbers = append(&store, START, &[made(&photo, &[Some(&photo)], true)]);
    assert_eq!(numbers.len(), 1, "the made row stays after the photo is deleted");
}

#[test]
fn rows_of_the_ledger_cannot_be_changed_or_deleted() {
    let (file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, "photo");
    append(&store, START, &made_and_shown(&photo));
    let sqlite = file.sqlite();
    for sql in [
        "UPDATE ledger SET at = 0",
        "DELETE FROM ledger",
        "UPDATE ledger_bands SET photo = 7",
        "DELETE FROM ledger_bands",
        "REPLACE INTO ledger SELECT * FROM ledger",
        "REPLACE INTO ledger_bands SELECT * FROM ledger_bands",
        "UPDATE ledger_retention SET kept_from = kept_from - 1
             WHERE kept_from > -9223372036854775808;
         UPDATE ledger SET at = at",
    ] {
        let error = sqlite.execute_batch(sql).expect_err(sql).to_string();
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
    assert_eq!(rows(&store).len(), 2);
}

#[test]
fn old_rows_are_deleted_together_with_their_cached_thumbnails() {
    let (file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, "photo");
    append(&store, START, &made_and_shown(&photo));
    append(&store, START.after(DAY), &[shown(owner, &photo, MakingRef::Row(RowId::from(1)))]);
    drop(store);
    let now = START.after(RETENTION);
    let store = file.open_at(now);
    assert_eq!(store.prune_ledger(now.before(RETENTION)), Ok(0), "400 days old is not older");
    let now = Moment::from_millis(now.millis() + 1);
    assert_eq!(store.prune_ledger(now.before(RETENTION)), Ok(2));
    assert_eq!(rows(&store).len(), 1, "the later row stays");
    assert_eq!(store.viewers_of(PhotoQuery::Id(photo.id)).expect("rows are read").len(), 1);
    assert!(!is_cached(&store, &photo), "its made row is deleted");
    let bands = file.number("SELECT count(*) FROM ledger_bands");
    assert_eq!(bands, 0, "bands of rows that are deleted");
}

#[test]
fn rows_come_a_page_at_a_time_and_each_once() {
    let (_file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, "photo");
    let entries = vec![made(&photo, &[Some(&photo)], false); 700];
    // The later batch comes first, and each batch has one time: pages keep both in order.
    append(&store, START.after(DAY), &entries);
    append(&store, START, &entries);
    append(&store, START, &entries);
    let numbers = |from, to| {
        let rows = rows_between(&store, from, to);
        rows.iter().map(|record| record.row.get()).collect::<Vec<_>>()
    };
    let expected: Vec<i64> = (701..=2_100).chain(1..=700).collect();
    assert_eq!(numbers(START, START.after(DAY * 2)), expected);
    assert_eq!(numbers(START, START.after(DAY)), expected[..1_400], "`to` is exclusive");
}

#[test]
fn appends_of_many_threads_are_all_written_and_each_gets_its_row_numbers() {
    let (file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, "photo");
    let ledger = Ledger::start(Arc::clone(&store)).expect("the ledger starts");
    let entries = || made_and_shown(&photo).to_vec();
    let mut numbers: Vec<RowId> = std::thread::scope(|scope| {
        let append = || {
            let append = || ledger.append(entries()).expect("the rows are written");
            std::iter::repeat_with(append).take(40).flatten().collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(append)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no append panics")).collect()
    });
    let receipt = ledger.submit(entries()).expect("there is room");
    drop(ledger);
    numbers.extend(receipt.wait().expect("a ledger that ends commits its queue"));
    numbers.sort();
    assert_eq!(numbers, (1..=482).map(RowId::from).collect::<Vec<_>>());
    drop(store);
    assert_eq!(rows(&file.open()).len(), 482);
}
