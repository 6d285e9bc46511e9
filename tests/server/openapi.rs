//! Tests that `/openapi.json` and the metrics describe what the server does, and nothing else.

use double_exposure::server::problem::{ProblemKind, TYPE_PREFIX};
use serde_json::Value;

use crate::client::{problem, random_uuid};
use crate::test_server::TestServer;

#[test]
fn every_documented_operation_is_served_and_every_kind_of_problem_is_documented() {
    let server = TestServer::start();
    let document = server.anonymous().get("/openapi.json");
    assert_eq!((document.status, document.header("content-type")), (200, "application/json"));
    let text = String::from_utf8(document.body.clone()).unwrap();
    let document: Value = document.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (template, operations) in document["paths"].as_object().unwrap() {
        let path = template
            .replace("{album}", &random_uuid())
            .replace("{photo}", &random_uuid())
            .replace("{person}", &random_uuid());
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let documented = operations.get(method.to_ascii_lowercase()).is_some();
            let response = server.anonymous().send(method, &path, &[], Some(&[]));
            let served = response.status != 405;
            assert_eq!(documented, served, "{method} {template}");
            let open = documented && operations["get"]["security"] == serde_json::json!([]);
            if documented && !open {
                assert_eq!(
                    response.problem(),
                    problem(401, "unauthenticated"),
                    "{method} {template}"
                );
            }
        }
    }
    for kind in ProblemKind::ALL {
        assert!(text.contains(&format!("\"{TYPE_PREFIX}{}\"", kind.slug())), "{kind:?}");
    }
}

#[test]
fn the_metrics_count_requests_by_route_and_identify_no_person() {
    let server = TestServer::start();
    let (ann, ann_id) = server.person("Ann");
    let album = ann.create_album();
    ann.get(&album);
    ann.get("/no/such/path");
    ann.send("BREW", "/albums", &[], None);
    let text = String::from_utf8(server.anonymous().get("/metrics").body).unwrap();
    for line in [
        "http_requests_total{method=\"GET\",route=\"/albums/{album}\",status=\"200\"} 1",
        "http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"} 1",
        "http_requests_total{method=\"other\",route=\"/albums\",status=\"405\"} 1",
        "http_requests_in_flight 0",
        "conversions_queued 0",
        "wrong_thumbnails_total 0",
    ] {
        assert!(text.contains(&format!("double_exposure_{line}\n")), "{line} in {text}");
    }
    assert!(text.ends_with("# EOF\n"));
    assert!(!text.contains(&ann_id) && !text.contains(album.strip_prefix("/albums/").unwrap()));
}
