//! Tests slow clients, clients that announce a wrong length, send too much or stop reading: the
//! server ends each connection in time, and other clients are not affected. The tests write to the
//! socket directly, since an HTTP client does not do such things.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use double_exposure::codec::limits::MAX_FILE_BYTES;

use crate::client::{Client, Response, album_of, check_documented, new_photo_in};
use crate::test_server::{ASTRONAUT, KEY, Setup, TEST_TIMEOUT, TestServer};

/// Opens a socket whose reads and writes time out.
pub(crate) fn connect(server: &TestServer) -> TcpStream {
    let socket = TcpStream::connect(server.address).unwrap();
    socket.set_read_timeout(Some(TEST_TIMEOUT)).unwrap();
    socket.set_write_timeout(Some(TEST_TIMEOUT)).unwrap();
    socket
}

/// Reads until the server closes the connection.
pub(crate) fn read_rest(socket: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).expect("the server closes the connection in time");
    bytes
}

/// Reads the head of a response, and not one byte more.
pub(crate) fn read_head(socket: &mut impl Read) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Parses bytes that are one response.
pub(crate) fn parse(bytes: &[u8]) -> Response {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    Response { status, headers, body: body.as_bytes().to_vec() }
}

/// Creates a person with an album, and returns the client and a path to upload to.
pub(crate) fn uploader(server: &TestServer) -> (Client, String) {
    let (ann, _) = server.person("Ann");
    let path = new_photo_in(&ann.create_album());
    (ann, path)
}

/// Builds the head of an upload.
pub(crate) fn put(path: &str, client: &Client, more: &str) -> String {
    let token = client.token();
    format!("PUT {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{more}\r\n\r\n")
}

/// Starts a server with short time limits.
fn impatient() -> TestServer {
    TestServer::with(impatient_setup())
}

/// Builds a setup with short time limits.
pub(crate) fn impatient_setup() -> Setup {
    let mut setup = Setup::default();
    setup.limits.head_timeout = Duration::from_millis(300);
    setup.limits.body_pause_timeout = Duration::from_millis(300);
    setup.limits.write_timeout = Duration::from_millis(300);
    setup
}

#[test]
fn a_head_that_does_not_arrive_is_408_and_an_idle_connection_is_closed() {
    let server = impatient();
    let mut slow = connect(&server);
    slow.write_all(b"GET /albums HTTP/1.1\r\nhost: x\r\nauthor").unwrap();
    let response = parse(&read_rest(&mut slow));
    assert_eq!(response.problem(), (408, "request-timeout".to_owned()));
    assert_eq!(response.header("connection"), "close");
    let mut idle = connect(&server);
    assert_eq!(read_rest(&mut idle), b"");
    server.wait_for_metric("http_connections", 1);
}

#[test]
fn a_body_that_stops_is_408_and_nothing_is_stored() {
    let server = impatient();
    let (ann, path) = uploader(&server);
    let mut slow = connect(&server);
    let length = format!("content-length: {}", ASTRONAUT.len());
    slow.write_all(put(&path, &ann, &length).as_bytes()).unwrap();
    slow.write_all(&ASTRONAUT[..1_000]).unwrap();
    let response = parse(&read_rest(&mut slow));
    check_documented("PUT", &path, &response);
    assert_eq!(response.problem(), (408, "request-timeout".to_owned()));
    assert_eq!(ann.get(&path).status, 404);
}

#[test]
fn a_body_that_ends_early_is_not_stored() {
    let server = TestServer::start();
    let (ann, path) = uploader(&server);
    let mut lying = connect(&server);
    let length = format!("content-length: {}", ASTRONAUT.len() + 1);
    lying.write_all(put(&path, &ann, &length).as_bytes()).unwrap();
    lying.write_all(*ASTRONAUT).unwrap();
    lying.shutdown(Shutdown::Write).unwrap();
    let bytes = read_rest(&mut lying);
    if !bytes.is_empty() {
        assert_eq!(parse(&bytes).problem(), (400, "incomplete-body".to_owned()));
    }
    assert_eq!(ann.get(&path).status, 404);

    let mut garbled = connect(&server);
    garbled.write_all(put(&path, &ann, "transfer-encoding: chunked").as_bytes()).unwrap();
    garbled.write_all(b"no length\r\n").unwrap();
    assert_eq!(parse(&read_rest(&mut garbled)).problem(), (400, "incomplete-body".to_owned()));
}

#[test]
fn a_body_that_announces_too_many_bytes_is_413_before_it_is_read() {
    let server = TestServer::start();
    let (ann, path) = uploader(&server);
    let mut large = connect(&server);
    let length = format!("content-length: {}", MAX_FILE_BYTES + 1);
    large.write_all(put(&path, &ann, &length).as_bytes()).unwrap();
    let mut first = [0; 12];
    large.read_exact(&mut first).expect("the response comes before the body");
    assert_eq!(&first, b"HTTP/1.1 413");
    // A client that sends the whole body before it reads still gets the response.
    let mut deaf = connect(&server);
    deaf.write_all(put(&path, &ann, &length).as_bytes()).unwrap();
    let piece = vec![0; 1 << 20];
    for _ in 0..MAX_FILE_BYTES >> 20 {
        deaf.write_all(&piece).unwrap();
    }
    deaf.write_all(&[0]).unwrap();
    let response = parse(&read_rest(&mut deaf));
    check_documented("PUT", &path, &response);
    assert_eq!(response.problem(), (413, "content-too-large".to_owned()));
}

#[test]
fn a_body_without_an_announced_length_is_counted() {
    let server = TestServer::start();
    let (ann, path) = uploader(&server);
    let mut large = connect(&server);
    large.write_all(put(&path, &ann, "transfer-encoding: chunked").as_bytes()).unwrap();
    let mut chunk = b"100000\r\n".to_vec();
    chunk.resize(chunk.len() + (1 << 20), 0);
    chunk.extend(b"\r\n");
    for _ in 0..=MAX_FILE_BYTES >> 20 {
        large.write_all(&chunk).unwrap();
    }
    let response = parse(&read_rest(&mut large));
    assert_eq!(response.problem(), (413, "content-too-large".to_owned()));

    let mut honest = connect(&server);
    honest.write_all(put(&path, &ann, "transfer-encoding: chunked").as_bytes()).unwrap();
    honest.write_all(format!("{:x}\r\n", ASTRONAUT.len()).as_bytes()).unwrap();
    honest.write_all(*ASTRONAUT).unwrap();
    honest.write_all(b"\r\n0\r\n\r\n").unwrap();
    let mut first = [0; 12];
    honest.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 201");
}

#[test]
fn a_stranger_is_rejected_before_the_body_is_read() {
    let server = TestServer::start();
    let ((_, path), (ben, _)) = (uploader(&server), uploader(&server));
    let guesser = server.anonymous().with_token("a guess");
    let length = format!("content-length: {}", 32 << 20);
    for (client, status) in [(guesser, b"HTTP/1.1 401"), (ben, b"HTTP/1.1 404")] {
        let mut stranger = connect(&server);
        stranger.write_all(put(&path, &client, &length).as_bytes()).unwrap();
        let mut first = [0; 12];
        stranger.read_exact(&mut first).unwrap();
        assert_eq!(&first, status);
    }
}

#[test]
fn a_client_that_stops_reading_is_disconnected() {
    let server = impatient();
    let (ann, _) = server.person("Ann");
    let (ben, ben_id) = server.person("Ben");
    let ben = ben.token();
    let path = ann.upload(*ASTRONAUT);
    ann.put(&format!("{}/members/{ben_id}", album_of(&path)), &[]);
    let mut deaf = connect(&server);
    // The responses are larger than the system's buffers.
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ben}\r\n\r\n");
    for _ in 0..1_000 {
        deaf.write_all(head.as_bytes()).unwrap();
    }
    // The remaining connection asks for the metric.
    server.wait_for_metric("http_connections", 1);
}

#[test]
fn one_connection_serves_many_requests_and_a_head_request_gets_only_the_head() {
    let server = TestServer::start();
    let path = "/albums";
    let mut socket = connect(&server);
    for _ in 0..2 {
        let head =
            format!("HEAD {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n\r\n");
        socket.write_all(head.as_bytes()).unwrap();
        let response = read_head(&mut socket);
        assert!(response.starts_with("HTTP/1.1 401"), "the operator is not a person: {response}");
    }
}
