//! Tests the periodic maintenance: photos are compressed after 35 days while no request waits for a
//! thumbnail, and ledger rows are deleted after 400 days. Each test sets the clock.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use double_exposure::album::{
    AlbumId, Clock, ContentHash, Entry, MakingEvent, Moment, PersonId, PhotoName, PhotoRef,
    PhotoState, PhotoUuid, Store, StoreOptions, Upload, UploadOutcome,
};
use double_exposure::codec::ThumbnailSpec;

use crate::test_server::{ASTRONAUT, Setup, TEST_TIMEOUT, TestServer};

const POSTED: &str = "2024-10-01T00:00:00Z";

/// Stores a PNG, and writes one row of the ledger about it.
fn store_png(data: &Path) {
    let posted = Clock::Stopped(POSTED.parse().unwrap());
    let store = Store::open(data, posted, StoreOptions::default()).unwrap();
    store.accept_clock().unwrap();
    let (ann, _) = store.create_person("Ann").unwrap();
    let album = store.create_album(ann, "Summer").unwrap();
    let upload = Upload::new(Bytes::from_static(include_bytes!("noise.png")), 160, 120);
    let put = store.put_photo(ann, PhotoName { album, photo: PhotoUuid::random() }, &upload);
    let UploadOutcome::Created(photo) = put.unwrap() else { panic!("the name is free") };
    let withheld = Entry::Withheld(MakingEvent {
        viewer: ann,
        requested: PhotoRef::from(&photo),
        photo_hash: photo.content,
        thumbnail_hash: ContentHash::of(b"a thumbnail"),
        spec: ThumbnailSpec::default(),
        maker: "test-1".into(),
        pipeline: "owned".into(),
    });
    store.append(std::iter::once((photo.uploaded_at, &[withheld][..]))).unwrap();
}

fn setup(days: u64) -> Setup {
    let posted: Moment = POSTED.parse().unwrap();
    let clock = Clock::Stopped(posted.after(Duration::from_secs(days * 86_400)));
    let mut setup = Setup { clock, prepare: store_png, ..Setup::default() };
    setup.limits.maintenance_interval = Duration::from_millis(20);
    setup
}

/// Reads the state of the only photo directly from the file.
fn photo_state(server: &TestServer) -> PhotoState {
    let file = rusqlite::Connection::open(server.store.path()).unwrap();
    let sql = "SELECT photos.album, photos.name, albums.owner FROM photos JOIN albums \
               USING (album) ORDER BY photos.id LIMIT 1";
    let (album, photo, owner) = file
        .query_row(sql, [], |row| {
            Ok((row.get::<_, AlbumId>(0)?, row.get(1)?, row.get::<_, PersonId>(2)?))
        })
        .unwrap();
    server.store.photo(owner, PhotoName { album, photo }).unwrap().state
}

/// Waits until the maintenance has run once from beginning to end.
fn wait_for_whole_run(server: &TestServer) {
    let runs = server.metric("maintenance_runs_total");
    let end = std::time::Instant::now() + TEST_TIMEOUT;
    while server.metric("maintenance_runs_total") < runs + 2 {
        assert!(std::time::Instant::now() < end, "the maintenance runs every 20 ms");
    }
}

#[test]
fn a_photo_is_compressed_35_days_after_it_was_posted_and_not_before() {
    let server = TestServer::with(setup(35));
    server.wait_for_metric("photos_compressed_total", 1);
    assert_eq!(photo_state(&server), PhotoState::Compressed);

    let young = TestServer::with(setup(34));
    wait_for_whole_run(&young);
    assert_eq!(photo_state(&young), PhotoState::Original);
}

#[test]
fn compression_waits_until_no_request_waits_for_a_thumbnail() {
    let (Setup { converter, .. }, gate) = Setup::gated();
    let server = TestServer::with(Setup { converter, prepare: |_| {}, ..setup(35) });
    let (ben, _) = server.person("Ben");
    let waiting = ben.get_on_thread(&ben.upload_for_thumbnail(*ASTRONAUT));
    gate.next_job();
    // As another process would do it. The photo is due at once.
    store_png(server.store.path());
    server.store.accept_clock().unwrap();
    server.wait_for_metric("compression_waits_total", 1);
    for _ in 0..50 {
        assert_eq!(server.metric("photos_compressed_total"), 0, "a thumbnail is being made");
    }
    gate.release_one();
    assert_eq!(waiting.join().unwrap().status, 200);
    server.wait_for_metric("photos_compressed_total", 1);
}

#[test]
fn ledger_rows_are_kept_for_400_days_and_then_deleted() {
    let old = TestServer::with(setup(401));
    let end = std::time::Instant::now() + TEST_TIMEOUT;
    while !old.ledger().is_empty() {
        assert!(std::time::Instant::now() < end, "the maintenance runs every 20 ms");
    }
    let young = TestServer::with(setup(400));
    wait_for_whole_run(&young);
    assert_eq!(young.ledger().len(), 1);
}
