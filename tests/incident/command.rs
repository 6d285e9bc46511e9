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
    incident_on(folder, "100", args)
}

/// Runs `incident` on a terminal of this number of columns.
fn incident_on(folder: &Path, columns: &str, args: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    program.arg("incident").args(args).current_dir(folder).env("COLUMNS", columns);
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
    assert_eq!(document["what_ifs"]["scale"], 2_000);
    let rows = document["what_ifs"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "the day itself and the canaries");
    assert!(rows[0]["flag"].is_null() && rows[1]["wrong_made"] == document["wrong_made"]);
    let list = folder.path().join("double-exposure-incident/notifications.csv");
    assert!(fs::read_to_string(list).unwrap().lines().count() > 10, "a list of people");
}

/// Names of the days that are compared, and their beginnings where a terminal breaks them.
const COMPARED: [(&str, &str); 9] = [
    ("the day itself", "the day"),
    ("owned buffers", "owned"),
    ("128 slots", "128 slots"),
    ("5 canary accounts", "5 canary"),
    ("stage of 12.5 % for 24 h", "stage of"),
    ("at most 16 in flight", "at most 16"),
    ("purge by maker in 30 min", "purge by"),
    ("no device cache", "no device"),
    ("a ledger", "a ledger"),
];

#[test]
fn all_what_ifs_stand_in_one_table_that_fits_the_terminal() {
    let folder = folder();
    for (columns, numbers) in [("100", 8), ("80", 8), ("60", 5), ("40", 3)] {
        let arguments = ["--scenario", "day.toml", "--scale", "20000", "--what-ifs", "--quiet"];
        let output = incident_on(folder.path(), columns, &arguments);
        let text = lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{text}");
        let table = text.split("with one thing changed,").nth(1).expect("a table");
        assert!(table.trim_start().starts_with("1:20000\n"), "{table}");
        for (name, start) in COMPARED {
            let name = if columns == "100" { name } else { start };
            let rows = table.lines().filter(|line| line.starts_with(name));
            let cells = rows.map(|row| row.split("  ").filter(|cell| !cell.is_empty()).count());
            // A name has single blanks only, and cells are two blanks apart.
            assert_eq!(cells.collect::<Vec<_>>(), [1 + numbers], "{name}: {text}");
        }
        let columns: usize = columns.parse().unwrap();
        let too_wide = table.lines().filter(|line| line.chars().count() > columns);
        assert_eq!(too_wide.collect::<Vec<_>>(), [""; 0]);
        assert!(output.stderr.is_empty(), "{}", lossy(&output.stderr));
    }
}

#[test]
fn without_a_flag_all_changes_are_compared_at_a_small_scale() {
    let folder = folder();
    // 1:900 gives more than 200,000 people, and 1:9000 fewer.
    for (scale, compared) in [("2000", 2_000), ("900", 9_000)] {
        let arguments = ["--scenario", "day.toml", "--scale", scale, "--json"];
        let output = incident(folder.path(), &arguments);
        let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_eq!(document["what_ifs"]["scale"], compared);
        let rows = document["what_ifs"]["rows"].as_array().unwrap();
        let names: Vec<_> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
        assert_eq!(names, COMPARED.map(|(name, _)| name));
        let page = folder.path().join("double-exposure-incident/index.html");
        let page = fs::read_to_string(page).unwrap();
        assert!(page.contains(&format!("Each row simulates the whole day anew, 1:{compared}.")));
    }
    // A change that contradicts the scenario is left out, because no flag asks for it.
    let too_many =
        [&EVENING[..], &[("slots = 128", "slots = 65536"), ("nodes = 8 ", "nodes = 24 ")]].concat();
    fs::write(folder.path().join("day.toml"), text(&too_many)).unwrap();
    let document = incident(folder.path(), &[&DAY[..], &["--json"]].concat());
    let document: Value = serde_json::from_slice(&document.stdout).expect("one document");
    assert_eq!(document["what_ifs"]["rows"].as_array().unwrap().len(), COMPARED.len() - 1);
    let asked = incident(folder.path(), &[&DAY[..], &["--what-ifs"]].concat());
    assert_eq!(asked.status.code(), Some(2), "{}", lossy(&asked.stderr));
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
