//! Goal: a process killed at any moment of uploading or compressing leaves a file that opens, is
//! sound, and holds every acknowledged photo whole. Method: this test's own binary as the process,
//! `kill -9` after random progress and a random while, then a look at everything in the file.
//!
//! A few rounds run each time; `DOUBLE_EXPOSURE_KILLS=200 cargo test --test album killed` runs 200.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use double_exposure::album::{
    AGE, AlbumId, Clock, ContentHash, Options, PersonId, PhotoName, State, Store, Upload,
    compress_due,
};
use double_exposure::codec::luma;

use crate::scene::{START, Scene, jpeg, name, owner, post};

/// Where the child finds its file, and who and where it posts.
const SCENE: &str = "DOUBLE_EXPOSURE_TEST_SCENE";

fn rounds(few: u64) -> u64 {
    env::var("DOUBLE_EXPOSURE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(few)
}

/// The child's output, line by line as it works.
struct Victim {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Victim {
    fn start(test: &str, scene: &Scene, person: PersonId, album: AlbumId) -> Self {
        let mut child = Command::new(env::current_exe().expect("this test has a binary"))
            .args(["--exact", test, "--ignored", "--nocapture"])
            .env(SCENE, format!("{}|{person}|{album}", scene.path().display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the child starts");
        let lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        Self { child, lines }
    }

    /// The next line that the child's work wrote; the test harness writes others. `None` at its end.
    fn next(&mut self) -> Option<String> {
        let work = |line: Result<String, _>| {
            let line = line.expect("the child writes text");
            line.strip_prefix("did ").map(str::to_owned)
        };
        self.lines.by_ref().find_map(work)
    }

    /// Kills it after so many lines and a while more; gives all lines that it wrote.
    fn kill(mut self, lines: usize, pause: Duration) -> Vec<String> {
        let mut seen: Vec<_> = (0..lines).map_while(|_| self.next()).collect();
        let at = Instant::now() + pause;
        while Instant::now() < at {
            std::hint::spin_loop();
        }
        self.child.kill().expect("the child is ours to kill");
        self.child.wait().expect("the child ends");
        seen.extend(std::iter::from_fn(|| self.next()));
        seen
    }
}

fn did(what: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\ndid {what}").and_then(|()| out.flush()).expect("the parent listens");
}

/// The child's scene, as [`Victim::start`] told it.
fn told() -> (Store, PersonId, AlbumId) {
    let text = env::var(SCENE).expect("this runs as a child only");
    let [path, person, album] = text.split('|').collect::<Vec<_>>()[..] else {
        panic!("{text:?} is no scene")
    };
    let clock = Clock::Stopped(START.after(AGE));
    let store = Store::open(path.as_ref(), clock, Options::default()).expect("the file opens");
    (store, person.parse().expect("a person"), album.parse().expect("an album"))
}

#[test]
#[ignore = "the process that is killed"]
fn uploads_until_killed() {
    let (store, person, album) = told();
    for number in 0_u32.. {
        let length = 1 + number.wrapping_mul(2_654_435_761) % 900_000;
        let bytes = Bytes::from(vec![number as u8; length as usize]);
        let there = name(album);
        let upload = Upload::new(bytes.clone(), 1, 1);
        store.put_photo(person, there, &upload).expect("the photo is posted");
        did(format_args!("{} {}", there.photo, ContentHash::of(&bytes)));
    }
}

#[test]
#[ignore = "the process that is killed"]
fn compresses_until_killed() {
    let (store, ..) = told();
    did("opened");
    compress_due(&store, |so_far| {
        did(so_far.done());
        true
    })
    .expect("the file can be read and written");
}

#[test]
fn killed_while_uploading_every_acknowledged_photo_is_whole() {
    let scene = Scene::new();
    let (person, album) = owner(&scene.open());
    let mut random = fastrand::Rng::with_seed(20_241_128);
    let mut acknowledged = BTreeMap::new();
    for _ in 0..rounds(6) {
        let victim = Victim::start("crash::uploads_until_killed", &scene, person, album);
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
        let victim = Victim::start("crash::compresses_until_killed", &scene, person, album);
        victim.kill(random.usize(1..6), Duration::from_micros(random.u64(0..60_000)));
        scene.check_integrity();
        let store = scene.open();
        for (posted, original) in photos.iter().zip(&originals) {
            let (photo, bytes) =
                store.photo_with_bytes(person, posted.name).expect("it was acknowledged");
            assert_eq!(photo.content, ContentHash::of(&bytes), "bytes of another state");
            match photo.state {
                State::Original => {
                    assert_eq!(bytes, *original);
                    before += 1;
                }
                State::Compressed => {
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
