//! Goal: only the owner reads the file, and a file that is taken away under an open store takes no
//! write that would be lost. Method: access rights and changes of the folder, past the store.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use double_exposure::album::{AlbumError, Clock, Store, StoreError, StoreOptions};

use crate::fixture::{START, TestFile, owner, person, upload};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("the file is there").permissions().mode() & 0o777
}

/// Returns the paths of the file, of its write-ahead log, and of the log's index.
fn files(file: &TestFile) -> [std::path::PathBuf; 3] {
    ["album.db", "album.db-wal", "album.db-shm"].map(|name| file.path().with_file_name(name))
}

#[test]
fn a_new_file_and_its_companions_are_readable_by_the_owner_alone() {
    let (file, _store, ..) = TestFile::with_album();
    for path in files(&file) {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_looser_file_is_tightened_and_a_foreign_file_is_left_alone() {
    let (file, store, ..) = TestFile::with_album();
    for path in files(&file) {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("mine to change");
    }
    let _second = file.open();
    for path in files(&file) {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    person(&store);

    let foreign = TestFile::new();
    fs::write(foreign.path(), "not a database, and public").expect("it is written");
    fs::set_permissions(foreign.path(), fs::Permissions::from_mode(0o644)).expect("mine");
    let options = StoreOptions::default();
    Store::open(&foreign.path(), Clock::Stopped(START), options).err().expect("it is refused");
    assert_eq!(mode(&foreign.path()), 0o644);
}

#[test]
fn a_file_that_is_deleted_moved_or_replaced_takes_no_write_until_it_is_back() {
    type Change = fn(&Path);
    let moved = |path: &Path| path.with_file_name("moved");
    let aside: Change = |path| {
        fs::rename(path, path.with_file_name("moved")).expect("it is moved");
    };
    let replaced: Change = |path| {
        fs::rename(path, path.with_file_name("moved")).expect("it is moved");
        fs::copy(path.with_file_name("moved"), path).expect("it is copied");
    };
    for index in [0, 1] {
        for change in [aside, replaced] {
            let (file, store, owner, album) = TestFile::with_album();
            let photo = upload(&store, owner, album, "before");
            let path = files(&file)[index].clone();
            change(&path);
            let refused = StoreError::FileReplaced { path: path.clone() };
            assert_eq!(store.check_file(), Err(refused.clone()));
            assert_eq!(store.create_person("Ann"), Err(refused.clone()));
            assert_eq!(store.create_album(owner, "lost"), Err(AlbumError::Store(refused.clone())));
            assert_eq!(store.check_writable(), Err(refused));
            fs::rename(moved(&path), &path).expect("it is put back");
            assert_eq!(store.check_file(), Ok(()));
            let after = upload(&store, owner, album, "after");
            for photo in [photo, after] {
                store.photo_with_bytes(owner, photo.name).expect("nothing is lost");
            }
        }
    }
}

#[test]
fn a_reader_that_is_opened_later_does_not_read_another_file() {
    let file = TestFile::new();
    let store = file.open();
    let (member, album) = owner(&store);
    drop(store);
    // No reader is open yet when the file is replaced.
    let store = file.open();
    let moved = file.path().with_file_name("moved");
    fs::rename(file.path(), &moved).expect("it is moved");
    let other = TestFile::new();
    drop(other.open());
    fs::rename(other.path(), file.path()).expect("it is replaced");
    let refused = AlbumError::Store(StoreError::FileReplaced { path: file.path() });
    for attempt in 1..=2 {
        assert_eq!(store.album(member, album), Err(refused.clone()), "attempt {attempt}");
    }
    fs::rename(moved, file.path()).expect("it is put back");
    assert_eq!(store.album(member, album).map(|found| found.card.album), Ok(album));
}

#[test]
fn a_file_near_its_limit_is_not_writable_and_with_room_it_is() {
    let file = TestFile::new();
    let limited = |max_bytes| StoreOptions { max_bytes: Some(max_bytes), ..Default::default() };
    let store = file.open_with(START, limited(8 << 20));
    let (owner, album) = owner(&store);
    assert_eq!(store.check_writable(), Ok(()));
    upload(&store, owner, album, vec![1; 7 << 20]);
    assert_eq!(store.check_writable(), Err(StoreError::Full));
    drop(store);
    assert_eq!(file.open_with(START, limited(16 << 20)).check_writable(), Ok(()));
}
