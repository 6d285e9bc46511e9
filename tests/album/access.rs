//! Goal: strangers and former members are told that there is nothing, everywhere alike. Method:
//! every call that names an album, by everybody who may not, with thumbnails and without.

use double_exposure::album::{
    AlbumError, CacheKey, ContentHash, Entry, Ledger, PersonId, Photo, Store, Upload, UploadOutcome,
};
use double_exposure::codec::{Fit, Size, ThumbnailSpec};
use std::sync::Arc;

use crate::scene::{MAKER, Scene, event, making, name, owner, person, post};

const WANTED: CacheKey<'static> =
    CacheKey { spec: ThumbnailSpec { size: SIZE, fit: Fit::Cover }, maker: MAKER };
const SIZE: Size = Size::MAX;

/// Keeps a thumbnail of the photo.
fn keep(store: &Arc<Store>, photo: &Photo) {
    let mut event = event(photo.owner, photo);
    event.spec.size = SIZE;
    let keep = Some(b"thumbnail"[..].into());
    let entry = Entry::Made { event, making: making(&[Some(photo)]), keep };
    let ledger = Ledger::start(store.clone()).expect("the ledger starts");
    ledger.append(vec![entry]).expect("the thumbnail is kept");
}

fn all_refused(store: &Store, stranger: PersonId, photo: &Photo) {
    let upload = Upload::new(b"mine"[..].into(), 1, 1);
    let there = photo.name;
    let nowhere = name(there.album);
    for name in [there, nowhere] {
        let answers = [
            store.photo(stranger, name).err(),
            store.photo_with_bytes(stranger, name).err(),
            store.thumbnail(stranger, name, &WANTED).err(),
            store.put_photo(stranger, name, &upload).err(),
            store.check_upload(stranger, name, ContentHash::of(b"mine")).err(),
            store.delete_photo(stranger, name).err(),
            store.album(stranger, name.album).err(),
            store.add_member(stranger, name.album, stranger).err(),
            store.remove_member(stranger, name.album, stranger).err(),
        ];
        assert_eq!(answers, [const { Some(AlbumError::NotFound) }; 9], "{name}");
    }
    assert_eq!(store.albums_of(stranger), Ok(vec![]));
}

#[test]
fn a_stranger_is_told_that_there_is_nothing() {
    let scene = Scene::new();
    let store = Arc::new(scene.open());
    let (owner, album) = owner(&store);
    let photo = post(&store, owner, album, &b"photo"[..].into());
    keep(&store, &photo);
    let found = store.thumbnail(owner, photo.name, &WANTED).expect("the owner may see it");
    assert_eq!(found.thumbnail.map(|kept| kept.bytes), Some(b"thumbnail"[..].into()));
    all_refused(&store, person(&store), &photo);
}

#[test]
fn a_former_member_is_a_stranger_at_once() {
    let scene = Scene::new();
    let store = Arc::new(scene.open());
    let (owner, album) = owner(&store);
    let guest = person(&store);
    store.add_member(owner, album, guest).expect("the guest becomes a member");
    let photo = post(&store, guest, album, &b"photo"[..].into());
    keep(&store, &photo);
    store.thumbnail(guest, photo.name, &WANTED).expect("the guest may see it");
    store.remove_member(guest, album, guest).expect("the guest may leave");
    all_refused(&store, guest, &photo);
}

#[test]
fn members_are_told_what_only_owners_may() {
    let scene = Scene::new();
    let store = scene.open();
    let (owner, album) = owner(&store);
    let [guest, other, nobody] = [(); 3].map(|()| person(&store));
    store.add_member(owner, album, guest).expect("the guest becomes a member");
    let photo = post(&store, owner, album, &b"photo"[..].into());
    let mine = post(&store, guest, album, &b"mine"[..].into());
    assert_eq!(store.add_member(guest, album, other), Err(AlbumError::NotOwner));
    assert_eq!(store.remove_member(guest, album, owner), Err(AlbumError::NotOwner));
    assert_eq!(store.delete_photo(guest, photo.name), Err(AlbumError::NotOwner));
    assert_eq!(store.remove_member(owner, album, owner), Err(AlbumError::OwnerStays));
    let unknown = PersonId::random();
    assert_eq!(store.add_member(owner, album, unknown), Err(AlbumError::NoSuchPerson));
    assert_eq!(store.remove_member(owner, album, unknown), Err(AlbumError::NoSuchPerson));
    assert_eq!(store.remove_member(owner, album, nobody), Ok(()), "again is no error");
    assert_eq!(store.delete_photo(owner, mine.name), Ok(()), "the album's owner may");
    assert_eq!(store.delete_photo(owner, mine.name), Err(AlbumError::NotFound), "it is gone");
}

#[test]
fn the_name_of_a_deleted_photo_is_a_new_photo_with_nothing_of_the_old() {
    let scene = Scene::new();
    let store = Arc::new(scene.open());
    let (owner, album) = owner(&store);
    let bytes = b"the same bytes"[..].into();
    let old = post(&store, owner, album, &bytes);
    keep(&store, &old);
    store.delete_photo(owner, old.name).expect("the owner may delete it");
    let put = store.put_photo(owner, old.name, &Upload::new(bytes, 640, 480));
    let Ok(UploadOutcome::Created(new)) = put else { panic!("the name was not free: {put:?}") };
    assert_ne!(new.id, old.id, "an id was used again");
    assert_eq!(new.content, old.content);
    let found = store.thumbnail(owner, new.name, &WANTED).expect("the photo is there");
    assert_eq!(found.thumbnail, None, "the old photo's thumbnail");
}

#[test]
fn an_id_is_not_used_again_after_the_last_photo_went_and_the_file_was_closed() {
    let scene = Scene::new();
    let store = scene.open();
    let (owner, album) = owner(&store);
    let old = post(&store, owner, album, &b"photo"[..].into());
    store.delete_photo(owner, old.name).expect("the owner may delete it");
    drop(store);
    let new = post(&scene.open(), owner, album, &b"photo"[..].into());
    assert!(new.id > old.id, "{} after {}", new.id, old.id);
}

#[test]
fn a_deleted_photo_is_not_left_in_the_file() {
    let scene = Scene::new();
    let store = scene.open();
    let (owner, album) = owner(&store);
    let secret = b"a place that nobody else should know ".repeat(400);
    let photo = post(&store, owner, album, &secret.clone().into());
    drop(store);
    let in_file = || {
        let file = std::fs::read(scene.path()).expect("the file is read");
        crate::scene::holds(&file, b"a place that nobody")
    };
    assert!(in_file(), "this test looks in the wrong place");
    scene.open().delete_photo(owner, photo.name).expect("the owner may delete it");
    assert!(!in_file(), "free pages still hold the photo");
}

#[test]
fn tokens_are_kept_as_hashes_only() {
    let scene = Scene::new();
    let store = scene.open();
    let (person, token) = store.create_person("Ann").expect("a person is made");
    assert_eq!(store.person_by_token(token.reveal()), Ok(Some(person)));
    assert_eq!(store.person_by_token(&token.reveal()[1..]), Ok(None));
    assert_eq!(token.reveal().len(), 64);
    assert!(!format!("{token:?}").contains(token.reveal()), "a log would show the token");
    drop(store);
    let file = std::fs::read(scene.path()).expect("the file is read");
    assert!(!crate::scene::holds(&file, token.reveal().as_bytes()), "the token is in the file");
}
