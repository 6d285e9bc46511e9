//! Photos go in whole and come out byte for byte; a name says nothing beyond its album and its
//! time.

use std::time::Duration;

use double_exposure::album::{Clock, Moment, compress_due};
use serde_json::json;

use crate::client::refused;
use crate::service::{ASTRONAUT, ROCKET, Service, Setup, photo_of, uuid};

#[test]
fn an_upload_is_answered_with_what_is_stored_and_comes_back_byte_for_byte() {
    let service = Service::start();
    let (ann, ann_id) = service.person("Ann");
    let album = ann.post("/albums", "{\"title\":\"Summer\"}").text("album");
    let name = uuid();
    let path = format!("/albums/{album}/photos/{name}");
    let put = ann.ask("PUT", &path, &[("content-type", "image/jpeg")], Some(*ASTRONAUT));
    assert_eq!((put.status, put.header("location")), (201, path.as_str()));
    let stored = put.json();
    assert_eq!((&stored["photo"], &stored["state"]), (&json!(name), &json!("original")));
    assert_eq!(stored["bytes"], ASTRONAUT.len());

    let got = ann.get(&path);
    assert_eq!((got.status, got.header("content-type")), (200, "image/jpeg"));
    assert!(got.body == *ASTRONAUT);
    assert!(got.header("cache-control").contains("private"));
    assert_eq!(got.header("vary"), "Authorization");
    let again = ann.get_unless(&path, got.header("etag"));
    assert_eq!((again.status, again.body.len()), (304, 0));

    let opened = ann.get(&format!("/albums/{album}")).json();
    assert_eq!((&opened["owner"], &opened["title"]), (&json!(ann_id), &json!("Summer")));
    let listed = &opened["photos"][0];
    assert_eq!((&listed["photo"], &listed["owner"]), (&json!(name), &json!(ann_id)));
    assert_eq!((&listed["width"], &listed["height"]), (&stored["width"], &stored["height"]));
    assert!(listed["posted"].as_str().unwrap().parse::<Moment>().is_ok());
}

#[test]
fn the_same_bytes_again_are_no_new_photo_and_others_are_refused() {
    let service = Service::start();
    let ((ann, _), (ben, ben_id)) = (service.person("Ann"), service.person("Ben"));
    let path = photo_of(&ann, *ASTRONAUT);
    let album = path.split("/photos").next().unwrap();
    ann.put(&format!("{album}/members/{ben_id}"), &[]);
    assert_eq!(ann.put(&path, *ASTRONAUT).status, 200);
    assert_eq!(ben.put(&path, *ASTRONAUT).status, 200, "whoever says it again");
    assert_eq!(ann.put(&path, *ROCKET).problem(), refused(409, "name-taken"));
    assert!(ann.get(&path).body == *ASTRONAUT);
}

#[test]
fn the_same_bytes_are_known_again_after_compression() {
    let start: Moment = "2024-10-01T00:00:00Z".parse().unwrap();
    let service = Service::with(Setup { clock: Clock::Stopped(start), ..Setup::default() });
    let (ann, _) = service.person("Ann");
    let path = photo_of(&ann, PNG);
    let before = ann.get(&path);
    let later = Clock::Stopped(start.after(Duration::from_secs(36 * 86_400)));
    let store = double_exposure::album::Store::open(
        service.store.path(),
        later,
        double_exposure::album::StoreOptions::default(),
    );
    let summary = compress_due(&store.unwrap(), |_| true).unwrap();
    assert_eq!(summary.compressed, 1, "{summary:?}");

    let after = ann.get(&path);
    assert_eq!((after.status, after.header("content-type")), (200, "image/jpeg"));
    assert!(after.body.len() < before.body.len());
    assert_ne!(after.header("etag"), before.header("etag"));
    let again = ann.put(&path, PNG);
    assert_eq!((again.status, again.text("state")), (200, "compressed".to_owned()));
    assert_eq!(ann.put(&path, *ROCKET).problem(), refused(409, "name-taken"));
    assert_eq!(ann.get(&format!("{path}/thumbnail")).status, 200);
}

#[test]
fn a_name_is_free_after_delete_and_then_is_a_new_photo_with_another_tag() {
    let service = Service::start();
    let (ann, _) = service.person("Ann");
    let path = photo_of(&ann, *ASTRONAUT);
    let thumbnail = format!("{path}/thumbnail");
    let (photo, small) = (ann.get(&path), ann.get(&thumbnail));
    assert_eq!(ann.delete(&path).status, 204);
    assert_eq!((ann.get(&path).status, ann.get(&thumbnail).status), (404, 404));

    assert_eq!(ann.put(&path, *ASTRONAUT).status, 201);
    assert_ne!(ann.get(&path).header("etag"), photo.header("etag"));
    let anew = ann.get_unless(&thumbnail, small.header("etag"));
    assert_eq!(
        anew.status, 200,
        "a device that keeps the old photo's thumbnail gets the new one's"
    );
    assert_ne!(anew.header("etag"), small.header("etag"));
    assert!(anew.body == small.body);
}

#[test]
fn identical_bytes_in_two_albums_share_nothing() {
    let service = Service::start();
    let ((ann, _), (ben, _)) = (service.person("Ann"), service.person("Ben"));
    let (of_ann, of_ben) = (photo_of(&ann, *ASTRONAUT), photo_of(&ben, *ASTRONAUT));
    let thumbnail = ann.get(&format!("{of_ann}/thumbnail"));
    let before = service.metric("conversions_total");
    let other = ben.get_unless(&format!("{of_ben}/thumbnail"), thumbnail.header("etag"));
    assert_eq!(other.status, 200);
    assert_eq!(service.metric("conversions_total"), before + 1, "made for him alone");
    assert_ne!(other.header("etag"), thumbnail.header("etag"));
    assert_ne!(ann.get(&of_ann).header("etag"), ben.get(&of_ben).header("etag"));
    assert_eq!(ann.get(&of_ben).status, 404);
}

#[test]
fn the_same_name_in_another_album_is_another_photo() {
    let service = Service::start();
    let ((ann, _), (ben, _)) = (service.person("Ann"), service.person("Ben"));
    let of_ann = photo_of(&ann, *ASTRONAUT);
    let name = of_ann.rsplit('/').next().unwrap();
    let album = ben.post("/albums", "{\"title\":\"Winter\"}").text("album");
    let of_ben = format!("/albums/{album}/photos/{name}");
    assert_eq!(ben.get(&of_ben).status, 404);
    assert_eq!(ben.put(&of_ben, *ROCKET).status, 201);
    assert!(ann.get(&of_ann).body == *ASTRONAUT);
    assert!(ben.get(&of_ben).body == *ROCKET);
}

/// A PNG of 160 by 120 px: larger than the same as a JPEG.
const PNG: &[u8] = include_bytes!("noise.png");
