//! Goal: people who are not members of an album, or no longer, get the same answer as for an album
//! that does not exist. Method: every call that names an album, by every person without access,
//! with cached thumbnails and without.

use double_exposure::album::{
    AlbumError, CacheKey, ContentHash, MAX_PERSON_ALBUMS, PersonId, Photo, Store, Upload,
    UploadOutcome,
};
use double_exposure::codec::ThumbnailSpec;

use crate::fixture::{
    MAKER, START, TestFile, append, cached, contains, is_cached, made, person, unused_name, upload,
};

/// Caches a thumbnail of the photo.
fn cache(store: &Store, photo: &Photo) {
    append(store, START, &[made(photo, &[Some(photo)], true)]);
    assert!(is_cached(store, photo));
}

fn assert_all_refused(store: &Store, stranger: PersonId, photo: &Photo) {
    let upload = Upload::new(bytes::Bytes::from_static(b"mine"), 1, 1);
    let key = CacheKey { spec: ThumbnailSpec::default(), maker: MAKER };
    for name in [photo.name, unused_name(photo.name.album)] {
        let errors = [
            store.photo(stranger, name).err(),
            store.photo_with_bytes(stranger, name).err(),
            store.thumbnail(stranger, name, &key).err(),
            store.put_photo(stranger, name, &upload).err(),
            store.check_upload(stranger, name, ContentHash::of(b"mine")).err(),
            store.delete_photo(stranger, name).err(),
            store.album(stranger, name.album).err(),
            store.add_member(stranger, name.album, stranger).err(),
            store.remove_member(stranger, name.album, stranger).err(),
        ];
        assert_eq!(errors, [const { Some(AlbumError::NotFound) }; 9], "{name}");
    }
    assert_eq!(store.albums_of(stranger), Ok(vec![]));
}

#[test]
fn a_person_who_is_not_a_member_gets_not_found() {
    let (_file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, "photo");
    cache(&store, &photo);
    assert_eq!(cached(&store, &photo).map(|cached| cached.bytes), Some("thumbnail".into()));
    assert_all_refused(&store, person(&store), &photo);
}

#[test]
fn a_former_member_loses_access_at_once() {
    let (_file, store, owner, album) = TestFile::with_album();
    let guest = person(&store);
    store.add_member(owner, album, guest).expect("the guest becomes a member");
    let photo = upload(&store, guest, album, "photo");
    cache(&store, &photo);
    store.remove_member(guest, album, guest).expect("the guest may leave");
    assert_all_refused(&store, guest, &photo);
}

#[test]
fn members_get_not_owner_for_what_only_owners_may_do() {
    let (_file, store, owner, album) = TestFile::with_album();
    let [guest, other, outsider] = [(); 3].map(|()| person(&store));
    store.add_member(owner, album, guest).expect("the guest becomes a member");
    let photo = upload(&store, owner, album, "photo");
    let guests = upload(&store, guest, album, "mine");
    assert_eq!(store.add_member(guest, album, other), Err(AlbumError::NotOwner));
    assert_eq!(store.remove_member(guest, album, owner), Err(AlbumError::NotOwner));
    assert_eq!(store.delete_photo(guest, photo.name), Err(AlbumError::NotOwner));
    assert_eq!(store.remove_member(owner, album, owner), Err(AlbumError::OwnerStays));
    let unknown = PersonId::random();
    assert_eq!(store.add_member(owner, album, unknown), Err(AlbumError::NoSuchPerson));
    assert_eq!(store.remove_member(owner, album, unknown), Err(AlbumError::NoSuchPerson));
    assert_eq!(store.remove_member(owner, album, outsider), Ok(()), "not a member already");
    assert_eq!(store.delete_photo(owner, guests.name), Ok(()), "the album's owner may");
    assert_eq!(store.delete_photo(owner, guests.name), Err(AlbumError::NotFound), "deleted");
}

#[test]
fn a_person_has_a_bounded_number_of_albums_and_others_cannot_use_it_up() {
    let (_file, store, owner, first) = TestFile::with_album();
    let guest = person(&store);
    let limited = AlbumError::TooManyAlbums { limit: MAX_PERSON_ALBUMS };
    store.add_member(owner, first, guest).expect("the guest becomes a member");
    let albums: Vec<_> = (1..MAX_PERSON_ALBUMS)
        .map(|_| {
            let album = store.create_album(owner, "Summer").expect("an album");
            store.add_member(owner, album, guest).expect("the guest becomes a member");
            album
        })
        .collect();
    assert_eq!(store.create_album(owner, "Summer"), Err(limited.clone()));
    assert_eq!(store.albums_of(owner).expect("a list").len(), MAX_PERSON_ALBUMS as usize);
    let (third, theirs) = crate::fixture::owner(&store);
    assert_eq!(store.add_member(third, theirs, guest), Err(limited));
    assert_eq!(store.add_member(owner, first, guest), Ok(()), "a member already");
    assert_eq!(store.add_member(third, theirs, owner), Ok(()), "others' albums count apart");
    store.create_album(guest, "Winter").expect("own albums count apart");
    store.delete_album(owner, albums[0]).expect("it is deleted");
    store.create_album(owner, "Summer").expect("there is room again");
    store.add_member(third, theirs, guest).expect("there is room again");
}

#[test]
fn the_name_of_a_deleted_photo_is_a_new_photo_with_nothing_of_the_old() {
    let (_file, store, owner, album) = TestFile::with_album();
    let old = upload(&store, owner, album, "the same bytes");
    cache(&store, &old);
    store.delete_photo(owner, old.name).expect("the owner may delete it");
    let same = Upload::new(bytes::Bytes::from_static(b"the same bytes"), 640, 480);
    let put = store.put_photo(owner, old.name, &same);
    let Ok(UploadOutcome::Created(new)) = put else { panic!("the name was not free: {put:?}") };
    assert_ne!(new.id, old.id, "an id was used again");
    assert_eq!(new.content, old.content);
    assert!(!is_cached(&store, &new), "the old photo's thumbnail");
}

#[test]
fn an_id_is_not_used_again_after_the_last_photo_is_deleted_and_the_file_is_closed() {
    let (file, store, owner, album) = TestFile::with_album();
    let old = upload(&store, owner, album, "photo");
    store.delete_photo(owner, old.name).expect("the owner may delete it");
    drop(store);
    let new = upload(&file.open(), owner, album, "photo");
    assert!(new.id > old.id, "{} after {}", new.id, old.id);
}

#[test]
fn a_photos_bytes_are_read_by_id_and_content_without_a_viewer() {
    let (_file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, "photo");
    assert_eq!(store.photo_bytes(photo.id, photo.content), Ok(Some("photo".into())));
    let other = ContentHash::of(b"other");
    assert_eq!(store.photo_bytes(photo.id, other), Ok(None), "its content has changed");
    store.delete_photo(owner, photo.name).expect("the owner may delete it");
    assert_eq!(store.photo_bytes(photo.id, photo.content), Ok(None), "deleted");
}

#[test]
fn a_deleted_photo_does_not_remain_in_the_file() {
    let (file, store, owner, album) = TestFile::with_album();
    let secret = b"a place that must stay secret ".repeat(400);
    let photo = upload(&store, owner, album, secret);
    drop(store);
    let in_file = || {
        let bytes = std::fs::read(file.path()).expect("the file is read");
        contains(&bytes, b"a place that must stay secret")
    };
    assert!(in_file(), "this test searches the wrong file");
    file.open().delete_photo(owner, photo.name).expect("the owner may delete it");
    assert!(!in_file(), "free pages still hold the photo");
}

#[test]
fn tokens_are_stored_only_as_hashes() {
    let file = TestFile::new();
    let store = file.open();
    let (person, token) = store.create_person("Ann").expect("a person is created");
    assert_eq!(store.person_by_token(token.reveal()), Ok(Some(person)));
    assert_eq!(store.person_by_token(&token.reveal()[1..]), Ok(None));
    assert_eq!(token.reveal().len(), 64);
    assert!(!format!("{token:?}").contains(token.reveal()), "a log would show the token");
    drop(store);
    let bytes = std::fs::read(file.path()).expect("the file is read");
    assert!(!contains(&bytes, token.reveal().as_bytes()), "the token is in the file");
}
