//! Checks the style of every Rust file as far as no lint does, so that no review has to.

use crate::source::{Source, lines_with};

/// Upper bound of the characters of a line.
const MAX_COLUMNS: usize = 100;

/// Upper bound of the lines of a file.
const MAX_LINES: usize = 600;

/// Names of files that do not describe their content.
const VAGUE_NAMES: [&str; 4] = ["utils", "common", "helpers", "manager"];

/// Folders and files in which no code may wait for the clock or yield to provoke a race.
const NO_WAITING: [&str; 4] = ["src/pipeline", "src/codec", "src/repro/load_generator", "tests"];

/// Files that yield to a model checker: to test that it reports DIVERGED, and to let it switch
/// threads at the steps of an exercise.
const YIELDING: [&str; 3] =
    ["tests/course/checkers.rs", "tests/loom/wrapper.rs", "tests/shuttle/wrapper.rs"];

/// Returns all problems of a file.
pub(crate) fn check(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(too_long(source));
    found.extend(unfinished(source));
    found.extend(waiting(source));
    found.extend(doc_comments(source));
    if !source.text.starts_with("//!") {
        found.push(source.at(1, "a file begins with a comment about what it does"));
    }
    if source.path.split(['/', '.']).any(|part| VAGUE_NAMES.contains(&part)) {
        found.push(source.at(1, "the name does not describe the content"));
    }
    found
}

fn too_long(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (line, text) in (1..).zip(source.text.lines()) {
        let columns = text.chars().count();
        if columns > MAX_COLUMNS {
            found.push(source.at(line, &format!("{columns} columns, at most {MAX_COLUMNS}")));
        }
    }
    let lines = source.text.lines().count();
    if lines > MAX_LINES {
        found.push(source.at(lines, &format!("{lines} lines, at most {MAX_LINES}")));
    }
    found
}

fn unfinished(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for mark in ["TODO", "FIXME"] {
        for line in lines_with(&source.prose, mark) {
            found.push(source.at(line, &format!("{mark}: finish or remove it")));
        }
    }
    for (line, text) in (1..).zip(source.code.lines()) {
        if text.contains("#[ignore") {
            found.push(source.at(line, "a test that does not run proves nothing"));
        }
    }
    found
}

fn waiting(source: &Source) -> Vec<String> {
    if YIELDING.contains(&&*source.path) || !NO_WAITING.iter().any(|folder| source.is_in(folder)) {
        return Vec::new();
    }
    let words = ["sleep", "yield_now", "spin_loop", "park_timeout"];
    let lines = words.iter().flat_map(|word| lines_with(&source.code, word));
    lines.map(|line| source.at(line, "order is forced or searched, never waited for")).collect()
}

/// Returns the doc comments that are no whole sentences: a comment begins with a capital, a digit,
/// code or a link, and ends with punctuation, a table or a code block.
fn doc_comments(source: &Source) -> Vec<String> {
    let mut problems = Vec::new();
    for (line, text) in blocks(source) {
        let first = text.trim_start_matches(['*', '_', '#', '>', '-', ' ', '(', '"', '“']);
        let is_continued = first.starts_with(|c: char| c.is_lowercase() || ",;.…".contains(c));
        if is_continued {
            problems.push(source.at(line, "a doc comment begins a sentence, with a capital"));
        }
        let last = text.trim_end_matches(['*', '_', ')', '"', '”']);
        if !text.ends_with("```") && !last.ends_with(['.', '!', '?', ':', '|']) {
            problems.push(source.at(line, "a doc comment ends with punctuation"));
        }
    }
    problems
}

/// Returns the doc comments of a file, each with its first line, counted from 1.
fn blocks(source: &Source) -> Vec<(usize, String)> {
    let mut blocks: Vec<(usize, String)> = Vec::new();
    let mut above = "";
    for (line, text) in (1..).zip(source.prose.lines()) {
        let text = text.trim_start();
        let kind = ["///", "//!"].into_iter().find(|kind| text.starts_with(kind));
        let kind = kind.filter(|_| !text.starts_with("////")).unwrap_or_default();
        match blocks.last_mut() {
            _ if kind.is_empty() => {}
            Some((_, block)) if kind == above => {
                block.push('\n');
                block.push_str(text[3..].trim());
            }
            _ => blocks.push((line, text[3..].trim().to_owned())),
        }
        above = kind;
    }
    blocks
}

mod controls {
    use super::*;

    #[track_caller]
    fn finds(path: &str, text: &str, expected: &[&str]) {
        let found = check(&Source::new(path, &format!("//! Head.\n{text}")));
        let expected: Vec<String> = expected.iter().map(|what| format!("{path}:{what}")).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_line_that_is_too_wide_is_found() {
        let text = format!("// {}\n// {}", "ö".repeat(97), "o".repeat(98));
        finds("src/a.rs", &text, &["3: 101 columns, at most 100"]);
    }

    #[test]
    fn a_file_that_is_too_long_is_found() {
        finds("src/a.rs", &"\n".repeat(599), &[]);
        finds("src/a.rs", &"\n".repeat(600), &["601: 601 lines, at most 600"]);
    }

    #[test]
    fn unfinished_work_is_found() {
        finds("src/a.rs", "// TODO\nlet x = \"TODO\";", &["2: TODO: finish or remove it"]);
        finds("src/a.rs", "// FIXME", &["2: FIXME: finish or remove it"]);
        finds(
            "tests/a.rs",
            "#[ignore = \"slow\"]",
            &["2: a test that does not run proves nothing"],
        );
    }

    #[test]
    fn waiting_is_found_in_code_that_could_provoke_a_race_and_only_there() {
        let bad = "thread::sleep(d);\nstd::hint::spin_loop();\nsleeper();";
        let what = "order is forced or searched, never waited for";
        let (first, second) = (format!("2: {what}"), format!("3: {what}"));
        for path in
            ["src/pipeline/a.rs", "src/codec/a/b.rs", "src/repro/load_generator.rs", "tests/a.rs"]
        {
            finds(path, bad, &[&first, &second]);
        }
        finds("src/codecs.rs", bad, &[]);
        finds(YIELDING[0], "thread::yield_now();", &[]);
    }

    #[test]
    fn files_that_may_yield_do() {
        for path in YIELDING {
            let text = std::fs::read_to_string(crate::source::root().join(path));
            let code = Source::new(path, &text.expect("the file of an exception exists")).code;
            assert!(!lines_with(&code, "yield_now").is_empty(), "{path} needs no exception");
        }
    }

    #[test]
    fn a_file_without_a_first_comment_or_with_a_vague_name_is_found() {
        let found = check(&Source::new("src/utils/a.rs", "fn f() {}"));
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn a_doc_comment_that_is_no_whole_sentence_is_found() {
        let capital = "2: a doc comment begins a sentence, with a capital";
        let end = "2: a doc comment ends with punctuation";
        finds("src/a.rs", "/// counts rows.", &[capital]);
        finds("src/a.rs", "/// Counts rows", &[end]);
        finds("src/a.rs", "    /// Counts rows,\n    /// of", &[end]);
        finds("src/a.rs", "/// to this one", &[capital, end]);
        finds("src/a.rs", "/// A row.\nx: u8,\n/// and its owner.", &[&capital.replace('2', "4")]);
        let good = "/// Counts rows:\n///\n/// ```\n/// f()\n/// ```\n/// [`a`] (b).\n// c\n\
            /// `clean` is for CI.\n\"/// e\"";
        finds("src/a.rs", good, &[]);
    }
}
