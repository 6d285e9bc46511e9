//! Tests crash safety: kills the command at random moments of uploads, thumbnails and compression.
//! Afterwards every acknowledged photo is there and whole, and every viewer who was shown a
//! thumbnail is in the ledger.
//!
//! Four rounds run by default; `DOUBLE_EXPOSURE_KILLS=200 cargo test --test server killed` runs
//! 200.

use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use double_exposure::album::{Clock, Moment, PhotoName, RecordKind, Store, StoreOptions};
use double_exposure::codec::luma;
use rusqlite::Connection;

use crate::client::{Client, new_photo_in};
use crate::command::{KEY_VARIABLE, ServeProcess, serve};
use crate::test_server::{ASTRONAUT, TEST_TIMEOUT};

/// Number of clients that run at once.
const CLIENTS: usize = 3;

fn rounds() -> u64 {
    std::env::var("DOUBLE_EXPOSURE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

/// Counts the thumbnails that clients received, by the path of each acknowledged photo.
type Received = BTreeMap<String, usize>;

/// Uploads photos and asks for their thumbnails until the server is killed.
fn use_until_killed(client: &Client, album: &str, acknowledges: &Sender<()>) -> Received {
    let mut received = Received::new();
    for _ in 0..1_000 {
        let path = new_photo_in(album);
        let Some(put) = client.try_send("PUT", &path, &[], Some(*ASTRONAUT)) else { break };
        assert_eq!(put.status, 201);
        received.insert(path.clone(), 0);
        acknowledges.send(()).expect("the test listens to the end");
        for size in [64, 96, 64] {
            let thumbnail = format!("{path}/thumbnail?size={size}");
            let Some(shown) = client.try_send("GET", &thumbnail, &[], None) else {
                return received;
            };
            assert_eq!(shown.status, 200);
            *received.get_mut(&path).unwrap() += 1;
        }
    }
    received
}

#[test]
#[cfg(unix)]
fn a_killed_server_keeps_what_it_acknowledged_and_records_what_it_showed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("albums.db");
    let mut random = fastrand::Rng::with_seed(28);
    let (mut token, mut album) = (String::new(), String::new());
    let mut received = Received::new();
    for round in 0..rounds() {
        // In every second round the clock starts later, and photos of 35 days are compressed.
        let now = ["2024-10-20T00:00:00Z", "2024-11-28T00:00:00Z"][(round % 2) as usize];
        let running =
            ServeProcess::start(serve(&data).env(KEY_VARIABLE, "key").args(["--now", now]));
        let anonymous = Client::new(running.address);
        if round == 0 {
            let (ann, _) = anonymous.with_token("key").create_person("Ann");
            token = ann.token().to_owned();
            album = ann.create_album();
        }
        let ann = anonymous.with_token(&token);
        let (acknowledges, acknowledged) = channel();
        let uploads = random.usize(0..10);
        let pause = Duration::from_micros(random.u64(0..15_000));
        thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    let (acknowledges, album, ann) = (acknowledges.clone(), &album, &ann);
                    scope.spawn(move || use_until_killed(ann, album, &acknowledges))
                })
                .collect();
            for _ in 0..uploads {
                acknowledged.recv_timeout(TEST_TIMEOUT).expect("uploads are acknowledged");
            }
            // A random pause, so that the kill comes at a random moment of the work.
            let end = Instant::now() + pause;
            while acknowledged.recv_timeout(end.saturating_duration_since(Instant::now())).is_ok() {
            }
            drop(running);
            for client in clients {
                received.extend(client.join().unwrap());
            }
        });
        check(&data, &received, &token);
    }
    assert!(received.values().sum::<usize>() > 0, "no thumbnail was shown, so nothing was tested");
}

/// Opens the file, and compares it with what the clients received.
fn check(data: &std::path::Path, received: &Received, token: &str) {
    let integrity: String = Connection::open(data)
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(integrity, "ok");
    let store = Store::open(data, Clock::System, StoreOptions::default()).unwrap();
    let ann = store.person_by_token(token).unwrap().unwrap();
    let mut shown: BTreeMap<String, usize> = BTreeMap::new();
    let (first, last) = (Moment::from_millis(0), Moment::from_millis(i64::MAX));
    for record in store.ledger(first, last) {
        let record = record.unwrap();
        if matches!(record.kind, RecordKind::Shown { .. }) {
            *shown.entry(record.event.requested.name.to_string()).or_default() += 1;
        }
    }
    for (path, thumbnails) in received {
        let mut parts = path.split('/').skip(2);
        let (album, name) = (parts.next().unwrap(), parts.nth(1).unwrap());
        let photo = PhotoName { album: album.parse().unwrap(), photo: name.parse().unwrap() };
        let (_, bytes) = store.photo_with_bytes(ann, photo).expect("it was acknowledged");
        assert!(bytes == *ASTRONAUT || luma(&bytes).is_ok());
        let rows = shown.get(name).copied().unwrap_or(0);
        assert!(rows >= *thumbnails, "{thumbnails} were received and {rows} are in the ledger");
    }
}
