//! Who may do what, and what a stranger may know: nothing.

use crate::client::{Answer, Client, refused};
use crate::service::{ASTRONAUT, ROCKET, Service, photo_of, uuid};

#[test]
fn people_are_made_by_the_operator_alone() {
    let service = Service::start();
    let (ann, _) = service.person("Ann");
    let name = "{\"name\":\"Ben\"}";
    assert_eq!(ann.post("/people", name).problem(), refused(403, "not-operator"));
    assert_eq!(service.nobody().post("/people", name).problem(), refused(401, "no-token"));
    let guesser = service.nobody().with("a guess");
    assert_eq!(guesser.post("/people", name).problem(), refused(401, "no-token"));
    let made = service.operator().post("/people", name);
    assert_eq!(made.status, 201);
    assert_eq!(made.header("cache-control"), "no-store");
    assert_eq!(made.text("token").len(), 64, "256 bits");
}

#[test]
fn every_route_but_the_open_ones_wants_a_token_that_is_known() {
    let service = Service::start();
    let (album, thing) = (uuid(), uuid());
    let photo = format!("/albums/{album}/photos/{thing}");
    let routes = [
        ("POST", "/people".to_owned()),
        ("POST", "/albums".to_owned()),
        ("GET", "/albums".to_owned()),
        ("GET", format!("/albums/{album}")),
        ("PUT", format!("/albums/{album}/members/{thing}")),
        ("DELETE", format!("/albums/{album}/members/{thing}")),
        ("PUT", photo.clone()),
        ("GET", photo.clone()),
        ("DELETE", photo.clone()),
        ("GET", format!("{photo}/thumbnail")),
        ("GET", format!("{photo}/thumbnail?size=1")),
        ("GET", "/albums/no-uuid".to_owned()),
    ];
    let strangers = [
        service.nobody(),
        service.nobody().with("0"),
        service.nobody().with(&"0".repeat(64)),
        service.nobody().with(""),
    ];
    for (method, path) in &routes {
        for stranger in &strangers {
            let body = matches!(*method, "POST" | "PUT").then_some(&b"{"[..]);
            let answer = stranger.ask(method, path, &[], body);
            assert_eq!(answer.problem(), refused(401, "no-token"), "{method} {path}");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
        let basic = service.nobody().ask(method, path, &[("authorization", "Basic QQ==")], None);
        assert_eq!(basic.problem(), refused(401, "no-token"), "{method} {path}");
    }
    for open in ["/healthz", "/readyz", "/metrics", "/openapi.json"] {
        assert_eq!(service.nobody().get(open).status, 200, "{open}");
    }
}

/// Every answer to a request about a photo and its album.
fn probe(client: &Client, photo: &str, person: &str) -> Vec<(u16, String)> {
    let album = photo.split("/photos").next().unwrap();
    let thumbnail = format!("{photo}/thumbnail");
    let kept = "*";
    [
        client.get(album),
        client.get(photo),
        client.get_unless(photo, kept),
        client.get(&thumbnail),
        client.get_unless(&thumbnail, kept),
        client.get(&format!("{thumbnail}?size=64&fit=contain")),
        client.put(photo, *ASTRONAUT),
        client.put(&format!("{album}/photos/{}", uuid()), *ROCKET),
        client.delete(photo),
        client.put(&format!("{album}/members/{person}"), &[]),
        client.delete(&format!("{album}/members/{person}")),
    ]
    .iter()
    .map(Answer::problem)
    .collect()
}

#[test]
fn a_stranger_cannot_tell_an_album_from_none_and_a_former_member_is_a_stranger_at_once() {
    let service = Service::start();
    let ((ann, _), (ben, ben_id)) = (service.person("Ann"), service.person("Ben"));
    let photo = photo_of(&ann, *ASTRONAUT);
    let album = photo.split("/photos").next().unwrap().to_owned();
    let thumbnail = format!("{photo}/thumbnail");
    let nothing = format!("/albums/{}/photos/{}", uuid(), uuid());
    let of_nothing = probe(&ben, &nothing, &ben_id);
    assert!(of_nothing.iter().all(|problem| *problem == refused(404, "not-found")));
    assert_eq!(probe(&ben, &photo, &ben_id), of_nothing);
    assert_eq!(ben.get("/albums").json().as_array().unwrap().len(), 0);

    assert_eq!(ann.put(&format!("{album}/members/{ben_id}"), &[]).status, 204);
    let seen = ben.get(&thumbnail);
    assert_eq!((seen.status, ben.get(&photo).status), (200, 200));
    assert_eq!(ben.get_unless(&thumbnail, seen.header("etag")).status, 304);
    assert_eq!(ben.get("/albums").json().as_array().unwrap().len(), 1);

    assert_eq!(ann.delete(&format!("{album}/members/{ben_id}")).status, 204);
    assert_eq!(ben.get_unless(&thumbnail, seen.header("etag")).status, 404, "kept or not");
    assert_eq!(probe(&ben, &photo, &ben_id), of_nothing);
    assert_eq!(ann.get(&photo).status, 200, "it is all still there");
}

#[test]
fn only_the_owner_chooses_members_and_each_may_leave() {
    let service = Service::start();
    let ((ann, ann_id), (ben, ben_id)) = (service.person("Ann"), service.person("Ben"));
    let (cem, cem_id) = service.person("Cem");
    let album = ann.post("/albums", "{\"title\":\"Summer\"}").text("album");
    let member = |id: &str| format!("/albums/{album}/members/{id}");
    assert_eq!(ann.put(&member(&ben_id), &[]).status, 204);
    assert_eq!(ann.put(&member(&ben_id), &[]).status, 204, "again, and nothing changes");
    assert_eq!(ann.put(&member(&uuid()), &[]).problem(), refused(404, "not-found"));
    assert_eq!(ben.put(&member(&cem_id), &[]).problem(), refused(403, "not-owner"));
    assert_eq!(ben.delete(&member(&ann_id)).problem(), refused(403, "not-owner"));
    assert_eq!(ann.delete(&member(&ann_id)).problem(), refused(409, "owner-stays"));
    assert_eq!(ann.put(&member(&cem_id), &[]).status, 204);
    assert_eq!(cem.delete(&member(&ben_id)).problem(), refused(403, "not-owner"));
    assert_eq!(cem.delete(&member(&cem_id)).status, 204, "who leaves himself");
    assert_eq!(cem.get(&format!("/albums/{album}")).status, 404);
    assert_eq!(ann.delete(&member(&cem_id)).status, 204, "who is none already");
    let members = ann.get(&format!("/albums/{album}")).json()["members"].clone();
    let mut expected = [ann_id.as_str(), ben_id.as_str()];
    expected.sort_unstable();
    assert_eq!(members, serde_json::json!(expected));
}

#[test]
fn a_photo_is_deleted_by_its_owner_or_the_albums() {
    let service = Service::start();
    let ((ann, _), (ben, ben_id)) = (service.person("Ann"), service.person("Ben"));
    let of_ann = photo_of(&ann, *ASTRONAUT);
    let album = of_ann.split("/photos").next().unwrap().to_owned();
    ann.put(&format!("{album}/members/{ben_id}"), &[]);
    let of_ben = format!("{album}/photos/{}", uuid());
    assert_eq!(ben.put(&of_ben, *ROCKET).status, 201);
    assert_eq!(ben.delete(&of_ann).problem(), refused(403, "not-owner"));
    assert_eq!(ann.delete(&of_ben).status, 204);
    assert_eq!(ann.delete(&of_ben).problem(), refused(404, "not-found"));
    assert_eq!(ben.put(&of_ben, *ROCKET).status, 201);
    assert_eq!(ben.delete(&of_ben).status, 204);
}
