//! How every Rust file is written, wherever it lies.
//!
//! What a machine can hold nobody has to ask for in a review.

use crate::source::{Source, in_word, lines_with};

/// Longest line, in characters.
const COLUMNS: usize = 100;

/// Longest file, in lines.
const LINES: usize = 350;

/// Names of files that say nothing about what is in them.
const EMPTY_NAMES: [&str; 4] = ["utils", "common", "helpers", "manager"];

/// The folders in which nothing may wait for the clock or give way to make a race show.
const NO_WAITING: [&str; 4] = ["src/pipeline", "src/codec", "src/load", "tests"];

/// The files that do: a checker must see a loop that only waits, to be seen calling it DIVERGED.
const GIVE_WAY: [&str; 2] = ["tests/loom/wrapper.rs", "tests/shuttle/wrapper.rs"];

/// Everything that a file breaks.
pub(crate) fn check(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(too_long(source));
    found.extend(left_undone(source));
    found.extend(waiting(source));
    found.extend(tests_without_a_sentence(source));
    for line in lines_with(&source.code, concat!("uns", "afe")) {
        found.push(source.at(line, "no code is unsafe here"));
    }
    if !source.text.starts_with("//!") {
        found.push(source.at(1, "a file opens with what it is and why"));
    }
    if source.path.split(['/', '.']).any(|part| EMPTY_NAMES.contains(&part)) {
        found.push(source.at(1, "the name says nothing about what is in it"));
    }
    found
}

fn too_long(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (line, text) in (1..).zip(source.text.lines()) {
        let columns = text.chars().count();
        if columns > COLUMNS {
            found.push(source.at(line, &format!("{columns} columns, at most {COLUMNS}")));
        }
    }
    let lines = source.text.lines().count();
    if lines > LINES {
        found.push(source.at(lines, &format!("{lines} lines, at most {LINES}")));
    }
    found
}

fn left_undone(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for mark in ["TODO", "FIXME", "todo", "unimplemented"] {
        let in_capitals = mark.starts_with(char::is_uppercase);
        let text = if in_capitals { &source.prose } else { &source.code };
        for line in lines_with(text, mark) {
            found.push(source.at(line, &format!("{mark}: do it, or leave it out")));
        }
    }
    for (line, text) in (1..).zip(source.code.lines()) {
        if text.contains("#[ignore") {
            found.push(source.at(line, "a test that does not run is none"));
        }
    }
    found
}

fn waiting(source: &Source) -> Vec<String> {
    if GIVE_WAY.contains(&&*source.path) || !NO_WAITING.iter().any(|folder| source.is_in(folder)) {
        return Vec::new();
    }
    let words = ["sleep", "yield_now", "spin_loop", "park_timeout"];
    let lines = words.iter().flat_map(|word| lines_with(&source.code, word));
    lines.map(|line| source.at(line, "order is forced or searched, never waited for")).collect()
}

fn tests_without_a_sentence(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (line, text) in (1..).zip(source.code.lines()) {
        let name = text.trim_start().strip_prefix("fn ").unwrap_or("");
        if name.starts_with("test_") {
            found.push(source.at(line, "a test's name is a sentence, without test_"));
        }
        let bare = text.trim_start().strip_prefix("#[should_panic").unwrap_or("(");
        if !bare.starts_with(|c| in_word(c) || c == '(') {
            found.push(source.at(line, "should_panic says which panic it expects"));
        }
    }
    found
}

#[cfg(test)]
mod controls {
    use super::*;

    #[track_caller]
    fn finds(path: &str, text: &str, expected: &[&str]) {
        let found = check(&Source::new(path, &format!("//! Head.\n{text}")));
        let expected: Vec<String> = expected.iter().map(|what| format!("{path}:{what}")).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_unsafe_block_is_found_and_a_comment_about_one_is_not() {
        finds("src/a.rs", "// unsafe\nfn f() { unsafe {} }", &["3: no code is unsafe here"]);
    }

    #[test]
    fn a_line_that_is_too_wide_is_found() {
        let text = format!("// {}\n// {}", "ö".repeat(97), "o".repeat(98));
        finds("src/a.rs", &text, &["3: 101 columns, at most 100"]);
    }

    #[test]
    fn a_file_that_is_too_long_is_found() {
        finds("src/a.rs", &"\n".repeat(349), &[]);
        finds("src/a.rs", &"\n".repeat(350), &["351: 351 lines, at most 350"]);
    }

    #[test]
    fn what_is_left_undone_is_found() {
        finds("src/a.rs", "// TODO\nlet x = \"TODO\";", &["2: TODO: do it, or leave it out"]);
        finds("src/a.rs", "/// FIXME", &["2: FIXME: do it, or leave it out"]);
        finds("src/a.rs", "todo!()", &["2: todo: do it, or leave it out"]);
        finds("tests/a.rs", "#[ignore = \"slow\"]", &["2: a test that does not run is none"]);
    }

    #[test]
    fn waiting_is_found_where_it_could_make_a_race_show_and_only_there() {
        let bad = "thread::sleep(d);\nstd::hint::spin_loop();\nsleeper();";
        let what = "order is forced or searched, never waited for";
        let (first, second) = (format!("2: {what}"), format!("3: {what}"));
        for path in ["src/pipeline/a.rs", "src/codec/a/b.rs", "src/load.rs", "tests/a.rs"] {
            finds(path, bad, &[&first, &second]);
        }
        finds("src/loading.rs", bad, &[]);
        finds(GIVE_WAY[0], "thread::yield_now();", &[]);
    }

    #[test]
    fn files_that_may_give_way_do() {
        for path in GIVE_WAY {
            let text = std::fs::read_to_string(crate::source::root().join(path));
            let code = Source::new(path, &text.expect("an exception is for a file")).code;
            assert!(!lines_with(&code, "yield_now").is_empty(), "{path} needs no exception");
        }
    }

    #[test]
    fn a_test_that_is_no_sentence_and_a_panic_that_is_any_are_found() {
        finds("tests/a.rs", "fn test_a() {", &["2: a test's name is a sentence, without test_"]);
        let what = "2: should_panic says which panic it expects";
        finds("tests/a.rs", "#[should_panic]", &[what]);
        finds("tests/a.rs", "#[should_panic(expected = \"x\")]", &[]);
    }

    #[test]
    fn a_file_without_a_head_or_with_an_empty_name_is_found() {
        let found = check(&Source::new("src/utils/a.rs", "fn f() {}"));
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
