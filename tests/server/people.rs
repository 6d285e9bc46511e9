//! Tests tokens and deletions: what a changed or revoked token, a deleted person or a deleted album
//! still opens, which is nothing, and that a repeated request creates nothing twice.

use crate::client::{Client, Response, album_of, new_photo_in, problem, random_uuid};
use crate::test_server::{ASTRONAUT, ROCKET, Setup, TestServer};

fn post_with_key(client: &Client, path: &str, key: &str, body: &str) -> Response {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    client.send("POST", path, &headers, Some(body.as_bytes()))
}

#[test]
fn a_person_and_the_operator_change_and_revoke_tokens_and_strangers_learn_nothing() {
    let server = TestServer::start();
    let ((ann, ann_id), (ben, _)) = (server.person("Ann"), server.person("Ben"));
    let token = format!("/people/{ann_id}/token");
    let nobody = format!("/people/{}/token", random_uuid());
    for (method, path) in
        [("POST", &token), ("DELETE", &token), ("POST", &nobody), ("DELETE", &nobody)]
    {
        let response = ben.send(method, path, &[], None);
        assert_eq!(response.problem(), problem(404, "not-found"), "{method} {path}");
    }
    assert_eq!(ann.post("/people/x/token", "").problem(), problem(400, "invalid-path"));

    let changed = ann.post(&token, "");
    assert_eq!((changed.status, changed.text("person")), (201, ann_id.clone()));
    assert_eq!(ann.get("/albums").problem(), problem(401, "unauthenticated"));
    let ann = ann.with_token(&changed.text("token"));
    assert_eq!(ann.get("/albums").status, 200);
    let lost = server.operator().post(&token, "");
    assert_eq!(lost.status, 201);
    assert_eq!(ann.get("/albums").status, 401, "the operator gave another");
    let ann = ann.with_token(&lost.text("token"));
    assert_eq!(ann.delete(&token).status, 204);
    assert_eq!(ann.get("/albums").status, 401);
    assert_eq!(ann.post(&token, "").status, 401, "a revoked token gives no other");
    assert_eq!(server.operator().post(&nobody, "").problem(), problem(404, "not-found"));
    assert_eq!(server.operator().delete(&nobody).problem(), problem(404, "not-found"));
    let again = server.operator().post(&token, "");
    assert_eq!(ann.with_token(&again.text("token")).get("/albums").status, 200);
    assert_eq!(server.operator().delete(&token).status, 204);
    assert_eq!(ann.with_token(&again.text("token")).get("/albums").status, 401);
}

#[test]
fn a_deleted_album_and_a_deleted_person_are_gone_for_everybody() {
    let server = TestServer::start();
    let ((ann, ann_id), (ben, ben_id)) = (server.person("Ann"), server.person("Ben"));
    let of_ann = ann.upload(*ASTRONAUT);
    let album = album_of(&of_ann).to_owned();
    assert_eq!(ann.put(&format!("{album}/members/{ben_id}"), &[]).status, 204);
    let of_ben = new_photo_in(&album);
    assert_eq!(ben.put(&of_ben, *ROCKET).status, 201);
    let seen = ben.get(&format!("{of_ann}/thumbnail"));
    assert_eq!(ben.delete(&album).problem(), problem(403, "owner-only"));
    assert_eq!(server.person("Cem").0.delete(&album).problem(), problem(404, "not-found"));
    assert_eq!(ann.delete(&album).status, 204);
    for client in [&ann, &ben] {
        assert_eq!(client.get("/albums").json(), serde_json::json!([]));
        for path in [&album, &of_ann, &of_ben, &format!("{of_ann}/thumbnail")] {
            assert_eq!(client.get(path).problem(), problem(404, "not-found"), "{path}");
        }
        let tag = seen.header("etag");
        assert_eq!(client.get_if_none_match(&format!("{of_ann}/thumbnail"), tag).status, 404);
        assert_eq!(client.put(&new_photo_in(&album), *ROCKET).status, 404);
        assert_eq!(client.delete(&album).status, 404);
    }
    let rows = server.ledger();
    assert!(rows.iter().any(|row| row.event.viewer.to_string() == ben_id), "evidence stays");

    let mine = ben.upload(*ROCKET);
    let theirs = server.operator().delete(album_of(&mine));
    assert_eq!((theirs.status, ben.get(&mine).status), (204, 404), "the operator may");
    assert_eq!(server.operator().delete(album_of(&mine)).problem(), problem(404, "not-found"));

    let photo = ben.upload(*ROCKET);
    let shared = album_of(&photo).to_owned();
    assert_eq!(ben.put(&format!("{shared}/members/{ann_id}"), &[]).status, 204);
    let of_ann = new_photo_in(&shared);
    assert_eq!(ann.put(&of_ann, *ASTRONAUT).status, 201);
    assert_eq!(ben.delete(&format!("/people/{ann_id}")).problem(), problem(404, "not-found"));
    assert_eq!(ann.delete(&format!("/people/{ann_id}")).status, 204);
    assert_eq!(ann.get("/albums").problem(), problem(401, "unauthenticated"));
    assert_eq!(ben.get(&of_ann).problem(), problem(404, "not-found"));
    assert_eq!(ben.get(&shared).json()["members"], serde_json::json!([ben_id]));
    assert_eq!(ben.get(&photo).status, 200);
    let operator = server.operator();
    assert_eq!(operator.delete(&format!("/people/{ann_id}")).problem(), problem(404, "not-found"));
    assert_eq!(operator.delete(&format!("/people/{ben_id}")).status, 204);
    assert_eq!(ben.get(&photo).status, 401);
}

#[test]
fn a_thumbnail_that_is_being_made_is_not_shown_after_its_album_or_its_viewer_is_deleted() {
    type Delete = fn(&TestServer, &Client, &str, &str) -> Response;
    let album: Delete = |_, ann, album, _| ann.delete(album);
    let viewer: Delete = |server, _, _, ben| server.operator().delete(&format!("/people/{ben}"));
    for delete in [album, viewer] {
        let (setup, gate) = Setup::gated();
        let server = TestServer::with(setup);
        let ((ann, _), (ben, ben_id)) = (server.person("Ann"), server.person("Ben"));
        let photo = ann.upload(*ASTRONAUT);
        let album = album_of(&photo).to_owned();
        assert_eq!(ann.put(&format!("{album}/members/{ben_id}"), &[]).status, 204);
        let pending = ben.get_on_thread(&format!("{photo}/thumbnail"));
        gate.next_job();
        assert_eq!(delete(&server, &ann, &album, &ben_id).status, 204);
        gate.release_one();
        assert_eq!(pending.join().unwrap().problem(), problem(404, "not-found"));
        let shown = server
            .ledger()
            .into_iter()
            .filter(|row| matches!(row.kind, double_exposure::album::RecordKind::Shown { .. }));
        assert_eq!(shown.count(), 0);
    }
}

#[test]
fn a_repeated_post_has_its_effect_once_and_the_same_answer() {
    let server = TestServer::start();
    let operator = server.operator();
    let named = |name: &str| format!("{{\"name\":\"{name}\"}}");
    let create = |key: &str, name: &str| post_with_key(&operator, "/people", key, &named(name));
    let first = create("k-1", "Ann");
    let again = create("k-1", "Ann");
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(
        (first.text("person"), first.text("token")),
        (again.text("person"), again.text("token"))
    );
    assert_eq!(create("k-1", "Ben").problem(), problem(422, "idempotency-key-reused"));
    assert_ne!(create("k-2", "Ann").text("person"), first.text("person"));

    let ann = operator.with_token(&first.text("token"));
    let album = |client: &Client, key: &str, title: &str| {
        post_with_key(client, "/albums", key, &format!("{{\"title\":\"{title}\"}}"))
    };
    let summer = album(&ann, "k-1", "Summer").text("album");
    assert_eq!(album(&ann, "k-1", "Summer").text("album"), summer);
    assert_eq!(album(&ann, "k-1", "Winter").problem(), problem(422, "idempotency-key-reused"));
    assert_ne!(album(&server.person("Ben").0, "k-1", "Summer").text("album"), summer);
    assert_eq!(ann.get("/albums").json().as_array().unwrap().len(), 1);

    let token = format!("/people/{}/token", first.text("person"));
    let rotated = post_with_key(&ann, &token, "k-3", "");
    assert_eq!(rotated.status, 201);
    assert_eq!(post_with_key(&ann, &token, "k-3", "").text("token"), rotated.text("token"));
    assert_eq!(post_with_key(&ann, &token, "k-4", "").problem(), problem(401, "unauthenticated"));
    assert_eq!(ann.get("/albums").status, 401);
    let ann = ann.with_token(&rotated.text("token"));
    assert_eq!(ann.get("/albums").json().as_array().unwrap().len(), 1);
    assert_eq!(create("k-1", "Ann").problem(), problem(409, "token-changed"));
    let stranger = format!("/people/{}/token", random_uuid());
    assert_eq!(post_with_key(&ann, &stranger, "k-5", "").problem(), problem(404, "not-found"));
    assert_eq!(ann.get("/albums").status, 200, "nothing was changed");

    let given = post_with_key(&operator, &token, "k-6", "");
    assert_eq!(given.status, 201);
    assert_eq!(post_with_key(&operator, &token, "k-6", "").text("token"), given.text("token"));
    let reused = post_with_key(&operator, &stranger, "k-6", "").problem();
    assert_eq!(reused, problem(422, "idempotency-key-reused"));
    assert_eq!(operator.with_token(&given.text("token")).get("/albums").status, 200);
}

#[test]
fn a_key_that_is_not_allowed_is_400_and_nothing_is_created() {
    let server = TestServer::start();
    let (ann, _) = server.person("Ann");
    let long = "x".repeat(256);
    for keys in [&[""][..], &[&long], &["a", "b"], &["a\tb", "ä"]] {
        let mut headers: Vec<_> = keys.iter().map(|key| ("idempotency-key", *key)).collect();
        headers.push(("content-type", "application/json"));
        let response = ann.send("POST", "/albums", &headers, Some(b"{\"title\":\"a\"}"));
        assert_eq!(response.problem(), problem(400, "invalid-idempotency-key"), "{keys:?}");
    }
    assert_eq!(post_with_key(&ann, "/albums", &long[1..], "{\"title\":\"a\"}").status, 201);
    assert_eq!(ann.get("/albums").json().as_array().unwrap().len(), 1);
}
