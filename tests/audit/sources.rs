//! Tests that a service which keys its cache by a part of a photo's URL is found. Each mock service
//! fetches photos as pull mode wants it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use double_exposure::audit::spec::{Mode, SourceVariation};
use double_exposure::audit::{AuditPlan, AuditResults, AuditVerdict, Target};
use double_exposure::codec::Fit;

use crate::mock_service::{audit, changed, plan, send, serve};

/// Returns the part of a photo's URL by which a service keys its cache.
type Key = fn(&str) -> String;

fn without_query(url: &str) -> String {
    url.split('?').next().unwrap().to_owned()
}

fn last_segment(url: &str) -> String {
    url.rsplit('/').next().unwrap().to_owned()
}

fn without_host(url: &str) -> String {
    url.splitn(4, '/').nth(3).unwrap().to_owned()
}

/// Audits a service that keeps each photo by its key, and refuses hosts other than 127.0.0.1 if it
/// has an allow-list.
fn audit_cache(key: Key, has_list: bool, vary: &[SourceVariation]) -> AuditResults {
    let kept: Mutex<HashMap<String, Bytes>> = Mutex::default();
    let address = serve(move |received, stream| {
        let (_, target) = received.target();
        let (size, url) = target.trim_start_matches('/').split_once('/').unwrap();
        if has_list && !url.starts_with("http://127.0.0.1:") {
            return send(stream, "403 Forbidden", "", b"host is not allowed");
        }
        let photo = kept.lock().unwrap().get(&key(url)).cloned();
        let photo = photo.unwrap_or_else(|| {
            let body = ureq::get(url).call().unwrap().body_mut().read_to_vec().unwrap();
            kept.lock().unwrap().insert(key(url), body.clone().into());
            body.into()
        });
        changed(&photo, size.parse().unwrap(), stream, |_| {})
    });
    let url = format!("http://{address}/{{size}}/{{source}}");
    let mut target = Target::from_url(Mode::Pull, &url).unwrap();
    (target.photos.people, target.photos.per_person) = (4, 1);
    (target.photos.width, target.photos.height) = (320, 240);
    target.photos.truncated = false;
    target.thumbnail.sizes = "160".parse().unwrap();
    target.thumbnail.fit = Some(Fit::Cover);
    target.source.vary = vary.to_vec();
    // Each part has its turn twice, however busy the machine is.
    let (enough_conversions, duration) = (Some(4 * 4 * 2), Duration::from_secs(60));
    audit(&AuditPlan { target, enough_conversions, duration, ..plan(address) })
}

#[test]
fn a_key_that_leaves_a_part_of_the_url_out_is_found_by_the_variation_of_that_part() {
    use SourceVariation::{Folder, Host, Name, Query};
    let all = [Name, Query, Folder, Host];
    // Photos on other hosts have the same last segment too.
    let cases: [(Key, &[SourceVariation]); 3] =
        [(without_query, &[Query]), (last_segment, &[Folder, Host]), (without_host, &[Host])];
    for (key, parts) in cases {
        for part in parts {
            let mixed = audit_cache(key, false, &[*part]);
            assert_eq!(mixed.verdict, AuditVerdict::Mixed, "{part:?}: {:?}", mixed.reasons);
        }
        let others: Vec<SourceVariation> =
            all.into_iter().filter(|part| !parts.contains(part)).collect();
        let clean = audit_cache(key, false, &others);
        assert_eq!(clean.verdict, AuditVerdict::Clean, "{parts:?}: {:?}", clean.stats.kinds);
    }
}

#[test]
fn a_whole_url_as_the_key_is_clean_with_every_variation() {
    let all = SourceVariation::ALL.map(|(_, part)| part);
    let results = audit_cache(str::to_owned, false, &all);
    assert_eq!(results.verdict, AuditVerdict::Clean, "{:?}", results.stats.kinds);
    assert!(results.notes.is_empty(), "{:?}", results.notes);
}

#[test]
fn hosts_that_a_service_refuses_are_left_out_and_told() {
    let all = SourceVariation::ALL.map(|(_, part)| part);
    // The first photo's host is allowed, and the others' are not.
    let results = audit_cache(str::to_owned, true, &all);
    let note = &results.notes[0];
    assert!(note.contains("the host only") && note.contains("host is not allowed"), "{note}");
    assert_eq!(results.stats.failures.all(), 0, "{:?}", results.stats.failure_reasons);
}
