//! Tests that answers whose file ends early are read as far as they go, and that bodies which no
//! decoder takes count as unread.

use std::sync::Mutex;

use bytes::Bytes;
use double_exposure::audit::{AuditResults, AuditVerdict, FindingKind};

use crate::mock_service::{audit, honest, jpeg, plan, send_jpeg, serve, thumbnail};

/// Audits a service whose every fourth answer is `change` of the own file and of the file of the
/// photo that was posted before.
fn audit_changed(change: fn(Vec<u8>, Vec<u8>) -> Vec<u8>) -> AuditResults {
    let state: Mutex<(u32, Option<Bytes>)> = Mutex::default();
    let address = serve(move |received, stream| {
        let Some(own) = thumbnail(&received.body, received.size()) else {
            return honest(received, stream);
        };
        let (number, before) = {
            let mut state = state.lock().unwrap();
            state.0 += 1;
            (state.0, state.1.replace(received.body.clone()))
        };
        let before = before.filter(|before| number % 4 == 0 && *before != received.body);
        let own = jpeg(&own);
        send_jpeg(
            stream,
            &match before {
                None => own,
                Some(before) => change(own, jpeg(&thumbnail(&before, received.size()).unwrap())),
            },
        )
    });
    let mut plan = plan(address);
    plan.target.photos.per_person = 1;
    audit(&plan)
}

fn cut(mut file: Vec<u8>, percent: usize) -> Vec<u8> {
    file.truncate(file.len() * percent / 100);
    file
}

#[test]
fn another_persons_photo_that_is_cut_is_mixed_with_its_owner() {
    let results = audit_changed(|_, other| cut(other, 95));
    assert_eq!(results.verdict, AuditVerdict::Mixed, "{:?}", results.stats.kinds);
    let stats = &results.stats;
    assert_eq!((stats.unknown, stats.failures.not_an_image), (0, 0));
    assert!(stats.kinds.contains_key(&FindingKind::Cut), "{:?}", stats.kinds);
    for finding in stats.findings.iter().filter(|f| f.evidence.kind.is_mixing()) {
        assert!([FindingKind::Whole, FindingKind::Crossed].contains(&finding.evidence.kind));
        let size = finding.request.size;
        assert!(
            finding.evidence.rows.end < size,
            "a row that the file does not hold is no evidence"
        );
        assert!(finding.evidence.rows.len() as u32 > size * 7 / 10);
    }
}

#[test]
fn a_cut_photo_of_the_owner_is_reported_and_is_no_mixing() {
    let results = audit_changed(|own, _| cut(own, 70));
    assert_eq!(results.verdict, AuditVerdict::Clean, "{:?}", results.reasons);
    let kinds: Vec<_> = results.stats.kinds.keys().copied().collect();
    assert_eq!(kinds, [FindingKind::Cut]);
    assert_eq!(results.stats.read, results.stats.answers);
}

#[test]
fn bodies_that_cannot_be_decoded_count_as_unread() {
    let results = audit_changed(|_, other| cut(other, 5));
    assert_eq!(results.verdict, AuditVerdict::Inconclusive);
    assert!(results.reasons[0].contains("could not be read"), "{:?}", results.reasons);
}

#[test]
fn an_answer_that_cannot_be_read_keeps_its_picture() {
    let results = audit_changed(|own, _| {
        let (width, height) = (jpeg_side(&own), jpeg_side(&own));
        let rgb = (0..width * height).flat_map(|pixel| [(pixel * 7919 % 251) as u8; 3]).collect();
        jpeg(&double_exposure::audit::watermark::Raster { width, height, rgb })
    });
    assert_eq!(results.verdict, AuditVerdict::Inconclusive, "{:?}", results.stats.kinds);
    let stats = &results.stats;
    assert_eq!(stats.kinds[&FindingKind::Unread], stats.unknown);
    let kept = stats.findings.iter().filter(|f| f.evidence.kind == FindingKind::Unread);
    assert_eq!(kept.clone().count() as u64, stats.unknown.min(3));
    assert!(kept.clone().all(|finding| !finding.image.is_empty()));
}

fn jpeg_side(file: &[u8]) -> u32 {
    double_exposure::codec::probe(file).unwrap().width
}
