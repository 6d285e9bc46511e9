//! Tests that an audit of a target that is down, hangs or sends no images ends in time, counts the
//! reason, and is never clean. Each mock service fails in one way.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use double_exposure::audit::{AuditVerdict, Failures};
use image::{ExtendedColorType, ImageEncoder};

use crate::mock_service::{audit, honest, plan, send, send_jpeg, serve};

/// Audits a service, and asserts that every request fails for the same reason.
fn assert_failures(
    respond: impl Fn(&mut TcpStream) -> bool + Send + Sync + 'static,
    reason: fn(Failures) -> u64,
) {
    let mut plan = plan(serve(move |_, stream| respond(stream)));
    plan.target.photos.truncated = false;
    plan.duration = Duration::from_millis(200);
    let results = audit(&plan);
    let failures = results.stats.failures;
    assert_eq!(results.verdict, AuditVerdict::Inconclusive, "{failures:?}");
    assert_eq!(results.bound, None);
    assert!(reason(failures) > 0 && reason(failures) == failures.all(), "{failures:?}");
    assert_eq!(results.stats.answers, 0);
}

#[test]
fn a_target_that_is_down_is_unreachable() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let results = audit(&plan(closed));
    assert_eq!(results.verdict, AuditVerdict::Unreachable);
    assert_eq!(results.stats.requests, 0);
}

#[test]
fn a_target_that_accepts_connections_and_sends_nothing_is_unreachable() {
    // The system completes connections to this socket, and no server reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut plan = plan(silent.local_addr().unwrap());
    plan.timeout = Duration::from_millis(100);
    let results = audit(&plan);
    assert_eq!(results.verdict, AuditVerdict::Unreachable);
    assert!(results.reasons[0].contains("100ms"), "{:?}", results.reasons);
}

#[test]
fn an_audit_of_a_target_that_hangs_later_ends_in_time() {
    let answered = std::sync::atomic::AtomicU32::new(0);
    let address = serve(move |received, stream| {
        if answered.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 20 {
            return honest(received, stream);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n").is_ok()
    });
    let mut plan = plan(address);
    plan.target.photos.truncated = false;
    plan.timeout = Duration::from_millis(200);
    let results = audit(&plan);
    assert_ne!(results.verdict, AuditVerdict::Mixed);
    assert!(results.stats.failures.timeout > 0, "{:?}", results.stats.failures);
}

#[test]
fn endless_bodies_are_cut_at_the_limit() {
    let endless = |stream: &mut TcpStream| {
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\n\r\n";
        let mut sent = stream.write_all(head);
        // Sixteen times the limit: a client that reads all of it has no limit.
        for _ in 0..256 {
            sent = sent.and_then(|()| stream.write_all(&[0xFF; 1 << 16]));
        }
        false
    };
    assert_failures(endless, |failures| failures.too_large);
    let announced = |stream: &mut TcpStream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n");
        false
    };
    assert_failures(announced, |failures| failures.too_large);
}

#[test]
fn each_failure_is_counted_by_its_reason() {
    type Respond = fn(&mut TcpStream) -> bool;
    type Count = fn(Failures) -> u64;
    let half: Respond = |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf");
        false
    };
    let cases: [(Respond, Count); 9] = [
        (|stream| send_jpeg(stream, b"<html>"), |failures| failures.not_an_image),
        (|stream| send_jpeg(stream, &[0xFF, 0xD8, 0xFF, 0xE0]), |failures| failures.not_an_image),
        (|stream| send(stream, "200 OK", "", b""), |failures| failures.not_an_image),
        (|stream| send(stream, "500 No", "", b"no"), |failures| failures.error_status),
        (|stream| stream.write_all(b"what?\r\n\r\n").is_ok(), |failures| failures.broken),
        (half, |failures| failures.broken),
        (
            |stream| send(stream, "307 Round", "location: /t?size=160\r\n", b""),
            |failures| failures.redirects,
        ),
        (
            |stream| send(stream, "302 Off", "location: ftp://127.0.0.1/\r\n", b""),
            |failures| failures.redirects,
        ),
        (
            |stream| send(stream, "200 OK", "content-encoding: gzip\r\n", &[0x1F, 0x8B]),
            |failures| failures.compressed,
        ),
    ];
    for (respond, reason) in cases {
        assert_failures(respond, reason);
    }
}

#[test]
fn a_valid_redirect_is_followed() {
    let address = serve(|received, stream| {
        if received.line.contains("/t?") {
            let location = format!("location: /there?size={}\r\n", received.size());
            return send(stream, "307 There", &location, b"");
        }
        honest(received, stream)
    });
    assert_eq!(audit(&plan(address)).verdict, AuditVerdict::Clean);
}

#[test]
fn decompression_bombs_are_not_unpacked() {
    // 36 million white pixels in a few kilobytes.
    let mut bomb = Vec::new();
    let white = vec![255; 6000 * 6000];
    image::codecs::png::PngEncoder::new(&mut bomb)
        .write_image(&white, 6000, 6000, ExtendedColorType::L8)
        .unwrap();
    assert!(bomb.len() < 1 << 20);
    assert_failures(move |stream| send_jpeg(stream, &bomb), |failures| failures.not_an_image);
}
