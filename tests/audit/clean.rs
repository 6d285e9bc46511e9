//! Services that mix nobody are not accused, however they make their thumbnails; and what a clean
//! verdict proves is said.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use double_exposure::audit::{
    AuditVerdict, AuthorizationProbe, FindingKind, LoadModel, StepStats, bound,
};

use crate::scene::{Asked, PATIENCE, audit, honest, jpeg, plan, send, send_jpeg, serve, thumbnail};

#[test]
fn a_clean_service_is_clean_with_the_bound_that_this_proves() {
    let findings = audit(&plan(serve(honest)));
    let tally = &findings.tally;
    assert_eq!(findings.verdict, AuditVerdict::Clean);
    assert_eq!((tally.mixed, tally.unknown), (0, 0));
    assert_eq!(tally.read, tally.answers);
    assert_eq!(findings.bound, Some(bound(tally.read)));
    assert!(tally.kinds.is_empty(), "{:?}", tally.kinds);
    assert_eq!(findings.stranger, AuthorizationProbe::NotApplicable);
}

#[test]
fn too_few_answers_are_inconclusive_and_never_clean() {
    let mut plan = plan(serve(honest));
    plan.least = 1_000_000;
    let findings = audit(&plan);
    assert_eq!((findings.verdict, findings.bound), (AuditVerdict::Inconclusive, None));
    assert!(findings.reasons[0].contains("1000000"), "{:?}", findings.reasons);
}

#[test]
fn a_house_that_refuses_some_is_clean_and_one_that_refuses_most_inconclusive() {
    for (of_ten, verdict) in [(3, AuditVerdict::Clean), (9, AuditVerdict::Inconclusive)] {
        let number = AtomicU32::new(0);
        let address = serve(move |asked, stream| {
            if number.fetch_add(1, Ordering::Relaxed) % 10 < of_ten {
                return send(stream, "503 Full", "", b"");
            }
            honest(asked, stream)
        });
        let mut plan = plan(address);
        plan.target.photos.truncated = false;
        let findings = audit(&plan);
        assert_eq!(findings.verdict, verdict, "{:?}", findings.reasons);
        assert!(findings.tally.failures.shed > 0);
        assert_eq!(findings.tally.mixed, 0);
    }
}

#[test]
fn watermarks_borders_and_other_sizes_accuse_nobody() {
    let watermark: fn(&mut (u32, Vec<u8>)) = |(side, rgb)| {
        let side = *side as usize;
        for row in side - side / 6..side {
            for column in side / 2..side {
                rgb[(row * side + column) * 3..][..3].fill(((row * column) % 251) as u8);
            }
        }
    };
    let grey: fn(&mut (u32, Vec<u8>)) = |(_, rgb)| {
        for pixel in rgb.chunks_mut(3) {
            let luma = (u32::from(pixel[0]) + u32::from(pixel[1]) + u32::from(pixel[2])) / 3;
            pixel.fill(luma as u8);
        }
    };
    for (name, change) in [("watermark", watermark), ("grey", grey)] {
        let address = serve(move |asked: &Asked, stream| {
            let Some(mut own) = thumbnail(&asked.body, asked.size()) else {
                return honest(asked, stream);
            };
            change(&mut own);
            send_jpeg(stream, &jpeg(&own))
        });
        let findings = audit(&plan(address));
        assert_ne!(findings.verdict, AuditVerdict::Mixed, "{name}: {:?}", findings.tally.kinds);
        assert_eq!(findings.tally.mixed, 0, "{name}");
    }
}

#[test]
fn another_size_and_another_type_are_told_and_are_no_mixing() {
    let address = serve(|asked: &Asked, stream| match thumbnail(&asked.body, 128) {
        Some(made) => send(stream, "200 OK", "content-type: image/png\r\n", &jpeg(&made)),
        None => honest(asked, stream),
    });
    let findings = audit(&plan(address));
    assert_eq!(findings.verdict, AuditVerdict::Clean);
    let kinds: Vec<FindingKind> = findings.tally.kinds.keys().copied().collect();
    assert_eq!(kinds, [FindingKind::Size, FindingKind::Type]);
    assert!(findings.tally.findings.len() <= 6, "milder findings are kept by the handful");
}

#[test]
fn an_open_loop_sends_at_its_rate_and_counts_from_when_a_request_was_due() {
    // The load's first request is answered once its second one has come: whoever waits for an
    // answer before he sends again waits here in vain.
    let arrived = (Mutex::new(0), Condvar::new());
    let address = serve(move |asked: &Asked, stream| {
        let (count, more) = &arrived;
        let mut count = count.lock().unwrap();
        *count += 1;
        more.notify_all();
        // The first of all is the knock at the door, which is not the load's.
        if *count == 2 {
            let waited = more.wait_timeout_while(count, PATIENCE, |count| *count < 3).unwrap();
            assert!(!waited.1.timed_out(), "nothing is sent while a request is under way");
        } else {
            drop(count);
        }
        honest(asked, stream)
    });
    let mut plan = plan(address);
    plan.drives = vec![LoadModel::Open(20.0), LoadModel::Open(40.0)];
    plan.duration = Duration::from_secs(1);
    let findings = audit(&plan);
    let asked: Vec<u64> =
        findings.tally.stages.iter().map(|stage: &StepStats| stage.asked).collect();
    assert_eq!(asked, [11, 21]);
    assert_eq!(findings.verdict, AuditVerdict::Clean);
}
