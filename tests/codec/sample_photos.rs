//! Every photo of the built-in set and of a folder has an owner, and any folder is read within
//! bounds. Folders are made for each test, and the codec probes the set.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use bytes::Bytes;
use double_exposure::codec::limits::MAX_FILE_BYTES;
use double_exposure::codec::{luma, probe};
use double_exposure::sample_photos::{
    MAX_FILES, MAX_TOTAL_BYTES, ReadError, SamplePhoto, SamplePhotos, SkippedFile, default_set,
    read_dir, without_copies,
};
use tempfile::TempDir;

/// Makes a folder with these files. Each file holds its own path.
fn folder(files: &[&str]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for file in files {
        put(&dir, file, file.as_bytes());
    }
    dir
}

/// Writes a file in a folder.
fn put(dir: &TempDir, file: &str, bytes: &[u8]) {
    let path = dir.path().join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Makes a file of `len` bytes that takes no room on the disk, and is no copy of another file.
fn put_large(dir: &TempDir, file: &str, len: u64) {
    put(dir, file, file.as_bytes());
    File::options().write(true).open(dir.path().join(file)).unwrap().set_len(len).unwrap();
}

/// Reads the photos of a folder.
fn photos(dir: &TempDir) -> SamplePhotos {
    read_dir(dir.path()).unwrap()
}

/// Returns the owner and path of each photo, as `owner: path`.
fn owners(photos: &SamplePhotos) -> Vec<String> {
    photos.photos.iter().map(|photo| format!("{}: {}", photo.owner, photo.name)).collect()
}

/// Returns the skipped files, as paths from the folder, with their reasons.
fn skipped<'f>(dir: &TempDir, photos: &'f SamplePhotos) -> Vec<(&'f str, &'f str)> {
    let inside = |path: &'f Path| path.strip_prefix(dir.path()).unwrap().to_str().unwrap();
    photos.skipped.iter().map(|skipped| (inside(&skipped.path), &*skipped.reason)).collect()
}

#[test]
fn the_set_has_eleven_owners_with_a_photo_each_of_2048_px_in_three_shapes() {
    let set = default_set();
    let names: BTreeSet<&str> = set.iter().map(|photo| &*photo.owner).collect();
    assert_eq!((set.len(), names.len()), (11, 11));
    let mut shapes: BTreeMap<_, usize> = BTreeMap::new();
    for photo in &set {
        let header = probe(&photo.bytes).unwrap();
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
    assert!(without_copies(set).skipped.is_empty());
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
fn photos_of_the_set_have_no_metadata() {
    for photo in default_set() {
        for marker in [0xE1, 0xE2, 0xED, 0xFE] {
            // Entropy-coded data never holds 0xFF before such a byte.
            let position = photo.bytes.windows(2).position(|pair| pair == [0xFF, marker]);
            assert_eq!(position, None, "{}: segment {marker:X}", photo.name);
        }
    }
}

#[test]
fn every_original_has_a_licence_and_every_photo_of_the_set_an_original_of_its_own() {
    let licences = include_str!("../../src/sample_photos/LICENSES.md");
    let rows = licences.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split(" | ").collect()).collect();
    let originals: BTreeSet<String> =
        rows.iter().filter(|row| row.len() == 4).map(|row| row[0].to_owned()).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sample_photos/originals");
    let on_disk: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| format!("originals/{}", entry.unwrap().file_name().to_str().unwrap()))
        .collect();
    let licensed = originals.iter().filter(|name| *name != "file");
    assert_eq!(licensed.collect::<Vec<_>>(), on_disk.iter().collect::<Vec<_>>());
    let sources: BTreeMap<&str, &str> =
        rows.iter().filter(|row| row.len() == 3).map(|row| (row[0], row[2])).collect();
    let mut used: Vec<&str> = default_set().iter().map(|photo| sources[&*photo.name]).collect();
    used.sort_unstable();
    assert_eq!(used, on_disk.iter().collect::<Vec<_>>(), "two photos of one original look alike");
}

/// Cases of the files in a folder, and the owner and path of each photo that is read.
const LAYOUTS: [(&str, &[&str], &[&str]); 6] = [
    (
        "a subfolder is an owner of all its files",
        &["ben/2.jpg", "ann/b.png", "ann/a.jpg", "dora.d/1.jpg"],
        &["ann: ann/a.jpg", "ann: ann/b.png", "ben: ben/2.jpg", "dora.d: dora.d/1.jpg"],
    ),
    (
        "in a flat folder each file is an owner, named without the extension",
        &["ann.jpg", "ben.holiday.png", "cleo"],
        &["ann: ann.jpg", "ben.holiday: ben.holiday.png", "cleo: cleo"],
    ),
    (
        "files beside subfolders are owners of their own",
        &["ann/1.jpg", "ben.jpg"],
        &["ann: ann/1.jpg", "ben: ben.jpg"],
    ),
    (
        "owners of the same name keep their extensions",
        &["ann.jpg", "ann.png", "ann.png.webp", "ben.jpg", "ben/1.jpg", "cleo.jpg"],
        &[
            "ann.jpg: ann.jpg",
            "ann.png: ann.png",
            "ann.png.webp: ann.png.webp",
            "ben.jpg: ben.jpg",
            "ben: ben/1.jpg",
            "cleo: cleo.jpg",
        ],
    ),
    (
        "hidden files and views of folders are ignored",
        &[".hidden.jpg", ".git/1.jpg", "Thumbs.db", "ann/.x", "ann/Desktop.ini"],
        &[],
    ),
    ("an empty folder holds nothing", &[], &[]),
];

#[test]
fn owners_follow_from_subfolders_and_file_names() {
    for (case, files, expected) in LAYOUTS {
        let photos = photos(&folder(files));
        assert_eq!(owners(&photos), expected, "{case}");
        assert_eq!(photos.skipped, [], "{case}");
    }
}

#[test]
fn photos_come_in_the_order_of_their_names_with_their_files_bytes() {
    let dir = folder(&["c.jpg", "b/2", "a.jpg", "b/1"]);
    let photos = photos(&dir).photos;
    let names: Vec<&str> = photos.iter().map(|photo| &*photo.name).collect();
    assert_eq!(names, ["a.jpg", "b/1", "b/2", "c.jpg"]);
    assert!(photos.iter().all(|photo| photo.bytes == photo.name.as_bytes()));
}

#[test]
fn a_folder_in_an_owners_folder_is_reported_and_not_read() {
    let dir = folder(&["ann/1.jpg", "ann/2024/2.jpg"]);
    let photos = photos(&dir);
    assert_eq!(owners(&photos), ["ann: ann/1.jpg"]);
    let reason = "a folder in an owner's folder is not looked into";
    assert_eq!(skipped(&dir, &photos), [("ann/2024", reason)]);
}

#[test]
fn a_file_is_read_up_to_the_codecs_limit_in_bytes() {
    let dir = TempDir::new().unwrap();
    put_large(&dir, "just.jpg", MAX_FILE_BYTES);
    put_large(&dir, "beyond.jpg", MAX_FILE_BYTES + 2);
    let photos = photos(&dir);
    assert_eq!(owners(&photos), ["just: just.jpg"]);
    let reason = "it has 67108866 bytes; at most 67108864 are read";
    assert_eq!(skipped(&dir, &photos), [("beyond.jpg", reason)]);
}

#[test]
fn the_bound_on_bytes_leaves_out_photos_and_no_owner() {
    let dir = folder(&["zoe.jpg"]);
    let files = MAX_TOTAL_BYTES / MAX_FILE_BYTES + 1;
    for file in 0..files {
        put_large(&dir, &format!("ann/{file}"), MAX_FILE_BYTES);
    }
    let photos = photos(&dir);
    let read: u64 = photos.photos.iter().map(|photo| photo.bytes.len() as u64).sum();
    assert!(read <= MAX_TOTAL_BYTES, "{read}");
    let names: Vec<&str> = photos.photos.iter().map(|photo| &*photo.name).collect();
    let anns = (0..files - 2).map(|file| format!("ann/{file}"));
    assert_eq!(names, anns.chain(["zoe.jpg".into()]).collect::<Vec<_>>());
    let reason = "2 left unread: of all files together at most 268435456 bytes are read";
    assert_eq!(skipped(&dir, &photos), [("ann", reason)]);
}

#[test]
fn a_folder_of_too_many_files_is_refused_wherever_the_files_lie() {
    let dir = folder(&["ann/1.jpg"]);
    let file = |number: usize| File::create(dir.path().join(number.to_string())).unwrap();
    (3..=MAX_FILES).for_each(|number| drop(file(number)));
    assert!(read_dir(dir.path()).is_ok(), "the bound counts the subfolder and its file");
    file(MAX_FILES + 1);
    let error = read_dir(dir.path()).unwrap_err();
    assert!(matches!(error, ReadError::TooManyFiles(_)), "{error}");
    assert!(error.to_string().ends_with("holds more than 10000 files; give a smaller folder"));
}

#[test]
fn a_path_of_no_folder_is_refused_with_advice() {
    let dir = folder(&["ann.jpg"]);
    let missing = read_dir(&dir.path().join("nowhere")).unwrap_err();
    assert!(matches!(missing, ReadError::Missing(_)), "{missing}");
    assert!(missing.to_string().ends_with("does not exist; give a folder of photos"));
    let file = read_dir(&dir.path().join("ann.jpg")).unwrap_err();
    assert!(matches!(file, ReadError::NotAFolder(_)), "{file}");
    assert!(file.to_string().ends_with("not a folder; give the folder that the photo lies in"));
}

#[test]
fn copies_are_skipped_and_reported() {
    let dir = folder(&["ann.jpg"]);
    put(&dir, "ben.jpg", b"twin");
    put(&dir, "cleo/1.jpg", b"twin");
    let photos = without_copies(photos(&dir).photos);
    assert_eq!(owners(&photos), ["ann: ann.jpg", "ben: ben.jpg"]);
    let reason = "it is byte for byte the same file as ben.jpg";
    let copy = SkippedFile { path: "cleo/1.jpg".into(), reason: reason.into() };
    assert_eq!(photos.skipped, [copy]);
}

#[test]
fn photos_of_different_bytes_keep_their_order() {
    let photo = |name: &str| SamplePhoto {
        owner: name.into(),
        name: name.into(),
        bytes: Bytes::copy_from_slice(name.as_bytes()),
    };
    let photos: Vec<SamplePhoto> = ["b", "a", "c"].map(photo).into();
    assert_eq!(without_copies(photos.clone()), SamplePhotos { photos, skipped: Vec::new() });
}

#[test]
fn a_file_that_is_no_photo_is_read_and_the_codec_refuses_it() {
    let dir = TempDir::new().unwrap();
    File::create(dir.path().join("notes.txt")).unwrap().write_all(b"no photo").unwrap();
    let photos = photos(&dir);
    assert_eq!(owners(&photos), ["notes: notes.txt"]);
    assert!(probe(&photos.photos[0].bytes).is_err());
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
    fn links_are_followed_and_broken_links_are_reported() {
        let dir = folder(&["ann.jpg"]);
        let elsewhere = folder(&["1.jpg"]);
        symlink(elsewhere.path(), dir.path().join("ben")).unwrap();
        symlink("nowhere", dir.path().join("cleo.jpg")).unwrap();
        let photos = photos(&dir);
        assert_eq!(owners(&photos), ["ann: ann.jpg", "ben: ben/1.jpg"]);
        assert_eq!(skipped(&dir, &photos), [("cleo.jpg", "it is a link to nothing")]);
    }

    #[test]
    fn a_pipe_or_a_socket_is_reported_without_waiting() {
        let dir = folder(&["ann.jpg"]);
        let pipe = dir.path().join("ben.jpg");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        symlink(&pipe, dir.path().join("cleo.jpg")).unwrap();
        let _socket = UnixListener::bind(dir.path().join("dora.jpg")).unwrap();
        let (done, reading) = mpsc::channel();
        let path = dir.path().to_owned();
        thread::spawn(move || done.send(read_dir(&path).unwrap()));
        let photos = reading.recv_timeout(Duration::from_secs(10)).expect("it waits for a pipe");
        assert_eq!(owners(&photos), ["ann: ann.jpg"]);
        let reason = "it is no regular file";
        let expected = ["ben.jpg", "cleo.jpg", "dora.jpg"].map(|path| (path, reason));
        assert_eq!(skipped(&dir, &photos), expected);
    }

    // Linux refuses to read this file even to root, unlike a file without permissions.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_the_system_refuses_is_reported_with_its_reason() {
        let dir = folder(&["ann.jpg"]);
        symlink("/proc/self/mem", dir.path().join("ben.jpg")).unwrap();
        let photos = photos(&dir);
        assert_eq!(owners(&photos), ["ann: ann.jpg"]);
        let [(path, reason)] = skipped(&dir, &photos)[..] else { panic!("{:?}", photos.skipped) };
        assert_eq!(path, "ben.jpg");
        assert!(reason.starts_with("it cannot be read: "), "{reason}");
    }

    // Only Linux allows such a file name.
    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_no_utf_8_are_reported_as_paths() {
        let dir = folder(&["ann.jpg"]);
        let name = OsStr::from_bytes(b"b\xFFn.jpg");
        fs::write(dir.path().join(name), b"ben").unwrap();
        fs::write(dir.path().join(OsStr::from_bytes(b".\xFF")), b"hidden").unwrap();
        let photos = photos(&dir);
        assert_eq!(owners(&photos), ["ann: ann.jpg"]);
        assert_eq!(photos.skipped.len(), 1);
        assert_eq!(photos.skipped[0].path, dir.path().join(name));
        assert_eq!(photos.skipped[0].reason, "its name is not UTF-8");
    }
}
