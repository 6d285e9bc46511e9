//! Tests the shutdown: a stopped server finishes accepted requests, rejects new ones, and ends.

use std::net::TcpStream;
use std::time::Duration;

use crate::client::problem;
use crate::connections::{parse, read_head, read_rest};
use crate::test_server::{ASTRONAUT, ROCKET, Setup, TEST_TIMEOUT, TestServer, expected_thumbnail};

#[test]
fn a_stopped_server_finishes_accepted_requests_and_rejects_new_ones() {
    let (setup, gate) = Setup::gated();
    let mut server = TestServer::with(setup.max_running(1));
    let (ann, thumbnails) = server.person_with_photos();
    let accepted = thumbnails.map(|path| ann.get_on_thread(&path));
    let first = gate.next_job();
    server.wait_for_metric("conversions_queued", 1);
    server.stop();
    while server.anonymous().get("/readyz").status == 200 {}
    assert_eq!(server.anonymous().get("/readyz").problem(), problem(503, "shutting-down"));
    assert_eq!(server.anonymous().get("/healthz").status, 200, "the process still answers");
    let rejected = ann.get("/albums");
    assert_eq!(rejected.problem(), problem(503, "shutting-down"));
    assert!(!rejected.header("retry-after").is_empty());

    gate.release_one();
    gate.release_one();
    let mut bodies = accepted.map(|request| request.join().unwrap().body);
    bodies.sort();
    let mut expected = [expected_thumbnail(*ASTRONAUT, 256), expected_thumbnail(*ROCKET, 256)];
    expected.sort();
    assert!(bodies == expected, "also the queued one, after {first:?}");
    assert!(server.has_stopped());
}

#[test]
fn a_connection_that_waits_for_a_place_while_the_server_stops_gets_its_503() {
    let (mut setup, gate) = Setup::gated();
    setup.limits.max_connections = 1;
    setup.limits.min_idle_time = TEST_TIMEOUT;
    let mut server = TestServer::with(setup);
    let (ann, [thumbnail, _]) = server.person_with_photos();
    let mut accepted = server.send_only(&ann, &thumbnail);
    gate.next_job();
    let mut waiting = [(); 3].map(|()| server.send_only(&ann, "/albums"));
    server.stop();
    gate.release_one();
    assert!(read_head(&mut accepted).starts_with("HTTP/1.1 200"));
    for socket in &mut waiting {
        assert_eq!(parse(&read_rest(socket)).problem(), problem(503, "shutting-down"));
    }
    assert!(server.has_stopped());
}

#[test]
fn an_idle_connection_does_not_delay_the_shutdown() {
    let mut server = TestServer::start();
    let idle = TcpStream::connect(server.address).unwrap();
    server.wait_for_metric("http_connections", 2);
    server.stop();
    assert!(server.has_stopped());
    drop(idle);
}

#[test]
fn a_request_that_does_not_end_in_time_is_given_up() {
    let (mut setup, gate) = Setup::gated();
    setup.limits.shutdown_timeout = Duration::from_millis(300);
    let mut server = TestServer::with(setup);
    let (ann, [thumbnail, _]) = server.person_with_photos();
    let _socket = server.send_only(&ann, &thumbnail);
    gate.next_job();
    server.stop();
    assert!(server.has_stopped(), "although the conversion still waits");
    gate.release_one();
}
