//! Tests clients that read or write slowly: they hold few bytes, they are disconnected, and they
//! leave other people their room.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::LazyLock;

use double_exposure::album::RecordKind;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use crate::client::{Client, album_of, new_photo_in, problem};
use crate::connections::{connect, impatient_setup, parse, put, read_head, read_rest, uploader};
use crate::test_server::{ASTRONAUT, Setup, TestServer};

/// Photo of 3 MiB, more than the buffers of two sockets hold.
static LARGE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let side = 1_024_u32;
    let pixels: Vec<u8> =
        (0..side * side * 3).map(|index| (index.wrapping_mul(index) >> 7) as u8).collect();
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Uncompressed, FilterType::NoFilter)
        .write_image(&pixels, side, side, ExtendedColorType::Rgb8)
        .unwrap();
    png
});

/// Creates people who are members of the album of a large photo. Returns the photo's path.
fn people_with_a_photo<const N: usize>(server: &TestServer) -> (String, [Client; N]) {
    let (owner, _) = server.person("Ann");
    let path = owner.upload(&LARGE);
    let people = [(); N].map(|()| {
        let (person, id) = server.person("Ben");
        assert_eq!(owner.put(&format!("{}/members/{id}", album_of(&path)), &[]).status, 204);
        person
    });
    (path, people)
}

#[test]
fn what_slow_clients_have_not_taken_stays_below_the_bound_and_a_quick_one_gets_the_whole() {
    let mut setup = Setup::default();
    setup.limits.max_download_bytes = 4 << 20;
    let server = TestServer::with(setup);
    let (path, people) = people_with_a_photo::<8>(&server);
    let ask = |person: &Client| -> [TcpStream; 2] {
        [(); 2].map(|()| {
            let mut socket = server.send_only(person, &path);
            assert!(read_head(&mut socket).starts_with("HTTP/1.1 200"));
            socket
        })
    };
    // Each of these responses has 3 MiB, and no client reads one.
    let unread: Vec<_> = people[1..].iter().take(3).map(ask).collect();
    let held = server.metric("download_bytes");
    assert!((1..=4 << 20).contains(&held), "{held} bytes");
    assert!(people[0].get(&path).body == *LARGE, "there is room for another client");
    drop(unread);
    server.wait_for_metric("download_bytes", 0);
}

#[test]
fn one_client_that_reads_nothing_leaves_other_clients_their_room() {
    let mut setup = Setup::default();
    setup.limits.max_download_bytes = 4 << 20;
    let server = TestServer::with(setup);
    let (path, [slow, quick]) = people_with_a_photo(&server);
    let unread: Vec<_> = (0..8).map(|_| server.send_only(&slow, &path)).collect();
    // A quarter of the room: two pieces.
    server.wait_for_metric("download_bytes", 1 << 20);
    assert!(quick.get(&path).body == *LARGE);
    assert_eq!(server.metric("download_bytes"), 1 << 20);
    drop(unread);
}

#[test]
fn a_thumbnail_that_has_no_room_is_503_and_not_recorded_as_shown() {
    let mut setup = Setup::default();
    setup.limits.max_download_bytes = 4 << 20;
    let server = TestServer::with(setup);
    let (path, [slow]) = people_with_a_photo(&server);
    let shown = || {
        let records = server.ledger();
        records.iter().filter(|record| matches!(record.kind, RecordKind::Shown { .. })).count()
    };
    let thumbnail = format!("{path}/thumbnail?size=1024");
    let unread: Vec<_> = (0..8).map(|_| server.send_only(&slow, &path)).collect();
    server.wait_for_metric("download_bytes", 1 << 20);
    assert_eq!(slow.get(&thumbnail).problem(), problem(503, "overloaded"));
    assert_eq!(shown(), 0);
    drop(unread);
    server.wait_for_metric("download_bytes", 0);
    let response = slow.get(&thumbnail);
    assert_eq!((response.status, shown()), (200, 1));
    assert!(response.body.len() > 64 << 10, "{} bytes", response.body.len());
}

#[test]
fn a_client_that_reads_slower_than_the_minimum_rate_is_disconnected() {
    let mut setup = impatient_setup();
    setup.limits.min_bytes_per_second = 1 << 30;
    let server = TestServer::with(setup);
    let (path, [slow]) = people_with_a_photo(&server);
    let mut socket = server.send_only(&slow, &path);
    read_head(&mut socket);
    // One byte at a time, without a pause.
    let mut received = 0;
    while let Ok(1) = socket.read(&mut [0]) {
        received += 1;
    }
    assert!(received < LARGE.len(), "the response was cut");
    server.wait_for_metric("download_bytes", 0);
}

#[test]
fn a_client_that_writes_slower_than_the_minimum_rate_is_408() {
    let mut setup = impatient_setup();
    setup.limits.min_bytes_per_second = 1 << 30;
    let server = TestServer::with(setup);
    let (ann, path) = uploader(&server);
    let mut slow = connect(&server);
    slow.write_all(put(&path, &ann, &format!("content-length: {}", LARGE.len())).as_bytes())
        .unwrap();
    slow.set_nodelay(true).unwrap();
    // One byte at a time, without a pause, until the server has answered and closed.
    for byte in LARGE.iter() {
        if slow.write_all(&[*byte]).is_err() {
            break;
        }
    }
    assert_eq!(parse(&read_rest(&mut slow)).problem(), problem(408, "request-timeout"));
}

#[test]
fn uploads_that_do_not_arrive_take_no_room_from_others() {
    let server = TestServer::start();
    let ((slow, _), (quick, path)) = (uploader(&server), uploader(&server));
    let album = slow.create_album();
    let stopped: Vec<_> = (0..8)
        .map(|_| {
            let mut socket = connect(&server);
            let length = format!("content-length: {}", 32 << 20);
            let head = put(&new_photo_in(&album), &slow, &length);
            socket.write_all(head.as_bytes()).unwrap();
            socket.write_all(&ASTRONAUT[..1]).unwrap();
            socket
        })
        .collect();
    // Two of them have their turn: a person's share holds two uploads of this length.
    server.wait_for_metric("upload_bytes", 2 * (256 << 10));
    assert_eq!(quick.put(&path, *ASTRONAUT).status, 201);
    drop(stopped);
    server.wait_for_metric("upload_bytes", 0);
}
