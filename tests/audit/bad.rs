//! Targets that are down, hang, send rubbish or never end: each is bounded, counted by its reason,
//! and never clean.

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use double_exposure::audit::{AuditResults, AuditVerdict, Failures};
use image::{ExtendedColorType, ImageEncoder};

use crate::scene::{Asked, audit, honest, plan, send, send_jpeg, serve};

/// Runs an audit of a service that answers so, and finds nothing but one kind of failure.
fn fails(
    answer: impl Fn(&Asked, &mut std::net::TcpStream) -> bool + Send + Sync + 'static,
    reason: fn(Failures) -> u64,
) -> AuditResults {
    let mut plan = plan(serve(answer));
    plan.target.photos.truncated = false;
    plan.duration = Duration::from_millis(200);
    let findings = audit(&plan);
    let failures = findings.tally.failures;
    assert_eq!(findings.verdict, AuditVerdict::Inconclusive, "{failures:?}");
    assert_eq!(findings.bound, None);
    assert!(reason(failures) > 0 && reason(failures) == failures.all(), "{failures:?}");
    assert_eq!(findings.tally.answers, 0);
    findings
}

#[test]
fn a_target_that_is_down_is_unreachable() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let findings = audit(&plan(closed));
    assert_eq!(findings.verdict, AuditVerdict::Unreachable);
    assert_eq!(findings.tally.asked, 0);
}

#[test]
fn a_target_that_takes_connections_and_says_nothing_is_unreachable() {
    // Bound, and nobody accepts: the system does, and that is all.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut plan = plan(silent.local_addr().unwrap());
    plan.timeout = Duration::from_millis(100);
    let findings = audit(&plan);
    assert_eq!(findings.verdict, AuditVerdict::Unreachable);
    assert!(findings.reasons[0].contains("100ms"), "{:?}", findings.reasons);
}

#[test]
fn a_target_that_hangs_after_a_while_is_given_up_in_time() {
    let answered = std::sync::atomic::AtomicU32::new(0);
    let address = serve(move |asked, stream| {
        if answered.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 20 {
            return honest(asked, stream);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n").is_ok()
    });
    let mut plan = plan(address);
    plan.target.photos.truncated = false;
    plan.timeout = Duration::from_millis(200);
    let findings = audit(&plan);
    assert_ne!(findings.verdict, AuditVerdict::Mixed);
    assert!(findings.tally.failures.silent > 0, "{:?}", findings.tally.failures);
}

#[test]
fn endless_bodies_end_at_the_limit() {
    let endless = |_: &Asked, stream: &mut std::net::TcpStream| {
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\n\r\n";
        let mut sent = stream.write_all(head);
        // Sixteen times what an answer may have: whoever takes all of it has no limit.
        for _ in 0..256 {
            sent = sent.and_then(|()| stream.write_all(&[0xFF; 1 << 16]));
        }
        false
    };
    fails(endless, |failures| failures.too_long);
    let announced = |_: &Asked, stream: &mut std::net::TcpStream| {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n";
        let _ = stream.write_all(head);
        false
    };
    fails(announced, |failures| failures.too_long);
}

#[test]
fn rubbish_is_no_answer() {
    fails(|_, stream| send_jpeg(stream, b"<html>"), |failures| failures.rubbish);
    fails(|_, stream| send_jpeg(stream, &[0xFF, 0xD8, 0xFF, 0xE0]), |failures| failures.rubbish);
    fails(|_, stream| send(stream, "200 OK", "", b""), |failures| failures.rubbish);
    fails(|_, stream| send(stream, "500 No", "", b"no"), |failures| failures.refused);
    fails(|_, stream| stream.write_all(b"what?\r\n\r\n").is_ok(), |failures| failures.broken);
    let half = |_: &Asked, stream: &mut std::net::TcpStream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf");
        false
    };
    fails(half, |failures| failures.broken);
}

#[test]
fn redirects_in_a_circle_are_left() {
    let circle = |_: &Asked, stream: &mut std::net::TcpStream| {
        send(stream, "307 Round", "location: /t?size=160\r\n", b"")
    };
    fails(circle, |failures| failures.redirects);
    let encrypted = |_: &Asked, stream: &mut std::net::TcpStream| {
        send(stream, "302 Off", "location: https://127.0.0.1/\r\n", b"")
    };
    fails(encrypted, |failures| failures.redirects);
}

#[test]
fn a_redirect_that_leads_somewhere_is_followed() {
    let address = serve(|asked: &Asked, stream| {
        if asked.line.contains("/t?") {
            let location = format!("location: /there?size={}\r\n", asked.size());
            return send(stream, "307 There", &location, b"");
        }
        honest(asked, stream)
    });
    assert_eq!(audit(&plan(address)).verdict, AuditVerdict::Clean);
}

#[test]
fn bombs_are_not_unpacked() {
    let gzip = |_: &Asked, stream: &mut std::net::TcpStream| {
        send(stream, "200 OK", "content-encoding: gzip\r\n", &[0x1F, 0x8B])
    };
    fails(gzip, |failures| failures.encoded);
    // 36 million white pixels in a few kilobytes.
    let mut bomb = Vec::new();
    let white = vec![255; 6000 * 6000];
    image::codecs::png::PngEncoder::new(&mut bomb)
        .write_image(&white, 6000, 6000, ExtendedColorType::L8)
        .unwrap();
    assert!(bomb.len() < 1 << 20);
    fails(move |_, stream| send_jpeg(stream, &bomb), |failures| failures.rubbish);
}
