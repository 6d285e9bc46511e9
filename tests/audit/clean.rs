//! Tests that a service without a fault is not reported as mixed, and that a clean verdict comes
//! with its upper bound. Mock services change thumbnails, refuse requests, or delay responses.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use double_exposure::audit::watermark::Raster;
use double_exposure::audit::{
    AuditVerdict, FindingKind, LoadModel, ProbeResult, StepStats, upper_bound,
};

use crate::mock_service::{
    SOCKET_TIMEOUT, audit, changed, honest, jpeg, plan, send, serve, thumbnail,
};

#[test]
fn a_clean_service_that_refuses_truncated_photos_is_clean_with_its_upper_bound() {
    let results = audit(&plan(serve(honest)));
    let stats = &results.stats;
    assert_eq!(results.verdict, AuditVerdict::Clean);
    assert_eq!((stats.mixed, stats.unknown), (0, 0));
    assert_eq!(stats.read, stats.answers);
    assert_eq!(results.bound, Some(upper_bound(stats.conversions)));
    assert!(stats.kinds.is_empty(), "{:?}", stats.kinds);
    assert_eq!(
        (results.stranger, results.truncated),
        (ProbeResult::NotApplicable, ProbeResult::NotApplicable)
    );
    assert!(stats.truncated_refused > 0);
    assert_eq!(stats.failures.all(), 0);
}

#[test]
fn too_few_answers_are_inconclusive_and_never_clean() {
    let mut plan = plan(serve(honest));
    plan.min_conversions = 1_000_000;
    let results = audit(&plan);
    assert_eq!((results.verdict, results.bound), (AuditVerdict::Inconclusive, None));
    assert!(results.reasons[0].contains("1000000"), "{:?}", results.reasons);
}

#[test]
fn a_service_that_sheds_some_requests_is_clean_and_one_that_sheds_most_is_inconclusive() {
    for (of_ten, verdict) in [(3, AuditVerdict::Clean), (9, AuditVerdict::Inconclusive)] {
        let number = AtomicU32::new(0);
        let address = serve(move |received, stream| {
            if number.fetch_add(1, Ordering::Relaxed) % 10 < of_ten {
                return send(stream, "503 Full", "", b"");
            }
            honest(received, stream)
        });
        let mut plan = plan(address);
        plan.target.photos.truncated = false;
        let results = audit(&plan);
        assert_eq!(results.verdict, verdict, "{:?}", results.reasons);
        assert!(results.stats.failures.shed > 0);
        assert_eq!(results.stats.mixed, 0);
    }
}

#[test]
fn a_visible_sign_and_grey_colours_are_no_mixing() {
    let sign: fn(&mut Raster) = |Raster { width, rgb, .. }| {
        let side = *width as usize;
        for row in side - side / 6..side {
            for column in side / 2..side {
                rgb[(row * side + column) * 3..][..3].fill(((row * column) % 251) as u8);
            }
        }
    };
    let grey: fn(&mut Raster) = |image| {
        for pixel in image.rgb.chunks_mut(3) {
            let luma = (u32::from(pixel[0]) + u32::from(pixel[1]) + u32::from(pixel[2])) / 3;
            pixel.fill(luma as u8);
        }
    };
    for (name, change) in [("sign", sign), ("grey", grey)] {
        let address =
            serve(move |received, stream| changed(&received.body, received.size(), stream, change));
        let results = audit(&plan(address));
        assert_ne!(results.verdict, AuditVerdict::Mixed, "{name}: {:?}", results.stats.kinds);
        assert_eq!(results.stats.mixed, 0, "{name}");
    }
}

#[test]
fn another_size_and_another_type_are_reported_and_are_no_mixing() {
    let address = serve(|received, stream| match thumbnail(&received.body, 128) {
        Some(image) => send(stream, "200 OK", "content-type: image/png\r\n", &jpeg(&image)),
        None => honest(received, stream),
    });
    let results = audit(&plan(address));
    assert_eq!(results.verdict, AuditVerdict::Clean);
    let kinds: Vec<FindingKind> = results.stats.kinds.keys().copied().collect();
    assert_eq!(kinds, [FindingKind::Size, FindingKind::Type]);
    assert!(
        results.stats.findings.len() <= 6,
        "at most three findings of each other kind are kept"
    );
}

#[test]
fn an_open_loop_sends_at_its_rate_without_waiting_for_responses() {
    // The load's first request is answered once the second request has arrived, so a client that
    // waits for a response before the next request fails here.
    let arrived = (Mutex::new(0), Condvar::new());
    let address = serve(move |received, stream| {
        let (count, more) = &arrived;
        let mut count = count.lock().unwrap();
        *count += 1;
        more.notify_all();
        // The first request of all tests that the target is up, and does not belong to the load.
        if *count == 2 {
            let waited =
                more.wait_timeout_while(count, SOCKET_TIMEOUT, |count| *count < 3).unwrap();
            assert!(!waited.1.timed_out(), "no request is sent while another one is in flight");
        } else {
            drop(count);
        }
        honest(received, stream)
    });
    let mut plan = plan(address);
    plan.load = vec![LoadModel::Open(20.0), LoadModel::Open(40.0)];
    plan.duration = Duration::from_secs(1);
    let results = audit(&plan);
    let requests: Vec<u64> =
        results.stats.steps.iter().map(|step: &StepStats| step.requests).collect();
    assert_eq!(requests, [11, 21]);
    assert_ne!(results.verdict, AuditVerdict::Mixed);
}
