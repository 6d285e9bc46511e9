//! Goal: on a full disk the store writes nothing in part and loses nothing, and uses the room that
//! is made later. Method: a store whose file may not grow beyond a limit, filled up to the limit.

use bytes::Bytes;
use double_exposure::album::{
    AlbumError, ContentHash, Entry, Ledger, Moment, StoreError, StoreOptions, Upload, UploadOutcome,
};

use crate::fixture::{DAY, START, TestFile, event, owner, record, unused_name, upload};

const LIMIT: u64 = 1 << 20;

fn limited() -> StoreOptions {
    StoreOptions { max_bytes: Some(LIMIT), ..StoreOptions::default() }
}

#[test]
fn a_full_file_refuses_uploads_and_keeps_its_photos() {
    let file = TestFile::new();
    let store = file.open_with(START, limited());
    let (owner, album) = owner(&store);
    let bytes = |number: u8| Bytes::from(vec![number; 100_000]);
    let mut uploaded = Vec::new();
    let refused = (0..).find_map(|number| {
        let name = unused_name(album);
        match store.put_photo(owner, name, &Upload::new(bytes(number), 1, 1)) {
            Ok(UploadOutcome::Created(photo)) => {
                uploaded.push((photo, bytes(number)));
                None
            }
            Ok(UploadOutcome::Same(photo)) => panic!("an unused name has {photo:?}"),
            Err(error) => Some((name, number, error)),
        }
    });
    let (name, number, error) = refused.expect("uploads of 100,000 bytes fill the file");
    assert_eq!(error, AlbumError::Store(StoreError::Full));
    let count = uploaded.len();
    assert!((8..=10).contains(&count), "{count} uploads of 100,000 bytes in {LIMIT}");
    assert_eq!(store.photo(owner, name), Err(AlbumError::NotFound), "half a photo");
    assert_eq!(store.album(owner, album).expect("the album is listed").photos.len(), count);
    for (photo, bytes) in &uploaded {
        assert_eq!(store.photo_with_bytes(owner, photo.name), Ok((photo.clone(), bytes.clone())));
    }
    store.delete_photo(owner, uploaded[0].0.name).expect("deleting needs no room");
    let again = store.put_photo(owner, name, &Upload::new(bytes(number), 1, 1));
    assert!(matches!(again, Ok(UploadOutcome::Created(_))), "{again:?}");
    drop(store);
    file.check_integrity();
}

#[test]
fn a_full_file_takes_no_ledger_rows_and_each_caller_gets_the_error() {
    let file = TestFile::new();
    let store = std::sync::Arc::new(file.open_with(START, limited()));
    let (owner, album) = owner(&store);
    let photo = upload(&store, owner, album, vec![1; 700_000]);
    let ledger = Ledger::start(store.clone()).expect("the ledger starts");
    let thumbnail = Bytes::from(vec![2; 400_000]);
    let mut event = event(&photo);
    event.thumbnail_hash = ContentHash::of(&thumbnail);
    let made = |cache| Entry::Made { event: event.clone(), record: record(&[Some(&photo)]), cache };
    assert_eq!(ledger.append(vec![made(Some(thumbnail))]), Err(StoreError::Full));
    let rows = || store.ledger(Moment::from_millis(0), START.after(DAY)).count();
    assert_eq!(rows(), 0, "a row of a thumbnail that is not there");
    ledger.append(vec![made(None)]).expect("a small row has room");
    assert_eq!(rows(), 1);
}
