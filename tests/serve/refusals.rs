//! Every mistake has its answer, and no mistake leaves anything behind.

use crate::client::refused;
use crate::service::{ASTRONAUT, Service, Setup, photo_of, uuid};

#[test]
fn bad_json_is_400_and_another_type_415() {
    let service = Service::start();
    let (ann, _) = service.person("Ann");
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
        "{\"title\":\"a\\nb\"}",
        "{\"title\":\"a\",\"more\":1}",
        "{\"title\":\"a\"} {}",
        "{\"title\":\"\\ud800\"}",
        &long,
    ] {
        assert_eq!(ann.post("/albums", body).problem(), refused(400, "bad-json"), "{body}");
    }
    assert_eq!(service.operator().post("/people", "{}").problem(), refused(400, "bad-json"));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let title = &b"{\"title\":\"a\"}"[..];
    let answer = ann.ask("POST", "/albums", &form, Some(title));
    assert_eq!(answer.problem(), refused(415, "media-type"));
    let utf8 = [("content-type", "Application/JSON; charset=utf-8")];
    assert_eq!(ann.ask("POST", "/albums", &utf8, Some(title)).status, 201);
    let huge = format!("{{\"title\":\"{}\"}}", "x".repeat(20_000));
    assert_eq!(ann.post("/albums", &huge).problem(), refused(413, "too-large"));
    assert_eq!(ann.get("/albums").json().as_array().unwrap().len(), 1);
}

#[test]
fn what_is_no_uuid_is_400() {
    let service = Service::start();
    let (ann, ann_id) = service.person("Ann");
    let album = ann.post("/albums", "{\"title\":\"Summer\"}").text("album");
    for (method, path) in [
        ("GET", "/albums/x".to_owned()),
        ("GET", "/albums/%FF".to_owned()),
        ("PUT", format!("/albums/x/members/{ann_id}")),
        ("DELETE", format!("/albums/{album}/members/x")),
        ("PUT", format!("/albums/{album}/photos/x")),
        ("GET", format!("/albums/{album}/photos/{}0", uuid())),
        ("DELETE", format!("/albums/{album}/photos/..")),
        ("GET", format!("/albums/{album}/photos/x/thumbnail")),
    ] {
        let body = (method == "PUT").then_some(*ASTRONAUT);
        let answer = ann.ask(method, &path, &[], body);
        assert_eq!(answer.problem(), refused(400, "bad-path"), "{method} {path}");
    }
}

#[test]
fn an_unknown_path_is_404_and_an_unknown_method_405_with_those_allowed() {
    let service = Service::start();
    for path in ["/", "/album", "/albums/", "/albums/x/photos", "/metrics/", "//people"] {
        assert_eq!(service.nobody().get(path).problem(), refused(404, "not-found"), "{path}");
    }
    let photo = format!("/albums/{}/photos/{}", uuid(), uuid());
    for (method, path, allow) in [
        ("GET", "/people", vec!["POST"]),
        ("DELETE", "/albums", vec!["GET", "HEAD", "POST"]),
        ("POST", &photo, vec!["DELETE", "GET", "HEAD", "PUT"]),
        ("POST", &format!("{photo}/thumbnail"), vec!["GET", "HEAD"]),
        ("PATCH", "/healthz", vec!["GET", "HEAD"]),
    ] {
        let answer = service.nobody().ask(method, path, &[], Some(&[]));
        assert_eq!(answer.problem(), refused(405, "method"), "{method} {path}");
        let mut allowed: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed, allow, "{method} {path}");
    }
}

/// The marker at a JPEG's end.
const END_OF_JPEG: [u8; 2] = [0xFF, 0xD9];

#[test]
fn what_is_no_whole_photo_is_refused_with_the_codecs_reason_and_not_stored() {
    let service = Service::start();
    let (ann, _) = service.person("Ann");
    let album = ann.post("/albums", "{\"title\":\"Summer\"}").text("album");
    let path = format!("/albums/{album}/photos/{}", uuid());
    let cut = &ASTRONAUT[..ASTRONAUT.len() - 1];
    let half = &ASTRONAUT[..ASTRONAUT.len() / 2];
    for (bytes, status, slug, reason) in [
        (cut, 422, "unreadable-photo", "ends-early"),
        (half, 422, "unreadable-photo", "ends-early"),
        (&[half, &END_OF_JPEG].concat(), 422, "unreadable-photo", "damaged"),
        (&b"GIF89a, say"[..], 422, "unreadable-photo", "unknown"),
        (&b""[..], 422, "unreadable-photo", "unknown"),
    ] {
        let answer = ann.put(&path, bytes);
        assert_eq!(answer.problem(), refused(status, slug));
        assert_eq!(answer.text("reason"), reason);
        assert_eq!(ann.get(&path).status, 404, "nothing is stored");
    }
    for media_type in ["image/gif", "text/plain", "application/x-www-form-urlencoded"] {
        let answer = ann.ask("PUT", &path, &[("content-type", media_type)], Some(*ASTRONAUT));
        assert_eq!(answer.problem(), refused(415, "media-type"), "{media_type}");
    }
    let opened = ann.get(&format!("/albums/{album}")).json();
    assert_eq!(opened["photos"].as_array().unwrap().len(), 0);
    assert_eq!(ann.put(&path, *ASTRONAUT).status, 201);
}

#[test]
fn a_photo_beyond_the_budget_of_memory_is_refused_and_says_both_numbers() {
    let mut setup = Setup::default();
    setup.bounds.memory_bytes = 1 << 19;
    let service = Service::with(setup);
    let (ann, _) = service.person("Ann");
    let album = ann.post("/albums", "{\"title\":\"Summer\"}").text("album");
    let answer = ann.put(&format!("/albums/{album}/photos/{}", uuid()), *ASTRONAUT);
    assert_eq!(answer.problem(), refused(422, "unreadable-photo"));
    assert!(answer.text("detail").contains("524288"), "{}", answer.text("detail"));
}

#[test]
fn a_full_file_is_503_and_nothing_is_stored_and_nothing_lost() {
    let service = Service::with(Setup { limit_bytes: Some(600 << 10), ..Setup::default() });
    let (ann, _) = service.person("Ann");
    let first = photo_of(&ann, *ASTRONAUT);
    let album = first.split("/photos").next().unwrap();
    let mut stored = 1;
    let refusal = loop {
        let answer = ann.put(&format!("{album}/photos/{}", uuid()), *ASTRONAUT);
        if answer.status != 201 {
            break answer;
        }
        stored += 1;
        assert!(stored < 100, "600 KiB hold no hundred photos");
    };
    assert_eq!(refusal.problem(), refused(503, "storage"));
    assert!(!refusal.header("retry-after").is_empty());
    assert!(ann.get(&first).body == *ASTRONAUT);
    let opened = ann.get(album).json();
    assert_eq!(opened["photos"].as_array().unwrap().len(), stored);
    assert_eq!(ann.delete(&first).status, 204, "and room is made again");
    assert_eq!(ann.put(&first, *ASTRONAUT).status, 201);
}

#[test]
fn what_a_client_sent_is_quoted_in_part_however_long_it_is() {
    let service = Service::start();
    let (ann, _) = service.person("Ann");
    let answer = ann.get(&format!("/albums/{}", "ö".repeat(2_000)));
    assert_eq!(answer.problem(), refused(400, "bad-path"));
    assert_eq!(answer.text("detail").chars().count(), 301);
}
