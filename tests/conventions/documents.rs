//! Checks that the files and commands that the repository's documents name exist, and that the
//! words of the glossary are explained where a reader first meets them.
//!
//! Most readers start by typing the commands of the README.

use std::path::Path;

use crate::source::root;

/// Folders whose files a document may name in its code.
const FOLDERS: [&str; 8] =
    ["src/", "tests/", "benches/", "course/", "docs/", "fuzz/", ".ci/", ".github/"];

/// Languages whose blocks show no commands.
const NO_COMMANDS: [&str; 4] = ["rust", "toml", "json", "text"];

/// Returns the links and paths of a document that lead nowhere.
pub(crate) fn dead_ends(path: &str, text: &str) -> Vec<String> {
    let folder = Path::new(path).parent().expect("a document lies in a folder");
    let mut found = Vec::new();
    for target in links(text) {
        if !root().join(folder).join(target).exists() {
            found.push(format!("{path}: the link to {target} leads nowhere"));
        }
    }
    for code in code(text) {
        for word in code.text.split_whitespace().flat_map(spread) {
            let name = word.trim_matches(['"', '\'', '(', ')', ',', ';', '.']);
            let named = FOLDERS.iter().any(|folder| word.starts_with(folder));
            let file = word.split('#').next().unwrap_or_default().trim_end_matches(',');
            if named && !name.contains('*') && !root().join(file).exists() {
                found.push(format!("{path}: there is no {word}"));
            }
        }
    }
    found
}

/// Returns the relative targets of a document's links and pictures, without the part after `#`.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let inside = targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    inside.filter_map(|target| target.split('#').next()).filter(|t| !t.is_empty()).collect()
}

/// Expands braces: `a/{b,c}.rs` is `a/b.rs` and `a/c.rs`.
fn spread(word: &str) -> Vec<String> {
    let Some((before, rest)) = word.split_once('{') else { return vec![word.into()] };
    let Some((choices, after)) = rest.split_once('}') else { return vec![word.into()] };
    choices.split(',').map(|choice| format!("{before}{choice}{after}")).collect()
}

/// Returns the number of lines of code that the tables of a document name, each before a link to
/// its file, and the lines that do not occur exactly once in their file.
pub(crate) fn named_lines(path: &str, text: &str) -> (usize, Vec<String>) {
    let folder = Path::new(path).parent().expect("a document lies in a folder");
    let (mut count, mut found) = (0, Vec::new());
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches(['|', ' ']).split(" | ").collect();
        let [.., line, file] = cells[..] else { continue };
        let line = line.strip_prefix('`').and_then(|line| line.strip_suffix('`'));
        let (Some(line), [target]) = (line, &links(file)[..]) else { continue };
        count += 1;
        let source = std::fs::read_to_string(root().join(folder).join(target)).unwrap_or_default();
        let times = source.matches(line).count();
        if times != 1 {
            found.push(format!("{path}: {target} holds {times} times, not once: {line}"));
        }
    }
    (count, found)
}

/// Returns the commands that a document shows, each as its words.
pub(crate) fn commands(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for code in code(text).into_iter().filter(|code| !NO_COMMANDS.contains(&code.language)) {
        let joined = code.text.replace("\\\n", " ");
        let prompts = joined.lines().any(|line| line.trim_start().starts_with("$ "));
        for line in joined.lines() {
            let line = line.trim_start();
            if prompts && !line.starts_with("$ ") {
                continue;
            }
            let line = line.split(" #").next().unwrap_or(line);
            for part in line.split(['|', ';', '&', '>']) {
                let words: Vec<String> = part.split_whitespace().map(String::from).collect();
                let starts = |word: &String| word == "cargo" || is_binary(word);
                if let Some(start) = words.iter().position(starts) {
                    found.push(words[start..].to_vec());
                }
            }
        }
    }
    found
}

fn is_binary(word: &str) -> bool {
    word == "double-exposure" || word.ends_with("/double-exposure")
}

/// Returns the arguments for the repository's own program, or `None` if the command runs another.
pub(crate) fn program_arguments(command: &[String]) -> Option<&[String]> {
    if is_binary(&command[0]) {
        return Some(&command[1..]);
    }
    let runs = command.get(1).is_some_and(|verb| verb == "run" || verb == "r");
    let own = command.iter().position(|word| word == "--").map_or(command.len(), |at| at + 1);
    runs.then(|| &command[own..])
}

/// Returns the problem of a cargo command: a target, a feature or a test that does not exist.
pub(crate) fn unknown_to_cargo(
    command: &[String],
    features: &[&str],
    is_named_in_a_test: impl Fn(&str) -> bool,
) -> Option<String> {
    let verb = command.get(1)?.as_str();
    let mut words = command.iter().skip(2).take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word.as_str(), None),
        };
        let folder = match flag {
            "--test" => "tests",
            "--bench" => "benches",
            "--example" => "examples",
            "--features" | "-F" => "",
            "--package" | "-p" | "--jobs" | "-j" | "--profile" | "--bin" | "--target-dir" => {
                words.next();
                continue;
            }
            name if !name.starts_with('-') && verb == "test" && !is_named_in_a_test(name) => {
                return Some(format!("no test is called {name}"));
            }
            _ => continue,
        };
        let value = value.or_else(|| words.next().map(String::as_str)).unwrap_or_default();
        let there = match folder {
            "" => value.split(',').all(|feature| features.contains(&feature)),
            _ => [format!("{folder}/{value}.rs"), format!("{folder}/{value}/main.rs")]
                .iter()
                .any(|file| root().join(file).is_file()),
        };
        if !there {
            return Some(format!("there is no {flag} {value}"));
        }
    }
    None
}

/// Words of the glossary. A document that newcomers read explains each at its first use.
const GLOSSARY: [&str; 7] = ["slot", "lapped", "band", "torn", "swapped", "word", "maker"];

/// Returns the words of the glossary that a text uses before it explains them. The mark of an
/// explanation is emphasis: the first use of the word, or of its plural, is in `*`. Code does not
/// count as a use.
pub(crate) fn unexplained(path: &str, text: &str) -> Vec<String> {
    let prose = without_code(text);
    let mut found = Vec::new();
    for word in GLOSSARY {
        let uses = prose.match_indices(word).filter(|(at, _)| {
            let before = prose[..*at].chars().next_back();
            let after = prose[at + word.len()..].trim_start_matches('s').chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        });
        if let Some((at, _)) = uses.min_by_key(|(at, _)| *at)
            && !prose[..at].ends_with('*')
        {
            let line = prose[..at].matches('\n').count() + 1;
            found.push(format!("{path}:{line}: explain *{word}* where it is first used"));
        }
    }
    found
}

/// Returns the words of the glossary that have no row in the table of a document: a row begins with
/// the word, and its second column is the standard term.
pub(crate) fn missing_in_table(path: &str, text: &str) -> Vec<String> {
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .map(|row| row.split('|').map(str::trim).collect())
        .collect();
    let has_row = |word: &str| {
        rows.iter().any(|row| row[0].split(", ").any(|name| name == word) && row[1].len() > 3)
    };
    let missing = GLOSSARY.into_iter().filter(|word| !has_row(word));
    missing.map(|word| format!("{path}: the glossary has no row for {word}")).collect()
}

/// Returns a text with its lines, and with spaces in place of code.
fn without_code(text: &str) -> String {
    let mut parts = Vec::new();
    for (index, block) in text.split("```").enumerate() {
        let spans = block.split('`').enumerate().map(|(span, part)| {
            let is_code = index % 2 == 1 || span % 2 == 1;
            let blank = |c: char| if is_code && c != '\n' { ' ' } else { c };
            part.chars().map(blank).collect::<String>()
        });
        parts.push(spans.collect::<Vec<_>>().join(" "));
    }
    parts.join("   ")
}

struct Code<'t> {
    language: &'t str,
    text: &'t str,
}

/// Returns a document's blocks of code, and the code within its lines.
fn code(text: &str) -> Vec<Code<'_>> {
    let mut found = Vec::new();
    for (index, part) in text.split("```").enumerate() {
        if index % 2 == 1 {
            let (language, text) = part.split_once('\n').unwrap_or(("", part));
            found.push(Code { language: language.trim(), text });
        } else {
            let spans = part.split('`').enumerate().filter(|(index, _)| index % 2 == 1);
            found.extend(spans.map(|(_, text)| Code { language: "", text }));
        }
    }
    found
}

mod controls {
    use super::*;

    fn words(command: &str) -> Vec<String> {
        command.split_whitespace().map(String::from).collect()
    }

    #[test]
    fn links_and_paths_that_lead_nowhere_are_found() {
        for bad in [
            "[a](src/nowhere.rs)",
            "![a](nowhere.png#b)",
            "`src/pipeline/{shared,nowhere}.rs`",
            "`git diff tests/nowhere.rs, src`",
            "```console\n$ .ci/nowhere\n```",
        ] {
            assert_eq!(dead_ends("README.md", bad).len(), 1, "{bad}");
        }
        assert_eq!(dead_ends("docs/a.md", "[a](src/lib.rs)").len(), 1);
    }

    #[test]
    fn links_and_paths_that_lead_somewhere_are_not_found() {
        let good = "[a](src/lib.rs#x) [b](#c) [d](https://e.f/g) `src/pipeline/{shared,owned}.rs` \
            `src/` `tests/*.rs` `src/lib.rs#c` src/nowhere.rs";
        assert_eq!(dead_ends("README.md", good), [""; 0]);
        assert_eq!(dead_ends("docs/a.md", "[a](../src/lib.rs)"), [""; 0]);
    }

    #[test]
    fn named_lines_that_do_not_occur_once_in_their_file_are_found() {
        let row = |line: &str, file: &str| format!("| a | b | `{line}` | [c]({file}) |\n");
        let good = "pub struct Owned<C: Codec> {";
        assert_eq!(named_lines("docs/a.md", &row(good, "../src/pipeline/owned.rs")), (1, vec![]));
        assert_eq!(named_lines("docs/a.md", "| `a` | b |\n|---|---|\n"), (0, vec![]));
        for (line, file) in [
            ("pub struct Owner<C: Codec> {", "../src/pipeline/owned.rs"),
            ("self.codec", "../src/pipeline/owned.rs"),
            (good, "../src/pipeline/shared.rs"),
            (good, "../src/pipeline/nowhere.rs"),
        ] {
            assert_eq!(named_lines("docs/a.md", &row(line, file)).1.len(), 1, "{line}");
        }
    }

    #[test]
    fn commands_are_read_from_blocks_and_lines() {
        let text = "Run `cargo test` or `A=1 cargo bench`, not `x`.\n\
            ```console\n$ cargo run -- \\\n --json | jq .a   # why\ncargo says this\n```\n\
            ```sh\ncd x && double-exposure repro\n```\n```rust\ncargo\n```";
        let expected =
            ["cargo test", "cargo bench", "cargo run -- --json", "double-exposure repro"];
        assert_eq!(commands(text), expected.map(words));
    }

    #[test]
    fn arguments_of_the_program_are_told_from_those_of_cargo() {
        let arguments = |command: &str| program_arguments(&words(command)).map(<[String]>::to_vec);
        assert_eq!(arguments("cargo run --release -- repro --json"), Some(words("repro --json")));
        assert_eq!(arguments("cargo run --release"), Some(Vec::new()));
        assert_eq!(arguments("target/release/double-exposure repro"), Some(words("repro")));
        assert_eq!(arguments("cargo test -- --nocapture"), None);
    }

    #[test]
    fn unknown_targets_features_and_tests_are_found() {
        let unknown = |command: &str| {
            unknown_to_cargo(&words(command), &["fast"], |name| "a_test_of_it".contains(name))
        };
        for bad in [
            "cargo test --test nowhere",
            "cargo test --test=nowhere",
            "cargo bench --bench nowhere",
            "cargo run --features slow",
            "cargo run --features fast,slow",
            "cargo test --test conventions no_such_test",
        ] {
            assert!(unknown(bad).is_some(), "{bad}");
        }
        for good in [
            "cargo test --test conventions test_of -- --nocapture",
            "cargo bench --bench ownership",
            "cargo build --features fast -p x",
            "cargo test --doc",
        ] {
            assert_eq!(unknown(good), None, "{good}");
        }
    }

    #[test]
    fn words_of_the_glossary_that_are_used_before_they_are_explained_are_found() {
        for bad in ["A slot is taken.", "Two slots, then a *slot*.", "It is *torn*, `slot`, slot."]
        {
            assert_eq!(unexplained("README.md", bad).len(), 1, "{bad}");
        }
        let good =
            "`slot` ```rust\nslot\n``` a *slot* (an index) and slots; *words*; bandage, wordy";
        assert_eq!(unexplained("README.md", good), [""; 0]);
        let row = |word: &&str| format!("| {word} | a standard term | x |\n");
        let table: String = GLOSSARY.iter().map(row).collect();
        assert_eq!(missing_in_table("a.md", &table), [""; 0]);
        let bad = table.replace("| torn | a standard term", "| torn | ");
        assert_eq!(missing_in_table("a.md", &bad).len(), 1);
    }
}
