//! Goal: the store opens only its own files, of versions that it reads and writable, and leaves
//! other files untouched. Method: files of each other kind, compared byte for byte before and
//! after.

use std::fs;
use std::path::Path;

use double_exposure::album::{
    APPLICATION_ID, Clock, OpenError, OpenFailure, PhotoName, SCHEMA_VERSION, Store, StoreOptions,
};

use crate::fixture::{START, TestFile, owner};

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

/// The steps of the schema as they were released, which a later version must not change.
const RELEASED_STEPS: [(&str, u64); 3] = [
    (include_str!("../../src/album/schema/1_albums.sql"), 4),
    (include_str!("../../src/album/schema/2_ledger.sql"), 5),
    (include_str!("../../src/album/schema/3_operator.sql"), 6),
];

/// Makes a file as an older version of the program left it, with a person, an album, and a photo;
/// and from version 5 on with a row of the ledger and a retention that a wrong clock moved.
fn make_old_file(file: &TestFile, version: u64) {
    let sqlite = file.sqlite();
    for (step, _) in RELEASED_STEPS.iter().filter(|(_, made)| *made <= version) {
        sqlite.execute_batch(step).expect("the step runs");
    }
    sqlite
        .execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version};
             INSERT INTO people VALUES (zeroblob(16), 'Ann', zeroblob(32), 1);
             INSERT INTO albums VALUES (zeroblob(16), 'Summer', zeroblob(16), 1);
             INSERT INTO members VALUES (zeroblob(16), zeroblob(16));
             INSERT INTO photos VALUES (7, zeroblob(16), zeroblob(16), zeroblob(16),
                 zeroblob(32), zeroblob(32), 4, 1, 1, {}, 0, NULL, 0, 0);
             INSERT INTO photo_bytes VALUES (7, CAST('old!' AS BLOB));",
            START.millis()
        ))
        .expect("the rows are written");
    if version >= 5 {
        sqlite
            .execute_batch(&format!(
                "INSERT INTO ledger VALUES (3, 2, {}, zeroblob(16), 7, zeroblob(16),
                     zeroblob(16), zeroblob(16), zeroblob(32), zeroblob(32), 64, 0, 'm', 'owned',
                     NULL, NULL, NULL, NULL);
                 UPDATE ledger_retention SET kept_from = 7000000000000",
                START.millis() + 5
            ))
            .expect("the row is written");
    }
}

#[test]
fn a_file_of_each_older_version_is_brought_up_to_date_whole() {
    for (_, version) in RELEASED_STEPS {
        let file = TestFile::new();
        make_old_file(&file, version);
        let store = file.open();
        let nil = uuid::Uuid::nil();
        let name = PhotoName { album: nil.into(), photo: nil.into() };
        let (photo, bytes) = store.photo_with_bytes(nil.into(), name).expect("the photo is there");
        assert_eq!((photo.id.get(), bytes), (7, "old!".into()), "version {version}");
        store.operator_key().expect("there is a table of the key");
        store.delete_album(nil.into(), name.album).expect("there are tables of deletions");
        drop(store);
        assert_eq!(file.number("PRAGMA user_version"), SCHEMA_VERSION);
        let expected = START.millis() + if version >= 5 { 5 } else { 0 };
        assert_eq!(file.number("SELECT latest FROM clock"), expected, "version {version}");
        assert_eq!(file.number("SELECT kept_from FROM ledger_retention"), i64::MIN);
        let rows = file.number("SELECT count(*) FROM ledger");
        assert_eq!(rows, i64::from(version >= 5), "the ledger's rows stay");
        file.check_integrity();
    }
}

#[test]
fn a_step_that_fails_undoes_the_steps_before_it() {
    let file = TestFile::new();
    make_old_file(&file, 4);
    // The step from version 6 finds a table of its own name.
    file.sqlite().execute_batch("CREATE TABLE clock (x)").expect("a table is made");
    let failure = open(&file.path(), true).err().map(|error| error.failure);
    assert!(matches!(failure, Some(OpenFailure::Store(_))), "{failure:?}");
    assert_eq!(file.number("PRAGMA user_version"), 4);
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'ledger'";
    assert_eq!(file.number(tables), 0, "the step before it is undone");
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
