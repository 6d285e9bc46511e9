//! Tests authentication and authorization: what each person may do, and that a person who is not a
//! member of an album cannot tell it from one that does not exist.

use crate::client::{Client, Response, album_of, new_photo_in, problem, random_uuid};
use crate::test_server::{ASTRONAUT, ROCKET, TestServer};

#[test]
fn only_the_operator_creates_people() {
    let server = TestServer::start();
    let (ann, _) = server.person("Ann");
    let name = "{\"name\":\"Ben\"}";
    assert_eq!(ann.post("/people", name).problem(), problem(403, "operator-only"));
    assert_eq!(server.anonymous().post("/people", name).problem(), problem(401, "unauthenticated"));
    let guesser = server.anonymous().with_token("a guess");
    assert_eq!(guesser.post("/people", name).problem(), problem(401, "unauthenticated"));
    let created = server.operator().post("/people", name);
    assert_eq!(created.status, 201);
    assert_eq!(created.header("cache-control"), "no-store");
    assert_eq!(created.text("token").len(), 64, "256 bits");
}

#[test]
fn every_route_but_the_open_ones_needs_a_valid_token() {
    let server = TestServer::start();
    let (album, id) = (random_uuid(), random_uuid());
    let photo = format!("/albums/{album}/photos/{id}");
    let routes = [
        ("POST", "/people".to_owned()),
        ("DELETE", format!("/people/{id}")),
        ("POST", format!("/people/{id}/token")),
        ("DELETE", format!("/people/{id}/token")),
        ("POST", "/albums".to_owned()),
        ("GET", "/albums".to_owned()),
        ("GET", format!("/albums/{album}")),
        ("DELETE", format!("/albums/{album}")),
        ("PUT", format!("/albums/{album}/members/{id}")),
        ("DELETE", format!("/albums/{album}/members/{id}")),
        ("PUT", photo.clone()),
        ("GET", photo.clone()),
        ("DELETE", photo.clone()),
        ("GET", format!("{photo}/thumbnail")),
        ("GET", format!("{photo}/thumbnail?size=1")),
        ("GET", "/albums/no-uuid".to_owned()),
    ];
    let anonymous = server.anonymous();
    let strangers = [
        anonymous.clone(),
        anonymous.with_token("0"),
        anonymous.with_token(&"0".repeat(64)),
        anonymous.with_token(""),
    ];
    for (method, path) in &routes {
        for stranger in &strangers {
            let body = matches!(*method, "POST" | "PUT").then_some(&b"{"[..]);
            let response = stranger.send(method, path, &[], body);
            assert_eq!(response.problem(), problem(401, "unauthenticated"), "{method} {path}");
            assert!(response.header("www-authenticate").starts_with("Bearer"));
        }
        let basic = anonymous.send(method, path, &[("authorization", "Basic QQ==")], None);
        assert_eq!(basic.problem(), problem(401, "unauthenticated"), "{method} {path}");
    }
    for open in ["/healthz", "/readyz", "/metrics", "/openapi.json"] {
        assert_eq!(anonymous.get(open).status, 200, "{open}");
    }
}

/// Sends every request about a photo and its album, and returns the problems.
fn probe(client: &Client, photo: &str, person: &str) -> Vec<(u16, String)> {
    let album = album_of(photo);
    let thumbnail = format!("{photo}/thumbnail");
    let any_tag = "*";
    [
        client.get(album),
        client.get(photo),
        client.get_if_none_match(photo, any_tag),
        client.get(&thumbnail),
        client.get_if_none_match(&thumbnail, any_tag),
        client.get(&format!("{thumbnail}?size=64&fit=contain")),
        client.put(photo, *ASTRONAUT),
        client.put(&new_photo_in(album), *ROCKET),
        client.delete(photo),
        client.delete(album),
        client.put(&format!("{album}/members/{person}"), &[]),
        client.delete(&format!("{album}/members/{person}")),
    ]
    .iter()
    .map(Response::problem)
    .collect()
}

#[test]
fn a_stranger_cannot_tell_an_album_from_none_and_a_removed_member_is_a_stranger_at_once() {
    let server = TestServer::start();
    let ((ann, _), (ben, ben_id)) = (server.person("Ann"), server.person("Ben"));
    let photo = ann.upload(*ASTRONAUT);
    let member = format!("{}/members/{ben_id}", album_of(&photo));
    let thumbnail = format!("{photo}/thumbnail");
    let nothing = format!("/albums/{}/photos/{}", random_uuid(), random_uuid());
    let of_nothing = probe(&ben, &nothing, &ben_id);
    assert!(of_nothing.iter().all(|found| *found == problem(404, "not-found")));
    assert_eq!(probe(&ben, &photo, &ben_id), of_nothing);
    assert_eq!(ben.get("/albums").json().as_array().unwrap().len(), 0);

    assert_eq!(ann.put(&member, &[]).status, 204);
    let seen = ben.get(&thumbnail);
    assert_eq!((seen.status, ben.get(&photo).status), (200, 200));
    assert_eq!(ben.get_if_none_match(&thumbnail, seen.header("etag")).status, 304);
    assert_eq!(ben.get("/albums").json().as_array().unwrap().len(), 1);

    assert_eq!(ann.delete(&member).status, 204);
    let cached = ben.get_if_none_match(&thumbnail, seen.header("etag"));
    assert_eq!(cached.status, 404, "cached on the device or not");
    assert_eq!(probe(&ben, &photo, &ben_id), of_nothing);
    assert_eq!(ann.get(&photo).status, 200, "the photo is still there");
}

#[test]
fn only_the_owner_chooses_members_and_each_member_may_leave() {
    let server = TestServer::start();
    let ((ann, ann_id), (ben, ben_id)) = (server.person("Ann"), server.person("Ben"));
    let (cem, cem_id) = server.person("Cem");
    let album = ann.create_album();
    let member = |id: &str| format!("{album}/members/{id}");
    assert_eq!(ann.put(&member(&ben_id), &[]).status, 204);
    assert_eq!(ann.put(&member(&ben_id), &[]).status, 204, "again, and nothing changes");
    assert_eq!(ann.put(&member(&random_uuid()), &[]).problem(), problem(404, "not-found"));
    assert_eq!(ben.put(&member(&cem_id), &[]).problem(), problem(403, "owner-only"));
    assert_eq!(ben.delete(&member(&ann_id)).problem(), problem(403, "owner-only"));
    assert_eq!(ann.delete(&member(&ann_id)).problem(), problem(409, "owner-cannot-leave"));
    assert_eq!(ann.put(&member(&cem_id), &[]).status, 204);
    assert_eq!(cem.delete(&member(&ben_id)).problem(), problem(403, "owner-only"));
    assert_eq!(cem.delete(&member(&cem_id)).status, 204, "a member leaves");
    assert_eq!(cem.get(&album).status, 404);
    assert_eq!(ann.delete(&member(&cem_id)).status, 204, "no member already");
    let members = ann.get(&album).json()["members"].clone();
    let mut expected = [ann_id.as_str(), ben_id.as_str()];
    expected.sort_unstable();
    assert_eq!(members, serde_json::json!(expected));
}

#[test]
fn a_photo_is_deleted_by_its_owner_or_the_albums_owner() {
    let server = TestServer::start();
    let ((ann, _), (ben, ben_id)) = (server.person("Ann"), server.person("Ben"));
    let of_ann = ann.upload(*ASTRONAUT);
    let album = album_of(&of_ann);
    ann.put(&format!("{album}/members/{ben_id}"), &[]);
    let of_ben = new_photo_in(album);
    assert_eq!(ben.put(&of_ben, *ROCKET).status, 201);
    assert_eq!(ben.delete(&of_ann).problem(), problem(403, "owner-only"));
    assert_eq!(ann.delete(&of_ben).status, 204);
    assert_eq!(ann.delete(&of_ben).problem(), problem(404, "not-found"));
    assert_eq!(ben.put(&of_ben, *ROCKET).status, 201);
    assert_eq!(ben.delete(&of_ben).status, 204);
}
