//! Tests that a slip in a target's file is refused when the file is read, and accuses no service.
//! Each test changes one template of a valid file.

use std::sync::Mutex;
use std::time::Duration;

use double_exposure::audit::report::table;
use double_exposure::audit::spec::Mode;
use double_exposure::audit::{AuditVerdict, FindingKind, LoadModel, Target};

use crate::mock_service::{audit, changed, jpeg, plan, send_jpeg, serve, thumbnail};

const PUSH: &str = r#"name = "x"
mode = "push"
base = "http://127.0.0.1:1"
[photos]
members = 1
[[setup]]
per = "person"
path = "/people"
json = '{"name":"{run} {person.number}"}'
capture = { token = "/token" }
[[setup]]
per = "person"
path = "/terms"
headers = { authorization = "{token}" }
[upload]
path = "/{run}/{person.number}/{photo.number}"
headers = { authorization = "{token}" }
[thumbnail]
path = "/{run}/{person.number}/{photo.number}?size={size}&number={number}"
headers = { authorization = "{viewer.token}" }
"#;

/// Parses the file with another path of the upload and of the thumbnail.
fn with_paths(upload: &str, thumbnail: &str) -> Result<Target, String> {
    let path = "\"/{run}/{person.number}/{photo.number}\"";
    assert!(PUSH.contains(path));
    let text = PUSH.replacen(path, &format!("\"{upload}\""), 1);
    let path = "/{run}/{person.number}/{photo.number}?";
    assert!(text.contains(path));
    parse(&text.replacen(path, &format!("{thumbnail}?"), 1))
}

fn parse(text: &str) -> Result<Target, String> {
    Target::parse(text, None, &|_| None).map_err(|error| error.to_string())
}

#[test]
fn two_photos_with_one_place_are_refused_with_the_missing_variable() {
    let place = "/{run}/{person.number}/{photo.number}";
    for (upload, thumbnail, expected) in [
        (
            "/{run}/{photo.number}",
            place,
            "16: upload.path: person 1, photo 1 and person 2, photo 1",
        ),
        ("/{run}/{photo.number}", place, "add {person.number}, or"),
        (place, "/{run}/{photo.number}", "19: thumbnail.path: person 1, photo 1 and person 2"),
        (place, "/{run}/{person.number}", "add {photo.number}, or"),
        (place, "/{run}", "add {person.number} and {photo.number}, or"),
        // Person 1's photo 11 and person 11's photo 1 are 111.
        ("/{run}/{person.number}{photo.number}", place, "add {person.number}, or"),
        (place, "/{run}/{person.number}{photo.number}", "person 1, photo 11 and person 11"),
        // A member is shown the owner's photo at the member's own place.
        (place, "/{run}/{viewer.number}/{photo.number}", "add {person.number}, or"),
    ] {
        let text = if upload.contains("}{") {
            PUSH.replace("members = 1", "members = 1\nper_person = 11")
        } else {
            PUSH.into()
        };
        let path = "\"/{run}/{person.number}/{photo.number}\"";
        let text = text.replacen(path, &format!("\"{upload}\""), 1);
        let path = "/{run}/{person.number}/{photo.number}?";
        let error = parse(&text.replacen(path, &format!("{thumbnail}?"), 1)).unwrap_err();
        assert!(error.contains(expected), "{error:?} for {expected:?}");
    }
}

#[test]
fn names_that_a_later_audit_has_too_are_refused() {
    let error = with_paths("/{person.number}/{photo.number}", "/{person.number}/{photo.number}");
    let error = error.unwrap_err();
    assert!(error.starts_with("19: thumbnail.path: a later audit would name"), "{error}");
    for names_a_run in ["/{uuid}", "/{token}/{photo.number}", "/{run}{uuid}"] {
        let target = with_paths(names_a_run, names_a_run);
        assert!(target.is_ok(), "{names_a_run}: {target:?}");
    }
}

#[test]
fn a_first_request_that_is_the_same_for_two_people_is_refused() {
    let json = "json = '{\"name\":\"{run} {person.number}\"}'\ncapture = { token = \"/token\" }\n";
    assert!(PUSH.contains(json));
    let put = PUSH.replace(json, "").replace("{token}", "{person.number}");
    let put = put.replace("{viewer.token}", "{viewer.number}");
    let error = parse(&put).unwrap_err();
    let expected = "8: setup[1].path: person 1 and person 2 have the same request";
    assert!(error.starts_with(expected), "{error}");
    let get = put.replace("path = \"/people\"", "method = \"GET\"\npath = \"/people\"");
    assert!(parse(&get).is_ok(), "a request that changes nothing may be repeated");
}

#[test]
fn an_upload_whose_response_names_the_photo_may_have_one_path() {
    let text = PUSH.replacen(
        "path = \"/{run}/{person.number}/{photo.number}\"\n",
        "path = \"/photos\"\nmethod = \"POST\"\ncapture = { place = \"header:location\" }\n",
        1,
    );
    let named = text.replacen("/{run}/{person.number}/{photo.number}?", "{place}?", 1);
    assert!(parse(&named).is_ok(), "{:?}", parse(&named));
    let unnamed = text.replacen("/{run}/{person.number}/{photo.number}?", "/{run}?", 1);
    assert!(parse(&unnamed).unwrap_err().contains("have the same path"));
}

#[test]
fn mixing_with_one_request_in_flight_is_told_as_no_race() {
    // The service answers with the photo before, each time in other bytes.
    let before: Mutex<(u8, Option<bytes::Bytes>)> = Mutex::default();
    let address = serve(move |received, stream| {
        let mut state = before.lock().unwrap();
        state.0 = state.0.wrapping_add(1);
        let (number, photo) = (state.0, state.1.replace(received.body.clone()));
        drop(state);
        changed(&photo.unwrap_or(received.body.clone()), received.size(), stream, |image| {
            image.rgb[0] = number;
        })
    });
    let mut plan = plan(address);
    plan.load = vec![LoadModel::Closed(1)];
    plan.target.photos.truncated = false;
    let results = audit(&plan);
    assert_eq!(results.verdict, AuditVerdict::Mixed);
    let causes = results.causes.as_ref().unwrap();
    assert_eq!(causes.min_in_flight, Some(1));
    assert_eq!(causes.commands.len(), 2);
    let text = table(&plan, &results).replace('\n', " ");
    assert!(text.contains("one request in flight, so it is no race"), "{text}");
}

#[test]
fn stored_wrong_bytes_are_told_from_new_ones() {
    let first: Mutex<Option<Vec<u8>>> = Mutex::default();
    let address = serve(move |received, stream| {
        let Some(image) = thumbnail(&received.body, received.size()) else {
            return send_jpeg(stream, &[]);
        };
        let file = first.lock().unwrap().get_or_insert_with(|| jpeg(&image)).clone();
        send_jpeg(stream, &file)
    });
    let mut plan = plan(address);
    plan.target.photos.per_person = 1;
    let results = audit(&plan);
    let causes = results.causes.as_ref().unwrap();
    assert_eq!(causes.sticky, Some(true));
    assert!(causes.same_bytes > 0);
    assert_eq!((causes.exposed_owners, causes.affected_viewers), (1, 3));
    let sentences = causes.sentences(&results.stats).join(" ");
    assert!(sentences.contains("they are stored"), "{sentences}");
    assert!(!sentences.contains("depends on the load"), "{sentences}");
}

#[test]
fn rows_in_a_truncated_photo_are_the_loads_if_they_never_come_alone() {
    // The service mixes the last rows of its first 60 answers, and none afterwards.
    let state: Mutex<(u32, Option<bytes::Bytes>)> = Mutex::default();
    let address = serve(move |received, stream| {
        let size = received.size();
        let own = thumbnail(&received.body, size);
        let mut state = state.lock().unwrap();
        state.0 += 1;
        let (number, before) = (state.0, state.1.clone());
        if own.is_some() {
            state.1 = Some(received.body.clone());
        }
        drop(state);
        let grey = || double_exposure::audit::watermark::Raster {
            width: size,
            height: size,
            rgb: vec![128; (size * size * 3) as usize],
        };
        let mut image = own.unwrap_or_else(grey);
        if let Some(before) = before.filter(|before| number <= 60 && *before != received.body) {
            image.splice(&thumbnail(&before, size).unwrap(), size * 3 / 4..size);
        }
        send_jpeg(stream, &jpeg(&image))
    });
    let mut plan = plan(address);
    plan.target.photos.per_person = 1;
    (plan.enough_conversions, plan.duration) = (Some(90), Duration::from_secs(60));
    let results = audit(&plan);
    let stats = &results.stats;
    assert!(stats.truncated_mixed > 0, "{stats:?}");
    assert!(stats.mixed <= stats.answers);
    assert!(!stats.kinds.contains_key(&FindingKind::Dirty), "{:?}", stats.kinds);
    assert!(stats.findings.iter().all(|finding| finding.evidence.kind != FindingKind::Dirty));
    let text = table(&plan, &results).replace('\n', " ");
    assert!(text.contains("so the load mixes them, and not the missing rows"), "{text}");
    assert!(!text.contains("no other person's rows"), "{text}");
}

#[test]
fn a_url_alone_names_no_photo_and_needs_no_name() {
    assert!(Target::from_url(Mode::Post, "http://127.0.0.1:1/?size={size}").is_ok());
    assert!(Target::from_url(Mode::Pull, "http://127.0.0.1:1/{size}/{source}").is_ok());
}

#[test]
fn uploads_during_the_load_are_refused_if_a_request_after_them_is_not_per_photo() {
    let with = |load: &str, per: &str| {
        let after = format!("[[after_upload]]\nper = \"{per}\"\npath = \"/{{run}}/{{uuid}}\"\n");
        let text = PUSH.replacen("[photos]", &format!("{load}\n[photos]"), 1);
        let after = if per == "photo" { after } else { after.replace("{uuid}", "{person.number}") };
        parse(&text.replacen("[thumbnail]", &format!("{after}[thumbnail]"), 1)).map(drop)
    };
    for load in ["load = \"uploads\"", "load = \"both\""] {
        assert_eq!(with(load, "photo"), Ok(()));
        let error = with(load, "person").unwrap_err();
        assert!(error.contains("load: a request of [[after_upload]]"), "{error}");
    }
    for load in ["", "load = \"thumbnails\""] {
        assert_eq!(with(load, "person"), Ok(()));
    }
}
