//! Tests thumbnails: each is of its photo, in the requested size and fit, is cached, and is
//! recorded in the ledger before it is shown.

use double_exposure::album::RecordKind;
use double_exposure::codec;

use crate::client::{album_of, problem};
use crate::test_server::{ASTRONAUT, TestServer, expected_thumbnail};

#[test]
fn a_thumbnail_has_the_expected_bytes_and_is_cached() {
    let server = TestServer::start();
    let (ann, _) = server.person("Ann");
    let thumbnail = ann.upload_for_thumbnail(*ASTRONAUT);
    let made = ann.get(&thumbnail);
    assert_eq!((made.status, made.header("content-type")), (200, "image/jpeg"));
    assert!(made.body == expected_thumbnail(*ASTRONAUT, 256));
    assert_eq!(made.header("cache-control"), "private, no-transform");
    assert_eq!(made.header("vary"), "Authorization");
    let etag = made.header("etag");
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag} is strong");

    let cached = ann.get(&thumbnail);
    assert!(cached.body == made.body);
    assert_eq!(cached.header("etag"), etag);
    assert_eq!(server.metric("conversions_total"), 1);
    assert_eq!(server.metric("thumbnail_cache_hits_total"), 1);
}

#[test]
fn sizes_and_fits_have_their_own_thumbnails_and_invalid_ones_are_rejected() {
    let server = TestServer::start();
    let (ann, _) = server.person("Ann");
    let thumbnail = ann.upload_for_thumbnail(*ASTRONAUT);
    let whole = codec::probe(*ASTRONAUT).unwrap();
    let mut tags = Vec::new();
    for (query, width, height) in [
        ("", 256, 256),
        ("?size=64", 64, 64),
        ("?size=16&fit=cover", 16, 16),
        ("?fit=contain&size=64", 64, (whole.height * 64).div_ceil(whole.width)),
    ] {
        let made = ann.get(&format!("{thumbnail}{query}"));
        assert_eq!(made.status, 200, "{query}");
        let found = codec::probe(&made.body).unwrap();
        assert_eq!(found.width, width, "{query}");
        assert!(found.height.abs_diff(height) <= 1, "{query}: {}", found.height);
        tags.push(made.header("etag").to_owned());
    }
    assert_eq!(ann.get(&format!("{thumbnail}?size=256&fit=cover")).header("etag"), tags[0]);
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags.len(), 4, "each has its own tag");
    for query in [
        "size=15",
        "size=2049",
        "size=-1",
        "size=x",
        "size=",
        "size=64&size=64",
        "fit=crop",
        "fit",
        "fit=Cover",
        "width=9",
        "size=256.0",
        "size=99999999999999999999",
    ] {
        let response = ann.get(&format!("{thumbnail}?{query}"));
        assert_eq!(response.problem(), problem(400, "invalid-query"), "{query}");
    }
}

#[test]
fn every_thumbnail_shown_is_a_row_of_the_ledger_and_a_304_shows_none() {
    let server = TestServer::start();
    let (ann, ann_id) = server.person("Ann");
    let (ben, ben_id) = server.person("Ben");
    let photo = ann.upload(*ASTRONAUT);
    let album = album_of(&photo);
    ann.put(&format!("{album}/members/{ben_id}"), &[]);
    let thumbnail = format!("{photo}/thumbnail");
    let etag = ann.get(&thumbnail).header("etag").to_owned();
    for tag in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
        let unchanged = ben.get_if_none_match(&thumbnail, &tag);
        assert_eq!((unchanged.status, unchanged.header("etag")), (304, etag.as_str()), "{tag}");
    }
    assert_eq!(ben.get_if_none_match(&thumbnail, "\"other\"").status, 200);

    let ledger = server.ledger();
    let viewers: Vec<_> = ledger.iter().map(|record| record.event.viewer.to_string()).collect();
    let ben = ben_id.as_str();
    assert_eq!(viewers, [&ann_id, &ann_id, ben]);
    let RecordKind::Made(making) = &ledger[0].kind else { panic!("{:?}", ledger[0]) };
    assert_eq!(making.bands.len(), 4);
    assert!(making.bands.iter().all(|band| band.unwrap().source == ledger[0].event.requested));
    for shown in &ledger[1..] {
        let RecordKind::Shown { made, own_bands: own, foreign } = &shown.kind else {
            panic!("{shown:?}")
        };
        assert_eq!((*made, *own, foreign.len()), (ledger[0].row, 4, 0));
    }
}

#[test]
fn the_row_of_a_conversion_names_the_viewer_that_asked_for_it_first() {
    let server = TestServer::start();
    let (ann, ann_id) = server.person("Ann");
    let (ben, ben_id) = server.person("Ben");
    let photo = ann.upload(*ASTRONAUT);
    ann.put(&format!("{}/members/{ben_id}", album_of(&photo)), &[]);
    assert_eq!(ben.get(&format!("{photo}/thumbnail")).status, 200);
    assert_eq!(ann.get(&format!("{photo}/thumbnail")).status, 200);
    let ledger = server.ledger();
    let viewers: Vec<_> = ledger.iter().map(|record| record.event.viewer.to_string()).collect();
    assert_eq!(viewers, [ben_id.as_str(), &ben_id, &ann_id]);
    assert!(matches!(ledger[0].kind, RecordKind::Made(_)));
    assert!(ledger.iter().all(|record| record.event.requested.owner.to_string() == ann_id));
}

#[test]
fn a_purged_thumbnail_is_made_anew_with_another_tag() {
    let server = TestServer::start();
    let (ann, _) = server.person("Ann");
    let thumbnail = ann.upload_for_thumbnail(*ASTRONAUT);
    let first = ann.get(&thumbnail);
    assert_eq!(server.store.purge("test-1").unwrap(), 1);
    let second = ann.get_if_none_match(&thumbnail, first.header("etag"));
    assert_eq!(second.status, 200, "a device must not keep a purged thumbnail");
    assert_ne!(second.header("etag"), first.header("etag"));
}
