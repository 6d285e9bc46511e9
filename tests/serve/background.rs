//! What the server does on its own: photos of 35 days are compressed, while nobody waits for a
//! thumbnail, and evidence goes after 400. The clock stands where a test puts it.

use std::path::Path;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use double_exposure::album::{
    AlbumId, Clock, ContentHash, Entry, MakingEvent, Moment, PersonId, PhotoName, PhotoRef,
    PhotoState, PhotoUuid, Store, StoreOptions, Upload, UploadOutcome,
};
use double_exposure::codec::ThumbnailSpec;

use crate::service::{ASTRONAUT, Gated, PATIENCE, Service, Setup, photo_of};

const POSTED: &str = "2024-10-01T00:00:00Z";

/// Posts a PNG, and leaves a row of evidence beside it.
fn post_a_png(data: &Path) {
    let posted = Clock::Stopped(POSTED.parse().unwrap());
    let store = Store::open(data, posted, StoreOptions::default()).unwrap();
    let (ann, _) = store.create_person("Ann").unwrap();
    let album = store.create_album(ann, "Summer").unwrap();
    let upload = Upload::new(Bytes::from_static(include_bytes!("noise.png")), 160, 120);
    let put = store.put_photo(ann, PhotoName { album, photo: PhotoUuid::random() }, &upload);
    let UploadOutcome::Created(photo) = put.unwrap() else { panic!("the name is free") };
    let stopped = Entry::Withheld(MakingEvent {
        viewer: ann,
        requested: PhotoRef::from(&photo),
        photo_hash: photo.content,
        thumbnail_hash: ContentHash::of(b"a thumbnail"),
        spec: ThumbnailSpec::default(),
        maker: "test-1".into(),
        pipeline: "owned".into(),
    });
    store.append(std::iter::once((photo.uploaded_at, &[stopped][..]))).unwrap();
}

fn setup(days: u64) -> Setup {
    let posted: Moment = POSTED.parse().unwrap();
    let clock = Clock::Stopped(posted.after(Duration::from_secs(days * 86_400)));
    let mut setup = Setup { clock, before: post_a_png, ..Setup::default() };
    setup.limits.compress_every = Duration::from_millis(20);
    setup
}

/// The one photo's state, seen past the server.
fn state(service: &Service) -> PhotoState {
    let file = rusqlite::Connection::open(service.store.path()).unwrap();
    let sql = "SELECT photos.album, photos.name, albums.owner FROM photos JOIN albums \
               USING (album) ORDER BY photos.id LIMIT 1";
    let (album, photo, owner) = file
        .query_row(sql, [], |row| {
            Ok((row.get::<_, AlbumId>(0)?, row.get(1)?, row.get::<_, PersonId>(2)?))
        })
        .unwrap();
    service.store.photo(owner, PhotoName { album, photo }).unwrap().state
}

/// Waits until the server has looked for work from beginning to end.
fn look_twice(service: &Service) {
    let looks = service.metric("compression_rounds_total");
    let end = std::time::Instant::now() + PATIENCE;
    while service.metric("compression_rounds_total") < looks + 2 {
        assert!(std::time::Instant::now() < end, "it looks every 20 ms");
    }
}

#[test]
fn a_photo_is_compressed_35_days_after_it_was_posted_and_not_before() {
    let service = Service::with(setup(35));
    service.until("photos_compressed_total", 1);
    assert_eq!(state(&service), PhotoState::Compressed);

    let young = Service::with(setup(34));
    look_twice(&young);
    assert_eq!(state(&young), PhotoState::Original);
}

#[test]
fn compression_waits_until_nobody_waits_for_a_thumbnail() {
    let (converter, gate) = Gated::owned();
    let service = Service::with(Setup { converter, before: |_| {}, ..setup(35) });
    let (ben, _) = service.person("Ben");
    let thumbnail = format!("{}/thumbnail", photo_of(&ben, *ASTRONAUT));
    let asking = thread::spawn(move || ben.get(&thumbnail));
    gate.begun();
    // By another process, as it were: due at once.
    post_a_png(service.store.path());
    service.until("compression_waits_total", 1);
    for _ in 0..50 {
        assert_eq!(service.metric("photos_compressed_total"), 0, "a thumbnail is being made");
    }
    gate.let_one_go_on();
    assert_eq!(asking.join().unwrap().status, 200);
    service.until("photos_compressed_total", 1);
}

#[test]
fn evidence_is_kept_for_400_days_and_then_let_go() {
    let old = Service::with(setup(401));
    let end = std::time::Instant::now() + PATIENCE;
    while !old.ledger().is_empty() {
        assert!(std::time::Instant::now() < end, "it looks every 20 ms");
    }
    let young = Service::with(setup(400));
    look_twice(&young);
    assert_eq!(young.ledger().len(), 1);
}
