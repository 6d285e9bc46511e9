//! Checks that dependencies between the modules of `src` point down, and that the map in `lib.rs`,
//! the table in `CONTRIBUTING.md` and the folder on disk list the same modules.
//!
//! A lower module can be understood, tested and reused without the higher ones.

use std::fs;

use crate::imports::{from_root, imports, module_path, paths};
use crate::source::{Source, root};

/// Rows of modules, from the lowest to the highest. A module may name modules of lower rows only.
const ROWS: [&[&str]; 9] = [
    &["sync", "runtime"],
    &["pipeline"],
    &["pipelines", "codec"],
    &["schedule", "allocator"],
    &["provenance", "sample_photos", "output"],
    &["album"],
    &["repro", "replay", "play", "server", "incident", "audit", "kit"],
    &["fuzzing"],
    &["cli"],
];

/// Roots of the library and of the program, which may name every module.
const ROOTS: [&str; 2] = ["src/lib.rs", "src/main.rs"];

/// Returns the names of modules in a file of `src` that are not below the file's own module.
pub(crate) fn check(source: &Source) -> Vec<String> {
    if ROOTS.contains(&source.path.as_str()) {
        return Vec::new();
    }
    let inside = source.path.trim_start_matches("src/").trim_end_matches(".rs");
    let own = inside.split('/').next().unwrap_or_default();
    let Some(own_row) = row(own) else {
        return vec![source.at(1, &format!("{own} has no row: add it to ROWS"))];
    };
    let mut problems = Vec::new();
    let mut named = imports(&source.code);
    named.extend(paths(&source.code));
    for named in named {
        let Some(module) = module_named(&source.path, &named.path) else { continue };
        let line = source.code.lines().nth(named.line - 1).unwrap_or_default();
        // An exported macro is called at the root of the crate, and is no module.
        if line.contains(&format!("${}!", named.path)) {
            continue;
        }
        if module != own && row(&module).is_none_or(|row| row >= own_row) {
            let problem = format!("{own} names {module}, which is not in a lower row");
            problems.push(source.at(named.line, &problem));
        }
    }
    problems
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// Returns the top-level module that a path in `file` names, after `crate` or after `super`.
fn module_named(file: &str, path: &str) -> Option<String> {
    let module = from_root(&module_path(file), path)?.into_iter().next()?;
    let is_module = if path.starts_with("crate") {
        module.starts_with(char::is_lowercase)
    } else {
        row(&module).is_some()
    };
    is_module.then_some(module)
}

/// Returns the modules that the map in the documentation of `lib.rs` lists: the first name in
/// backticks of each item of its list.
fn map(lib: &str) -> Vec<&str> {
    let items = lib.lines().filter_map(|line| line.strip_prefix("//! - "));
    items.filter_map(|item| item.split('`').nth(1)).collect()
}

/// Returns the rows of modules in the table of `CONTRIBUTING.md`, from the highest to the lowest.
fn table(contributing: &str) -> Vec<Vec<&str>> {
    let table = contributing.split("| row | modules |\n").nth(1).unwrap_or_default();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let modules = row.split('|').nth(2).unwrap_or_default();
        modules.split('`').skip(1).step_by(2).collect()
    })
    .collect()
}

/// Returns the modules on disk, sorted: folders and files of `src` without the roots.
fn on_disk() -> Vec<String> {
    let entries = fs::read_dir(root().join("src")).expect("the folder can be listed");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().unwrap());
    let mut modules: Vec<String> = names
        .filter(|name| !ROOTS.contains(&format!("src/{name}").as_str()))
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .collect();
    modules.sort();
    modules
}

/// Returns the differences between the map, the table, the rows and the folder.
pub(crate) fn disagreements(lib: &str, contributing: &str) -> Vec<String> {
    let sorted = |mut modules: Vec<String>| {
        modules.sort();
        modules
    };
    let owned = |modules: &[&str]| modules.iter().map(|module| (*module).to_owned()).collect();
    let disk = on_disk();
    let mut problems = Vec::new();
    let mut compare = |place: &str, modules: Vec<String>| {
        let modules = sorted(modules);
        if modules != disk {
            problems.push(format!("{place} lists {modules:?}, src holds {disk:?}"));
        }
    };
    compare("the map in src/lib.rs", owned(&map(lib)));
    compare("ROWS", owned(&ROWS.concat()));
    let table = table(contributing);
    let rows: Vec<Vec<&str>> = ROWS.iter().rev().map(|row| row.to_vec()).collect();
    if table != rows {
        problems.push(format!("CONTRIBUTING.md has the rows {table:?}, ROWS are {rows:?}"));
    }
    problems
}

mod controls {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&Source::new(path, text)).len()
    }

    #[test]
    fn names_of_modules_in_the_same_or_a_higher_row_are_found() {
        for (path, bad) in [
            ("src/pipeline/owned.rs", "use crate::codec::Frame;"),
            ("src/codec/mod.rs", "use crate::{pipeline::Codec, provenance::Tag};"),
            ("src/codec/png.rs", "use crate::schedule::Schedule;"),
            ("src/allocator.rs", "fn f() { crate::repro::report::g() }"),
            ("src/allocator.rs", "use super::cli;"),
            ("src/provenance/mod.rs", "use crate::{\n    codec,\n    output::OutputDir,\n};"),
            ("src/album/ledger/insert.rs", "use super::super::super::server::Server;"),
            ("src/repro/run.rs", "use crate::audit::run;"),
            ("src/output/html.rs", "use crate::cli;"),
            ("src/output/html.rs", "use crate::nowhere::X;"),
            ("src/nowhere.rs", ""),
        ] {
            assert_eq!(count(path, bad), 1, "{path}: {bad}");
        }
    }

    #[test]
    fn names_of_modules_in_lower_rows_and_of_the_own_module_are_not_found() {
        for (path, good) in [
            ("src/cli/repro.rs", "use crate::{album, audit, output, repro, provenance};"),
            ("src/codec/mod.rs", "use crate::codec::limits; use super::pipeline::Codec;"),
            ("src/codec/jpeg/scan.rs", "use super::super::error::ImageError;"),
            ("src/codec/mod.rs", "pub(crate) fn f() {} // crate::provenance::Tag"),
            ("src/lib.rs", "pub use crate::cli::run;"),
            ("src/kit/macros.rs", "macro_rules! a { () => { $crate::models! {} } }"),
        ] {
            assert_eq!(count(path, good), 0, "{path}: {good}");
        }
    }

    #[test]
    fn a_module_that_is_missing_listed_twice_or_in_another_row_is_found() {
        let map: String = on_disk().iter().map(|module| format!("//! - `{module}`\n")).collect();
        let mut table = "| row | modules |\n|---|---|\n".to_owned();
        for row in ROWS.iter().rev() {
            let names: Vec<String> = row.iter().map(|module| format!("`{module}`")).collect();
            table += &format!("| a row | {} |\n", names.join(", "));
        }
        let count = |map: &str, table: &str| disagreements(map, table).len();
        let good = count(&map, &table);
        assert_eq!(count(&map.replace("//! - `codec`\n", ""), &table), good + 1);
        assert_eq!(count(&format!("{map}//! - `codec`\n"), &table), good + 1);
        assert_eq!(count(&map, &table.replace("`album`", "")), good + 1);
        assert_eq!(count(&map, &table.replace("`sync`", "`pipeline`")), good + 1);
    }
}
