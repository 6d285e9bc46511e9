//! Tests the exercises and solutions as a learner does, with cargo and without other crates.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs cargo in the course's folder, with a target folder of its own.
fn cargo(arguments: &[&str]) -> String {
    let course = Path::new(env!("CARGO_MANIFEST_DIR")).join("course");
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .args(["--offline", "--locked", "--color", "never"])
        .current_dir(course)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("course"))
        .env_remove("RUSTFLAGS")
        .stdin(Stdio::null())
        .output()
        .expect("cargo runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn every_exercise_fails_in_one_test_with_its_word_and_every_solution_passes() {
    let said = cargo(&["test", "--bins", "--no-fail-fast"]);
    let results: Vec<&str> =
        said.lines().filter(|line| line.starts_with("test result: ")).collect();
    assert_eq!(results.len(), 20, "{said}");
    let failed = |result: &&&str| result.contains("FAILED");
    assert_eq!(results.iter().filter(failed).count(), 10, "each exercise, and no solution: {said}");
    for result in results.iter().filter(failed) {
        assert!(result.contains(" 1 failed;"), "one test fails, the purpose holds: {result}");
    }
    assert_eq!(said.lines().filter(|line| line.starts_with("FOUND @")).count(), 10, "{said}");
    assert!(!said.contains("warning: unused"), "{said}");
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
