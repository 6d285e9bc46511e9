//! Goal: the command answers people and machines as every other one does. Method: the program
//! itself, with small scripts in folders of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use double_exposure::incident::DEFAULT;
use serde_json::Value;

use crate::days::{EVENING, text};
use crate::recount::recount;

fn incident(folder: &Path, words: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    program.arg("incident").args(words).current_dir(folder).env("COLUMNS", "100");
    program.stdin(Stdio::null()).output().expect("the program starts")
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("day.toml"), text(&EVENING)).unwrap();
    folder
}

const DAY: [&str; 4] = ["--script", "day.toml", "--scale", "2000"];

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_document_is_alone_on_standard_output_and_agrees_with_the_log() {
    let folder = folder();
    let words = [&DAY[..], &["--json", "--log", "day.jsonl", "--canaries"]].concat();
    let answer = incident(folder.path(), &words);
    assert_eq!(answer.status.code(), Some(0), "{}", said(&answer.stderr));
    let told: Value = serde_json::from_slice(&answer.stdout).expect("one document");
    for name in [
        "schema",
        "seed",
        "scale",
        "parameters",
        "made",
        "wrong_made",
        "wrong_shown",
        "exposed_owners",
        "affected_viewers",
        "first_wrong_at_s",
        "detected_at_s",
        "fixed_at_s",
        "last_wrong_copy_at_s",
        "told",
        "what_ifs",
    ] {
        assert!(!told[name].is_null(), "{name} is told");
    }
    let names: Vec<&String> = told["told"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["not_at_all", "rightly", "wrongly"]);
    let counted = recount(&fs::read_to_string(folder.path().join("day.jsonl")).unwrap());
    assert_eq!(told["wrong_made"], counted.wrong_made);
    assert_eq!(told["exposed_owners"], counted.exposed_owners);
    let rows = told["what_ifs"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "the day itself and the canaries");
    assert!(rows[0]["flag"].is_null() && rows[1]["wrong_made"] == told["wrong_made"]);
    let left = fs::read_to_string(folder.path().join("double-exposure-incident/to-tell.csv"));
    assert!(left.unwrap().lines().count() > 10, "a list of whom to tell");
}

#[test]
fn all_what_ifs_stand_in_one_table_and_fit_their_paper() {
    let folder = folder();
    let words = [&DAY[..], &["--what-ifs", "--quiet"]].concat();
    let answer = incident(folder.path(), &words);
    let told = said(&answer.stdout);
    assert_eq!(answer.status.code(), Some(0), "{told}");
    let names = [
        "the day itself",
        "owned buffers",
        "128 slots",
        "5 canary accounts",
        "stage of 12.5 % for 24 h",
        "shed above 16 at work",
        "purge by maker",
        "no device cache",
        "a ledger",
    ];
    for name in names {
        assert_eq!(told.lines().filter(|line| line.starts_with(name)).count(), 1, "{name}: {told}");
    }
    let wide = told.lines().filter(|line| line.chars().count() > 100);
    assert_eq!(wide.collect::<Vec<_>>(), [""; 0]);
    assert!(answer.stderr.is_empty(), "{}", said(&answer.stderr));
}

#[test]
fn the_script_that_is_printed_is_the_one_that_is_played() {
    let folder = folder();
    let answer = incident(folder.path(), &["--print-script"]);
    assert_eq!(said(&answer.stdout), DEFAULT);
}

#[test]
fn what_cannot_be_played_is_refused_with_the_line_and_leaves_nothing() {
    let folder = folder();
    let bad =
        text(&[("at = 2024-11-28T23:15:00+09:00          #", "at = 2024-11-28T14:00:00+09:00 #")]);
    fs::write(folder.path().join("bad.toml"), &bad).unwrap();
    let line = 1 + bad.lines().position(|line| line.contains("T14:00")).unwrap();
    fs::write(folder.path().join("not-text.toml"), [0xFF, 0xFE]).unwrap();
    for (words, why) in [
        (&["--script", "bad.toml"][..], &*format!("bad.toml: line {line}: fix.at")),
        (&["--script", "nowhere.toml"], "nowhere.toml"),
        (&["--script", "not-text.toml"], "not-text.toml"),
        (&["--slots", "0"], "--slots 0: fleet.slots: 0 is not from 1"),
        (&["--canaries=99999"], "detection.canaries"),
        (&["--slow-rollout=5"], "12.5,24"),
        (&["--scale", "0"], "1 to 1000000"),
        (&["--scale", "1"], "take a larger --scale"),
        (&["--what-ifs", "--ledger"], "cannot be used with"),
        (&["--log", "nowhere/x"], "nowhere/x"),
        (&["--pipeline", "nowhere"], "nowhere"),
    ] {
        let answer = incident(folder.path(), words);
        let error = said(&answer.stderr);
        assert_eq!(answer.status.code(), Some(2), "{words:?}: {error}");
        assert!(error.contains(why), "{words:?}: {error}");
        assert!(!error.contains("panicked") && answer.stdout.is_empty(), "{words:?}: {error}");
        let page = folder.path().join("double-exposure-incident/index.html");
        assert!(!page.exists(), "{words:?}");
    }
}

#[test]
fn a_folder_with_other_things_in_it_is_left_alone() {
    let folder = folder();
    let answer = incident(folder.path(), &[&DAY[..], &["--out", "."]].concat());
    assert_eq!(answer.status.code(), Some(2));
    assert!(said(&answer.stderr).contains("something else than an incident"));
}
