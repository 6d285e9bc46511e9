//! What a document of the repository shows must be there: the files it names, and the commands.
//!
//! A newcomer's first act is to type what the README says.

use std::path::Path;

use crate::source::root;

/// Folders whose files a document may name in its code.
const FOLDERS: [&str; 7] = ["src/", "tests/", "benches/", "docs/", "fuzz/", ".ci/", ".github/"];

/// Languages whose blocks show no commands.
const NO_COMMANDS: [&str; 4] = ["rust", "toml", "json", "text"];

/// The links and paths of a document that lead nowhere.
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
            if named && !name.contains('*') && !root().join(word.trim_end_matches(',')).exists() {
                found.push(format!("{path}: there is no {word}"));
            }
        }
    }
    found
}

/// The relative targets of a document's links and pictures, without what follows `#`.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let inside = targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    inside.filter_map(|target| target.split('#').next()).filter(|t| !t.is_empty()).collect()
}

/// `a/{b,c}.rs` is `a/b.rs` and `a/c.rs`.
fn spread(word: &str) -> Vec<String> {
    let Some((before, rest)) = word.split_once('{') else { return vec![word.into()] };
    let Some((choices, after)) = rest.split_once('}') else { return vec![word.into()] };
    choices.split(',').map(|choice| format!("{before}{choice}{after}")).collect()
}

/// The commands that a document shows, each as its words.
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

/// What a command asks of the repository's own program, or `None` if it runs another.
pub(crate) fn asked_of_the_program(command: &[String]) -> Option<&[String]> {
    if is_binary(&command[0]) {
        return Some(&command[1..]);
    }
    let runs = command.get(1).is_some_and(|verb| verb == "run" || verb == "r");
    let own = command.iter().position(|word| word == "--").map_or(command.len(), |at| at + 1);
    runs.then(|| &command[own..])
}

/// What is wrong with a command of cargo's: a target, a feature or a test that is not there.
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

struct Code<'t> {
    language: &'t str,
    text: &'t str,
}

/// A document's blocks of code, and the code within its lines.
fn code(text: &str) -> Vec<Code<'_>> {
    let mut found = Vec::new();
    for (place, part) in text.split("```").enumerate() {
        if place % 2 == 1 {
            let (language, text) = part.split_once('\n').unwrap_or(("", part));
            found.push(Code { language: language.trim(), text });
        } else {
            let spans = part.split('`').enumerate().filter(|(place, _)| place % 2 == 1);
            found.extend(spans.map(|(_, text)| Code { language: "", text }));
        }
    }
    found
}

#[cfg(test)]
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
            `src/` `tests/*.rs` src/nowhere.rs";
        assert_eq!(dead_ends("README.md", good), [""; 0]);
        assert_eq!(dead_ends("docs/a.md", "[a](../src/lib.rs)"), [""; 0]);
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
    fn what_is_asked_of_the_program_is_told_from_what_is_asked_of_cargo() {
        let asked = |command: &str| asked_of_the_program(&words(command)).map(<[String]>::to_vec);
        assert_eq!(asked("cargo run --release -- repro --json"), Some(words("repro --json")));
        assert_eq!(asked("cargo run --release"), Some(Vec::new()));
        assert_eq!(asked("target/release/double-exposure repro"), Some(words("repro")));
        assert_eq!(asked("cargo test -- --nocapture"), None);
    }

    #[test]
    fn targets_features_and_tests_that_are_not_there_are_found() {
        let unknown = |command: &str| {
            unknown_to_cargo(&words(command), &["fast"], |name| "a_test_of_it".contains(name))
        };
        for bad in [
            "cargo test --test nowhere",
            "cargo test --test=nowhere",
            "cargo bench --bench nowhere",
            "cargo run --features slow",
            "cargo run --features fast,slow",
            "cargo test --test house no_such_test",
        ] {
            assert!(unknown(bad).is_some(), "{bad}");
        }
        for good in [
            "cargo test --test house test_of -- --nocapture",
            "cargo bench --bench ownership",
            "cargo build --features fast -p x",
            "cargo test --doc",
        ] {
            assert_eq!(unknown(good), None, "{good}");
        }
    }
}
