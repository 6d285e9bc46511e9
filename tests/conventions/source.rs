//! Reads a Rust file, and separates its code from comments and literals.
//!
//! A comment about forbidden code, or a test that holds it in a string, must not break the rule. So
//! everything that a rule does not apply to is replaced by spaces, and lines keep their numbers.

use std::fs;
use std::path::Path;

use ra_ap_rustc_lexer::{FrontmatterAllowed, LiteralKind, Token, TokenKind, tokenize};

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

/// Returns the code alone, and the code with comments.
fn blank(text: &str) -> (String, String) {
    let (mut code, mut prose, mut start) = (String::new(), String::new(), 0);
    for Token { kind, len } in tokenize(text, FrontmatterAllowed::No) {
        let piece = &text[start..start + len as usize];
        start += len as usize;
        let blank: String = piece.chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
        let (in_code, in_prose) = match kind {
            TokenKind::LineComment { .. } | TokenKind::BlockComment { .. } => (&*blank, piece),
            TokenKind::Literal {
                kind: LiteralKind::Int { .. } | LiteralKind::Float { .. },
                ..
            } => (piece, piece),
            TokenKind::Literal { .. } => (&*blank, &*blank),
            _ => (piece, piece),
        };
        code += in_code;
        prose += in_prose;
    }
    (code, prose)
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
    let code = ["a", "e", "k", "str", "r", "o", "p", "s"];
    assert_eq!(words(&source.code), code);
    assert!(words(&source.prose).contains(&"d".into()), "{}", source.prose);
    assert!(!words(&source.prose).contains(&"h".into()), "{}", source.prose);
    assert_eq!(source.code.lines().count(), 2);
}

#[test]
fn a_word_stands_alone_and_is_no_lifetime() {
    assert_eq!(lines_with("static X\nstatics\n'static\nextra_static\n(static)", "static"), [1, 5]);
}
