//! Somebody else's rows are found, with whose they are and which; what belongs to the same person
//! is told, and is no mixing.

use std::sync::Mutex;

use bytes::Bytes;
use double_exposure::audit::{AuditResults, AuditVerdict, AuthorizationProbe, FindingKind};

use crate::scene::{Asked, audit, honest, jpeg, plan, send_jpeg, serve, thumbnail};

type Picture = (u32, Vec<u8>);

/// A service that spoils every fifth thumbnail with the photo that was posted before it.
fn spoilt(spoil: fn(&mut Picture, &Picture)) -> AuditResults {
    let state: Mutex<(u32, Option<Bytes>)> = Mutex::default();
    let address = serve(move |asked: &Asked, stream| {
        let Some(mut own) = thumbnail(&asked.body, asked.size()) else {
            return honest(asked, stream);
        };
        let (number, before) = {
            let mut state = state.lock().unwrap();
            state.0 += 1;
            (state.0, state.1.replace(asked.body.clone()))
        };
        if let Some(before) = before.filter(|before| number % 5 == 0 && *before != asked.body) {
            spoil(&mut own, &thumbnail(&before, asked.size()).unwrap());
        }
        send_jpeg(stream, &jpeg(&own))
    });
    let mut plan = plan(address);
    plan.target.photos.each = 1;
    audit(&plan)
}

fn copy_rows(own: &mut Picture, other: &Picture, from: u32, to: u32) {
    let row = own.0 as usize * 3;
    let bytes = from as usize * row..to as usize * row;
    own.1[bytes.clone()].copy_from_slice(&other.1[bytes]);
}

#[test]
fn a_tail_of_another_persons_photo_is_found_with_its_owner_and_rows() {
    let findings = spoilt(|own, other| copy_rows(own, other, own.0 - 32, own.0));
    assert_eq!(findings.verdict, AuditVerdict::Mixed);
    assert_eq!(findings.bound, None);
    let tails = findings.tally.findings.iter().filter(|found| found.kind == FindingKind::Rows);
    assert!(tails.clone().count() > 0);
    for found in tails {
        let owner = findings.subjects.all[found.found.unwrap()].owner;
        assert_ne!(owner, findings.subjects.all[found.asked].owner);
        assert!(found.rows.start.abs_diff(found.size - 32) <= 2, "{:?}", found.rows);
        assert_eq!(found.rows.end, found.size);
        assert!(found.in_flight == 4 && !found.picture.is_empty());
    }
}

#[test]
fn whole_swaps_and_blends_are_told_apart() {
    let whole = spoilt(|own, other| own.1.clone_from(&other.1));
    assert_eq!(whole.verdict, AuditVerdict::Mixed);
    let kinds = |findings: &AuditResults| findings.tally.kinds.keys().copied().collect::<Vec<_>>();
    assert!(
        kinds(&whole).iter().all(|kind| [FindingKind::Whole, FindingKind::Crossed].contains(kind)),
        "{:?}",
        kinds(&whole)
    );
    let blend = spoilt(|own, other| {
        for (own, other) in own.1.iter_mut().zip(&other.1) {
            *own = ((u32::from(*own) * 4 + u32::from(*other)) / 5) as u8;
        }
    });
    assert_eq!(blend.verdict, AuditVerdict::Mixed);
    let found = blend.tally.findings.iter().find(|found| found.kind == FindingKind::Blend).unwrap();
    assert!((0.1..0.3).contains(&found.share), "{}", found.share);
}

/// Every other photo of the same person is his own: nobody is shown to a stranger.
#[test]
fn another_photo_of_the_same_person_is_told_and_is_no_mixing() {
    let first: Mutex<Option<Bytes>> = Mutex::default();
    let address = serve(move |asked: &Asked, stream| {
        let photo = first.lock().unwrap().get_or_insert(asked.body.clone()).clone();
        match thumbnail(&photo, asked.size()) {
            Some(made) => send_jpeg(stream, &jpeg(&made)),
            None => honest(asked, stream),
        }
    });
    let mut plan = plan(address);
    // One photo is answered to everybody: to its owner's other photos, and to other people.
    plan.target.photos.people = 2;
    plan.target.photos.each = 8;
    let findings = audit(&plan);
    let kinds = &findings.tally.kinds;
    assert!(kinds[&FindingKind::OtherPhoto] > 0 && kinds[&FindingKind::Whole] > 0, "{kinds:?}");
    assert!(findings.tally.mixed < findings.tally.answers);
    for found in &findings.tally.findings {
        let owners = [found.asked, found.found.unwrap()].map(|p| findings.subjects.all[p].owner);
        assert_eq!(found.kind == FindingKind::OtherPhoto, owners[0] == owners[1]);
    }
}

#[test]
fn a_service_that_refuses_photos_cut_short_is_not_blamed_for_it() {
    let findings = audit(&plan(serve(honest)));
    assert_eq!(findings.truncated, AuthorizationProbe::NotApplicable);
    assert!(findings.tally.truncated_refused > 0);
    assert_eq!(findings.tally.failures.all(), 0);
    assert_eq!(findings.verdict, AuditVerdict::Clean);
}

/// A service that keeps the first photo that it was given under a name, whatever comes later.
#[test]
fn an_earlier_version_of_the_photo_is_stale_and_is_no_mixing() {
    let kept: Mutex<std::collections::HashMap<String, Bytes>> = Mutex::default();
    let address = serve(move |asked: &Asked, stream| {
        let path = asked.line.split([' ', '?']).nth(1).unwrap().to_owned();
        if asked.line.starts_with("PUT") {
            kept.lock().unwrap().entry(path).or_insert(asked.body.clone());
            return crate::scene::send(stream, "200 OK", "", b"");
        }
        let photo = kept.lock().unwrap().get(&path).cloned().unwrap();
        match thumbnail(&photo, asked.size()) {
            Some(made) => send_jpeg(stream, &jpeg(&made)),
            None => crate::scene::send(stream, "422 Unprocessable", "", b""),
        }
    });
    let base = format!("http://{address}").parse().unwrap();
    let text = "name = \"stale\"\nmode = \"push\"\nbase = \"http://127.0.0.1:1\"\n\
        [photos]\npeople = 3\nreplaced = true\nwidth = 320\nheight = 240\n\
        [upload]\npath = \"/{uuid}\"\n\
        [thumbnail]\npath = \"/{uuid}?size={size}\"\nsizes = \"160-191\"\nfit = \"cover\"\n\
        private = false\n";
    let target = double_exposure::audit::Target::parse(text, Some(&base), &|_| None).unwrap();
    let findings = audit(&double_exposure::audit::AuditPlan { target, ..plan(address) });
    assert_eq!(findings.verdict, AuditVerdict::Clean, "{:?}", findings.reasons);
    assert_eq!(findings.tally.kinds[&FindingKind::Stale], findings.tally.answers);
}
