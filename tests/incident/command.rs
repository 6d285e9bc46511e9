//! Goal: show that the command serves people and machines as the other commands do. Method: run the
//! program with small scenarios in temporary folders.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use double_exposure::incident::DEFAULT_SCENARIO;
use serde_json::Value;

use crate::plans::{EVENING, text};
use crate::recount::recount;

fn incident(folder: &Path, args: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    program.arg("incident").args(args).current_dir(folder).env("COLUMNS", "100");
    program.stdin(Stdio::null()).output().expect("the program starts")
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("day.toml"), text(&EVENING)).unwrap();
    folder
}

const DAY: [&str; 4] = ["--scenario", "day.toml", "--scale", "2000"];

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_document_is_alone_on_standard_output_and_agrees_with_the_log() {
    let folder = folder();
    let args = [&DAY[..], &["--json", "--log", "day.jsonl", "--canaries"]].concat();
    let output = incident(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
    let names = "schema seed scale scenario made wrong_made wrong_shown exposed_owners \
                 affected_viewers first_wrong_at_s detected_at_s fixed_at_s last_wrong_copy_at_s \
                 notifications what_ifs";
    for name in names.split_whitespace() {
        assert!(!document[name].is_null(), "the document lacks {name}");
    }
    let names: Vec<&String> = document["notifications"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["correct", "missed", "unneeded"]);
    let counted = recount(&fs::read_to_string(folder.path().join("day.jsonl")).unwrap());
    assert_eq!(document["wrong_made"], counted.wrong_made);
    assert_eq!(document["exposed_owners"], counted.exposed_owners);
    let rows = document["what_ifs"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "the day itself and the canaries");
    assert!(rows[0]["flag"].is_null() && rows[1]["wrong_made"] == document["wrong_made"]);
    let list = folder.path().join("double-exposure-incident/notifications.csv");
    assert!(fs::read_to_string(list).unwrap().lines().count() > 10, "a list of people");
}

#[test]
fn all_what_ifs_stand_in_one_table_that_fits_the_terminal() {
    let folder = folder();
    let output = incident(folder.path(), &[&DAY[..], &["--what-ifs", "--quiet"]].concat());
    let text = lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let names = "the day itself,owned buffers,128 slots,5 canary accounts,\
                 stage of 12.5 % for 24 h,at most 16 in flight,purge by maker,no device cache,\
                 a ledger";
    for name in names.split(',') {
        assert_eq!(text.lines().filter(|line| line.starts_with(name)).count(), 1, "{name}: {text}");
    }
    let too_wide = text.lines().filter(|line| line.chars().count() > 100);
    assert_eq!(too_wide.collect::<Vec<_>>(), [""; 0]);
    assert!(output.stderr.is_empty(), "{}", lossy(&output.stderr));
}

#[test]
fn the_printed_scenario_is_the_built_in_one() {
    let output = incident(folder().path(), &["--print-scenario"]);
    assert_eq!(lossy(&output.stdout), DEFAULT_SCENARIO);
}

#[test]
fn an_invalid_request_is_refused_with_the_line_and_leaves_no_page() {
    let folder = folder();
    let bad = text(&[("23:15:00+09:00  ", "14:00:00+09:00  ")]);
    fs::write(folder.path().join("bad.toml"), &bad).unwrap();
    let line = 1 + bad.lines().position(|line| line.contains("T14:00")).unwrap();
    fs::write(folder.path().join("not-text.toml"), [0xFF, 0xFE]).unwrap();
    for (args, why) in [
        (&["--scenario", "bad.toml"][..], &*format!("bad.toml: line {line}: fix.at")),
        (&["--scenario", "nowhere.toml"], "nowhere.toml"),
        (&["--scenario", "not-text.toml"], "not-text.toml"),
        (&["--slots", "0"], "--slots 0: fleet.slots: 0 is not from 1"),
        (&["--canaries=99999"], "detection.canaries"),
        (&["--slow-rollout=5"], "12.5,24"),
        (&["--scale", "0"], "1 to 1000000"),
        (&["--scale", "1"], "use a larger --scale"),
        (&["--what-ifs", "--ledger"], "cannot be used with"),
        (&["--log", "nowhere/x"], "nowhere/x"),
        (&["--pipeline", "nowhere"], "nowhere"),
    ] {
        let output = incident(folder.path(), args);
        let error = lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
        assert!(error.contains(why), "{args:?}: {error}");
        assert!(!error.contains("panicked") && output.stdout.is_empty(), "{args:?}: {error}");
        let page = folder.path().join("double-exposure-incident/index.html");
        assert!(!page.exists(), "{args:?}");
    }
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let folder = folder();
    let output = incident(folder.path(), &[&DAY[..], &["--out", "."]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(lossy(&output.stderr).contains("something other than a report"));
}
