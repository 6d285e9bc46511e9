//! Reads a Rust file, and separates its code from comments and literals.
//!
//! A comment about forbidden code, or a test that holds it in a string, must not break the rule. So
//! everything that a rule does not apply to is replaced by spaces, and lines keep their numbers.

use std::fs;
use std::path::Path;

/// Holds a file of the repository.
pub(crate) struct Source {
    /// Path from the repository's root, with `/` between names.
    pub(crate) path: String,
    /// Whole text.
    pub(crate) text: String,
    /// Code, with spaces in place of comments and of the content of literals.
    pub(crate) code: String,
    /// Code and comments, with spaces in place of the content of literals.
    pub(crate) prose: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let (code, prose) = blank(text);
        Self { path: path.into(), text: text.into(), code, prose }
    }

    /// Returns true if the file is in `folder`, or is the file of that module.
    pub(crate) fn is_in(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with(['/', '.']))
    }

    /// Returns a problem with the path and the line, counted from 1.
    pub(crate) fn at(&self, line: usize, problem: &str) -> String {
        format!("{}:{line}: {problem}", self.path)
    }
}

/// Returns the repository's files under `folder`, sorted by path; none if there is no such folder.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return found };
    for entry in entries {
        let path = entry.expect("a folder can be listed").path();
        let name = path.file_name().expect("an entry has a name").to_str().expect("in UTF-8");
        let inside = format!("{folder}/{name}");
        if path.is_dir() {
            found.extend(files(&inside, ending));
        } else if name.ends_with(ending) {
            found.push((inside, fs::read_to_string(path).expect("sources are text")));
        }
    }
    found.sort();
    found
}

/// Returns the Rust files under `folder`.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
    files(folder, ".rs").iter().map(|(path, text)| Source::new(path, text)).collect()
}

/// Returns the repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the lines, counted from 1, that hold `word` as a whole word and not as a lifetime.
pub(crate) fn lines_with(text: &str, word: &str) -> Vec<usize> {
    let stands = |line: &str| {
        line.match_indices(word).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + word.len()..].chars().next();
            !before.is_some_and(|c| in_word(c) || c == '\'') && !after.is_some_and(in_word)
        })
    };
    (1..).zip(text.lines()).filter(|(_, line)| stands(line)).map(|(number, _)| number).collect()
}

/// Returns true if a character may be part of an identifier.
pub(crate) fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// Returns the code alone, and the code with comments.
fn blank(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let mut kinds = vec![Kind::Code; chars.len()];
    let mut at = 0;
    while at < chars.len() {
        let (end, kind) = piece(&chars, at);
        kinds[at..end].fill(kind);
        at = end;
    }
    let keep = |kept: &[Kind]| {
        let char = |(&c, kind)| if c == '\n' || kept.contains(kind) { c } else { ' ' };
        chars.iter().zip(&kinds).map(char).collect()
    };
    (keep(&[Kind::Code]), keep(&[Kind::Code, Kind::Comment]))
}

/// Returns the end of the piece that starts at `at`, and its kind.
fn piece(chars: &[char], at: usize) -> (usize, Kind) {
    let rest = &chars[at..];
    let end = |length: Option<usize>| at + length.unwrap_or(rest.len());
    let first_in_word = at == 0 || !in_word(chars[at - 1]) || "bc".contains(chars[at - 1]);
    match rest {
        ['/', '/', ..] => (end(rest.iter().position(|&c| c == '\n')), Kind::Comment),
        ['/', '*', ..] => (end(block_comment(rest)), Kind::Comment),
        ['"', ..] => (end(string(rest)), Kind::Literal),
        ['r', '"' | '#', ..] if first_in_word => match raw_string(rest) {
            Some(length) => (at + length, Kind::Literal),
            None => (at + 1, Kind::Code),
        },
        ['\'', '\\', ..] => {
            (end(rest[3..].iter().position(|&c| c == '\'').map(|p| p + 4)), Kind::Literal)
        }
        ['\'', _, '\'', ..] => (at + 3, Kind::Literal),
        _ => (at + 1, Kind::Code),
    }
}

fn block_comment(rest: &[char]) -> Option<usize> {
    let (mut depth, mut at) = (0, 0);
    while at + 1 < rest.len() {
        match rest[at..at + 2] {
            ['/', '*'] => (depth, at) = (depth + 1, at + 2),
            ['*', '/'] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn string(rest: &[char]) -> Option<usize> {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            '"' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// Returns the length of the raw string that `rest` begins with, if it begins with one.
fn raw_string(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|&&c| c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let body = 2 + hashes;
    let closes = |at: &usize| {
        rest[*at] == '"' && rest[at + 1..].iter().take_while(|&&c| c == '#').count() >= hashes
    };
    Some((body..rest.len()).find(closes).map_or(rest.len(), |at| at + 1 + hashes))
}

#[test]
fn comments_and_literals_are_no_code_and_literals_no_prose() {
    let bad = r####"a /* b /* c */ d */ e // f
"g \" h" 'i' '\'' '\u{6a}' &'k str r"l" br#"m " n"# r#o 'p: {} b'q' '"' s "####;
    let source = Source::new("x.rs", bad);
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c| !in_word(c)).filter(|word| !word.is_empty());
        words.map(String::from).collect()
    };
    let code = ["a", "e", "k", "str", "b", "r", "o", "p", "b", "s"];
    assert_eq!(words(&source.code), code);
    assert!(words(&source.prose).contains(&"d".into()), "{}", source.prose);
    assert!(!words(&source.prose).contains(&"h".into()), "{}", source.prose);
    assert_eq!(source.code.lines().count(), 2);
}

#[test]
fn a_word_stands_alone_and_is_no_lifetime() {
    assert_eq!(lines_with("static X\nstatics\n'static\nextra_static\n(static)", "static"), [1, 5]);
}
