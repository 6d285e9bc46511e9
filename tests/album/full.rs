//! Goal: where the file is full, nothing is stored in part and nothing is lost, and room made is
//! room used. Method: a store whose file may not grow beyond a limit, filled to it.

use std::sync::Arc;

use bytes::Bytes;
use double_exposure::album::{
    AlbumError, ContentHash, Entry, Ledger, Moment, StoreError, StoreOptions, Upload, UploadOutcome,
};

use crate::scene::{Scene, event, making, name, owner, post};

const LIMIT: u64 = 1 << 20;

fn limited() -> StoreOptions {
    StoreOptions { limit_bytes: Some(LIMIT), ..StoreOptions::default() }
}

#[test]
fn a_full_file_refuses_and_keeps_what_it_has() {
    let scene = Scene::new();
    let store = scene.open_with(crate::scene::START, limited());
    let (owner, album) = owner(&store);
    let bytes = |number: u8| Bytes::from(vec![number; 100_000]);
    let mut posted = Vec::new();
    let refused = (0..).find_map(|number| {
        let there = name(album);
        let put = store.put_photo(owner, there, &Upload::new(bytes(number), 1, 1));
        match put {
            Ok(UploadOutcome::Created(photo)) => {
                posted.push((photo, bytes(number)));
                None
            }
            Ok(UploadOutcome::Same(photo)) => panic!("a new name held {photo:?}"),
            Err(error) => Some((there, number, error)),
        }
    });
    let (there, number, error) = refused.expect("100,000 bytes each fill it at last");
    assert_eq!(error, AlbumError::Store(StoreError::Full));
    assert!((8..=10).contains(&posted.len()), "{} of 100,000 bytes in {LIMIT}", posted.len());
    assert_eq!(store.photo(owner, there), Err(AlbumError::NotFound), "half a photo");
    assert_eq!(store.album(owner, album).expect("it is listed").photos.len(), posted.len());
    for (photo, bytes) in &posted {
        assert_eq!(store.photo_with_bytes(owner, photo.name), Ok((photo.clone(), bytes.clone())));
    }
    store.delete_photo(owner, posted[0].0.name).expect("deleting needs no room");
    let again = store.put_photo(owner, there, &Upload::new(bytes(number), 1, 1));
    assert!(matches!(again, Ok(UploadOutcome::Created(_))), "{again:?}");
    drop(store);
    scene.check_integrity();
}

#[test]
fn a_full_file_takes_no_ledger_rows_and_says_so_to_each() {
    let scene = Scene::new();
    let store = Arc::new(scene.open_with(crate::scene::START, limited()));
    let (owner, album) = owner(&store);
    let photo = post(&store, owner, album, &Bytes::from(vec![1; 700_000]));
    let ledger = Ledger::start(store.clone()).expect("the ledger starts");
    let thumbnail = Bytes::from(vec![2; 400_000]);
    let mut event = event(owner, &photo);
    event.content_out = ContentHash::of(&thumbnail);
    let made = |keep| Entry::Made { event: event.clone(), making: making(&[Some(&photo)]), keep };
    let refused = ledger.append(vec![made(Some(thumbnail))]);
    assert_eq!(refused, Err(StoreError::Full));
    let all = || store.ledger(Moment::from_millis(0), crate::scene::START.after(crate::scene::DAY));
    assert_eq!(all().count(), 0, "a row of a making that is not there");
    ledger.append(vec![made(None)]).expect("a small row has room");
    assert_eq!(all().count(), 1);
}
