//! Goal: a cached thumbnail is found by everything that it was made from, and by nothing less; a
//! purge takes all thumbnails of one maker, and no other. Method: thumbnails that differ in one
//! part of the key, put into one file.

use bytes::Bytes;
use double_exposure::album::{
    AlbumError, CacheKey, ContentHash, Entry, MakingEvent, Photo, Store, Upload,
};
use double_exposure::codec::{Fit, Size, ThumbnailSpec};

use crate::fixture::{MAKER, START, TestFile, append, event, record, unused_name, upload};

fn spec(size: u32, fit: Fit) -> ThumbnailSpec {
    ThumbnailSpec { size: Size::try_from(size).expect("the size is allowed"), fit }
}

/// Caches a thumbnail whose bytes are `bytes`.
fn cache(store: &Store, photo: &Photo, spec: ThumbnailSpec, maker: &str, bytes: &'static str) {
    let event = MakingEvent { spec, maker: maker.into(), ..event(photo) };
    let cache = Some(Bytes::from_static(bytes.as_bytes()));
    append(store, START, &[Entry::Made { event, record: record(&[Some(photo)]), cache }]);
}

/// Returns the bytes of the cached thumbnail.
fn cached(store: &Store, photo: &Photo, spec: ThumbnailSpec, maker: &str) -> Option<String> {
    let found = store.thumbnail(photo.owner, photo.name, &CacheKey { spec, maker });
    let thumbnail = found.expect("the photo is there").thumbnail?;
    assert_eq!(thumbnail.hash, ContentHash::of(&thumbnail.bytes));
    Some(String::from_utf8(thumbnail.bytes.to_vec()).expect("the bytes are text"))
}

#[test]
fn a_thumbnail_is_found_by_photo_size_fit_and_maker_together() {
    let (_file, store, [anns, bens]) = TestFile::with_two_photos();
    let (cover, contain) = (spec(256, Fit::Cover), spec(256, Fit::Contain));
    let larger = spec(257, Fit::Cover);
    cache(&store, &anns, cover, MAKER, "cover");
    for (photo, spec, maker) in [
        (&bens, cover, MAKER),
        (&anns, contain, MAKER),
        (&anns, larger, MAKER),
        (&anns, cover, "maker"),
        (&anns, cover, "maker 70"),
    ] {
        assert_eq!(cached(&store, photo, spec, maker), None, "{spec:?} of {maker}");
    }
    cache(&store, &anns, contain, MAKER, "contain");
    cache(&store, &anns, larger, MAKER, "larger");
    cache(&store, &anns, cover, "maker 70", "of another maker");
    for (spec, maker, bytes) in [
        (cover, MAKER, "cover"),
        (contain, MAKER, "contain"),
        (larger, MAKER, "larger"),
        (cover, "maker 70", "of another maker"),
    ] {
        assert_eq!(cached(&store, &anns, spec, maker).as_deref(), Some(bytes), "none replaced");
    }
}

#[test]
fn a_thumbnail_of_other_content_is_not_found() {
    let (file, store, [anns, _]) = TestFile::with_two_photos();
    cache(&store, &anns, ThumbnailSpec::default(), MAKER, "of the old content");
    let new = ContentHash::of(b"the new content");
    let changed = file.sqlite().execute("UPDATE photos SET content_hash = ?1", [new]);
    assert_eq!(changed, Ok(2));
    assert_eq!(cached(&store, &anns, ThumbnailSpec::default(), MAKER), None);
}

#[test]
fn a_purge_takes_every_size_and_fit_of_one_maker_and_nothing_of_another() {
    let (_file, store, [anns, bens]) = TestFile::with_two_photos();
    let specs = [spec(256, Fit::Cover), spec(256, Fit::Contain), spec(16, Fit::Cover)];
    let others = ["maker", "maker 70", "another maker 7", "MAKER 7", "maker_7", "maker%"];
    for photo in [&anns, &bens] {
        for spec in specs {
            cache(&store, photo, spec, MAKER, "purged");
            others.iter().for_each(|other| cache(&store, photo, spec, other, "kept"));
        }
    }
    assert_eq!(store.purge(MAKER), Ok(6));
    for photo in [&anns, &bens] {
        for spec in specs {
            assert_eq!(cached(&store, photo, spec, MAKER), None, "{spec:?}");
            for other in others {
                let kept = cached(&store, photo, spec, other);
                assert_eq!(kept.as_deref(), Some("kept"), "{other}");
            }
        }
    }
    assert_eq!(store.purge("maker%"), Ok(6), "a maker is a name and no pattern");
}

#[test]
fn bytes_are_read_by_photo_and_content_together() {
    let (_file, store, [anns, bens]) = TestFile::with_two_photos();
    assert_eq!(store.photo_bytes(anns.id, anns.content), Ok(Some("ann's".into())));
    assert_eq!(store.photo_bytes(anns.id, bens.content), Ok(None), "of another content");
    assert_eq!(store.photo_bytes(bens.id, anns.content), Ok(None), "of another photo");
}

#[test]
fn other_bytes_of_equal_length_are_another_photo() {
    let (_file, store, owner, album) = TestFile::with_album();
    let name = unused_name(album);
    let [first, second] =
        ["one photo", "two photo"].map(|bytes| Upload::new(Bytes::from(bytes), 8, 8));
    store.put_photo(owner, name, &first).expect("the name is free");
    let same = store.check_upload(owner, name, ContentHash::of(b"two photo"));
    assert_eq!(same, Err(AlbumError::OtherBytes));
    assert_eq!(store.put_photo(owner, name, &second), Err(AlbumError::OtherBytes));
    let (_, bytes) = store.photo_with_bytes(owner, name).expect("the photo is there");
    assert_eq!(bytes, "one photo");
    let beside = upload(&store, owner, album, "two photo");
    assert_eq!(store.photo_bytes(beside.id, beside.content), Ok(Some("two photo".into())));
}
