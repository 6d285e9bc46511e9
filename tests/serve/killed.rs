//! The command killed at any moment of uploads, thumbnails and compression, under several clients:
//! what was acknowledged is there, whole, and whoever was shown a thumbnail is in the ledger.
//!
//! A few rounds run each time; `DOUBLE_EXPOSURE_KILLS=200 cargo test --test serve killed` runs 200.

use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use double_exposure::album::{Clock, Moment, PhotoName, RecordKind, Store, StoreOptions};
use double_exposure::codec::luma;
use rusqlite::Connection;

use crate::client::Client;
use crate::process::{KEY, Running, serve};
use crate::service::{ASTRONAUT, PATIENCE, uuid};

/// Clients at once.
const CLIENTS: usize = 3;

fn rounds() -> u64 {
    std::env::var("DOUBLE_EXPOSURE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

/// What clients were told: photos stored, and thumbnails received of each.
type Told = BTreeMap<String, usize>;

/// Uploads photos and asks for their thumbnails until the server is gone.
fn use_until_gone(client: &Client, album: &str, acknowledges: &Sender<()>) -> Told {
    let mut told = Told::new();
    for _ in 0..1_000 {
        let path = format!("/albums/{album}/photos/{}", uuid());
        let Some(put) = client.try_ask("PUT", &path, &[], Some(*ASTRONAUT)) else { break };
        assert_eq!(put.status, 201);
        told.insert(path.clone(), 0);
        acknowledges.send(()).expect("the test listens to the end");
        for size in [64, 96, 64] {
            let thumbnail = format!("{path}/thumbnail?size={size}");
            let Some(shown) = client.try_ask("GET", &thumbnail, &[], None) else { return told };
            assert_eq!(shown.status, 200);
            *told.get_mut(&path).unwrap() += 1;
        }
    }
    told
}

#[test]
#[cfg(unix)]
fn killed_at_any_moment_it_keeps_what_it_acknowledged_and_knows_what_it_showed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("albums.db");
    let mut random = fastrand::Rng::with_seed(28);
    let (mut token, mut album) = (String::new(), String::new());
    let mut told = Told::new();
    for round in 0..rounds() {
        // In every other round the clock stands 36 days later, and earlier photos are compressed.
        let now = ["2024-10-20T00:00:00Z", "2024-11-28T00:00:00Z"][(round % 2) as usize];
        let running = Running::start(serve(&data).env(KEY, "key").args(["--now", now]));
        let nobody = Client::new(running.address);
        if round == 0 {
            let made = nobody.with("key").post("/people", "{\"name\":\"Ann\"}");
            token = made.text("token");
            let title = "{\"title\":\"Summer\"}";
            album = nobody.with(&token).post("/albums", title).text("album");
        }
        let ann = nobody.with(&token);
        let (acknowledges, acknowledged) = channel();
        let enough = random.usize(0..10);
        let pause = Duration::from_micros(random.u64(0..15_000));
        thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    let (acknowledges, album, ann) = (acknowledges.clone(), &album, &ann);
                    scope.spawn(move || use_until_gone(ann, album, &acknowledges))
                })
                .collect();
            for _ in 0..enough {
                acknowledged.recv_timeout(PATIENCE).expect("uploads are acknowledged");
            }
            // A random while, so that the end comes at a random moment of whatever is going on.
            let end = Instant::now() + pause;
            while acknowledged.recv_timeout(end.saturating_duration_since(Instant::now())).is_ok() {
            }
            drop(running);
            for client in clients {
                told.extend(client.join().unwrap());
            }
        });
        check(&data, &told, &token);
    }
    assert!(told.values().sum::<usize>() > 0, "nothing was ever shown: this showed nothing");
}

/// Opens what is left, and holds it against what clients were told.
fn check(data: &std::path::Path, told: &Told, token: &str) {
    let sound: String = Connection::open(data)
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
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
    for (path, thumbnails) in told {
        let mut parts = path.split('/').skip(2);
        let (album, name) = (parts.next().unwrap(), parts.nth(1).unwrap());
        let photo = PhotoName { album: album.parse().unwrap(), photo: name.parse().unwrap() };
        let (_, bytes) = store.photo_with_bytes(ann, photo).expect("it was acknowledged");
        assert!(bytes == *ASTRONAUT || luma(&bytes).is_ok());
        let rows = shown.get(name).copied().unwrap_or(0);
        assert!(rows >= *thumbnails, "{thumbnails} were received and {rows} are in the ledger");
    }
}
