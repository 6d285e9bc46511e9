//! Checks the rules of `src/pipeline`: its files compile under a model checker, and the diff of two
//! of them is the lesson.

use crate::imports::{Named, imports, paths, without_imports};
use crate::source::{Source, in_word, lines_with};

/// Upper bound of the lines of code in which a newcomer looks for the bug.
const MAX_SHARED_LINES: usize = 40;

/// Words that no file of the folder may hold: state outside of values, code for other builds, and
/// text from other files.
const FORBIDDEN: [&str; 8] =
    ["static", "thread_local", "cfg", "cfg_attr", "cfg_select", "extern", "include", "asm"];

/// Returns the problems of one file of the folder, whose modules are `siblings`.
pub(crate) fn check(source: &Source, siblings: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for word in FORBIDDEN {
        for line in lines_with(&source.code, word) {
            found.push(source.at(line, &format!("{word}: a pipeline is values and types")));
        }
    }
    let imported = imports(&source.code);
    let mut known: Vec<&str> = siblings.to_vec();
    known.extend(imported.iter().map(|named| last_name(&named.path)));
    for Named { line, path } in &imported {
        if !may_name(path, siblings) {
            found.push(source.at(*line, &format!("{path}: only std, bytes and crate::sync")));
        }
    }
    for Named { line, path } in paths(&source.code) {
        let first = path.split("::").next().unwrap_or_default();
        let is_module = first.starts_with(char::is_lowercase);
        if is_module && !known.contains(&first) && !may_name(&path, siblings) {
            found.push(source.at(line, &format!("{path}: only std, bytes and crate::sync")));
        }
    }
    found
}

fn may_name(path: &str, siblings: &[&str]) -> bool {
    let mut names = path.split([':', ' ']).filter(|name| !name.is_empty());
    match (names.next().unwrap_or_default(), names.next()) {
        ("std", second) => !matches!(second, None | Some("sync" | "thread" | "*" | "as")),
        ("crate", second) => second == Some("sync"),
        ("super", second) => second != Some("super"),
        ("self" | "bytes", _) => true,
        (first, _) => siblings.contains(&first),
    }
}

fn last_name(path: &str) -> &str {
    path.rsplit([':', ' ']).next().unwrap_or(path)
}

/// Returns the lines of `owned.rs` that mention sync: a buffer that is not shared needs no lock.
pub(crate) fn names_sync(owned: &Source) -> Vec<String> {
    let lines = (1..).zip(owned.text.lines());
    let named = lines.filter(|(_, line)| line.to_lowercase().contains("sync"));
    named
        .map(|(line, _)| owned.at(line, "no sync: a buffer that is not shared needs no lock"))
        .collect()
}

/// Counts the lines of code of a file, without comments, blank lines and imports.
pub(crate) fn lines_of_code(source: &Source) -> usize {
    without_imports(&source.code).lines().filter(|line| !line.trim().is_empty()).count()
}

/// Checks that the failure is small and that the repair is smaller.
pub(crate) fn sizes(shared: &Source, owned: &Source) -> Vec<String> {
    let (failure, repair) = (lines_of_code(shared), lines_of_code(owned));
    let mut found = Vec::new();
    if failure > MAX_SHARED_LINES {
        found.push(shared.at(1, &format!("{failure} lines of code, at most {MAX_SHARED_LINES}")));
    }
    if repair >= failure {
        found.push(owned.at(1, &format!("{repair} lines of code, the failure has {failure}")));
    }
    found
}

/// Returns the first difference between the items of two pipelines or between their order: the diff
/// of the files is the lesson. The parameters of `new` may differ.
pub(crate) fn different_items(one: &Source, other: &Source, types: [&str; 2]) -> Option<String> {
    let (items, others) = (items(one, types[0]), items(other, types[1]));
    let longer = items.len().max(others.len());
    let apart = (0..longer).find(|&index| items.get(index) != others.get(index))?;
    Some(format!(
        "{} has {:?} where {} has {:?}",
        one.path,
        items.get(apart),
        other.path,
        others.get(apart)
    ))
}

fn items(source: &Source, pipeline: &str) -> Vec<String> {
    let kinds = ["struct", "enum", "trait", "impl", "fn", "type", "const", "mod"];
    let head = |line: &str| {
        let line = line.trim();
        let words = line.strip_prefix("pub(crate) ").or_else(|| line.strip_prefix("pub "));
        let words = words.unwrap_or(line);
        let kind = words.split(|c| !in_word(c)).next().unwrap_or_default();
        kinds.contains(&kind).then(|| {
            let line = line.replace(pipeline, "Pipeline").replace(['{', '}'], "");
            let head = if line.contains("fn new(") { line.split('(').next() } else { None };
            head.unwrap_or(&line).trim().to_owned()
        })
    };
    source.code.lines().filter_map(head).collect()
}

mod controls {
    use super::*;

    const OWNED: &str = include_str!("../../src/pipeline/owned.rs");
    const SHARED: &str = include_str!("../../src/pipeline/shared.rs");

    fn owned(text: &str) -> Source {
        Source::new("src/pipeline/owned.rs", text)
    }

    fn shared(text: &str) -> Source {
        Source::new("src/pipeline/shared.rs", text)
    }

    #[test]
    fn forbidden_names_are_found() {
        for bad in [
            "static KEPT: X = X;",
            "thread_local! { }",
            "#[cfg(test)]",
            "#[cfg_attr(loom, x)]",
            "if cfg!(loom) {}",
            "use std::sync::Mutex;",
            "use std::{mem, sync::Mutex};",
            "use std::{mem, sync as primitives};",
            "use std::*;",
            "use std as s;",
            "use ::std::sync::Arc;",
            "use core::cell::Cell;",
            "use std::thread::LocalKey;",
            "use crate::codec::Frame;",
            "use crate::{sync::Mutex, repro};",
            "use super::super::repro::Run;",
            "use tokio::sync::Semaphore;",
            "fn f(x: std::sync::Arc<u8>) {}",
            "fn f() { crate::provenance::g(); }",
            "fn f() { parking_lot::g(); }",
            "include!(\"x.rs\");",
        ] {
            let text = format!("{OWNED}\n{bad}");
            assert_eq!(check(&owned(&text), &["owned", "shared"]).len(), 1, "{bad}");
        }
    }

    #[test]
    fn allowed_names_are_not_found() {
        let good = "// static std::sync cfg\nuse std::{mem, ops::{Deref, DerefMut}};\n\
            use crate::sync::{Arc, Mutex};\nuse bytes::Bytes;\nuse super::Codec;\n\
            pub use shared::Shared;\nfn f(x: &'static str) { mem::take(x); Arc::new(\"cfg\");\
            std::num::NonZeroU32::MIN; crate::sync::lock(); y.collect::<Vec<_>>(); }";
        assert_eq!(check(&owned(good), &["owned", "shared"]), [""; 0]);
    }

    #[test]
    fn a_repair_that_mentions_sync_is_found() {
        for bad in ["use crate::sync::Mutex;", "// Sync", "struct Async;"] {
            assert_eq!(names_sync(&owned(&format!("{OWNED}\n{bad}"))).len(), 1, "{bad}");
        }
    }

    #[test]
    fn a_failure_that_is_too_long_and_a_repair_that_is_longer_are_found() {
        let lines = |count: usize| "f();\n".repeat(count) + "\n// c\nuse a::{\n b,\n};\n";
        assert_eq!(sizes(&shared(&lines(40)), &owned(&lines(39))), [""; 0]);
        assert_eq!(sizes(&shared(&lines(41)), &owned(&lines(39))).len(), 1);
        assert_eq!(sizes(&shared(&lines(40)), &owned(&lines(40))).len(), 1);
    }

    #[test]
    fn files_whose_items_differ_are_found() {
        let types = ["Shared", "Owned"];
        for (item, instead) in [
            ("fn band(&self, job: &mut Job<C>) -> bool", "fn band(&self, job: Job<C>) -> bool"),
            ("    type Job = Job<C>;\n", ""),
            ("pub struct Job<C: Codec>", "struct Job<C: Codec>"),
            (
                "    type Codec = C;\n    type Job = Job<C>;",
                "    type Job = Job<C>;\n    type Codec = C;",
            ),
        ] {
            assert!(OWNED.contains(item), "{item}");
            let bad = owned(&OWNED.replace(item, instead));
            assert!(different_items(&shared(SHARED), &bad, types).is_some(), "{item}");
        }
    }
}
