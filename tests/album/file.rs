//! Goal: only our own files, not newer than us and writable, are opened, and others stay untouched.
//! Method: files of each other kind, made on purpose, compared byte for byte before and after.

use std::fs;

use double_exposure::album::{
    APPLICATION_ID, Clock, OpenError, Photo, Store, StoreOptions, VERSION,
};

use crate::scene::{START, Scene, owner, post};

fn refused(scene: &Scene) -> OpenError {
    let before = fs::read(scene.path()).expect("the file is there");
    let open = Store::open(&scene.path(), Clock::Stopped(START), StoreOptions::default());
    let error = open.err().expect("the file is refused");
    assert_eq!(fs::read(scene.path()).expect("the file is still there"), before);
    error
}

#[test]
fn a_newer_file_is_refused_with_both_versions_named() {
    let scene = Scene::new();
    drop(scene.open());
    let sqlite = scene.sqlite();
    sqlite.pragma_update(None, "user_version", VERSION + 5).expect("the version is set");
    sqlite.pragma_update(None, "journal_mode", "delete").expect("the log is folded in");
    drop(sqlite);
    let error = refused(&scene);
    let path = scene.path();
    assert_eq!(error, OpenError::Newer { path, found: VERSION + 5, known: VERSION });
    let text = error.to_string();
    assert!(text.contains(&format!("version {}", VERSION + 5)), "{text}");
    assert!(text.contains(&format!("up to {VERSION}")), "{text}");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let scene = Scene::new();
    fs::write(scene.path(), [b'x'; 4096]).expect("the file is written");
    assert_eq!(refused(&scene), OpenError::NotADatabase { path: scene.path() });
}

#[test]
fn another_programs_database_is_refused() {
    let scene = Scene::new();
    scene.sqlite().execute_batch("CREATE TABLE theirs (x)").expect("a table is made");
    let path = scene.path();
    assert_eq!(refused(&scene), OpenError::Foreign { path, found: 0, ours: APPLICATION_ID });
    scene.sqlite().pragma_update(None, "application_id", 77).expect("the id is set");
    let path = scene.path();
    assert_eq!(refused(&scene), OpenError::Foreign { path, found: 77, ours: APPLICATION_ID });
}

#[test]
fn a_read_only_file_is_refused() {
    let scene = Scene::new();
    drop(scene.open());
    let mut permissions = fs::metadata(scene.path()).expect("the file is there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(scene.path(), permissions).expect("the file is made read-only");
    assert_eq!(refused(&scene), OpenError::ReadOnly { path: scene.path() });
}

#[test]
fn a_missing_file_folder_or_a_folder_in_its_place_is_named() {
    let scene = Scene::new();
    let open = |path: &std::path::Path, make| {
        let options = StoreOptions { make, ..StoreOptions::default() };
        Store::open(path, Clock::Stopped(START), options).err().expect("it is refused")
    };
    let path = scene.path();
    assert_eq!(open(&path, false), OpenError::Missing { path: path.clone() });
    assert!(!path.exists(), "a file was made that nobody asked for");
    let below = path.join("album.db");
    assert_eq!(open(&below, true), OpenError::NoFolder { path: below.clone() });
    let folder = path.parent().expect("the file lies in a folder");
    assert_eq!(open(folder, true), OpenError::NoFile { path: folder.to_path_buf() });
}

#[test]
fn an_empty_file_becomes_an_album() {
    let scene = Scene::new();
    fs::write(scene.path(), b"").expect("the file is written");
    owner(&scene.open());
    scene.check_integrity();
}

#[test]
fn a_file_of_the_first_version_is_brought_up_to_date_and_keeps_its_photos() {
    let scene = Scene::new();
    let (viewer, photo): (_, Photo) = {
        let store = scene.open();
        let (owner, album) = owner(&store);
        (owner, post(&store, owner, album, &b"posted long ago"[..].into()))
    };
    let sqlite = scene.sqlite();
    let tables = ["operator", "thumbnails", "ledger_bands", "ledger", "ledger_kept_from"];
    for table in tables {
        sqlite.execute_batch(&format!("DROP TABLE {table}")).expect("the table goes");
    }
    sqlite.pragma_update(None, "user_version", 1).expect("the version is set");
    drop(sqlite);
    let store = scene.open();
    let (found, bytes) = store.photo_with_bytes(viewer, photo.name).expect("the photo is there");
    assert_eq!((found, &bytes[..]), (photo, &b"posted long ago"[..]));
    assert_eq!(store.purge("any").expect("there are thumbnails to purge"), 0);
    drop(store);
    let version: i64 = scene
        .sqlite()
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .expect("the version is read");
    assert_eq!(version, VERSION);
    scene.check_integrity();
}

#[test]
fn a_migration_that_cannot_be_done_leaves_the_file_at_its_version() {
    let scene = Scene::new();
    drop(scene.open());
    let sqlite = scene.sqlite();
    sqlite.pragma_update(None, "user_version", 1).expect("the version is set");
    drop(sqlite);
    let open = Store::open(&scene.path(), Clock::Stopped(START), StoreOptions::default());
    assert!(matches!(open.err(), Some(OpenError::Store { .. })), "it was done twice");
    let version: i64 = scene
        .sqlite()
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .expect("the version is read");
    assert_eq!(version, 1);
    scene.check_integrity();
}
