//! Tests what HTTP asks of a server beside the routes: hosts, conditions, heads, half-closed
//! connections, and the order in which parts of a request are looked at.

use std::io::Write;
use std::net::Shutdown;
use std::time::Duration;

use double_exposure::album::RecordKind;

use crate::client::problem;
use crate::connections::{connect, impatient_setup, parse, read_head, read_rest};
use crate::test_server::{ASTRONAUT, Setup, TestServer, expected_thumbnail};

#[test]
fn a_request_with_no_host_or_with_two_is_400() {
    let server = TestServer::start();
    for (head, status) in [
        ("GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n", 400),
        ("GET /albums HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n", 400),
        ("GET /albums HTTP/1.1\r\nhost: a\r\nhost: a\r\nconnection: close\r\n\r\n", 400),
        ("GET /healthz HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n", 400),
        ("GET /healthz HTTP/1.0\r\n\r\n", 200),
        ("GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", 200),
    ] {
        let mut socket = connect(&server);
        socket.write_all(head.as_bytes()).unwrap();
        let response = parse(&read_rest(&mut socket));
        assert_eq!(response.status, status, "{head}");
        if status == 400 {
            assert_eq!(response.problem(), problem(400, "invalid-host"), "{head}");
        }
    }
}

#[test]
fn a_photo_is_deleted_only_if_it_is_as_if_match_says() {
    let server = TestServer::start();
    let (ann, _) = server.person("Ann");
    let path = ann.upload(*ASTRONAUT);
    let etag = ann.get(&path).header("etag").to_owned();
    for other in ["\"other\"".to_owned(), format!("W/{etag}"), String::new()] {
        let refused = ann.send("DELETE", &path, &[("if-match", &other)], None);
        assert_eq!(refused.problem(), problem(412, "precondition-failed"), "{other}");
    }
    let (stranger, _) = server.person("Ben");
    let hidden = stranger.send("DELETE", &path, &[("if-match", "\"other\"")], None);
    assert_eq!(hidden.problem(), problem(404, "not-found"), "access comes first");
    assert_eq!(ann.get(&path).status, 200);
    let list = format!("\"other\", {etag}");
    assert_eq!(ann.send("DELETE", &path, &[("if-match", &list)], None).status, 204);
    let again = ann.upload(*ASTRONAUT);
    assert_eq!(ann.send("DELETE", &again, &[("if-match", "*")], None).status, 204);
}

#[test]
fn a_head_and_a_304_show_nothing_and_leave_no_row_that_says_so() {
    let server = TestServer::start();
    let (ann, [path, _]) = server.person_with_photos();
    let shown = || {
        let records = server.ledger();
        records.iter().filter(|record| matches!(record.kind, RecordKind::Shown { .. })).count()
    };
    let head = ann.send("HEAD", &path, &[], None);
    assert_eq!((head.status, shown()), (200, 0), "made, and not shown");
    let etag = head.header("etag").to_owned();
    assert_eq!(ann.get_if_none_match(&path, &etag).status, 304);
    assert_eq!(ann.send("HEAD", &path, &[], None).status, 200);
    assert_eq!(shown(), 0);
    assert!(ann.get(&path).body == expected_thumbnail(*ASTRONAUT, 256));
    assert_eq!(shown(), 1);
    assert_eq!(ann.get_if_none_match(&path, "\"other\"").status, 200);
    assert_eq!(shown(), 2);
}

#[test]
fn a_client_that_has_closed_its_sending_side_gets_its_response() {
    let (mut setup, gate) = Setup::gated();
    setup.limits.half_close_timeout = Duration::from_secs(600);
    let server = TestServer::with(setup);
    let (ann, [path, _]) = server.person_with_photos();
    let mut half_closed = server.send_only(&ann, &path);
    half_closed.shutdown(Shutdown::Write).unwrap();
    gate.next_job();
    gate.release_one();
    assert!(read_head(&mut half_closed).starts_with("HTTP/1.1 200"));
    assert!(read_rest(&mut half_closed) == expected_thumbnail(*ASTRONAUT, 256));
}

#[test]
fn a_stranger_is_rejected_before_a_json_body_is_read() {
    let server = TestServer::start();
    for path in ["/albums", "/people"] {
        let mut stranger = connect(&server);
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a-guess\r\n\
             content-type: application/json\r\ncontent-length: 9\r\n\r\n"
        );
        stranger.write_all(head.as_bytes()).unwrap();
        assert!(read_head(&mut stranger).starts_with("HTTP/1.1 401"), "{path}");
    }
}

#[test]
fn a_json_body_that_stops_is_408_also_if_the_response_is_due_at_the_same_time() {
    let mut setup = impatient_setup();
    // Long enough for a busy machine to authenticate all of them.
    setup.limits.body_pause_timeout = Duration::from_secs(2);
    setup.limits.response_timeout = setup.limits.body_pause_timeout;
    let server = TestServer::with(setup);
    // The two limits would end at the same time, in either order.
    let mut slow: Vec<_> = (0..16)
        .map(|_| {
            let mut socket = connect(&server);
            let head = format!(
                "POST /people HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
                 content-type: application/json\r\ncontent-length: 9\r\n\r\n{{",
                crate::test_server::KEY
            );
            socket.write_all(head.as_bytes()).unwrap();
            socket
        })
        .collect();
    for socket in &mut slow {
        assert_eq!(parse(&read_rest(socket)).problem(), problem(408, "request-timeout"));
    }
}
