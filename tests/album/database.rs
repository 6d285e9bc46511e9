//! Goal: the store opens only its own files, of versions that it reads and writable, and leaves
//! other files untouched. Method: files of each other kind, compared byte for byte before and
//! after.

use std::fs;
use std::path::Path;

use double_exposure::album::{
    APPLICATION_ID, Clock, OpenError, OpenFailure, SCHEMA_VERSION, Store, StoreOptions,
};

use crate::fixture::{START, TestFile, owner, upload};

/// Some tables of a file of version 1, which was never released.
const UNRELEASED: &str = "
    CREATE TABLE people (person BLOB NOT NULL PRIMARY KEY, name TEXT NOT NULL,
        token BLOB NOT NULL UNIQUE, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE photos (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, album BLOB NOT NULL,
        photo BLOB NOT NULL, owner BLOB NOT NULL, uploaded BLOB NOT NULL, content BLOB NOT NULL,
        bytes INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
        posted INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0, settled INTEGER,
        failures INTEGER NOT NULL DEFAULT 0, next_try INTEGER NOT NULL DEFAULT 0,
        UNIQUE (album, photo)) STRICT;
    INSERT INTO people VALUES (zeroblob(16), 'Ann', zeroblob(32), 1732775700000);";

fn open(path: &Path, create: bool) -> Result<Store, OpenError> {
    let options = StoreOptions { create, ..StoreOptions::default() };
    Store::open(path, Clock::Stopped(START), options)
}

/// Checks that the file is refused with this failure and stays as it was. Returns the message.
fn assert_refused(file: &TestFile, failure: OpenFailure) -> String {
    let before = fs::read(file.path()).expect("the file is there");
    let error = open(&file.path(), true).err().expect("the file is refused");
    assert_eq!(error, OpenError { path: file.path(), failure });
    assert_eq!(fs::read(file.path()).expect("the file is still there"), before);
    error.to_string()
}

#[test]
fn a_newer_file_is_refused_with_both_versions_named() {
    let file = TestFile::new();
    drop(file.open());
    let sqlite = file.sqlite();
    let found = SCHEMA_VERSION + 5;
    sqlite.pragma_update(None, "user_version", found).expect("the version is set");
    sqlite.pragma_update(None, "journal_mode", "delete").expect("the log is written back");
    drop(sqlite);
    let message = assert_refused(&file, OpenFailure::Newer { found, newest: SCHEMA_VERSION });
    assert!(message.contains(&format!("version {found}")), "{message}");
    assert!(message.contains(&format!("up to {SCHEMA_VERSION}")), "{message}");
}

#[test]
fn a_file_of_an_unreleased_version_is_refused_with_what_to_do() {
    let file = TestFile::new();
    let sqlite = file.sqlite();
    sqlite.execute_batch(UNRELEASED).expect("the tables are made");
    sqlite.pragma_update(None, "application_id", APPLICATION_ID).expect("the id is set");
    for found in 1..=3 {
        sqlite.pragma_update(None, "user_version", found).expect("the version is set");
        let message = assert_refused(&file, OpenFailure::TooOld { found, oldest: 4 });
        assert!(message.contains(&format!("version {found}")), "{message}");
        assert!(message.contains("name a new file"), "{message}");
    }
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let file = TestFile::new();
    fs::write(file.path(), [b'x'; 4096]).expect("the file is written");
    assert_refused(&file, OpenFailure::NotADatabase);
}

#[test]
fn another_programs_database_is_refused() {
    let file = TestFile::new();
    file.sqlite().execute_batch("CREATE TABLE theirs (x)").expect("a table is made");
    assert_refused(&file, OpenFailure::Foreign { found: 0, expected: APPLICATION_ID });
    file.sqlite().pragma_update(None, "application_id", 77).expect("the id is set");
    assert_refused(&file, OpenFailure::Foreign { found: 77, expected: APPLICATION_ID });
}

#[test]
fn a_read_only_file_is_refused() {
    let file = TestFile::new();
    drop(file.open());
    let mut permissions = fs::metadata(file.path()).expect("the file is there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(file.path(), permissions).expect("the file is made read-only");
    assert_refused(&file, OpenFailure::ReadOnly);
}

#[test]
fn a_missing_file_a_missing_folder_and_a_folder_in_place_of_the_file_are_named() {
    let file = TestFile::new();
    let failure = |path: &Path, create| {
        let error = open(path, create).err().expect("it is refused");
        assert_eq!(error.path, path);
        error.failure
    };
    let path = file.path();
    assert_eq!(failure(&path, false), OpenFailure::Missing);
    assert!(!path.exists(), "a file was made without `create`");
    assert_eq!(failure(&path.join("album.db"), true), OpenFailure::NoFolder);
    let folder = path.parent().expect("the file lies in a folder");
    assert_eq!(failure(folder, true), OpenFailure::NotAFile);
}

#[test]
fn an_empty_file_becomes_an_album() {
    let file = TestFile::new();
    fs::write(file.path(), b"").expect("the file is written");
    owner(&file.open());
    file.check_integrity();
}

#[test]
fn a_file_of_the_oldest_version_is_brought_up_to_date_and_keeps_its_photos() {
    let (file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, "uploaded long ago");
    drop(store);
    let sqlite = file.sqlite();
    for table in ["operator_key", "thumbnails", "ledger_bands", "ledger", "ledger_retention"] {
        sqlite.execute_batch(&format!("DROP TABLE {table}")).expect("the table is dropped");
    }
    sqlite.pragma_update(None, "user_version", 4).expect("the version is set");
    drop(sqlite);
    let store = file.open();
    let stored = store.photo_with_bytes(owner, photo.name).expect("the photo is there");
    assert_eq!(stored, (photo, "uploaded long ago".into()));
    assert_eq!(store.purge("any").expect("there is a table of thumbnails"), 0);
    drop(store);
    assert_eq!(file.number("PRAGMA user_version"), SCHEMA_VERSION);
    file.check_integrity();
}

#[test]
fn a_migration_that_fails_leaves_the_file_at_its_version() {
    let file = TestFile::new();
    drop(file.open());
    file.sqlite().pragma_update(None, "user_version", 4).expect("the version is set");
    let failure = open(&file.path(), true).err().map(|error| error.failure);
    assert!(matches!(failure, Some(OpenFailure::Store(_))), "it ran twice: {failure:?}");
    assert_eq!(file.number("PRAGMA user_version"), 4);
    file.check_integrity();
}
