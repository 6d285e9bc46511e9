//! Goal: the commands on the file answer, and their exit codes mean what the help text says.
//! Method: the built program on files that the library filled.

use std::process::{Command, Output};

use double_exposure::album::{COMPRESSION_AGE, ContentHash, MakingRef, PersonId, Photo, Store};
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

/// Accepts a clock that shows this moment, as the operator of a drill does.
fn accept_clock(file: &TestFile, now: &str) {
    assert_eq!(run_json(file, &["clock", "accept", "--now", now]).0, 0);
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
    accept_clock(&file, &day_before);
    let (exit, early) = run_json(&file, &["compress", "--now", &day_before]);
    assert_eq!((exit, &early["due"]), (0, &json!(0)));
    let now = START.after(COMPRESSION_AGE).to_string();
    accept_clock(&file, &now);
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
    accept_clock(&file, &now);
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
        accept_clock(&file, &now);
        run_json(&file, &["ledger", "prune", "--now", &now, "--days", &days.to_string()])
    };
    assert_eq!(prune(401).1["deleted"], json!(0));
    assert_eq!(prune(399).1["deleted"], json!(2));
}

#[test]
fn a_drill_in_2040_deletes_and_compresses_nothing_until_the_operator_accepts_its_clock() {
    let (file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, jpeg(2100, 500, 97, 1));
    show(&store, &photo, &[Some(&photo)]);
    drop(store);
    let now = ["--now", "2040-01-01T00:00:00Z"];
    for command in [&["compress"][..], &["ledger", "prune"]] {
        let output = run(&file, &[command, &now].concat());
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains("2040-01-01") && message.contains("clock accept"), "{message}");
    }
    let (exit, status) = run_json(&file, &[&["clock", "show"], &now[..]].concat());
    assert_eq!((exit, &status["believed"]), (1, &json!(false)));
    assert_eq!((&status["photos_due"], &status["ledger_rows_due"]), (&json!(1), &json!(2)));
    let rows = "SELECT count(*) FROM ledger";
    file.sqlite().execute_batch("DELETE FROM ledger").expect_err("the rows are protected");
    assert_eq!(file.number(rows), 2);
    assert_eq!(file.number("SELECT count(*) FROM photos WHERE compressed"), 0);

    let (exit, status) = run_json(&file, &[&["clock", "accept"], &now[..]].concat());
    assert_eq!((exit, &status["believed"]), (0, &json!(true)));
    assert_eq!(run_json(&file, &[&["compress"], &now[..]].concat()).1["compressed"], json!(1));
    assert_eq!(run_json(&file, &[&["ledger", "prune"], &now[..]].concat()).1["deleted"], json!(2));
}

#[test]
fn a_backup_and_its_restoration_print_what_they_hold_and_refuse_existing_files() {
    let (file, store, owner, album) = TestFile::with_album();
    let photo = upload(&store, owner, album, "photo");
    show(&store, &photo, &[Some(&photo)]);
    let backup = file.path().with_extension("backup");
    let name = backup.to_str().expect("a text");
    let (exit, document) = run_json(&file, &["backup", name]);
    let contents = &document["contents"];
    assert_eq!((exit, &contents["photos"], &contents["ledger_rows"]), (0, &json!(1), &json!(2)));
    let again = run(&file, &["backup", name]);
    let message = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(again.status.code() == Some(2) && message.contains("exists"), "{message}");

    let refused = |arguments: &[&str], part: &str| {
        let output = run(&file, arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && message.contains(part), "{message}");
    };
    refused(&["restore", name], "--replace");
    refused(&["restore", name, "--replace"], "in use");
    drop(store);
    refused(&["restore", "no-such-backup", "--replace"], "no such backup");
    let (exit, document) = run_json(&file, &["restore", name, "--replace"]);
    assert_eq!((exit, &document["contents"]["photos"]), (0, &json!(1)));
    let aside = document["set_aside"].as_str().expect("the earlier file is kept");
    assert!(std::path::Path::new(aside).is_file());
    let bytes = file.open().photo_with_bytes(owner, photo.name).expect("the photo is there").1;
    assert_eq!(bytes, "photo");
}

#[test]
fn a_new_operators_key_replaces_the_old_one_in_the_file() {
    let (file, store, ..) = TestFile::with_album();
    let (_, first) = store.operator_key().expect("a key is made");
    let (exit, document) = run_json(&file, &["rotate-key"]);
    let key = document["key"].as_str().expect("a text");
    assert_eq!((exit, key.len()), (0, 64));
    assert_ne!(first.expect("the first call makes it").reveal(), key);
    let (hash, created) = store.operator_key().expect("the key is read");
    assert_eq!((hash, created), (ContentHash::of(key.as_bytes()), None));
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
