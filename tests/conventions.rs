//! The rules of the house that a machine can hold are held, in every file that is there.
//! Each rule is a function over text, and each has a control: the same function on bad text, which
//! it must find.

#[path = "conventions/documents.rs"]
mod documents;
#[path = "conventions/layers.rs"]
mod layers;
#[path = "conventions/manifest.rs"]
mod manifest;
#[path = "conventions/manner.rs"]
mod manner;
#[path = "conventions/paths.rs"]
mod paths;
#[path = "conventions/pipeline.rs"]
mod pipeline;
#[path = "conventions/source.rs"]
mod source;
#[path = "model/watchdog.rs"]
mod watchdog;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use source::{Source, files, root, sources};
use watchdog::ten_seconds;

const MANIFEST: &str = include_str!("../Cargo.toml");

/// The documents that people are led by, each with its text.
fn documents() -> Vec<(String, String)> {
    let mut documents = files("docs", ".md");
    for name in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "src/sample_photos/LICENSES.md"] {
        let text = fs::read_to_string(root().join(name));
        documents.push((name.into(), text.unwrap_or_else(|error| panic!("{name}: {error}"))));
    }
    documents
}

fn every_source() -> Vec<Source> {
    ["src", "tests", "benches", "fuzz", "examples"].into_iter().flat_map(sources).collect()
}

fn shipped(file: &str) -> Source {
    let path = format!("src/pipeline/{file}");
    let text = fs::read_to_string(root().join(&path)).expect("the lesson is there");
    Source::new(&path, &text)
}

#[track_caller]
fn none(found: Vec<String>) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// The program's answer to `words` and a wish for help: it parses them, and does nothing.
fn help(words: &[&str]) -> Output {
    let _watch = ten_seconds();
    let mut program = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    program.args(words).arg("--help").stdin(Stdio::null()).output().expect("the program starts")
}

#[test]
fn every_file_keeps_the_manner_of_the_house() {
    let every = every_source();
    for known in ["src/pipeline/owned.rs", "tests/conventions/manner.rs", "benches/ownership.rs"] {
        assert!(every.iter().any(|source| source.path == known), "{known} is not looked at");
    }
    none(every.iter().flat_map(manner::check).collect());
}

#[test]
fn pipelines_name_std_bytes_and_the_crates_sync_and_keep_nothing_outside_of_values() {
    let folder = sources("src/pipeline");
    let names = folder.iter().filter_map(|source| Path::new(&source.path).file_stem()?.to_str());
    let siblings: Vec<&str> = names.collect();
    assert!(["mod", "owned", "pooled", "shared"].iter().all(|name| siblings.contains(name)));
    none(folder.iter().flat_map(|source| pipeline::check(source, &siblings)).collect());
}

#[test]
fn the_repair_has_no_sync_in_it() {
    none(pipeline::names_sync(&shipped("owned.rs")));
}

#[test]
fn the_failure_is_small_and_the_repair_is_smaller() {
    none(pipeline::sizes(&shipped("shared.rs"), &shipped("owned.rs")));
}

#[test]
fn the_failure_and_the_repair_have_the_same_items_in_the_same_order() {
    let types = ["Shared", "Owned"];
    none(
        pipeline::items_apart(&shipped("shared.rs"), &shipped("owned.rs"), types)
            .into_iter()
            .collect(),
    );
}

#[test]
fn dependencies_point_down() {
    let house = sources("src");
    assert!(house.len() > 10, "only {} files are looked at", house.len());
    none(house.iter().flat_map(layers::check).collect());
}

#[test]
fn every_dependency_has_a_reason() {
    none(manifest::without_a_reason(MANIFEST));
}

#[test]
fn what_the_documents_link_to_and_name_is_there() {
    let found =
        documents().iter().flat_map(|(path, text)| documents::dead_ends(path, text)).collect();
    none(found);
}

#[test]
fn the_documents_commands_are_known_to_cargo() {
    let tests = every_source();
    let features = manifest::features(MANIFEST);
    let mut found = Vec::new();
    for (path, text) in documents() {
        for command in documents::commands(&text).iter().filter(|words| words[0] == "cargo") {
            let named = |name: &str| tests.iter().any(|source| source.code.contains(name));
            let unknown = documents::unknown_to_cargo(command, &features, named);
            found.extend(unknown.map(|what| format!("{path}: {}: {what}", command.join(" "))));
        }
    }
    none(found);
}

#[test]
fn the_documents_commands_are_known_to_the_program() {
    let (mut looked_at, mut found) = (0, Vec::new());
    for (path, text) in documents() {
        for command in documents::commands(&text) {
            let Some(asked) = documents::asked_of_the_program(&command) else { continue };
            looked_at += 1;
            let words: Vec<&str> = asked.iter().map(String::as_str).collect();
            let answer = help(&words);
            if !answer.status.success() {
                let says = String::from_utf8_lossy(&answer.stderr).into_owned();
                found.push(format!("{path}: {}: {says}", command.join(" ")));
            }
        }
    }
    assert!(looked_at > 0, "the README shows how to run it");
    none(found);
}

#[test]
fn what_the_program_does_not_know_is_found() {
    let wrong: [&[&str]; 4] = [
        &["no-such-command"],
        &["repro", "--no-such-flag"],
        &["repro", "--size", "small"],
        &["repro", "--pipeline", "nowhere"],
    ];
    for words in wrong {
        assert_eq!(help(words).status.code(), Some(2), "{words:?}");
    }
    assert!(help(&["repro", "--pipeline", "owned", "--expect", "clean"]).status.success());
}

#[test]
fn the_readme_names_the_command_that_ci_tests_with() {
    let ci = fs::read_to_string(root().join(".ci/run")).expect("CI is a script of the repository");
    let readme = fs::read_to_string(root().join("README.md")).expect("there is a README");
    let shown = documents::commands(&readme).contains(&vec!["cargo".into(), "test".into()]);
    assert!(shown && ci.contains("cargo test --locked\n"), "`cargo test` is the one command");
}
