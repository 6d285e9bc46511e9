//! Tests the exercises and solutions as a learner does, with cargo and without other crates.

use std::env;
use std::io::{Read, pipe};
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs cargo in the course's folder. Returns what it and the programs print, in the order of
/// printing.
fn cargo(arguments: &[&str]) -> String {
    let course = Path::new(env!("CARGO_MANIFEST_DIR")).join("course");
    cargo_in(&course, &[arguments, &["--locked"]].concat())
}

/// Runs cargo in a folder, with the course's target folder.
pub(crate) fn cargo_in(folder: &Path, arguments: &[&str]) -> String {
    let (mut printed, writer) = pipe().expect("the system has a pipe");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(arguments)
        .args(["--offline", "--color", "never"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("course"))
        .env_remove("RUSTFLAGS")
        .stdin(Stdio::null())
        .stdout(writer.try_clone().expect("the pipe has two writers"))
        .stderr(writer);
    let mut child = cargo.spawn().expect("cargo runs");
    // The command holds the writers; the pipe ends when they are dropped.
    drop(cargo);
    let mut text = String::new();
    printed.read_to_string(&mut text).expect("cargo prints text");
    child.wait().expect("cargo ends");
    text
}

#[test]
fn every_exercise_fails_in_one_test_and_every_solution_passes() {
    let said = cargo(&["test", "--bins", "--no-fail-fast"]);
    let (mut exercises, mut solutions) = (0, 0);
    for program in said.split("     Running unittests ").skip(1) {
        let name = program.split(' ').next().unwrap_or_default();
        let result = program.lines().find(|line| line.starts_with("test result: "));
        let result = result.unwrap_or_else(|| panic!("{name} has no result: {said}"));
        if name.starts_with("exercises/") {
            // The other tests say what the code is for, and pass.
            assert!(result.contains(" 1 failed;"), "{name}: {result}");
            let reason = if name.contains("_repairs") { "guess first" } else { "FOUND @" };
            assert!(program.contains(reason), "{name} fails without {reason:?}: {program}");
            exercises += 1;
        } else {
            assert!(result.starts_with("test result: ok."), "{name}: {program}");
            solutions += 1;
        }
    }
    assert_eq!((exercises, solutions), (20, 20), "{said}");
}

#[test]
fn an_exercise_prints_the_table_of_its_losing_word() {
    let said = cargo(&["run", "--quiet", "--bin", "current_user"]);
    let table = "turn  request of A                  request of B\n \
         A    … next: read the database\n \
         B                                  … next: read the database\n \
         A    is shown B  <-- not only A\n";
    assert_eq!(said, table);
}
