//! Whose photo is it, and is it read at all: the built-in set, and any folder that a person may
//! point at. Folders are made for each test; the set is measured as the codec sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use bytes::Bytes;
use double_exposure::codec::{inspect, limits::FILE_BYTES, luma};
use double_exposure::sample_photos::{
    FILES, ReadError, SamplePhoto, SamplePhotos, SkippedFile, TOTAL_BYTES, default_set, each_once,
    read_dir,
};
use tempfile::TempDir;

/// A folder with these files, each holding its own path.
fn folder(files: &[&str]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for file in files {
        put(&dir, file, file.as_bytes());
    }
    dir
}

fn put(dir: &TempDir, file: &str, bytes: &[u8]) {
    let path = dir.path().join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A file of `len` bytes that takes no room on the disk, and is no copy of another's.
fn put_large(dir: &TempDir, file: &str, len: u64) {
    put(dir, file, file.as_bytes());
    File::options().write(true).open(dir.path().join(file)).unwrap().set_len(len).unwrap();
}

fn found(dir: &TempDir) -> SamplePhotos {
    read_dir(dir.path()).unwrap()
}

fn owners(found: &SamplePhotos) -> Vec<(&str, &str)> {
    found.photos.iter().map(|photo| (&*photo.owner, &*photo.name)).collect()
}

/// What was skipped, as paths from the folder, each with its reason.
fn skipped<'f>(dir: &TempDir, found: &'f SamplePhotos) -> Vec<(&'f str, &'f str)> {
    let inside = |path: &'f Path| path.strip_prefix(dir.path()).unwrap().to_str().unwrap();
    found.skipped.iter().map(|skipped| (inside(&skipped.path), &*skipped.reason)).collect()
}

#[test]
fn the_set_has_eleven_owners_with_a_photo_each_of_2048_px_in_three_shapes() {
    let set = default_set();
    let names: BTreeSet<&str> = set.iter().map(|photo| &*photo.owner).collect();
    assert_eq!((set.len(), names.len()), (11, 11));
    let mut shapes: BTreeMap<_, usize> = BTreeMap::new();
    for photo in &set {
        let header = inspect(&photo.bytes).unwrap();
        assert_eq!(header.width.max(header.height), 2048, "{}", photo.name);
        *shapes.entry(header.width.cmp(&header.height)).or_default() += 1;
    }
    assert_eq!(shapes.len(), 3, "portrait, square and landscape: {shapes:?}");
    assert!(shapes.values().all(|&photos| photos >= 3), "{shapes:?}");
}

#[test]
fn every_photo_of_the_set_decodes_whole_and_none_is_a_copy() {
    let set = default_set();
    for photo in &set {
        assert!(luma(&photo.bytes).is_ok(), "{}", photo.name);
    }
    assert!(each_once(set).skipped.is_empty());
}

#[test]
fn the_set_and_its_originals_take_less_than_5_mb_and_each_photo_is_in_the_set() {
    let photos = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sample_photos");
    let jpegs = |dir: &Path| -> Vec<fs::DirEntry> {
        let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
        entries.filter(|e| e.path().extension().is_some_and(|ending| ending == "jpg")).collect()
    };
    let (set, originals) = (jpegs(&photos), jpegs(&photos.join("originals")));
    let total: u64 = set.iter().chain(&originals).map(|e| e.metadata().unwrap().len()).sum();
    assert!(total < 5_000_000, "{total} bytes");
    let on_disk: BTreeSet<String> =
        set.iter().map(|e| e.file_name().into_string().unwrap()).collect();
    let built_in: BTreeSet<String> = default_set().into_iter().map(|photo| photo.name).collect();
    assert_eq!(on_disk, built_in);
}

#[test]
fn photos_of_the_set_carry_no_metadata() {
    for photo in default_set() {
        for marker in [0xE1, 0xE2, 0xED, 0xFE] {
            // Entropy-coded data never holds 0xFF before such a byte.
            let position = photo.bytes.windows(2).position(|pair| pair == [0xFF, marker]);
            assert_eq!(position, None, "{}: segment {marker:X}", photo.name);
        }
    }
}

#[test]
fn every_original_has_a_licence_and_every_photo_of_the_set_its_original() {
    let licences = include_str!("../src/sample_photos/LICENSES.md");
    let originals = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sample_photos/originals");
    for entry in fs::read_dir(originals).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(licences.contains(&format!("| originals/{name} |")), "{name}");
    }
    for photo in default_set() {
        assert!(licences.contains(&format!("| {} |", photo.name)), "{}", photo.name);
    }
}

#[test]
fn a_subfolder_is_an_owner_of_all_its_files() {
    let dir = folder(&["ben/2.jpg", "ann/b.png", "ann/a.jpg", "dora.d/1.jpg"]);
    let found = found(&dir);
    let expected = [
        ("ann", "ann/a.jpg"),
        ("ann", "ann/b.png"),
        ("ben", "ben/2.jpg"),
        ("dora.d", "dora.d/1.jpg"),
    ];
    assert_eq!(owners(&found), expected);
    assert_eq!(found.skipped, []);
}

#[test]
fn photos_come_in_the_order_of_their_names_with_their_files_bytes() {
    let dir = folder(&["c.jpg", "b/2", "a.jpg", "b/1"]);
    let photos = found(&dir).photos;
    let names: Vec<&str> = photos.iter().map(|photo| &*photo.name).collect();
    assert_eq!(names, ["a.jpg", "b/1", "b/2", "c.jpg"]);
    assert!(photos.iter().all(|photo| photo.bytes == photo.name.as_bytes()));
}

#[test]
fn in_a_flat_folder_each_file_is_an_owner_called_like_the_file_without_its_ending() {
    let dir = folder(&["ann.jpg", "ben.holiday.png", "cleo"]);
    let expected = [("ann", "ann.jpg"), ("ben.holiday", "ben.holiday.png"), ("cleo", "cleo")];
    assert_eq!(owners(&found(&dir)), expected);
}

#[test]
fn files_beside_subfolders_are_owners_of_their_own() {
    let dir = folder(&["ann/1.jpg", "ben.jpg"]);
    assert_eq!(owners(&found(&dir)), [("ann", "ann/1.jpg"), ("ben", "ben.jpg")]);
}

#[test]
fn owners_who_would_have_the_same_name_keep_their_endings() {
    let dir = folder(&["ann.jpg", "ann.png", "ann.png.webp", "ben.jpg", "ben/1.jpg", "cleo.jpg"]);
    let found = found(&dir);
    let expected = [
        ("ann.jpg", "ann.jpg"),
        ("ann.png", "ann.png"),
        ("ann.png.webp", "ann.png.webp"),
        ("ben.jpg", "ben.jpg"),
        ("ben", "ben/1.jpg"),
        ("cleo", "cleo.jpg"),
    ];
    assert_eq!(owners(&found), expected);
}

#[test]
fn hidden_files_and_views_of_folders_are_passed_over_in_silence() {
    let dir = folder(&[".hidden.jpg", ".git/1.jpg", "Thumbs.db", "ann/.x", "ann/Desktop.ini"]);
    assert_eq!(found(&dir), SamplePhotos::default());
}

#[test]
fn a_folder_in_an_owners_folder_is_named_and_not_looked_into() {
    let dir = folder(&["ann/1.jpg", "ann/2024/2.jpg"]);
    let found = found(&dir);
    assert_eq!(owners(&found), [("ann", "ann/1.jpg")]);
    let reason = "a folder in an owner's folder is not looked into";
    assert_eq!(skipped(&dir, &found), [("ann/2024", reason)]);
}

#[test]
fn a_file_is_read_up_to_the_codecs_limit_and_not_a_byte_beyond() {
    let dir = TempDir::new().unwrap();
    put_large(&dir, "just.jpg", FILE_BYTES);
    put_large(&dir, "beyond.jpg", FILE_BYTES + 2);
    let found = found(&dir);
    assert_eq!(owners(&found), [("just", "just.jpg")]);
    let reason = "it has 33554434 bytes; at most 33554432 are read";
    assert_eq!(skipped(&dir, &found), [("beyond.jpg", reason)]);
}

#[test]
fn no_more_is_read_than_the_bound_and_every_owner_has_a_turn_before_it_is_met() {
    let dir = folder(&["zoe.jpg"]);
    let files = TOTAL_BYTES / FILE_BYTES + 1;
    for file in 0..files {
        put_large(&dir, &format!("ann/{file}"), FILE_BYTES);
    }
    let found = found(&dir);
    let read: u64 = found.photos.iter().map(|photo| photo.bytes.len() as u64).sum();
    assert!(read <= TOTAL_BYTES, "{read}");
    let names: Vec<&str> = found.photos.iter().map(|photo| &*photo.name).collect();
    let anns = (0..files - 2).map(|file| format!("ann/{file}"));
    assert_eq!(names, anns.chain(["zoe.jpg".into()]).collect::<Vec<_>>());
    let reason = "2 left unread: of all files together at most 268435456 bytes are read";
    assert_eq!(skipped(&dir, &found), [("ann", reason)]);
}

#[test]
fn a_folder_of_too_many_files_is_refused_wherever_they_lie() {
    let dir = folder(&["ann/1.jpg"]);
    let file = |number: usize| File::create(dir.path().join(number.to_string())).unwrap();
    (3..=FILES).for_each(|number| drop(file(number)));
    assert!(
        read_dir(dir.path()).is_ok(),
        "as many as are looked at: the folder, and what it holds"
    );
    file(FILES + 1);
    let error = read_dir(dir.path()).unwrap_err();
    assert!(matches!(error, ReadError::TooManyFiles(_)), "{error}");
    assert!(error.to_string().ends_with("holds more than 10000 files; give a smaller folder"));
}

#[test]
fn what_is_no_folder_is_refused_with_what_to_do() {
    let dir = folder(&["ann.jpg"]);
    let missing = read_dir(&dir.path().join("nowhere")).unwrap_err();
    assert!(matches!(missing, ReadError::Missing(_)), "{missing}");
    assert!(missing.to_string().ends_with("does not exist; give a folder of photos"));
    let file = read_dir(&dir.path().join("ann.jpg")).unwrap_err();
    assert!(matches!(file, ReadError::NotAFolder(_)), "{file}");
    assert!(file.to_string().ends_with("not a folder; give the folder that the photo lies in"));
}

#[test]
fn files_of_the_same_bytes_are_used_once_and_the_others_are_named() {
    let dir = folder(&["ann.jpg"]);
    put(&dir, "ben.jpg", b"twin");
    put(&dir, "cleo/1.jpg", b"twin");
    let found = each_once(found(&dir).photos);
    assert_eq!(owners(&found), [("ann", "ann.jpg"), ("ben", "ben.jpg")]);
    let reason = "it is byte for byte ben.jpg, which is used";
    let copy = SkippedFile { path: "cleo/1.jpg".into(), reason: reason.into() };
    assert_eq!(found.skipped, [copy]);
}

#[test]
fn photos_of_other_bytes_are_all_kept_in_their_order() {
    let photo = |name: &str| SamplePhoto {
        owner: name.into(),
        name: name.into(),
        bytes: Bytes::copy_from_slice(name.as_bytes()),
    };
    let photos: Vec<SamplePhoto> = ["b", "a", "c"].map(photo).into();
    assert_eq!(each_once(photos.clone()), SamplePhotos { photos, skipped: Vec::new() });
}

#[test]
fn an_empty_folder_holds_nothing() {
    assert_eq!(found(&folder(&[])), SamplePhotos::default());
}

#[test]
fn what_is_no_photo_is_left_to_the_codec_to_refuse() {
    let dir = TempDir::new().unwrap();
    File::create(dir.path().join("notes.txt")).unwrap().write_all(b"no photo").unwrap();
    assert_eq!(owners(&found(&dir)), [("notes", "notes.txt")]);
    assert!(inspect(&found(&dir).photos[0].bytes).is_err());
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn links_are_followed_and_links_to_nothing_are_named() {
        let dir = folder(&["ann.jpg"]);
        let elsewhere = folder(&["1.jpg"]);
        symlink(elsewhere.path(), dir.path().join("ben")).unwrap();
        symlink("nowhere", dir.path().join("cleo.jpg")).unwrap();
        let found = found(&dir);
        assert_eq!(owners(&found), [("ann", "ann.jpg"), ("ben", "ben/1.jpg")]);
        assert_eq!(skipped(&dir, &found), [("cleo.jpg", "it is a link to nothing")]);
    }

    #[test]
    fn a_pipe_or_a_socket_is_named_and_never_waited_for() {
        let dir = folder(&["ann.jpg"]);
        let pipe = dir.path().join("ben.jpg");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        symlink(&pipe, dir.path().join("cleo.jpg")).unwrap();
        let _socket = UnixListener::bind(dir.path().join("dora.jpg")).unwrap();
        let (done, reading) = mpsc::channel();
        let path = dir.path().to_owned();
        thread::spawn(move || done.send(read_dir(&path).unwrap()));
        let found = reading.recv_timeout(Duration::from_secs(10)).expect("it waits for a pipe");
        assert_eq!(owners(&found), [("ann", "ann.jpg")]);
        let reason = "it is no regular file";
        let expected = ["ben.jpg", "cleo.jpg", "dora.jpg"].map(|path| (path, reason));
        assert_eq!(skipped(&dir, &found), expected);
    }

    // A file whose content the system refuses even to root, unlike one without permissions.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_the_system_refuses_is_named_with_its_reason() {
        let dir = folder(&["ann.jpg"]);
        symlink("/proc/self/mem", dir.path().join("ben.jpg")).unwrap();
        let found = found(&dir);
        assert_eq!(owners(&found), [("ann", "ann.jpg")]);
        let [(path, reason)] = skipped(&dir, &found)[..] else { panic!("{:?}", found.skipped) };
        assert_eq!(path, "ben.jpg");
        assert!(reason.starts_with("it cannot be read: "), "{reason}");
    }

    // Only there may a file have such a name.
    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_no_utf_8_are_named_as_far_as_they_can_be() {
        let dir = folder(&["ann.jpg"]);
        let name = OsStr::from_bytes(b"b\xFFn.jpg");
        fs::write(dir.path().join(name), b"ben").unwrap();
        fs::write(dir.path().join(OsStr::from_bytes(b".\xFF")), b"hidden").unwrap();
        let found = found(&dir);
        assert_eq!(owners(&found), [("ann", "ann.jpg")]);
        assert_eq!(found.skipped.len(), 1);
        assert_eq!(found.skipped[0].path, dir.path().join(name));
        assert_eq!(found.skipped[0].reason, "its name is not UTF-8");
    }
}
