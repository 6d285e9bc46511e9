//! Thumbnails are the photo's, in the size that was asked for, kept for the next viewer, and told
//! to the ledger before they are shown.

use double_exposure::album::RecordKind;
use double_exposure::codec;

use crate::client::refused;
use crate::service::{ASTRONAUT, Service, photo_of, truth};

#[test]
fn a_thumbnail_is_the_photos_byte_for_byte_and_kept() {
    let service = Service::start();
    let (ann, _) = service.person("Ann");
    let thumbnail = format!("{}/thumbnail", photo_of(&ann, *ASTRONAUT));
    let made = ann.get(&thumbnail);
    assert_eq!((made.status, made.header("content-type")), (200, "image/jpeg"));
    assert!(made.body == truth(*ASTRONAUT, 256));
    assert_eq!(made.header("cache-control"), "private, no-transform");
    assert_eq!(made.header("vary"), "Authorization");
    let etag = made.header("etag");
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag} is strong");

    let kept = ann.get(&thumbnail);
    assert!(kept.body == made.body);
    assert_eq!(kept.header("etag"), etag);
    assert_eq!(service.metric("conversions_total"), 1);
    assert_eq!(service.metric("thumbnail_cache_hits_total"), 1);
}

#[test]
fn size_and_fit_are_kept_apart_and_bad_ones_refused() {
    let service = Service::start();
    let (ann, _) = service.person("Ann");
    let thumbnail = format!("{}/thumbnail", photo_of(&ann, *ASTRONAUT));
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
    assert_eq!(tags.len(), 4, "each has a tag of its own");
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
        let answer = ann.get(&format!("{thumbnail}?{query}"));
        assert_eq!(answer.problem(), refused(400, "bad-query"), "{query}");
    }
}

#[test]
fn every_showing_is_a_row_and_a_304_is_a_showing() {
    let service = Service::start();
    let (ann, ann_id) = service.person("Ann");
    let (ben, ben_id) = service.person("Ben");
    let photo = photo_of(&ann, *ASTRONAUT);
    let album = photo.split("/photos").next().unwrap();
    ann.put(&format!("{album}/members/{ben_id}"), &[]);
    let thumbnail = format!("{photo}/thumbnail");
    let etag = ann.get(&thumbnail).header("etag").to_owned();
    for tag in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
        let unchanged = ben.get_unless(&thumbnail, &tag);
        assert_eq!((unchanged.status, unchanged.header("etag")), (304, etag.as_str()), "{tag}");
    }
    assert_eq!(ben.get_unless(&thumbnail, "\"other\"").status, 200);

    let ledger = service.ledger();
    let viewers: Vec<_> = ledger.iter().map(|record| record.event.viewer.to_string()).collect();
    let ben = ben_id.as_str();
    assert_eq!(viewers, [&ann_id, &ann_id, ben, ben, ben, ben, ben]);
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
fn a_purged_thumbnail_is_made_anew_under_another_tag() {
    let service = Service::start();
    let (ann, _) = service.person("Ann");
    let thumbnail = format!("{}/thumbnail", photo_of(&ann, *ASTRONAUT));
    let first = ann.get(&thumbnail);
    assert_eq!(service.store.purge("test-1").unwrap(), 1);
    let second = ann.get_unless(&thumbnail, first.header("etag"));
    assert_eq!(second.status, 200, "a device must not keep what was thrown away");
    assert_ne!(second.header("etag"), first.header("etag"));
}
