//! Goal: the commands on the file answer, and their exit codes mean what the help text says.
//! Method: the built program on files that the library filled.

use std::process::{Command, Output};

use double_exposure::album::{COMPRESSION_AGE, MakingRef, PersonId, Photo, Store};
use serde_json::{Value, json};

use crate::fixture::{DAY, MAKER, START, TestFile, append, jpeg, made, shown, upload};

fn run(file: &TestFile, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_double-exposure"))
        .args(arguments)
        .arg("--data")
        .arg(file.path())
        .output()
        .expect("the program starts")
}

/// Returns the exit code and the one document on standard output.
fn run_json(file: &TestFile, arguments: &[&str]) -> (i32, Value) {
    let output = run(file, &[arguments, &["--json"]].concat());
    let document = serde_json::from_slice(&output.stdout);
    (output.status.code().expect("no signal ends it"), document.expect("one JSON document"))
}

/// Appends that a thumbnail with these bands was made for the photo's owner, cached and shown.
fn show(store: &Store, photo: &Photo, bands: &[Option<&Photo>]) {
    let entries = [made(photo, bands, true), shown(photo.owner, photo, MakingRef::Previous)];
    append(store, START, &entries);
}

#[test]
fn compress_prints_the_bytes_saved_and_lists_the_failures() {
    let uploads = [jpeg(2100, 500, 97, 1), "no photo".into()];
    let (file, _owner, photos) = TestFile::with_uploads(uploads);
    let [good, bad] = &photos[..] else { unreachable!("two uploads") };
    let day_before = START.after(COMPRESSION_AGE).before(DAY).to_string();
    let (exit, early) = run_json(&file, &["compress", "--now", &day_before]);
    assert_eq!((exit, &early["due"]), (0, &json!(0)));
    let now = START.after(COMPRESSION_AGE).to_string();
    let (exit, summary) = run_json(&file, &["compress", "--now", &now]);
    assert_eq!(exit, 0);
    let counts = ["due", "compressed", "failed"].map(|key| summary[key].clone());
    assert_eq!(counts, [json!(2), json!(1), json!(1)]);
    assert_eq!(summary["failures"][0]["photo"], json!(bad.id));
    assert_eq!(summary["bytes_before"], json!(good.bytes));
    let saved = summary["bytes_saved"].as_u64().expect("a number");
    assert_eq!(saved, good.bytes - summary["bytes_after"].as_u64().expect("a number"));
    let again = run(&file, &["compress", "--now", &now]);
    assert!(String::from_utf8_lossy(&again.stdout).starts_with("0 photos due"), "{again:?}");
}

#[test]
fn compress_leaves_photos_beyond_its_largest_and_names_the_flag() {
    let (file, ..) = TestFile::with_uploads([jpeg(2100, 500, 97, 1)]);
    let now = START.after(COMPRESSION_AGE).to_string();
    let (exit, summary) = run_json(&file, &["compress", "--now", &now, "--max-megapixels", "1"]);
    assert_eq!((exit, &summary["failed"]), (0, &json!(1)));
    let reason = summary["failures"][0]["reason"].as_str().expect("a text");
    assert!(reason.contains("the limit is 1 (--max-megapixels)"), "{reason}");
    assert_eq!(run(&file, &["compress", "--max-megapixels", "257"]).status.code(), Some(2));
}

#[test]
fn the_ledgers_exit_code_tells_mixed_from_clean_from_no_rows() {
    let (file, store, [anns, bens]) = TestFile::with_two_photos();
    let window = ["--from", &START.to_string(), "--to", &START.after(DAY).to_string()];
    let impact =
        |more: &[&str]| run_json(&file, &[&["ledger", "impact"], &window[..], more].concat());
    let viewers =
        |photo: &Photo| run_json(&file, &["ledger", "viewers", &photo.name.photo.to_string()]);
    assert_eq!(impact(&[]).0, 3, "no rows prove nothing");
    assert_eq!(viewers(&anns).0, 3);

    show(&store, &anns, &[Some(&anns)]);
    assert_eq!(impact(&[]).0, 0);
    assert_eq!(viewers(&anns).0, 0);

    show(&store, &anns, &[Some(&anns), Some(&bens)]);
    let (exit, answer) = impact(&["--one-in", "1"]);
    assert_eq!(exit, 1);
    assert_eq!(answer["exposed_owners"], json!(1));
    assert_eq!(answer["confirmed"]["exposed_owners"], json!([bens.owner]));
    assert_eq!(answer["confirmed"]["affected_viewers"], json!([anns.owner]));
    assert_eq!(answer["estimated"]["rate"], json!(0.5));
    let confirmed_in_window = answer["confirmed"].clone();
    assert_eq!(impact(&["--maker", "another"]).0, 3);
    let (exit, answer) = viewers(&bens);
    assert_eq!(exit, 1);
    assert_eq!(answer["viewers"][0]["viewer"], json!(anns.owner));
    assert_eq!(answer["viewers"][0]["stranger"], json!(true));
    let all_rows = run_json(&file, &["ledger", "impact"]).1;
    assert_eq!(all_rows["confirmed"], confirmed_in_window);
    let output = run(&file, &[&["ledger", "impact"], &window[..]].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let columns = ["confirmed", "estimated"].map(|column| text.find(column));
    assert!(columns[0].is_some() && columns[0] < columns[1], "{text}");
}

#[test]
fn purge_deletes_a_makers_thumbnails_and_prints_their_number() {
    let (file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, "photo");
    show(&store, &photo, &[Some(&photo)]);
    let purge = |maker| run_json(&file, &["purge", "--maker", maker]);
    assert_eq!(purge("another").1["purged"], json!(0));
    let purged = json!({ "schema": "double-exposure/purge/1", "maker": MAKER, "purged": 1 });
    assert_eq!(purge(MAKER), (0, purged));
    assert_eq!(purge(MAKER).1["purged"], json!(0));
}

#[test]
fn prune_deletes_only_rows_older_than_the_days_given() {
    let (file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, "photo");
    show(&store, &photo, &[Some(&photo)]);
    let prune = |days: u32| {
        let now = START.after(DAY * 400).to_string();
        run_json(&file, &["ledger", "prune", "--now", &now, "--days", &days.to_string()])
    };
    assert_eq!(prune(401).1["deleted"], json!(0));
    assert_eq!(prune(399).1["deleted"], json!(2));
}

#[test]
fn a_missing_file_is_named_and_exits_with_2() {
    let file = TestFile::new();
    let unknown = PersonId::random().to_string();
    for arguments in
        [&["compress"][..], &["purge", "--maker", "m"], &["ledger", "viewers", &unknown]]
    {
        let output = run(&file, arguments);
        assert_eq!(output.status.code(), Some(2));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains("there is no such file"), "{message}");
        assert!(!file.path().exists(), "the command made a file");
    }
    assert_eq!(run(&file, &["ledger", "viewers", "no-uuid"]).status.code(), Some(2));
}
