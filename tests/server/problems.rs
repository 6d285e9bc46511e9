//! Tests the error responses: each invalid request has its problem type, and stores nothing.

use crate::client::{album_of, new_photo_in, problem, random_uuid};
use crate::test_server::{ASTRONAUT, Setup, TestServer};

#[test]
fn invalid_json_is_400_and_another_media_type_415() {
    let server = TestServer::start();
    let (ann, _) = server.person("Ann");
    let long = format!("{{\"title\":\"{}\"}}", "x".repeat(201));
    for body in [
        "",
        "{",
        "[]",
        "[\"a\"]",
        "null",
        "{}",
        "{\"title\":7}",
        "{\"title\":\"\"}",
        "{\"title\":\"  \\u00a0\"}",
        "{\"title\":\"\\u200e\\u202e \\u2066\"}",
        "{\"title\":\"a\\u0085b\"}",
        "{\"title\":\"a\\nb\"}",
        "{\"title\":\"a\",\"more\":1}",
        "{\"title\":\"a\"} {}",
        "{\"title\":\"\\ud800\"}",
        &long,
    ] {
        assert_eq!(ann.post("/albums", body).problem(), problem(400, "invalid-json"), "{body}");
    }
    assert_eq!(server.operator().post("/people", "{}").problem(), problem(400, "invalid-json"));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let title = &b"{\"title\":\"a\"}"[..];
    let response = ann.send("POST", "/albums", &form, Some(title));
    assert_eq!(response.problem(), problem(415, "unsupported-media-type"));
    let utf8 = [("content-type", "Application/JSON; charset=utf-8")];
    assert_eq!(ann.send("POST", "/albums", &utf8, Some(title)).status, 201);
    let huge = format!("{{\"title\":\"{}\"}}", "x".repeat(20_000));
    assert_eq!(ann.post("/albums", &huge).problem(), problem(413, "content-too-large"));
    assert_eq!(ann.get("/albums").json().as_array().unwrap().len(), 1);
}

#[test]
fn an_id_that_is_not_a_uuid_is_400() {
    let server = TestServer::start();
    let (ann, ann_id) = server.person("Ann");
    let album = ann.create_album();
    for (method, path) in [
        ("GET", "/albums/x".to_owned()),
        ("GET", "/albums/%FF".to_owned()),
        ("PUT", format!("/albums/x/members/{ann_id}")),
        ("DELETE", format!("{album}/members/x")),
        ("PUT", format!("{album}/photos/x")),
        ("GET", format!("{}0", new_photo_in(&album))),
        ("DELETE", format!("{album}/photos/..")),
        ("GET", format!("{album}/photos/x/thumbnail")),
    ] {
        let body = (method == "PUT").then_some(*ASTRONAUT);
        let response = ann.send(method, &path, &[], body);
        assert_eq!(response.problem(), problem(400, "invalid-path"), "{method} {path}");
    }
}

#[test]
fn an_unknown_path_is_404_and_an_unknown_method_405_with_the_allowed_methods() {
    let server = TestServer::start();
    for path in ["/", "/album", "/albums/", "/albums/x/photos", "/metrics/", "//people"] {
        assert_eq!(server.anonymous().get(path).problem(), problem(404, "not-found"), "{path}");
    }
    let photo = format!("/albums/{}/photos/{}", random_uuid(), random_uuid());
    for (method, path, allow) in [
        ("GET", "/people", vec!["POST"]),
        ("DELETE", "/albums", vec!["GET", "HEAD", "POST"]),
        ("POST", &photo, vec!["DELETE", "GET", "HEAD", "PUT"]),
        ("POST", &format!("{photo}/thumbnail"), vec!["GET", "HEAD"]),
        ("PATCH", "/healthz", vec!["GET", "HEAD"]),
    ] {
        let response = server.anonymous().send(method, path, &[], Some(&[]));
        assert_eq!(response.problem(), problem(405, "method-not-allowed"), "{method} {path}");
        let mut allowed: Vec<_> = response.header("allow").split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed, allow, "{method} {path}");
    }
}

/// Marker at the end of a JPEG.
const END_OF_JPEG: [u8; 2] = [0xFF, 0xD9];

#[test]
fn an_unreadable_photo_is_rejected_with_the_codecs_reason_and_not_stored() {
    let server = TestServer::start();
    let (ann, _) = server.person("Ann");
    let album = ann.create_album();
    let path = new_photo_in(&album);
    let half = &ASTRONAUT[..ASTRONAUT.len() / 2];
    for (bytes, status, slug, reason) in [
        (half, 422, "unreadable-photo", "ends-early"),
        (&[half, &END_OF_JPEG].concat(), 422, "unreadable-photo", "ends-early"),
        (&b"GIF89a, say"[..], 422, "unreadable-photo", "foreign"),
        (&b"a text"[..], 422, "unreadable-photo", "unknown"),
        (&b""[..], 422, "unreadable-photo", "unknown"),
    ] {
        let response = ann.put(&path, bytes);
        assert_eq!(response.problem(), problem(status, slug));
        assert_eq!(response.text("reason"), reason);
        assert_eq!(ann.get(&path).status, 404, "nothing is stored");
    }
    for media_type in ["image/gif", "text/plain", "application/x-www-form-urlencoded"] {
        let response = ann.send("PUT", &path, &[("content-type", media_type)], Some(*ASTRONAUT));
        assert_eq!(response.problem(), problem(415, "unsupported-media-type"), "{media_type}");
    }
    let opened = ann.get(&album).json();
    assert_eq!(opened["photos"].as_array().unwrap().len(), 0);
    assert_eq!(ann.put(&path, *ASTRONAUT).status, 201);
}

#[test]
fn a_full_file_is_503_and_nothing_is_stored_or_lost() {
    let server = TestServer::with(Setup { max_bytes: Some(600 << 10), ..Setup::default() });
    let (ann, _) = server.person("Ann");
    let first = ann.upload(*ASTRONAUT);
    let album = album_of(&first);
    let mut stored = 1;
    let rejected = loop {
        let response = ann.put(&new_photo_in(album), *ASTRONAUT);
        if response.status != 201 {
            break response;
        }
        stored += 1;
        assert!(stored < 100, "600 KiB hold no hundred photos");
    };
    assert_eq!(rejected.problem(), problem(503, "storage-unavailable"));
    assert!(!rejected.header("retry-after").is_empty());
    assert!(ann.get(&first).body == *ASTRONAUT);
    let opened = ann.get(album).json();
    assert_eq!(opened["photos"].as_array().unwrap().len(), stored);
    assert_eq!(ann.delete(&first).status, 204, "the deletion frees space");
    assert_eq!(ann.put(&first, *ASTRONAUT).status, 201);
}

#[test]
fn a_long_text_of_the_client_is_quoted_only_in_part() {
    let server = TestServer::start();
    let (ann, _) = server.person("Ann");
    let response = ann.get(&format!("/albums/{}", "ö".repeat(2_000)));
    assert_eq!(response.problem(), problem(400, "invalid-path"));
    assert_eq!(response.text("detail").chars().count(), 301);
}
