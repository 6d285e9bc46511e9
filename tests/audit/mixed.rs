//! Tests that another person's rows are found with their owner, and that rows of the same person
//! are reported and are no mixing. Mock services change some thumbnails in a known way.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use double_exposure::audit::report::{markdown, page, table};
use double_exposure::audit::watermark::Raster;
use double_exposure::audit::{AuditPlan, AuditResults, AuditVerdict, FindingKind, ProbeResult};

use crate::mock_service::{audit, changed, plan, send, serve, thumbnail};

/// Audits a service that mixes every fifth thumbnail with the photo that was posted before it.
fn audit_mixed(mix: fn(&mut Raster, &Raster)) -> AuditResults {
    let state: Mutex<(u32, Option<Bytes>)> = Mutex::default();
    let address = serve(move |received, stream| {
        changed(&received.body, received.size(), stream, |own| {
            let (number, before) = {
                let mut state = state.lock().unwrap();
                state.0 += 1;
                (state.0, state.1.replace(received.body.clone()))
            };
            let before = before.filter(|before| number % 5 == 0 && *before != received.body);
            if let Some(before) = before {
                mix(own, &thumbnail(&before, received.size()).unwrap());
            }
        })
    });
    let mut plan = plan(address);
    plan.target.photos.per_person = 1;
    audit(&plan)
}

#[test]
fn a_tail_of_another_persons_photo_is_found_with_its_owner_and_rows() {
    let results = audit_mixed(|own, other| own.splice(other, own.height - 32..own.height));
    assert_eq!(results.verdict, AuditVerdict::Mixed);
    assert_eq!(results.bound, None);
    let tails =
        results.stats.findings.iter().filter(|finding| finding.evidence.kind == FindingKind::Rows);
    assert!(tails.clone().count() > 0);
    for finding in tails {
        let (rows, size) = (&finding.evidence.rows, finding.request.size);
        let owner = results.photos.all[finding.evidence.photo.unwrap()].owner;
        assert_ne!(owner, results.photos.all[finding.request.photo].owner);
        assert!(rows.start.abs_diff(size - 32) <= 2, "{rows:?}");
        assert_eq!(rows.end, size);
        assert!((1..=4).contains(&finding.in_flight) && !finding.image.is_empty());
    }
}

#[test]
fn whole_swaps_and_blends_are_different_kinds() {
    let whole = audit_mixed(|own, other| own.clone_from(other));
    assert_eq!(whole.verdict, AuditVerdict::Mixed);
    let kinds = |results: &AuditResults| results.stats.kinds.keys().copied().collect::<Vec<_>>();
    assert!(
        kinds(&whole).iter().all(|kind| [FindingKind::Whole, FindingKind::Crossed].contains(kind)),
        "{:?}",
        kinds(&whole)
    );
    let blend = audit_mixed(|own, other| own.blend(other, 0.2));
    assert_eq!(blend.verdict, AuditVerdict::Mixed);
    let mut evidence = blend.stats.findings.iter().map(|finding| &finding.evidence);
    let share = evidence.find(|evidence| evidence.kind == FindingKind::Blend).unwrap().share;
    assert!((0.1..0.3).contains(&share), "{share}");
}

#[test]
fn another_photo_of_the_same_person_is_reported_and_is_no_mixing() {
    let first: Mutex<Option<Bytes>> = Mutex::default();
    let address = serve(move |received, stream| {
        let photo = first.lock().unwrap().get_or_insert(received.body.clone()).clone();
        changed(&photo, received.size(), stream, |_| {})
    });
    let mut plan = plan(address);
    // The service answers every request with one photo: requests for the owner's other photos, and
    // requests for other people's photos.
    plan.target.photos.people = 2;
    plan.target.photos.per_person = 8;
    let results = audit(&plan);
    let kinds = &results.stats.kinds;
    assert!(kinds[&FindingKind::OtherPhoto] > 0 && kinds[&FindingKind::Whole] > 0, "{kinds:?}");
    assert!(results.stats.mixed < results.stats.answers);
    for finding in &results.stats.findings {
        let photos = [finding.request.photo, finding.evidence.photo.unwrap()];
        let [requested, found] = photos.map(|photo| results.photos.all[photo].owner);
        assert_eq!(finding.evidence.kind == FindingKind::OtherPhoto, requested == found);
    }
}

/// Audits a service that keeps the first photo of each name, and ignores later ones.
#[test]
fn an_earlier_version_of_the_photo_is_stale_and_is_no_mixing() {
    let kept: Mutex<std::collections::HashMap<String, Bytes>> = Mutex::default();
    let address = serve(move |received, stream| {
        let path = received.line.split([' ', '?']).nth(1).unwrap().to_owned();
        if received.line.starts_with("PUT") {
            kept.lock().unwrap().entry(path).or_insert(received.body.clone());
            return send(stream, "200 OK", "", b"");
        }
        let photo = kept.lock().unwrap().get(&path).cloned().unwrap();
        changed(&photo, received.size(), stream, |_| {})
    });
    let base = format!("http://{address}").parse().unwrap();
    let text = "name = \"stale\"\nmode = \"push\"\nload = \"thumbnails\"\n\
        base = \"http://127.0.0.1:1\"\n\
        [photos]\npeople = 3\nreplaced = true\nwidth = 320\nheight = 240\n\
        [upload]\npath = \"/{uuid}\"\n\
        [thumbnail]\npath = \"/{uuid}?size={size}\"\nsizes = \"160-191\"\nfit = \"cover\"\n\
        private = false\n";
    let target = double_exposure::audit::Target::parse(text, Some(&base), &|_| None).unwrap();
    let results = audit(&double_exposure::audit::AuditPlan { target, ..plan(address) });
    assert_eq!(results.verdict, AuditVerdict::Clean, "{:?}", results.reasons);
    assert_eq!(results.stats.kinds[&FindingKind::Stale], results.stats.answers);
}

/// Replaces the colours of an image, and keeps its luma.
fn recolour(own: &mut Raster, other: &Raster) {
    let luma = |[red, green, blue]: [u8; 3]| {
        0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
    };
    for (own, other) in own.rgb.as_chunks_mut::<3>().0.iter_mut().zip(other.rgb.as_chunks::<3>().0)
    {
        let lighter = luma(*own) - luma(*other);
        *own = other.map(|level| (f32::from(level) + lighter).round() as u8);
    }
}

#[test]
fn one_answer_with_anothers_planes_or_a_blend_is_enough() {
    let blend: fn(&mut Raster, &Raster) = |own, other| own.blend(other, 0.2);
    for mix in [blend, recolour] {
        let state: Mutex<(u32, Option<Bytes>)> = Mutex::default();
        let address = serve(move |received, stream| {
            changed(&received.body, received.size(), stream, |own| {
                let mut state = state.lock().unwrap();
                let before = state.1.replace(received.body.clone());
                let before = before.and_then(|before| thumbnail(&before, received.size()));
                // A copy of the same photo has other bytes and the same pixels.
                let before = before.filter(|before| before != own);
                state.0 += u32::from(before.is_some());
                // The first requests test that the target is up, and one after them is mixed.
                if let (10, Some(before)) = (state.0, before) {
                    mix(own, &before);
                }
            })
        });
        let mut plan = plan(address);
        plan.target.photos.per_person = 1;
        plan.target.photos.truncated = false;
        (plan.until_found, plan.duration) = (true, Duration::from_secs(60));
        let results = audit(&plan);
        let kinds = &results.stats.kinds;
        assert_eq!((results.verdict, results.stats.mixed), (AuditVerdict::Mixed, 1), "{kinds:?}");
        // Two people's photos can have colours of which the other's plane reads as a blend.
        let expected = [FindingKind::Blend, FindingKind::Planes];
        assert!(kinds.keys().all(|kind| expected.contains(kind)), "{kinds:?}");
    }
}

/// Audits a service in push mode that checks tokens, or does not.
fn audit_tokens(checks_tokens: bool) -> (AuditPlan, AuditResults) {
    let kept: Mutex<std::collections::HashMap<String, (String, Bytes)>> = Mutex::default();
    let address = serve(move |received, stream| {
        let path = received.line.split([' ', '?']).nth(1).unwrap().to_owned();
        if received.line.starts_with("PUT") {
            kept.lock().unwrap().insert(path, (received.token.clone(), received.body.clone()));
            return send(stream, "201 Created", "", b"");
        }
        let (owner, photo) = kept.lock().unwrap().get(&path).cloned().unwrap();
        if checks_tokens && owner != received.token {
            return send(stream, "403 Forbidden", "", b"");
        }
        changed(&photo, received.size(), stream, |_| {})
    });
    let base = format!("http://{address}").parse().unwrap();
    let text = "name = \"tokens\"\nmode = \"push\"\nbase = \"http://127.0.0.1:1\"\n\
        [photos]\npeople = 3\nwidth = 320\nheight = 240\n\
        [upload]\npath = \"/{uuid}\"\nheaders = { authorization = \"{person.number}\" }\n\
        [thumbnail]\npath = \"/{uuid}?size={size}\"\nsizes = \"160-191\"\nfit = \"cover\"\n\
        headers = { authorization = \"{viewer.number}\" }\nprivate = false\n";
    let target = double_exposure::audit::Target::parse(text, Some(&base), &|_| None).unwrap();
    let plan = AuditPlan { target, ..plan(address) };
    let results = audit(&plan);
    (plan, results)
}

#[test]
fn a_service_that_gives_a_stranger_a_thumbnail_is_found_and_one_that_does_not_is_not() {
    let (plan, mut open) = audit_tokens(false);
    assert_eq!(open.stranger, ProbeResult::Violated);
    assert!(open.stats.kinds[&FindingKind::Stranger] > 0, "{:?}", open.stats.kinds);
    // The verdict is about mixing, and no headline says clean beside a stranger.
    assert_eq!(open.verdict, AuditVerdict::Clean, "{:?}", open.reasons);
    for text in [table(&plan, &open), page(&plan, &open, "x"), markdown(&plan, &open)] {
        assert!(!text.contains("clean: ") && !text.contains(">clean<"), "{text}");
        assert!(text.contains("a thumbnail served to a stranger"), "{text}");
    }
    assert!(page(&plan, &open, "x").contains("<h1>Strangers were served"));
    open.fail_on(&[FindingKind::Stale]);
    assert_eq!(open.failed_on, []);
    open.fail_on(&[FindingKind::Stale, FindingKind::Stranger]);
    assert_eq!(open.failed_on, [FindingKind::Stranger]);
    let (plan, closed) = audit_tokens(true);
    assert!(table(&plan, &closed).contains("clean: 0 of "));
    assert_eq!(closed.stranger, ProbeResult::Passed, "{:?}", closed.reasons);
    assert!(!closed.stats.kinds.contains_key(&FindingKind::Stranger));
}
