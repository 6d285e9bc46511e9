//! Goal: albums, members and photos behave as a simple model. Method: random sequences of calls,
//! including closing and reopening, on the file and on a model made of maps, compared call by call.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use double_exposure::album::{
    AlbumError, AlbumId, ContentHash, PersonId, PhotoId, PhotoName, PhotoUuid, Store, Upload,
    UploadOutcome,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::fixture::{TestFile, person};

// Small numbers, so that many calls concern the same album or photo.
const PEOPLE: usize = 4;
const ALBUMS: usize = 3;
const NAMES: u128 = 3;

#[derive(Clone, Debug)]
enum Call {
    CreateAlbum { by: usize },
    AddMember { by: usize, album: usize, person: usize },
    RemoveMember { by: usize, album: usize, person: usize },
    Put { by: usize, album: usize, photo: u128, bytes: u8 },
    Get { by: usize, album: usize, photo: u128 },
    Delete { by: usize, album: usize, photo: u128 },
    Album { by: usize, album: usize },
    AlbumsOf { by: usize },
    Reopen,
}

fn call() -> impl Strategy<Value = Call> {
    let (by, album, photo) = (0..PEOPLE, 0..ALBUMS, 0..NAMES);
    let person = 0..=PEOPLE;
    let three = (by.clone(), album.clone(), person);
    let photo = (by.clone(), album.clone(), photo);
    prop_oneof![
        2 => by.clone().prop_map(|by| Call::CreateAlbum { by }),
        6 => three.clone().prop_map(|(by, album, person)| Call::AddMember { by, album, person }),
        3 => three.prop_map(|(by, album, person)| Call::RemoveMember { by, album, person }),
        8 => (photo.clone(), 0..2_u8)
            .prop_map(|((by, album, photo), bytes)| Call::Put { by, album, photo, bytes }),
        6 => photo.clone().prop_map(|(by, album, photo)| Call::Get { by, album, photo }),
        3 => photo.prop_map(|(by, album, photo)| Call::Delete { by, album, photo }),
        3 => (by.clone(), album).prop_map(|(by, album)| Call::Album { by, album }),
        1 => by.prop_map(|by| Call::AlbumsOf { by }),
        1 => Just(Call::Reopen),
    ]
}

#[derive(Default)]
struct Model {
    albums: BTreeMap<AlbumId, ModelAlbum>,
    ids: BTreeSet<PhotoId>,
}

struct ModelAlbum {
    owner: PersonId,
    members: BTreeSet<PersonId>,
    photos: BTreeMap<PhotoUuid, (PersonId, Bytes, PhotoId)>,
}

impl Model {
    /// Returns the album to its members.
    fn album(&mut self, by: PersonId, album: AlbumId) -> Result<&mut ModelAlbum, AlbumError> {
        let album = self.albums.get_mut(&album).ok_or(AlbumError::NotFound)?;
        if album.members.contains(&by) { Ok(album) } else { Err(AlbumError::NotFound) }
    }

    fn add(&mut self, by: PersonId, album: AlbumId, new: Option<PersonId>) -> Answer {
        let album = self.album(by, album)?;
        if album.owner != by {
            return Err(AlbumError::NotOwner);
        }
        album.members.insert(new.ok_or(AlbumError::NoSuchPerson)?);
        Ok(())
    }

    fn remove(&mut self, by: PersonId, album: AlbumId, old: Option<PersonId>) -> Answer {
        let album = self.album(by, album)?;
        if by != album.owner && Some(by) != old {
            return Err(AlbumError::NotOwner);
        }
        let old = old.ok_or(AlbumError::NoSuchPerson)?;
        if old == album.owner {
            return Err(AlbumError::OwnerStays);
        }
        album.members.remove(&old);
        Ok(())
    }

    fn delete(&mut self, by: PersonId, name: PhotoName) -> Answer {
        let album = self.album(by, name.album)?;
        let (owner, ..) = album.photos.get(&name.photo).ok_or(AlbumError::NotFound)?;
        if by != album.owner && by != *owner {
            return Err(AlbumError::NotOwner);
        }
        album.photos.remove(&name.photo);
        Ok(())
    }
}

type Answer = Result<(), AlbumError>;

struct Pair {
    file: TestFile,
    store: Option<Store>,
    model: Model,
    people: Vec<PersonId>,
    albums: Vec<AlbumId>,
}

impl Pair {
    fn new() -> Self {
        let file = TestFile::new();
        let store = file.open();
        let people = (0..PEOPLE).map(|_| person(&store)).collect();
        // These albums exist neither in the file nor in the model yet.
        let albums = (0..ALBUMS).map(|_| AlbumId::random()).collect();
        Self { file, store: Some(store), model: Model::default(), people, albums }
    }

    fn run(&mut self, call: Call) {
        let store = self.store.as_ref().expect("the file is open between calls");
        let person = |number: usize| self.people.get(number).copied();
        let name = |album: usize, photo: u128| PhotoName {
            album: self.albums[album],
            photo: Uuid::from_u128(photo).into(),
        };
        match call {
            Call::CreateAlbum { by } => {
                let owner = self.people[by];
                let album = store.create_album(owner, "album").expect("an album is created");
                let members = [owner].into();
                let entry = ModelAlbum { owner, members, photos: BTreeMap::new() };
                self.model.albums.insert(album, entry);
                let oldest = self.model.albums.len() % ALBUMS;
                self.albums[oldest] = album;
            }
            Call::AddMember { by, album, person: new } => {
                let (by, album, new) = (self.people[by], self.albums[album], person(new));
                let answer = store.add_member(by, album, new.unwrap_or_else(PersonId::random));
                assert_eq!(answer, self.model.add(by, album, new));
            }
            Call::RemoveMember { by, album, person: old } => {
                let (by, album, old) = (self.people[by], self.albums[album], person(old));
                let answer = store.remove_member(by, album, old.unwrap_or_else(PersonId::random));
                assert_eq!(answer, self.model.remove(by, album, old));
            }
            Call::Put { by, album, photo, bytes } => {
                let (by, name) = (self.people[by], name(album, photo));
                put(store, &mut self.model, by, name, Bytes::from(vec![bytes; 5_000]));
            }
            Call::Get { by, album, photo } => {
                let (by, name) = (self.people[by], name(album, photo));
                get(store, &mut self.model, by, name);
            }
            Call::Delete { by, album, photo } => {
                let (by, name) = (self.people[by], name(album, photo));
                assert_eq!(store.delete_photo(by, name), self.model.delete(by, name));
            }
            Call::Album { by, album } => {
                list(store, &mut self.model, self.people[by], self.albums[album]);
            }
            Call::AlbumsOf { by } => {
                let by = self.people[by];
                let cards = store.albums_of(by).expect("albums are listed");
                let listed: BTreeSet<_> = cards.iter().map(|card| card.album).collect();
                assert_eq!(listed.len(), cards.len(), "an album is listed twice");
                let is_member = |album: &&ModelAlbum| album.members.contains(&by);
                assert_eq!(listed.len(), self.model.albums.values().filter(is_member).count());
                assert!(listed.iter().all(|album| self.model.albums[album].members.contains(&by)));
            }
            Call::Reopen => {
                self.store = None;
                self.store = Some(self.file.open());
            }
        }
    }
}

fn put(store: &Store, model: &mut Model, by: PersonId, name: PhotoName, bytes: Bytes) {
    let hash = ContentHash::of(&bytes);
    let before = store.check_upload(by, name, hash);
    let answer = store.put_photo(by, name, &Upload::new(bytes.clone(), 640, 480));
    let ids = model.ids.clone();
    let album = model.album(by, name.album);
    let expected = album.and_then(|album| match album.photos.get(&name.photo) {
        Some((_, stored, id)) if *stored == bytes => Ok(Some(*id)),
        Some(_) => Err(AlbumError::OtherBytes),
        None => Ok(None),
    });
    match (answer, expected) {
        (Ok(UploadOutcome::Same(photo)), Ok(Some(id))) => {
            assert_eq!((photo.id, before), (id, Ok(Some(photo))));
        }
        (Ok(UploadOutcome::Created(photo)), Ok(None)) => {
            assert_eq!(before, Ok(None));
            assert!(!ids.contains(&photo.id), "id {} was used before", photo.id);
            model.ids.insert(photo.id);
            let album = model.album(by, name.album).expect("the photo was uploaded there");
            album.photos.insert(name.photo, (by, bytes, photo.id));
        }
        (Err(answer), Err(expected)) => {
            assert_eq!(answer, expected);
            assert_eq!(before, Err(expected));
        }
        (answer, expected) => panic!("{answer:?}, where the model has {expected:?}"),
    }
}

fn get(store: &Store, model: &mut Model, by: PersonId, name: PhotoName) {
    let answer = store.photo_with_bytes(by, name);
    let album = model.album(by, name.album);
    let expected =
        album.and_then(|album| album.photos.get(&name.photo).cloned().ok_or(AlbumError::NotFound));
    let answer = answer.map(|(photo, bytes)| {
        assert_eq!((photo.name, photo.bytes), (name, bytes.len() as u64));
        assert_eq!(photo.content, ContentHash::of(&bytes));
        (photo.owner, bytes, photo.id)
    });
    assert_eq!(answer, expected);
}

fn list(store: &Store, model: &mut Model, by: PersonId, album: AlbumId) {
    let answer = store.album(by, album).map(|album| {
        let photos = album.photos.iter().map(|photo| (photo.name.photo, photo.owner, photo.id));
        (album.card.owner, album.members, photos.collect::<BTreeSet<_>>())
    });
    let expected = model.album(by, album).map(|album| {
        let photos = album.photos.iter().map(|(name, (owner, _, id))| (*name, *owner, *id));
        (album.owner, album.members.iter().copied().collect::<Vec<_>>(), photos.collect())
    });
    assert_eq!(answer, expected);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn albums_members_and_photos_behave_as_the_model(
        calls in proptest::collection::vec(call(), 1..80),
    ) {
        let mut pair = Pair::new();
        for call in calls {
            pair.run(call);
        }
        pair.file.check_integrity();
    }
}
