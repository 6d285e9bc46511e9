//! Goal: a backup that is taken while others write holds every write that was acknowledged before
//! it, and is restored whole; a damaged one is refused. Method: writers that never pause, rounds of
//! backups, and damage to each kind of row.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use bytes::Bytes;
use double_exposure::album::{
    BackupError, FileSummary, MakingRef, OpenFailure, PersonId, Photo, Restored, SCHEMA_VERSION,
    Store, back_up, restore,
};

use crate::fixture::{START, TestFile, append, cached, jpeg, made, owner, person, shown, upload};

/// Rounds of the test under load, or as many as DOUBLE_EXPOSURE_BACKUPS says.
fn rounds() -> usize {
    let rounds = std::env::var("DOUBLE_EXPOSURE_BACKUPS");
    rounds.map_or(5, |rounds| rounds.parse().expect("a number of rounds"))
}

fn beside(file: &TestFile, name: &str) -> PathBuf {
    file.path().with_file_name(name)
}

fn take(file: &TestFile, name: &str) -> Result<FileSummary, BackupError> {
    back_up(&file.path(), &beside(file, name), || true)
}

/// Restores into a new folder.
fn bring_back(backup: &Path) -> (TestFile, Result<Restored, BackupError>) {
    let file = TestFile::new();
    let restored = restore(backup, &file.path(), false, || true);
    (file, restored)
}

/// Uploads photos, and appends a made and a shown row for each, until `stop` is set.
fn write_until(stop: &AtomicBool, store: &Store, number: u8, stored: &mpsc::Sender<Photo>) {
    let (owner, album) = owner(store);
    for round in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let length = 20_000 + 7_919 * (round % 23);
        let photo = upload(store, owner, album, Bytes::from(vec![number; length]));
        let entries =
            [made(&photo, &[Some(&photo)], true), shown(owner, &photo, MakingRef::Previous)];
        append(store, START, &entries);
        let _ = stored.send(photo);
    }
}

#[test]
fn backups_under_load_hold_what_was_acknowledged_and_are_restored_whole() {
    let (file, store, ..) = TestFile::with_album();
    let stop = AtomicBool::new(false);
    let (stored, acknowledged) = mpsc::channel();
    thread::scope(|scope| {
        for number in 1..=3 {
            let (store, stored, stop) = (&store, stored.clone(), &stop);
            scope.spawn(move || write_until(stop, store, number, &stored));
        }
        let mut before = BTreeMap::new();
        for round in 0..rounds() {
            // Something was written since the last round.
            let first = acknowledged.recv().expect("the writers write");
            before.extend([first].into_iter().chain(acknowledged.try_iter()).map(|p| (p.id, p)));
            let name = format!("backup-{round}");
            let summary = take(&file, &name).expect("a backup under load");
            assert!(summary.photos >= before.len() as u64, "{summary:?} of {}", before.len());
            let (copy, restored) = bring_back(&beside(&file, &name));
            assert_eq!(restored.expect("a restoration").backup, summary);
            copy.check_integrity();
            let copy = copy.open();
            for photo in before.values() {
                let (found, bytes) = copy.photo_with_bytes(photo.owner, photo.name).expect("there");
                assert_eq!((&found, bytes.len() as u64), (photo, photo.bytes));
            }
            fs::remove_file(beside(&file, &name)).expect("it is there");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// Makes a file with a photo, its thumbnail and ledger rows.
fn small_file() -> (TestFile, PersonId, Photo) {
    let (file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, jpeg(64, 64, 80, 1));
    let entries = [made(&photo, &[Some(&photo)], true), shown(owner, &photo, MakingRef::Previous)];
    append(&store, START, &entries);
    (file, owner, photo)
}

#[test]
#[cfg(unix)]
fn a_backup_is_for_its_owner_alone_replaces_nothing_and_leaves_no_other_file() {
    use std::os::unix::fs::PermissionsExt;
    let (file, ..) = small_file();
    let summary = take(&file, "backup").expect("a backup");
    let FileSummary { version, bytes, people, albums, photos, ledger_rows } = summary;
    assert_eq!((version, people, albums, photos, ledger_rows), (SCHEMA_VERSION, 1, 1, 1, 2));
    let metadata = fs::metadata(beside(&file, "backup")).expect("the backup is there");
    assert_eq!((metadata.permissions().mode() & 0o777, metadata.len()), (0o600, bytes));
    let before = fs::read(beside(&file, "backup")).expect("it is read");
    for taken in ["backup", "album.db"] {
        let error = take(&file, taken).expect_err("the name is taken");
        assert!(matches!(error, BackupError::Exists { .. }), "{error}");
    }
    assert_eq!(fs::read(beside(&file, "backup")).expect("it is read"), before);
    take(&file, "no/folder/backup").expect_err("there is no such folder");
    let error = back_up(&file.path(), &beside(&file, "stopped"), || false);
    assert!(matches!(error, Err(BackupError::Interrupted)), "{error:?}");
    let folder = fs::read_dir(file.path().parent().expect("a folder")).expect("it is listed");
    let mut names: Vec<_> = folder.map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["album.db", "backup"], "no other file is left");
}

#[test]
fn numbers_of_the_lost_file_are_not_given_again_after_a_restoration() {
    let (file, owner, photo) = small_file();
    take(&file, "backup").expect("a backup");
    let lost = {
        let store = file.open();
        let made_later = [made(&photo, &[Some(&photo)], true)];
        let row = append(&store, START, &made_later)[0];
        (upload(&store, owner, photo.name.album, "after the backup").id, row)
    };
    let (copy, restored) = bring_back(&beside(&file, "backup"));
    restored.expect("a restoration");
    let store = copy.open();
    let kept = cached(&store, &photo).expect("the thumbnail of the backup is there");
    assert!(kept.made < lost.1);
    let id = upload(&store, owner, photo.name.album, "after the restoration").id;
    let row = append(&store, START, &[made(&photo, &[Some(&photo)], false)])[0];
    assert!(id > lost.0 && row > lost.1, "{id} after {}, {row} after {}", lost.0, lost.1);
}

#[test]
fn every_kind_of_damage_is_found_when_a_backup_is_restored() {
    for (what, damage) in [
        ("a photo's bytes", "UPDATE photo_bytes SET bytes = CAST('of another photo' AS BLOB)"),
        ("a photo's length", "UPDATE photos SET byte_count = 3"),
        ("a photo without bytes", "DELETE FROM photo_bytes"),
        ("a thumbnail's bytes", "UPDATE thumbnails SET bytes = CAST('of another photo' AS BLOB)"),
        ("a thumbnail without its row", "UPDATE thumbnails SET made_row = 99"),
        ("an owner who is no member", "DELETE FROM members"),
        ("a missing person", "PRAGMA foreign_keys = OFF; DELETE FROM people"),
    ] {
        let (file, ..) = small_file();
        take(&file, "backup").expect("a backup");
        let backup = beside(&file, "backup");
        let sqlite = rusqlite::Connection::open(&backup).expect("it opens");
        sqlite.execute_batch(damage).expect("the damage is done");
        drop(sqlite);
        let (copy, restored) = bring_back(&backup);
        let error = restored.expect_err(what);
        assert!(matches!(&error, BackupError::Damaged { path, .. } if *path == backup), "{error}");
        assert!(!copy.path().exists(), "{what}");
    }
    let (file, ..) = small_file();
    take(&file, "backup").expect("a backup");
    let backup = beside(&file, "backup");
    let whole = fs::read(&backup).expect("it is read");
    for cut in [whole.len() / 2, whole.len() - 4096, 100, 0] {
        fs::write(&backup, &whole[..cut]).expect("it is written");
        bring_back(&backup).1.expect_err("a cut backup");
    }
    fs::write(&backup, &whole).expect("it is written");
    bring_back(&backup).1.expect("the whole backup is restored");
}

#[test]
fn a_file_in_use_is_not_replaced_and_a_damaged_one_is_moved_aside() {
    let (file, owner, photo) = small_file();
    take(&file, "backup").expect("a backup");
    let backup = beside(&file, "backup");
    fs::write(file.path(), "damaged beyond recognition").expect("it is written");
    fs::write(beside(&file, "album.db-wal"), "a log that belongs to it").expect("written");
    let error = restore(&backup, &file.path(), false, || true).expect_err("it exists");
    assert!(matches!(error, BackupError::Exists { .. }), "{error}");
    let restored = restore(&backup, &file.path(), true, || true).expect("it is replaced");
    let aside = restored.set_aside.expect("it is kept");
    assert_eq!(fs::read(&aside).expect("it is kept"), b"damaged beyond recognition");
    let store = file.open();
    store.photo_with_bytes(owner, photo.name).expect("the photo is back");
}

#[test]
fn a_log_that_was_left_behind_is_not_read_into_a_restored_file() {
    let (file, owner, photo) = small_file();
    take(&file, "backup").expect("a backup");
    // A crash leaves a log, and then the file alone is deleted.
    let store = file.open();
    person(&store);
    let log = fs::read(beside(&file, "album.db-wal")).expect("there is a log");
    drop(store);
    fs::remove_file(file.path()).expect("it is deleted");
    fs::write(beside(&file, "album.db-wal"), log).expect("the log is left");
    restore(&beside(&file, "backup"), &file.path(), false, || true).expect("a restoration");
    file.check_integrity();
    assert_eq!(file.number("SELECT count(*) FROM people"), 1);
    file.open().photo_with_bytes(owner, photo.name).expect("the photo is back");
}

#[test]
fn what_is_no_backup_is_refused() {
    let (file, ..) = small_file();
    let refused = |path: &Path| match bring_back(path).1 {
        Err(BackupError::Open(error)) => (error.path, error.failure),
        other => panic!("{other:?}"),
    };
    let text = beside(&file, "text");
    fs::write(&text, [b'x'; 9_000]).expect("it is written");
    assert_eq!(refused(&text), (text.clone(), OpenFailure::NotADatabase));
    let missing = beside(&file, "missing");
    assert_eq!(refused(&missing), (missing.clone(), OpenFailure::MissingBackup));
    let newer = beside(&file, "newer");
    take(&file, "newer").expect("a backup");
    let sqlite = rusqlite::Connection::open(&newer).expect("it opens");
    sqlite.pragma_update(None, "user_version", SCHEMA_VERSION + 1).expect("the version is set");
    drop(sqlite);
    let expected = OpenFailure::Newer { found: SCHEMA_VERSION + 1, newest: SCHEMA_VERSION };
    assert_eq!(refused(&newer), (newer.clone(), expected));
}
