//! Dependencies between the modules of `src` point down, and so never round.
//!
//! What is lower can be understood, tested and taken elsewhere without what is higher.

use crate::paths::{imports, paths};
use crate::source::Source;

/// The house from the ground up. A module may name those of lower rows.
const ROWS: [&[&str]; 9] = [
    &["sync"],
    &["pipeline"],
    &["codec", "mark", "schedule"],
    &["photos"],
    &["load", "witness", "album", "fuzzing"],
    &["repro"],
    &["server", "incident", "audit"],
    &["report"],
    &["commands"],
];

/// The files that show the house from outside, and may name all of it.
const FRONT: [&str; 2] = ["src/lib.rs", "src/main.rs"];

/// Where a file of `src` names a module that is not below its own.
pub(crate) fn check(source: &Source) -> Vec<String> {
    if FRONT.contains(&source.path.as_str()) {
        return Vec::new();
    }
    let inside = source.path.trim_start_matches("src/").trim_end_matches(".rs");
    let own = inside.split('/').next().unwrap_or_default();
    let Some(own_row) = row(own) else {
        return vec![
            source.at(1, &format!("{own} has no place in the house: give it one in ROWS")),
        ];
    };
    let mut found = Vec::new();
    let mut named = imports(&source.code);
    named.extend(paths(&source.code));
    for named in named {
        let Some(module) = module_named(&named.path) else { continue };
        if module != own && row(module).is_none_or(|row| row >= own_row) {
            let what = format!("{own} names {module}, which is not below it");
            found.push(source.at(named.line, &what));
        }
    }
    found
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// The module of the house that a path begins with: after `crate`, or by climbing to one.
fn module_named(path: &str) -> Option<&str> {
    let mut names = path.split([':', ' ']).filter(|name| !name.is_empty()).peekable();
    match names.next()? {
        "crate" => names.next().filter(|name| name.starts_with(char::is_lowercase)),
        "super" => {
            while names.next_if_eq(&"super").is_some() {}
            names.next().filter(|name| row(name).is_some())
        }
        _ => None,
    }
}

#[cfg(test)]
mod controls {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Source::new(path, text)).len()
    }

    #[test]
    fn naming_what_is_above_or_beside_is_found() {
        for (path, bad) in [
            ("src/pipeline/owned.rs", "use crate::codec::Frame;"),
            ("src/codec/mod.rs", "use crate::{pipeline::Codec, witness::Witness};"),
            ("src/codec/png.rs", "use crate::schedule::Word;"),
            ("src/load.rs", "fn f() { crate::repro::report::g() }"),
            ("src/load.rs", "use super::commands;"),
            ("src/provenance/mod.rs", "use crate::{\n    codec,\n    load::Load,\n};"),
            ("src/album/ledger/append.rs", "use super::super::super::server::Door;"),
            ("src/report/page.rs", "use crate::cli;"),
            ("src/report/page.rs", "use crate::nowhere::X;"),
            ("src/nowhere.rs", ""),
        ] {
            assert_eq!(found(path, bad), 1, "{path}: {bad}");
        }
    }

    #[test]
    fn naming_what_is_below_or_ones_own_is_not_found() {
        for (path, good) in [
            ("src/cli/repro.rs", "use crate::{album, audit, load, report, witness};"),
            ("src/codec/mod.rs", "use crate::codec::limits; use super::pipeline::Codec;"),
            ("src/codec/jpeg/scan.rs", "use super::super::refusal::Refusal;"),
            ("src/codec/mod.rs", "pub(crate) fn f() {} // crate::provenance::Witness"),
            ("src/lib.rs", "pub use crate::cli::run;"),
        ] {
            assert_eq!(found(path, good), 0, "{path}: {good}");
        }
    }

    #[test]
    fn each_module_has_one_place() {
        let mut modules = ROWS.concat();
        let places = modules.len();
        modules.sort_unstable();
        modules.dedup();
        assert_eq!(modules.len(), places);
    }
}
