//! Checks the conventions of the repository that a machine can check, in every file. Each rule is a
//! function over text, and has a control: the same function on bad text, which it must find.

mod cycles;
mod documents;
mod imports;
mod layers;
mod manifest;
mod names;
mod pipeline;
mod shared_state;
mod source;
mod style;
mod survivors;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use source::{Source, files, root, sources};

const MANIFEST: &str = include_str!("../../Cargo.toml");

/// Returns the documents that readers follow, each with its path.
fn documents() -> Vec<(String, String)> {
    let mut documents = files("docs", ".md");
    for name in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "src/sample_photos/LICENSES.md"] {
        documents.push((name.into(), text(name)));
    }
    documents
}

/// Returns the text of a file of the repository.
fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn every_source() -> Vec<Source> {
    // Exercises have a mark where the learner has to change them, so only the rest is checked.
    let folders = ["src", "tests", "benches", "course/src", "course/solutions", "fuzz"];
    folders.into_iter().flat_map(sources).collect()
}

fn shipped(file: &str) -> Source {
    let path = format!("src/pipeline/{file}");
    Source::new(&path, &text(&path))
}

#[track_caller]
fn assert_none(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// Runs the program with `words` and `--help`: it parses the words, and does nothing.
fn help(words: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    program.args(words).arg("--help").stdin(Stdio::null()).output().expect("the program starts")
}

#[test]
fn every_file_keeps_the_style() {
    let every = every_source();
    for known in ["src/pipeline/owned.rs", "tests/conventions/style.rs", "benches/ownership.rs"] {
        assert!(every.iter().any(|source| source.path == known), "{known} is not checked");
    }
    assert_none(every.iter().flat_map(style::check).collect());
}

#[test]
fn pipelines_name_only_std_bytes_and_sync_and_hold_no_state_outside_of_values() {
    let folder = sources("src/pipeline");
    let names = folder.iter().filter_map(|source| Path::new(&source.path).file_stem()?.to_str());
    let siblings: Vec<&str> = names.collect();
    assert!(["mod", "owned", "pooled", "shared"].iter().all(|name| siblings.contains(name)));
    assert_none(folder.iter().flat_map(|source| pipeline::check(source, &siblings)).collect());
}

#[test]
fn the_repair_does_not_mention_sync() {
    assert_none(pipeline::names_sync(&shipped("owned.rs")));
}

#[test]
fn the_failure_is_small_and_the_repair_is_smaller() {
    assert_none(pipeline::sizes(&shipped("shared.rs"), &shipped("owned.rs")));
}

#[test]
fn the_failure_and_the_repair_have_the_same_items_in_the_same_order() {
    let types = ["Shared", "Owned"];
    assert_none(
        pipeline::different_items(&shipped("shared.rs"), &shipped("owned.rs"), types)
            .into_iter()
            .collect(),
    );
}

#[test]
fn the_album_and_its_server_share_values_alone_and_name_their_primitives_in_one_module() {
    let folders = shared_state::FOLDERS;
    let sources: Vec<Source> = folders.into_iter().flat_map(sources).collect();
    assert!(sources.len() > 40, "only {} files are checked", sources.len());
    assert_none(sources.iter().flat_map(shared_state::check).collect());
    let models = text("tests/service_models/server.rs");
    assert_none(shared_state::not_modelled(&sources, &models));
}

#[test]
fn dependencies_point_down() {
    let sources = sources("src");
    assert!(sources.len() > 10, "only {} files are checked", sources.len());
    assert_none(sources.iter().flat_map(layers::check).collect());
}

#[test]
fn the_map_the_table_and_the_rows_list_the_modules_on_disk() {
    assert_none(layers::disagreements(&text("src/lib.rs"), &text("CONTRIBUTING.md")));
}

#[test]
fn imports_between_files_form_no_cycle() {
    assert_none(cycles::cycles(&sources("src")));
}

#[test]
fn exported_types_of_two_modules_have_different_names() {
    assert_none(names::ambiguous_types(&sources("src")));
}

#[test]
fn bounds_are_called_max_or_min() {
    assert_none(every_source().iter().flat_map(names::unusual_bounds).collect());
}

#[test]
fn every_dependency_has_a_reason() {
    assert_none(manifest::without_a_reason(MANIFEST));
}

#[test]
fn the_kit_alone_compiles_few_dependencies() {
    assert_none(manifest::not_optional(MANIFEST));
}

#[test]
fn survivors_that_are_explained_can_still_be_planted() {
    let source = |file: &str| fs::read_to_string(root().join(file)).ok();
    assert_none(survivors::outdated(&text(".ci/survivors.txt"), source));
}

#[test]
fn files_that_the_documents_name_exist() {
    let documents = documents();
    let dead_ends = documents.iter().flat_map(|(path, text)| documents::dead_ends(path, text));
    assert_none(dead_ends.collect());
}

#[test]
fn the_lines_that_the_proof_for_any_number_names_stand_in_their_files() {
    let (count, missing) = documents::named_lines("docs/lap-law.md", &text("docs/lap-law.md"));
    assert!(count >= 15, "only {count} lines are checked");
    assert_none(missing);
}

#[test]
fn cargo_knows_the_commands_of_the_documents() {
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
    assert_none(found);
}

#[test]
fn the_program_knows_the_commands_of_the_documents() {
    let (mut checked, mut found) = (0, Vec::new());
    for (path, text) in documents() {
        for command in documents::commands(&text) {
            let Some(arguments) = documents::program_arguments(&command) else { continue };
            checked += 1;
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let output = help(&words);
            if !output.status.success() {
                let error = String::from_utf8_lossy(&output.stderr).into_owned();
                found.push(format!("{path}: {}: {error}", command.join(" ")));
            }
        }
    }
    assert!(checked > 0, "the README shows how to run the program");
    assert_none(found);
}

#[test]
fn commands_that_the_program_does_not_know_are_found() {
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
    let (ci, readme) = (text(".ci/run"), text("README.md"));
    let shown = documents::commands(&readme).contains(&vec!["cargo".into(), "test".into()]);
    assert!(shown && ci.contains("cargo test --locked\n"), "`cargo test` is the one command");
}

#[test]
fn glossary_words_are_explained_at_their_first_use() {
    let lib: String = text("src/lib.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .map(|line| format!("{line}\n"))
        .collect();
    let mut problems = documents::unexplained("README.md", &text("README.md"));
    problems.extend(documents::unexplained("src/lib.rs", &lib));
    problems.extend(documents::missing_in_table("CONTRIBUTING.md", &text("CONTRIBUTING.md")));
    assert_none(problems);
}
