//! Tests photos: uploads, downloads byte for byte, deletions, and names, which identify a photo
//! only within its album and only until the photo is deleted.

use std::time::Duration;

use double_exposure::album::{Clock, Moment, Store, StoreOptions, compress_due};
use double_exposure::codec::PhotoLimits;
use serde_json::json;

use crate::client::{album_of, new_photo_in, problem};
use crate::test_server::{ASTRONAUT, ROCKET, Setup, TestServer};

#[test]
fn an_upload_describes_the_stored_photo_and_is_downloaded_byte_for_byte() {
    let server = TestServer::start();
    let (ann, ann_id) = server.person("Ann");
    let album = ann.create_album();
    let path = new_photo_in(&album);
    let name = path.rsplit('/').next().unwrap();
    let put = ann.send("PUT", &path, &[("content-type", "image/jpeg")], Some(*ASTRONAUT));
    assert_eq!((put.status, put.header("location")), (201, path.as_str()));
    let stored = put.json();
    assert_eq!((&stored["photo"], &stored["state"]), (&json!(name), &json!("original")));
    assert_eq!(stored["bytes"], ASTRONAUT.len());

    let got = ann.get(&path);
    assert_eq!((got.status, got.header("content-type")), (200, "image/jpeg"));
    assert!(got.body == *ASTRONAUT);
    assert!(got.header("cache-control").contains("private"));
    assert_eq!(got.header("vary"), "Authorization");
    let again = ann.get_if_none_match(&path, got.header("etag"));
    assert_eq!((again.status, again.body.len()), (304, 0));

    let opened = ann.get(&album).json();
    assert_eq!((&opened["owner"], &opened["title"]), (&json!(ann_id), &json!("Summer")));
    let listed = &opened["photos"][0];
    assert_eq!((&listed["photo"], &listed["owner"]), (&json!(name), &json!(ann_id)));
    assert_eq!((&listed["width"], &listed["height"]), (&stored["width"], &stored["height"]));
    assert!(listed["uploaded_at"].as_str().unwrap().parse::<Moment>().is_ok());
}

#[test]
fn the_same_bytes_again_are_not_a_new_photo_and_other_bytes_are_rejected() {
    let server = TestServer::start();
    let ((ann, _), (ben, ben_id)) = (server.person("Ann"), server.person("Ben"));
    let path = ann.upload(*ASTRONAUT);
    let album = album_of(&path);
    ann.put(&format!("{album}/members/{ben_id}"), &[]);
    assert_eq!(ann.put(&path, *ASTRONAUT).status, 200);
    assert_eq!(ben.put(&path, *ASTRONAUT).status, 200, "from any member");
    assert_eq!(ann.put(&path, *ROCKET).problem(), problem(409, "name-conflict"));
    assert!(ann.get(&path).body == *ASTRONAUT);
}

#[test]
fn the_same_bytes_are_recognized_after_compression() {
    let start: Moment = "2024-10-01T00:00:00Z".parse().unwrap();
    let server = TestServer::with(Setup { clock: Clock::Stopped(start), ..Setup::default() });
    let (ann, _) = server.person("Ann");
    let path = ann.upload(PNG);
    let before = ann.get(&path);
    let later = Clock::Stopped(start.after(Duration::from_secs(36 * 86_400)));
    let store = Store::open(server.store.path(), later, StoreOptions::default()).unwrap();
    store.accept_clock().unwrap();
    let summary = compress_due(&store, PhotoLimits::default(), |_, _| true).unwrap();
    assert_eq!(summary.compressed, 1, "{summary:?}");

    let after = ann.get(&path);
    assert_eq!((after.status, after.header("content-type")), (200, "image/jpeg"));
    assert!(after.body.len() < before.body.len());
    assert_ne!(after.header("etag"), before.header("etag"));
    let again = ann.put(&path, PNG);
    assert_eq!((again.status, again.text("state")), (200, "compressed".to_owned()));
    assert_eq!(ann.put(&path, *ROCKET).problem(), problem(409, "name-conflict"));
    assert_eq!(ann.get(&format!("{path}/thumbnail")).status, 200);
}

#[test]
fn a_name_can_be_used_again_after_a_deletion_and_is_a_new_photo_with_another_tag() {
    let server = TestServer::start();
    let (ann, _) = server.person("Ann");
    let path = ann.upload(*ASTRONAUT);
    let thumbnail = format!("{path}/thumbnail");
    let (photo, small) = (ann.get(&path), ann.get(&thumbnail));
    assert_eq!(ann.delete(&path).status, 204);
    assert_eq!((ann.get(&path).status, ann.get(&thumbnail).status), (404, 404));

    assert_eq!(ann.put(&path, *ASTRONAUT).status, 201);
    assert_ne!(ann.get(&path).header("etag"), photo.header("etag"));
    let anew = ann.get_if_none_match(&thumbnail, small.header("etag"));
    assert_eq!(anew.status, 200, "a device with the old photo's thumbnail gets the new one");
    assert_ne!(anew.header("etag"), small.header("etag"));
    assert!(anew.body == small.body);
}

#[test]
fn identical_bytes_in_two_albums_share_no_conversion_and_no_tag() {
    let server = TestServer::start();
    let ((ann, _), (ben, _)) = (server.person("Ann"), server.person("Ben"));
    let (of_ann, of_ben) = (ann.upload(*ASTRONAUT), ben.upload(*ASTRONAUT));
    let thumbnail = ann.get(&format!("{of_ann}/thumbnail"));
    let before = server.metric("conversions_total");
    let other = ben.get_if_none_match(&format!("{of_ben}/thumbnail"), thumbnail.header("etag"));
    assert_eq!(other.status, 200);
    assert_eq!(server.metric("conversions_total"), before + 1, "a conversion of its own");
    assert_ne!(other.header("etag"), thumbnail.header("etag"));
    assert_ne!(ann.get(&of_ann).header("etag"), ben.get(&of_ben).header("etag"));
    assert_eq!(ann.get(&of_ben).status, 404);
}

#[test]
fn the_same_name_in_another_album_is_another_photo() {
    let server = TestServer::start();
    let ((ann, _), (ben, _)) = (server.person("Ann"), server.person("Ben"));
    let of_ann = ann.upload(*ASTRONAUT);
    let name = of_ann.rsplit('/').next().unwrap();
    let album = ben.create_album();
    let of_ben = format!("{album}/photos/{name}");
    assert_eq!(ben.get(&of_ben).status, 404);
    assert_eq!(ben.put(&of_ben, *ROCKET).status, 201);
    assert!(ann.get(&of_ann).body == *ASTRONAUT);
    assert!(ben.get(&of_ben).body == *ROCKET);
}

/// PNG of 160 × 120 px, larger than a JPEG of the same picture.
const PNG: &[u8] = include_bytes!("noise.png");
