//! Tests that one client's load leaves other people theirs: connections, requests and conversions.

use std::io::Write;
use std::net::TcpStream;

use crate::client::{Client, problem};
use crate::connections::{connect, parse, read_head, read_rest};
use crate::test_server::{ASTRONAUT, ROCKET, Setup, TEST_TIMEOUT, TestServer, expected_thumbnail};

/// Sends a request for a path on a connection that stays open, and returns the response's head.
fn ask(socket: &mut TcpStream, path: &str, client: &Client) -> String {
    let token = client.token();
    let head = format!("HEAD {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    socket.write_all(head.as_bytes()).unwrap();
    read_head(socket)
}

#[test]
fn a_stranger_who_holds_connections_makes_room_for_a_member_and_a_member_keeps_an_idle_one() {
    let mut setup = Setup::default();
    setup.limits.max_connections = 4;
    let server = TestServer::with(setup);
    let (ann, _) = server.person("Ann");
    let mut kept = connect(&server);
    assert!(ask(&mut kept, "/albums", &ann).starts_with("HTTP/1.1 200"));
    let mut hoard = Vec::new();
    for _ in 0..20 {
        let mut socket = connect(&server);
        socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        assert!(read_head(&mut socket).starts_with("HTTP/1.1 200"));
        hoard.push(socket);
    }
    assert_eq!(ann.get("/albums").status, 200, "on a new connection");
    assert!(ask(&mut kept, "/albums", &ann).starts_with("HTTP/1.1 200"), "on the old one");
    // 20 connections came, and 3 places were free.
    assert!(server.metric("http_connections_evicted_total") >= 17);
}

#[test]
fn an_operator_who_ends_tokens_keeps_the_connection_while_strangers_come() {
    let mut setup = Setup::default();
    setup.limits.max_connections = 4;
    let server = TestServer::with(setup);
    let people = [server.person("Ann").1, server.person("Ben").1];
    let mut kept = connect(&server);
    let mut hoard = Vec::new();
    for person in people {
        let head = format!(
            "DELETE /people/{person}/token HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
            crate::test_server::KEY
        );
        kept.write_all(head.as_bytes()).unwrap();
        assert!(read_head(&mut kept).starts_with("HTTP/1.1 204"));
        for _ in 0..20 {
            let mut socket = connect(&server);
            socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            assert!(read_head(&mut socket).starts_with("HTTP/1.1 200"));
            hoard.push(socket);
        }
    }
}

#[test]
fn a_client_with_many_connections_gives_one_up_before_a_client_with_one() {
    let mut setup = Setup::default();
    setup.limits.max_connections = 4;
    let server = TestServer::with(setup);
    let ((ann, _), (ben, _)) = (server.person("Ann"), server.person("Ben"));
    let mut anns = connect(&server);
    assert!(ask(&mut anns, "/albums", &ann).starts_with("HTTP/1.1 200"));
    let mut bens = Vec::new();
    for _ in 0..20 {
        let mut socket = connect(&server);
        assert!(ask(&mut socket, "/albums", &ben).starts_with("HTTP/1.1 200"));
        bens.push(socket);
    }
    assert!(ask(&mut anns, "/albums", &ann).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_connection_beyond_the_limit_waits_while_every_other_is_worked_for() {
    let (mut setup, gate) = Setup::gated();
    setup.limits.max_connections = 2;
    setup.limits.min_idle_time = TEST_TIMEOUT;
    let server = TestServer::with(setup);
    let (ann, [first, second]) = server.person_with_photos();
    let held = [first, second].map(|path| server.send_only(&ann, &path));
    gate.next_job();
    gate.next_job();
    let mut third = connect(&server);
    third.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut operations = TcpStream::connect(server.operations).unwrap();
    // Time for many responses, if the server accepted a third.
    for _ in 0..100 {
        operations.write_all(b"HEAD /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        assert!(read_head(&mut operations).starts_with("HTTP/1.1 200"));
    }
    third.set_nonblocking(true).unwrap();
    let nothing = third.peek(&mut [0]).expect_err("the third waits");
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    third.set_nonblocking(false).unwrap();
    gate.release_one();
    gate.release_one();
    assert_eq!(parse(&read_rest(&mut third)).status, 200);
    drop(held);
}

#[test]
fn a_peer_beyond_its_limit_is_closed_while_its_others_are_worked_for() {
    let (mut setup, gate) = Setup::gated();
    setup.limits.max_connections_per_peer = 1;
    let server = TestServer::with(setup);
    let (ann, [path, _]) = server.person_with_photos();
    // The connections of these requests have ended; only that for the metric is open.
    server.wait_for_metric("http_connections", 1);
    let mut held = server.send_only(&ann, &path);
    gate.next_job();
    let mut second = connect(&server);
    assert_eq!(read_rest(&mut second), b"");
    gate.release_one();
    assert!(read_head(&mut held).starts_with("HTTP/1.1 200"));
}

#[test]
fn the_operations_listener_answers_while_every_place_is_taken_and_serves_nothing_else() {
    let (mut setup, gate) = Setup::gated();
    setup.limits.max_connections = 1;
    let server = TestServer::with(setup);
    let (ann, [path, _]) = server.person_with_photos();
    let _held = server.send_only(&ann, &path);
    gate.next_job();
    let operations = Client::new(server.operations);
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json"] {
        assert_eq!(operations.get(path).status, 200, "{path}");
    }
    let mut socket = TcpStream::connect(server.operations).unwrap();
    assert!(ask(&mut socket, "/albums", &ann).starts_with("HTTP/1.1 404"));
    gate.release_one();
}

#[test]
fn a_client_at_its_limit_waits_or_is_rejected_and_another_is_served() {
    let (mut setup, gate) = Setup::gated();
    setup.limits.max_requests_per_client = 1;
    setup.limits.max_queued_requests_per_client = 1;
    let server = TestServer::with(setup);
    let (ann, [first, second]) = server.person_with_photos();
    let (ben, [bens, _]) = server.person_with_photos();
    let running = ann.get_on_thread(&first);
    gate.next_job();
    let waiting = ann.get_on_thread(&second);
    server.wait_for_metric("http_requests_in_flight", 2);
    let rejected = ann.get(&first);
    assert_eq!(rejected.problem(), problem(503, "overloaded"));
    assert!(gate.is_quiet(), "the second request of the client waits");
    let bens = ben.get_on_thread(&bens);
    gate.next_job();
    for _ in 0..3 {
        gate.release_one();
    }
    assert!(bens.join().unwrap().body == expected_thumbnail(*ASTRONAUT, 256));
    assert!(running.join().unwrap().body == expected_thumbnail(*ASTRONAUT, 256));
    assert!(waiting.join().unwrap().body == expected_thumbnail(*ROCKET, 256));
}

#[test]
fn conversions_of_one_person_leave_another_person_the_next_worker() {
    let (setup, gate) = Setup::gated();
    let mut setup = setup.max_running(2);
    setup.admission.max_running_per_person = std::num::NonZeroUsize::MIN;
    let server = TestServer::with(setup);
    let (ann, anns) = server.person_with_photos();
    let (ben, [bens, _]) = server.person_with_photos();
    let anns = anns.map(|path| ann.get_on_thread(&path));
    let first = gate.next_job();
    server.wait_for_metric("conversions_queued", 1);
    assert!(gate.is_quiet(), "one of Ann's waits, although a worker is free");
    let bens = ben.get_on_thread(&bens);
    assert_ne!(gate.next_job().source, first.source);
    for _ in 0..3 {
        gate.release_one();
    }
    assert_eq!(bens.join().unwrap().status, 200);
    assert!(anns.into_iter().all(|request| request.join().unwrap().status == 200));
}
