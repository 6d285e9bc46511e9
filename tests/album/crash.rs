//! Goal: a process killed at any moment of uploading or compressing leaves a file that opens, is
//! sound, and holds every acknowledged photo whole. Method: this test's own binary runs as the
//! process, gets `kill -9` after random progress and a random pause, and the test reads the file.
//!
//! A few rounds run each time; `DOUBLE_EXPOSURE_KILLS=200 cargo test --test album killed` runs 200.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use double_exposure::album::{
    AlbumId, COMPRESSION_AGE, Clock, ContentHash, PersonId, PhotoName, PhotoState, Store,
    StoreOptions, Upload, compress_due,
};
use double_exposure::codec::{PhotoLimits, luma};

use crate::fixture::{START, TestFile, jpeg, unused_name, upload};

/// Environment variable that gives the child its file, person and album.
const CHILD: &str = "DOUBLE_EXPOSURE_TEST_CHILD";

fn rounds(default: u64) -> u64 {
    env::var("DOUBLE_EXPOSURE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Runs a test of this binary as a child process and reads the child's progress lines.
struct Victim {
    child: Child,
    lines: Receiver<String>,
}

impl Victim {
    fn start(test: &str, file: &TestFile, person: PersonId, album: AlbumId) -> Self {
        let mut child = Command::new(env::current_exe().expect("this test has a binary"))
            .args(["--exact", test, "--nocapture"])
            .env(CHILD, format!("{}|{person}|{album}", file.path().display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the child starts");
        let output = BufReader::new(child.stdout.take().expect("its output is piped"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in output.lines() {
                let line = line.expect("the child writes text");
                // The test harness writes other lines.
                if let Some(progress) = line.strip_prefix("done ") {
                    sender.send(progress.to_owned()).expect("the parent reads to the end");
                }
            }
        });
        Self { child, lines }
    }

    /// Kills the child after a number of lines and a pause, and returns all its lines.
    fn kill(mut self, lines: usize, pause: Duration) -> Vec<String> {
        let mut received: Vec<_> = self.lines.iter().take(lines).collect();
        let end = Instant::now() + pause;
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            received.push(line);
        }
        self.child.kill().expect("the child is running");
        self.child.wait().expect("the child ends");
        received.extend(self.lines);
        received
    }
}

fn report(progress: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\ndone {progress}").and_then(|()| out.flush()).expect("the parent reads");
}

fn open_late(path: &std::path::Path) -> Store {
    let clock = Clock::Stopped(START.after(COMPRESSION_AGE));
    let store = Store::open(path, clock, StoreOptions::default()).expect("the file opens");
    store.accept_clock().expect("the file is written");
    store
}

/// Returns the store that [`Victim::start`] chose for the child, or `None` in the parent.
fn child_store() -> Option<(Store, PersonId, AlbumId)> {
    let text = env::var(CHILD).ok()?;
    let [path, person, album] = text.split('|').collect::<Vec<_>>()[..] else {
        panic!("{text:?} has not three parts")
    };
    let (person, album) = (person.parse().expect("a person"), album.parse().expect("an album"));
    Some((open_late(path.as_ref()), person, album))
}

fn upload_and_report(store: &Store, person: PersonId, album: AlbumId, number: u32) {
    let length = 1 + number.wrapping_mul(2_654_435_761) % 900_000;
    let bytes = Bytes::from(vec![number as u8; length as usize]);
    let name = unused_name(album);
    store.put_photo(person, name, &Upload::new(bytes.clone(), 1, 1)).expect("the photo is stored");
    report(format_args!("{} {}", name.photo, ContentHash::of(&bytes)));
}

/// Ends after three uploads in the parent. Runs until it is killed in the child.
#[test]
fn uploads_follow_one_another() {
    if let Some((store, person, album)) = child_store() {
        (0..u32::MAX).for_each(|number| upload_and_report(&store, person, album, number));
    }
    let (_file, store, person, album) = TestFile::with_album();
    (0..3).for_each(|number| upload_and_report(&store, person, album, number));
    assert_eq!(store.album(person, album).expect("the album is listed").photos.len(), 3);
}

/// Compresses one photo in the parent, and the photos of [`Victim::start`]'s file in the child.
#[test]
fn compression_reports_its_progress() {
    let (file, ..) = TestFile::with_uploads([jpeg(2060, 400, 96, 0)]);
    let store = child_store().map_or_else(|| open_late(&file.path()), |(store, ..)| store);
    report("opened");
    let mut calls = 0;
    let summary = compress_due(&store, PhotoLimits::default(), |so_far, _| {
        report(so_far.processed());
        calls += 1;
        true
    });
    assert_eq!(summary.expect("the file can be read and written").processed(), calls);
}

#[test]
fn killed_while_uploading_every_acknowledged_photo_is_whole() {
    let (file, store, person, album) = TestFile::with_album();
    drop(store);
    let mut random = fastrand::Rng::with_seed(20_241_128);
    let mut acknowledged = BTreeMap::new();
    for _ in 0..rounds(6) {
        let victim = Victim::start("crash::uploads_follow_one_another", &file, person, album);
        let pause = Duration::from_micros(random.u64(0..8_000));
        for line in victim.kill(random.usize(0..12), pause) {
            // A child killed in the middle of a line has not acknowledged the photo.
            if let Some((photo, hash)) = line.split_once(' ').filter(|(_, hash)| hash.len() == 64) {
                acknowledged.insert(photo.to_owned(), hash.to_owned());
            }
        }
        file.check_integrity();
        let store = file.open();
        for (photo, hash) in &acknowledged {
            let name = PhotoName { album, photo: photo.parse().expect("a UUID") };
            let (_, bytes) = store.photo_with_bytes(person, name).expect("it was acknowledged");
            assert_eq!(ContentHash::of(&bytes).to_string(), *hash);
        }
        for photo in store.album(person, album).expect("the album is listed").photos {
            let (_, bytes) = store.photo_with_bytes(person, photo.name).expect("it is listed");
            assert_eq!(ContentHash::of(&bytes), photo.content, "a photo in part");
        }
    }
    assert!(!acknowledged.is_empty(), "no photo was ever acknowledged: the test showed nothing");
}

#[test]
fn killed_while_compressing_every_photo_is_whole_before_or_after() {
    let (file, store, person, album) = TestFile::with_album();
    drop(store);
    let originals: Vec<Bytes> = (0..4).map(|seed| jpeg(2060, 400, 96, seed)).collect();
    let mut random = fastrand::Rng::with_seed(35);
    let (mut before, mut after) = (0, 0);
    for _ in 0..rounds(6) {
        let store = file.open();
        let photos: Vec<_> =
            originals.iter().map(|bytes| upload(&store, person, album, bytes.clone())).collect();
        drop(store);
        let victim = Victim::start("crash::compression_reports_its_progress", &file, person, album);
        victim.kill(random.usize(1..6), Duration::from_micros(random.u64(0..60_000)));
        file.check_integrity();
        let store = file.open();
        for (uploaded, original) in photos.iter().zip(&originals) {
            let (photo, bytes) =
                store.photo_with_bytes(person, uploaded.name).expect("it was acknowledged");
            assert_eq!(photo.content, ContentHash::of(&bytes), "bytes of another state");
            match photo.state {
                PhotoState::Original => {
                    assert_eq!(bytes, *original);
                    before += 1;
                }
                PhotoState::Compressed => {
                    let luma = luma(&bytes).expect("it decodes");
                    assert_eq!((luma.width, luma.height), (photo.width, photo.height));
                    after += 1;
                }
            }
            store.delete_photo(person, uploaded.name).expect("its owner may");
        }
    }
    assert!(before > 0 && after > 0, "{before} before, {after} after: the test showed one side");
}
