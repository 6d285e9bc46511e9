//! Clients that are slow, lie about their bodies, send too much or hang up: each is let go, and
//! nobody else notices. These write to the socket by hand, since no decent client does such things.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::client::{Answer, check};
use crate::service::{ASTRONAUT, KEY, PATIENCE, Service, Setup, photo_of, uuid};

/// A socket that never waits for ever.
fn connect(service: &Service) -> TcpStream {
    let socket = TcpStream::connect(service.address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// What comes until the server closes the connection.
fn rest(socket: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).expect("the server closes the connection in time");
    bytes
}

/// An answer's head, and nothing behind it.
fn head(socket: &mut impl Read) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// The one answer in some bytes.
fn answer(bytes: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    Answer { status, headers, body: body.as_bytes().to_vec() }
}

/// A member's token, and where he may upload to.
fn uploader(service: &Service) -> (String, String) {
    let token = service.operator().post("/people", "{\"name\":\"Ann\"}").text("token");
    let ann = service.nobody().with(&token);
    let album = ann.post("/albums", "{\"title\":\"Summer\"}").text("album");
    (token, format!("/albums/{album}/photos/{}", uuid()))
}

fn put(path: &str, token: &str, more: &str) -> String {
    format!("PUT {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{more}\r\n\r\n")
}

fn hurried() -> Service {
    let mut setup = Setup::default();
    setup.limits.head = Duration::from_millis(300);
    setup.limits.body_pause = Duration::from_millis(300);
    setup.limits.write = Duration::from_millis(300);
    Service::with(setup)
}

#[test]
fn a_head_that_does_not_arrive_is_408_and_an_idle_connection_is_just_closed() {
    let service = hurried();
    let mut slow = connect(&service);
    slow.write_all(b"GET /albums HTTP/1.1\r\nhost: x\r\nauthor").unwrap();
    let answer = answer(&rest(&mut slow));
    assert_eq!(answer.problem(), (408, "slow-request".to_owned()));
    assert_eq!(answer.header("connection"), "close");
    let mut idle = connect(&service);
    assert_eq!(rest(&mut idle), b"");
    service.until("connections", 1);
}

#[test]
fn a_body_that_stops_is_408_and_nothing_is_stored() {
    let service = hurried();
    let (token, path) = uploader(&service);
    let mut slow = connect(&service);
    let length = format!("content-length: {}", ASTRONAUT.len());
    slow.write_all(put(&path, &token, &length).as_bytes()).unwrap();
    slow.write_all(&ASTRONAUT[..1_000]).unwrap();
    let answer = answer(&rest(&mut slow));
    check("PUT", &path, &answer);
    assert_eq!(answer.problem(), (408, "slow-request".to_owned()));
    assert_eq!(service.nobody().with(&token).get(&path).status, 404);
}

#[test]
fn a_body_that_breaks_off_is_never_stored() {
    let service = Service::start();
    let (token, path) = uploader(&service);
    let mut lying = connect(&service);
    let length = format!("content-length: {}", ASTRONAUT.len() + 1);
    lying.write_all(put(&path, &token, &length).as_bytes()).unwrap();
    lying.write_all(*ASTRONAUT).unwrap();
    lying.shutdown(Shutdown::Write).unwrap();
    let bytes = rest(&mut lying);
    if !bytes.is_empty() {
        assert_eq!(answer(&bytes).problem(), (400, "bad-body".to_owned()));
    }
    assert_eq!(service.nobody().with(&token).get(&path).status, 404);

    let mut garbled = connect(&service);
    garbled.write_all(put(&path, &token, "transfer-encoding: chunked").as_bytes()).unwrap();
    garbled.write_all(b"no length\r\n").unwrap();
    assert_eq!(answer(&rest(&mut garbled)).problem(), (400, "bad-body".to_owned()));
}

#[test]
fn a_body_that_says_it_is_too_large_is_413_before_it_is_read() {
    let service = Service::start();
    let (token, path) = uploader(&service);
    let mut large = connect(&service);
    let length = format!("content-length: {}", (32 << 20) + 1);
    large.write_all(put(&path, &token, &length).as_bytes()).unwrap();
    let mut first = [0; 12];
    large.read_exact(&mut first).expect("the answer comes before the body");
    assert_eq!(&first, b"HTTP/1.1 413");
    // And whoever sends it all the same before he listens still hears it.
    let mut deaf = connect(&service);
    deaf.write_all(put(&path, &token, &length).as_bytes()).unwrap();
    let piece = vec![0; 1 << 20];
    for _ in 0..32 {
        deaf.write_all(&piece).unwrap();
    }
    deaf.write_all(&[0]).unwrap();
    let answer = answer(&rest(&mut deaf));
    check("PUT", &path, &answer);
    assert_eq!(answer.problem(), (413, "too-large".to_owned()));
}

#[test]
fn a_body_that_does_not_say_how_large_it_is_is_counted() {
    let service = Service::start();
    let (token, path) = uploader(&service);
    let mut large = connect(&service);
    large.write_all(put(&path, &token, "transfer-encoding: chunked").as_bytes()).unwrap();
    let mut chunk = b"100000\r\n".to_vec();
    chunk.resize(chunk.len() + (1 << 20), 0);
    chunk.extend(b"\r\n");
    for _ in 0..33 {
        large.write_all(&chunk).unwrap();
    }
    let answer = answer(&rest(&mut large));
    assert_eq!(answer.problem(), (413, "too-large".to_owned()));

    let mut honest = connect(&service);
    honest.write_all(put(&path, &token, "transfer-encoding: chunked").as_bytes()).unwrap();
    honest.write_all(format!("{:x}\r\n", ASTRONAUT.len()).as_bytes()).unwrap();
    honest.write_all(*ASTRONAUT).unwrap();
    honest.write_all(b"\r\n0\r\n\r\n").unwrap();
    let mut first = [0; 12];
    honest.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 201");
}

#[test]
fn a_stranger_is_refused_before_his_body_is_read() {
    let service = Service::start();
    let ((_, path), (bens_token, _)) = (uploader(&service), uploader(&service));
    let length = format!("content-length: {}", 32 << 20);
    for (token, refusal) in [("nobody", b"HTTP/1.1 401"), (&bens_token, b"HTTP/1.1 404")] {
        let mut stranger = connect(&service);
        stranger.write_all(put(&path, token, &length).as_bytes()).unwrap();
        let mut first = [0; 12];
        stranger.read_exact(&mut first).unwrap();
        assert_eq!(&first, refusal);
    }
}

#[test]
fn a_client_that_takes_nothing_is_let_go() {
    let service = hurried();
    let (ann, _) = service.person("Ann");
    let token = service.operator().post("/people", "{\"name\":\"Ben\"}");
    let (ben, ben_id) = (token.text("token"), token.text("person"));
    let path = photo_of(&ann, *ASTRONAUT);
    ann.put(&format!("{}/members/{ben_id}", path.split("/photos").next().unwrap()), &[]);
    let mut deaf = connect(&service);
    // More than the system's buffers hold.
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ben}\r\n\r\n");
    for _ in 0..1_000 {
        deaf.write_all(head.as_bytes()).unwrap();
    }
    // The one who asks for the metric.
    service.until("connections", 1);
}

#[test]
fn connections_beyond_the_limit_wait_and_are_served_when_others_end() {
    let mut setup = Setup::default();
    setup.limits.connections = 2;
    let service = Service::with(setup);
    let held = [connect(&service), connect(&service)];
    let mut third = connect(&service);
    third.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    // Time enough for many answers, if the server took a third.
    for mut socket in &held {
        for _ in 0..100 {
            socket.write_all(b"HEAD /albums HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            assert!(head(&mut socket).starts_with("HTTP/1.1 401"));
        }
    }
    third.set_nonblocking(true).unwrap();
    let nothing = third.peek(&mut [0]).expect_err("the third waits");
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    third.set_nonblocking(false).unwrap();
    drop(held);
    assert_eq!(answer(&rest(&mut third)).status, 200);
}

#[test]
fn one_connection_serves_many_requests_and_a_head_only_gets_the_head() {
    let service = Service::start();
    let path = "/albums";
    let mut socket = connect(&service);
    for _ in 0..2 {
        let head =
            format!("HEAD {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n\r\n");
        socket.write_all(head.as_bytes()).unwrap();
        let answered = self::head(&mut socket);
        assert!(answered.starts_with("HTTP/1.1 401"), "the operator is no person: {answered}");
    }
}
