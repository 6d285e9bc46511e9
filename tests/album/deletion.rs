//! Goal: what was deleted with an album or a person is out of reach at once and gone from the file
//! in the end, everything else stays, and the ledger answers as before. Method: two people in each
//! other's albums, deletions of both kinds, crashes between the steps, and the bytes of the file.

use bytes::Bytes;
use double_exposure::album::{
    AlbumError, AlbumId, ImpactQuery, MakingRef, Moment, PersonId, Photo, PhotoQuery, Store, Token,
    Upload, UploadOutcome,
};

use crate::fixture::{START, TestFile, append, contains, made, shown, unused_name, upload};

/// Holds two people who are members of each other's album, each with a photo in both albums.
struct Two {
    file: TestFile,
    store: Store,
    people: [(PersonId, Token); 2],
    albums: [AlbumId; 2],
    /// Photos by the index of their owner, then of their album.
    photos: [[Photo; 2]; 2],
}

fn two_people() -> Two {
    let file = TestFile::new();
    let store = file.open();
    let people = [0, 1].map(|_| store.create_person("a name to forget").expect("a person"));
    let albums = [0, 1].map(|owner: usize| {
        let album = store.create_album(people[owner].0, "a title").expect("an album");
        store.add_member(people[owner].0, album, people[1 - owner].0).expect("a member");
        album
    });
    let photos = [0, 1].map(|owner: usize| {
        let person = people[owner].0;
        [0, 1].map(|album: usize| {
            let photo = upload(&store, person, albums[album], bytes_of(owner, album));
            let entries =
                [made(&photo, &[Some(&photo)], true), shown(person, &photo, MakingRef::Previous)];
            append(&store, START, &entries);
            photo
        })
    });
    Two { file, store, people, albums, photos }
}

fn bytes_of(owner: usize, album: usize) -> Bytes {
    format!("pixels of person {owner} in album {album}").repeat(100).into()
}

impl Two {
    /// Closes the store, and checks which photos' bytes the file still has.
    fn assert_bytes_left(self, left: [[bool; 2]; 2]) {
        drop(self.store);
        let bytes = std::fs::read(self.file.path()).expect("the file is read");
        for (owner, photos) in left.iter().enumerate() {
            for (album, left) in photos.iter().enumerate() {
                let found = contains(&bytes, &bytes_of(owner, album));
                assert_eq!(found, *left, "person {owner}, album {album}");
            }
        }
        self.file.check_integrity();
    }

    fn assert_ledger_answers(&self) {
        for photo in self.photos.iter().flatten() {
            let viewers = self.store.viewers_of(PhotoQuery::Id(photo.id)).expect("rows are read");
            assert_eq!((viewers.len(), viewers[0].viewer), (1, photo.owner));
        }
        let (from, to) = (Moment::from_millis(0), Moment::from_millis(i64::MAX));
        let query = ImpactQuery { from, to, maker: None, one_in: std::num::NonZeroU32::MIN };
        let impact = self.store.impact(&query).expect("the impact is computed");
        assert_eq!((impact.confirmed.made, impact.confirmed.shown), (4, 4));
        self.store.verify_ledger(&query, |_| true).expect("the ledger is verified");
    }
}

#[test]
fn a_deleted_album_is_gone_with_its_photos_and_the_other_album_stays() {
    let two = two_people();
    let [(ann, _), (ben, _)] = two.people;
    let [of_ann, of_ben] = two.albums;
    let stranger = crate::fixture::person(&two.store);
    assert_eq!(two.store.delete_album(stranger, of_ann), Err(AlbumError::NotFound));
    assert_eq!(two.store.delete_album(ben, of_ann), Err(AlbumError::NotOwner));
    two.store.delete_album(ann, of_ann).expect("its owner deletes it");
    for person in [ann, ben] {
        assert_eq!(two.store.album(person, of_ann), Err(AlbumError::NotFound));
        assert_eq!(two.store.albums_of(person).expect("albums").len(), 1);
        for owner in &two.photos {
            assert_eq!(two.store.photo(person, owner[0].name), Err(AlbumError::NotFound));
            two.store.photo_with_bytes(person, owner[1].name).expect("the other album's");
        }
    }
    assert_eq!(two.store.delete_album(ann, of_ann), Err(AlbumError::NotFound));
    let upload = Upload::new(Bytes::from_static(b"late"), 1, 1);
    let late = two.store.put_photo(ann, unused_name(of_ann), &upload);
    assert_eq!(late, Err(AlbumError::NotFound));
    assert_eq!(two.store.album(ben, of_ben).expect("it is there").photos.len(), 2);
    two.assert_ledger_answers();
    two.assert_bytes_left([[false, true], [false, true]]);
}

#[test]
fn a_deleted_person_is_gone_with_their_albums_and_photos_everywhere() {
    let two = two_people();
    let [(ann, ref token), (ben, _)] = two.people;
    let [of_ann, of_ben] = two.albums;
    two.store.delete_person(ann).expect("she is deleted");
    assert_eq!(two.store.person_by_token(token.reveal()), Ok(None));
    assert_eq!(two.store.album(ben, of_ann), Err(AlbumError::NotFound));
    let left = two.store.album(ben, of_ben).expect("Ben's album stays");
    assert_eq!((left.members, left.photos), (vec![ben], vec![two.photos[1][1].clone()]));
    assert_eq!(two.store.delete_person(ann), Err(AlbumError::NoSuchPerson));
    assert_eq!(two.store.add_member(ben, of_ben, ann), Err(AlbumError::NoSuchPerson));
    assert_eq!(two.store.rotate_token(ann), Err(AlbumError::NoSuchPerson));
    assert_eq!(two.file.number("SELECT count(*) FROM people"), 1);
    two.assert_ledger_answers();
    two.assert_bytes_left([[false, false], [false, true]]);
}

#[test]
fn a_step_of_a_deletion_removes_at_most_8_mib_or_one_photo() {
    for (mebibytes, after_each_step) in [(4, [4, 2]), (5, [5, 4]), (9, [5, 4])] {
        let (file, store, owner, album) = TestFile::with_album();
        for number in 0..6 {
            upload(&store, owner, album, vec![number; mebibytes << 20]);
        }
        let rest = || file.number("SELECT count(*) FROM photos");
        store.delete_album(owner, album).expect("it is deleted");
        let mut seen = Vec::new();
        store
            .finish_deletions(|| {
                seen.push(rest());
                true
            })
            .expect("they are removed");
        assert_eq!((&seen[..2], rest()), (&after_each_step[..], 0), "{mebibytes} MiB");
    }
}

#[test]
fn a_large_album_is_out_of_reach_at_once_and_removed_in_steps_that_survive_a_restart() {
    const PHOTOS: usize = 200;
    let (file, store, owner, album) = TestFile::with_album();
    let photos: Vec<_> =
        (0..PHOTOS).map(|number| upload(&store, owner, album, number.to_string())).collect();
    store.delete_person(owner).expect("the owner is deleted");
    assert_eq!(store.album(owner, album), Err(AlbumError::NotFound));
    assert_eq!(store.photo(owner, photos[PHOTOS - 1].name), Err(AlbumError::NotFound));
    let rest = || file.number("SELECT count(*) FROM photos");
    assert_eq!(rest(), PHOTOS as i64 - 64, "the request removes one step of 64");
    // A crash comes between two steps.
    let mut steps = 0;
    let mut one_step = || {
        steps += 1;
        steps == 1
    };
    assert_eq!(store.finish_deletions(&mut one_step), Ok(64));
    drop(store);
    let store = file.open();
    assert!(store.create_person("another").is_ok());
    assert_eq!(store.finish_deletions(|| true), Ok(PHOTOS as u64 - 128));
    assert_eq!(store.finish_deletions(|| unreachable!("nothing is left")), Ok(0));
    for (table, left) in
        [("photos", 0), ("photo_bytes", 0), ("albums", 0), ("people", 1), ("deleted_people", 0)]
    {
        assert_eq!(file.number(&format!("SELECT count(*) FROM {table}")), left, "{table}");
    }
    file.check_integrity();
}

#[test]
fn a_deleted_photos_name_and_a_deleted_album_free_nothing_for_others() {
    let two = two_people();
    let (ann, ben) = (two.people[0].0, two.people[1].0);
    let before = two.photos[0][1].clone();
    two.store.delete_person(ann).expect("she is deleted");
    // Ben may use the name in his own album, and gets another photo.
    let upload = Upload::new(Bytes::from_static(b"another photo"), 1, 1);
    let put = two.store.put_photo(ben, before.name, &upload).expect("the name is free");
    let UploadOutcome::Created(photo) = put else { panic!("the deleted photo is found: {put:?}") };
    assert_ne!(photo.id, before.id);
}
