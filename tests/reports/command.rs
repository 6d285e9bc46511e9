//! Checks `repro` on the command line: the quick selection, and a table that fits narrow terminals.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::sample::jpeg;

/// Returns a folder with small photos of three owners, in which a run takes little time.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("photos")).unwrap();
    for shade in 0..3 {
        fs::write(folder.path().join(format!("photos/{shade}.jpg")), jpeg(shade)).unwrap();
    }
    folder
}

fn repro(folder: &Path, columns: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_double-exposure"))
        .args(["repro", "--photos", "photos", "--size", "32", "--quiet"])
        .args(arguments)
        .current_dir(folder)
        .env("COLUMNS", columns)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn quick_runs_the_failure_and_the_repair_at_two_loads() {
    let folder = folder();
    let output = repro(folder.path(), "80", &["--quick", "--thumbnails", "8", "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
    let runs: Vec<_> = document["runs"].as_array().unwrap().iter().collect();
    let runs: Vec<_> =
        runs.iter().map(|run| (run["pipeline"].as_str(), run["in_flight"].as_u64())).collect();
    let expected = [("shared", 4), ("shared", 64), ("owned", 4), ("owned", 64)];
    assert_eq!(runs, expected.map(|(kind, load)| (Some(kind), Some(load))));
    let page = fs::read_to_string(folder.path().join("double-exposure-report/index.html")).unwrap();
    for option in ["--in-flight 4,64", "--budget 12"] {
        assert!(page.contains(option), "the page tells how to make the same runs: {option}");
    }
    for other in [["--pipeline", "owned"], ["--in-flight", "8"]] {
        let refused = repro(folder.path(), "80", &[&["--quick"][..], &other].concat());
        assert_eq!(refused.status.code(), Some(2), "{other:?}");
    }
}

#[test]
fn quick_expects_a_mix_at_the_load_at_which_the_default_expects_it() {
    use double_exposure::repro::{Expectation, ReproVerdict};
    // A run of `--quick` in which `shared` mixes at 64 in flight only.
    let sample = crate::sample::Sample::reproduced();
    let quick = |run: &&double_exposure::repro::Run| {
        !matches!(run.kind, double_exposure::pipelines::PipelineKind::Pooled)
            && [4, 64].contains(&run.in_flight)
    };
    let mut runs: Vec<_> = sample.results.runs.iter().filter(quick).cloned().collect();
    assert_eq!(runs.len(), 4);
    let verdict = |runs: &[_]| ReproVerdict::of(runs, Expectation::Reproduced, 2, true);
    assert_eq!(verdict(&runs), ReproVerdict::Reproduced);
    (runs[1].stats.torn, runs[1].stats.swapped) = (0, 0);
    assert_eq!(verdict(&runs), ReproVerdict::Inconclusive, "64 in flight must mix");
}

#[test]
fn the_table_keeps_its_columns_in_a_narrow_terminal_and_groups_digits() {
    let folder = folder();
    let arguments =
        ["--pipeline", "owned", "--pipeline", "pooled", "--in-flight", "1", "--thumbnails", "1200"];
    for (columns, head) in [
        ("80", "pipeline  in flight   made  mixed  share  torn/swapped  later/earlier"),
        ("60", "pipeline  in flight   made  mixed  share  per s"),
        ("40", "pipeline  in flight  mixed  share"),
    ] {
        let output = repro(folder.path(), columns, &arguments);
        let text = stdout(&output);
        assert!(text.lines().any(|line| line.starts_with(head)), "{text}");
        let too_wide = |line: &&str| line.chars().count() > columns.parse().unwrap();
        assert_eq!(text.lines().find(too_wide), None, "{text}");
        let row = text.lines().find(|line| line.starts_with("owned  ")).expect("a row");
        assert_eq!(row.contains(" 1,200 "), columns != "40", "{row}");
        assert!(text.contains("owned: 0 of 1,200 thumbnails mixed"), "{text}");
        assert_eq!(text.contains("torn/swapped: "), columns == "80", "{text}");
    }
}
