//! The document at `/openapi.json` names what there is, and nothing else.

use double_exposure::server::problem::{ProblemKind, TYPE_PREFIX};
use serde_json::Value;

use crate::client::refused;
use crate::service::{Service, uuid};

#[test]
fn every_documented_operation_is_served_and_every_kind_of_problem_is_documented() {
    let service = Service::start();
    let document = service.nobody().get("/openapi.json");
    assert_eq!((document.status, document.header("content-type")), (200, "application/json"));
    let text = String::from_utf8(document.body.clone()).unwrap();
    let document: Value = document.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (template, operations) in document["paths"].as_object().unwrap() {
        let path = template
            .replace("{album}", &uuid())
            .replace("{photo}", &uuid())
            .replace("{person}", &uuid());
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let documented = operations.get(method.to_ascii_lowercase()).is_some();
            let answer = service.nobody().ask(method, &path, &[], Some(&[]));
            let served = answer.status != 405;
            assert_eq!(documented, served, "{method} {template}");
            let open = documented && operations["get"]["security"] == serde_json::json!([]);
            if documented && !open {
                assert_eq!(answer.problem(), refused(401, "no-token"), "{method} {template}");
            }
        }
    }
    for kind in ProblemKind::ALL {
        assert!(text.contains(&format!("\"{TYPE_PREFIX}{}\"", kind.slug())), "{kind:?}");
    }
}

#[test]
fn the_metrics_count_requests_by_route_and_name_nobody() {
    let service = Service::start();
    let (ann, ann_id) = service.person("Ann");
    let album = ann.post("/albums", "{\"title\":\"Summer\"}").text("album");
    ann.get(&format!("/albums/{album}"));
    ann.get("/no/such/path");
    ann.ask("BREW", "/albums", &[], None);
    let text = String::from_utf8(service.nobody().get("/metrics").body).unwrap();
    for line in [
        "http_requests_total{method=\"GET\",route=\"/albums/{album}\",status=\"200\"} 1",
        "http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"} 1",
        "http_requests_total{method=\"other\",route=\"/albums\",status=\"405\"} 1",
        "http_in_flight 0",
        "conversions_waiting 0",
        "thumbnails_stopped_at_the_door_total 0",
    ] {
        assert!(text.contains(&format!("double_exposure_{line}\n")), "{line} in {text}");
    }
    assert!(text.ends_with("# EOF\n"));
    assert!(!text.contains(&ann_id) && !text.contains(&album));
}
