//! Reads the paths that a file's code names: its imports, spelled out, and its other paths.

use crate::source::in_word;

/// Holds a path in code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// Line of the path, counted from 1.
    pub(crate) line: usize,
    /// Path, with `::` between its names.
    pub(crate) path: String,
}

/// Returns the paths that a file imports, each spelled out: `use a::{b, c as d};` imports `a::b`
/// and `a::c as d`.
pub(crate) fn imports(code: &str) -> Vec<Named> {
    let mut found = Vec::new();
    for (at, end) in use_items(code) {
        let mut paths = Vec::new();
        spell_out("", &code[at + "use".len()..end], &mut paths);
        let line = line_of(code, at);
        found.extend(paths.into_iter().map(|path| Named { line, path }));
    }
    found
}

/// Returns the code with spaces in place of its imports.
pub(crate) fn without_imports(code: &str) -> String {
    let mut rest = code.to_owned();
    for (at, end) in use_items(code) {
        let start = code[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = (end + 1).min(code.len());
        let blank: String =
            code[start..end].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
        // A blank per character, where a character may have several bytes: only the head is ASCII.
        debug_assert_eq!(blank.len(), end - start, "an import is ASCII");
        rest.replace_range(start..end, &blank);
    }
    rest
}

/// Returns the paths outside of imports, each from its first name on.
pub(crate) fn paths(code: &str) -> Vec<Named> {
    let code = without_imports(code);
    let mut found = Vec::new();
    for (colons, _) in code.match_indices("::") {
        let start = code[..colons].rfind(|c| !in_word(c)).map_or(0, |at| at + 1);
        let first = &code[start..colons];
        if first.is_empty() || code[..start].ends_with("::") {
            continue;
        }
        let rest = &code[start..];
        let end = rest.find(|c: char| !in_word(c) && c != ':').unwrap_or(rest.len());
        let path = rest[..end].trim_end_matches(':').to_owned();
        // A call with its type spelled out, `collect::<T>`, is no path.
        if path != first {
            found.push(Named { line: line_of(&code, start), path });
        }
    }
    found
}

/// Returns the path of a file's module from the crate's root: `src/a/mod.rs` is `a`.
pub(crate) fn module_path(file: &str) -> Vec<&str> {
    let inside = file.trim_start_matches("src/").trim_end_matches(".rs");
    let names: Vec<&str> = inside.split('/').collect();
    match names[..] {
        ["lib" | "main"] => Vec::new(),
        [ref folders @ .., "mod"] => folders.to_vec(),
        _ => names,
    }
}

/// Returns a path that is named in `module` as a path from the crate's root, or `None` if the path
/// begins at another crate.
pub(crate) fn from_root(module: &[&str], path: &str) -> Option<Vec<String>> {
    let path = path.split(" as ").next().unwrap_or(path);
    let mut names = path.split("::").peekable();
    let mut base: Vec<&str> = match names.peek()? {
        &"crate" => Vec::new(),
        &"self" | &"super" => module.to_vec(),
        _ => return None,
    };
    while let Some(name) = names.next_if(|name| ["crate", "self", "super"].contains(name)) {
        if name == "super" {
            base.pop()?;
        }
    }
    Some(base.into_iter().chain(names).map(str::to_owned).collect())
}

/// Returns the positions of each `use` and of its semicolon.
fn use_items(code: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use") {
        let alone = !code[..at].ends_with(in_word);
        if alone && code[at + "use".len()..].starts_with(char::is_whitespace) {
            let end = code[at..].find(';').map_or(code.len(), |length| at + length);
            found.push((at, end));
        }
    }
    found
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

fn spell_out(before: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((head, group)) = tree.split_once('{') else {
        if !tree.is_empty() {
            let path = format!("{before}{tree}");
            paths.push(path.trim_start_matches("::").trim_end_matches("::self").to_owned());
        }
        return;
    };
    let before = format!("{before}{}", head.trim());
    let group = group.rsplit_once('}').map_or(group, |(group, _)| group);
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                spell_out(&before, &group[start..at], paths);
                start = at + 1;
            }
            _ => {}
        }
    }
    spell_out(&before, &group[start..], paths);
}

#[test]
fn imports_are_spelled_out() {
    let code = "fn f<'a>() -> impl use<'a> X {}\n\
        pub(crate) use a::{b, c::{self, d as e,\n f}, g::*};\n use ::h;";
    let found: Vec<(usize, String)> =
        imports(code).into_iter().map(|Named { line, path }| (line, path)).collect();
    let expected = ["a::b", "a::c", "a::c::d as e", "a::c::f", "a::g::*"];
    let mut expected: Vec<(usize, String)> = expected.map(|path| (2, path.into())).into();
    expected.push((4, "h".into()));
    assert_eq!(found, expected);
}

#[test]
fn paths_begin_at_their_first_name() {
    let code = "use a::b;\nlet x = b::c::<D>(crate::e::F);\ny.collect::<Vec<_>>(); std::sync::Arc";
    let found: Vec<(usize, String)> =
        paths(code).into_iter().map(|Named { line, path }| (line, path)).collect();
    let expected = [(2, "b::c"), (2, "crate::e::F"), (3, "std::sync::Arc")];
    assert_eq!(found, expected.map(|(line, path)| (line, path.to_owned())));
}
