//! Goal: a process killed at any moment of uploading or compressing leaves a file that opens, is
//! sound, and holds every acknowledged photo whole. Method: this test's own binary as the process,
//! `kill -9` after random progress and a random while, then a look at everything in the file.
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
    AGE, AlbumId, Clock, ContentHash, PersonId, PhotoName, PhotoState, Store, StoreOptions, Upload,
    compress_due,
};
use double_exposure::codec::luma;

use crate::scene::{START, Scene, jpeg, name, owner, post};

/// Where the child finds its file, and who and where it posts.
const SCENE: &str = "DOUBLE_EXPOSURE_TEST_SCENE";

fn rounds(few: u64) -> u64 {
    env::var("DOUBLE_EXPOSURE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(few)
}

/// The child, and what it says as it works.
struct Victim {
    child: Child,
    lines: Receiver<String>,
}

impl Victim {
    fn start(test: &str, scene: &Scene, person: PersonId, album: AlbumId) -> Self {
        let mut child = Command::new(env::current_exe().expect("this test has a binary"))
            .args(["--exact", test, "--nocapture"])
            .env(SCENE, format!("{}|{person}|{album}", scene.path().display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the child starts");
        let output = BufReader::new(child.stdout.take().expect("its output is piped"));
        let (says, lines) = channel();
        thread::spawn(move || {
            for line in output.lines() {
                let line = line.expect("the child writes text");
                // The test harness writes others.
                if let Some(work) = line.strip_prefix("did ") {
                    says.send(work.to_owned()).expect("the parent listens to the end");
                }
            }
        });
        Self { child, lines }
    }

    /// Kills it after so many lines and a while more; gives all lines that it wrote.
    fn kill(mut self, lines: usize, pause: Duration) -> Vec<String> {
        let mut seen: Vec<_> = self.lines.iter().take(lines).collect();
        let end = Instant::now() + pause;
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            seen.push(line);
        }
        self.child.kill().expect("the child is ours to kill");
        self.child.wait().expect("the child ends");
        seen.extend(self.lines);
        seen
    }
}

fn did(what: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\ndid {what}").and_then(|()| out.flush()).expect("the parent listens");
}

/// The child's scene, as [`Victim::start`] told it; `None` in a test that nobody will kill.
fn told() -> Option<(Store, PersonId, AlbumId)> {
    let text = env::var(SCENE).ok()?;
    let [path, person, album] = text.split('|').collect::<Vec<_>>()[..] else {
        panic!("{text:?} is no scene")
    };
    let clock = Clock::Stopped(START.after(AGE));
    let store = Store::open(path.as_ref(), clock, StoreOptions::default()).expect("the file opens");
    Some((store, person.parse().expect("a person"), album.parse().expect("an album")))
}

fn upload(store: &Store, person: PersonId, album: AlbumId, number: u32) {
    let length = 1 + number.wrapping_mul(2_654_435_761) % 900_000;
    let bytes = Bytes::from(vec![number as u8; length as usize]);
    let there = name(album);
    let upload = Upload::new(bytes.clone(), 1, 1);
    store.put_photo(person, there, &upload).expect("the photo is posted");
    did(format_args!("{} {}", there.photo, ContentHash::of(&bytes)));
}

/// Started by hand or by `cargo test` it ends; as the process that is killed it does not.
#[test]
fn uploads_follow_one_another() {
    if let Some((store, person, album)) = told() {
        (0..u32::MAX).for_each(|number| upload(&store, person, album, number));
    }
    let scene = Scene::new();
    let store = scene.open();
    let (person, album) = owner(&store);
    (0..3).for_each(|number| upload(&store, person, album, number));
    assert_eq!(store.album(person, album).expect("the album is listed").photos.len(), 3);
}

/// Started by hand or by `cargo test` it has one photo; as the process that is killed it has more.
#[test]
fn compression_says_how_far_it_is() {
    let scene = Scene::new();
    let store = match told() {
        Some((store, ..)) => store,
        None => {
            let store = scene.open();
            let (person, album) = owner(&store);
            post(&store, person, album, &jpeg(2060, 400, 96, 0));
            drop(store);
            let clock = Clock::Stopped(START.after(AGE));
            Store::open(&scene.path(), clock, StoreOptions::default()).expect("the file opens")
        }
    };
    did("opened");
    let mut rounds = 0;
    let summary = compress_due(&store, |so_far| {
        did(so_far.done());
        rounds += 1;
        true
    });
    assert_eq!(summary.expect("the file can be read and written").done(), rounds);
}

#[test]
fn killed_while_uploading_every_acknowledged_photo_is_whole() {
    let scene = Scene::new();
    let (person, album) = owner(&scene.open());
    let mut random = fastrand::Rng::with_seed(20_241_128);
    let mut acknowledged = BTreeMap::new();
    for _ in 0..rounds(6) {
        let victim = Victim::start("crash::uploads_follow_one_another", &scene, person, album);
        let pause = Duration::from_micros(random.u64(0..8_000));
        for line in victim.kill(random.usize(0..12), pause) {
            // Killed in the middle of a line, it did not say it.
            if let Some((photo, hash)) = line.split_once(' ').filter(|(_, hash)| hash.len() == 64) {
                acknowledged.insert(photo.to_owned(), hash.to_owned());
            }
        }
        scene.check_integrity();
        let store = scene.open();
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
    assert!(!acknowledged.is_empty(), "nothing was ever acknowledged: this showed nothing");
}

#[test]
fn killed_while_compressing_every_photo_is_whole_before_or_after() {
    let scene = Scene::new();
    let (person, album) = owner(&scene.open());
    let originals: Vec<Bytes> = (0..4).map(|seed| jpeg(2060, 400, 96, seed)).collect();
    let mut random = fastrand::Rng::with_seed(35);
    let (mut before, mut after) = (0, 0);
    for _ in 0..rounds(6) {
        let photos: Vec<_> = {
            let store = scene.open();
            originals.iter().map(|bytes| post(&store, person, album, bytes)).collect()
        };
        let victim = Victim::start("crash::compression_says_how_far_it_is", &scene, person, album);
        victim.kill(random.usize(1..6), Duration::from_micros(random.u64(0..60_000)));
        scene.check_integrity();
        let store = scene.open();
        for (posted, original) in photos.iter().zip(&originals) {
            let (photo, bytes) =
                store.photo_with_bytes(person, posted.name).expect("it was acknowledged");
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
            store.delete_photo(person, posted.name).expect("its owner may");
        }
    }
    assert!(before > 0 && after > 0, "{before} before, {after} after: this showed one side only");
}
