//! Checks the names of exported types, and of constants and fields that are bounds.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Source, in_word};

/// Kinds of items that declare a type or a trait.
const KINDS: [&str; 5] = ["struct", "enum", "trait", "type", "union"];

/// Types and traits of Rust's prelude that an exported type would shadow.
const PRELUDE: [&str; 16] = [
    "Box", "Clone", "Copy", "Default", "Drop", "Eq", "Fn", "From", "Into", "Iterator", "Option",
    "Ord", "Result", "Send", "String", "Vec",
];

/// Prefixes of names that are written `MAX_` or `MIN_` here, in constants and in fields.
const BOUNDS: [&str; 4] = ["MOST_", "LEAST_", "most_", "least_"];

/// Standard term that begins like a bound.
const NOT_A_BOUND: &str = "least_squares";

/// Returns the exported types (`pub`, not `pub(crate)`) of a file.
fn exported(source: &Source) -> impl Iterator<Item = &str> {
    source.code.lines().filter_map(|line| {
        let (kind, rest) = line.trim_start().strip_prefix("pub ")?.split_once(' ')?;
        let name = rest.split(|c| !in_word(c)).next()?;
        KINDS.contains(&kind).then_some(name)
    })
}

/// Returns the exported types that shadow the prelude or have the name of a type of another
/// top-level module.
pub(crate) fn ambiguous_types(sources: &[Source]) -> Vec<String> {
    let mut modules: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources {
        let inside = source.path.trim_start_matches("src/").trim_end_matches(".rs");
        let module = inside.split('/').next().unwrap_or_default();
        exported(source).for_each(|name| {
            modules.entry(name).or_default().insert(module);
        });
    }
    let problem = |(name, modules): (&str, BTreeSet<&str>)| {
        if PRELUDE.contains(&name) {
            return Some(format!("{name} in {modules:?} shadows the prelude"));
        }
        (modules.len() > 1).then(|| format!("{name} is exported by {modules:?}: name them apart"))
    };
    modules.into_iter().filter_map(problem).collect()
}

/// Returns the identifiers of a file that begin with `MOST_` or `LEAST_`, in either case.
pub(crate) fn unusual_bounds(source: &Source) -> Vec<String> {
    let mut problems = Vec::new();
    for (line, text) in (1..).zip(source.code.lines()) {
        let words = text.split(|c| !in_word(c));
        let words = words.filter(|word| *word != NOT_A_BOUND);
        for word in words.filter(|word| BOUNDS.iter().any(|prefix| word.starts_with(prefix))) {
            problems.push(source.at(line, &format!("{word}: a bound is called max or min")));
        }
    }
    problems
}

#[test]
fn types_exported_twice_or_over_the_prelude_are_found() {
    let files = |files: &[(&str, &str)]| -> Vec<Source> {
        files.iter().map(|(path, text)| Source::new(path, text)).collect()
    };
    let twice = files(&[("src/a/x.rs", "pub struct Plan {}"), ("src/b.rs", "pub enum Plan<T> {}")]);
    assert_eq!(ambiguous_types(&twice).len(), 1);
    assert_eq!(ambiguous_types(&files(&[("src/a.rs", "    pub type Result = X;")])).len(), 1);
    let good = files(&[
        ("src/a/x.rs", "pub struct Plan;\npub struct Run;"),
        ("src/a/y.rs", "pub struct Plan;"),
        ("src/b.rs", "pub(crate) struct Run;\nstruct Plan;\npub fn struct_run() {}"),
    ]);
    assert_eq!(ambiguous_types(&good), [""; 0]);
}

#[test]
fn bounds_that_are_not_called_max_or_min_are_found() {
    for bad in ["const MOST_SLOTS: u8 = 1;", "x.most_kib", "LEAST_ROWS", "let least_x = 1;"] {
        assert_eq!(unusual_bounds(&Source::new("src/a.rs", bad)).len(), 1, "{bad}");
    }
    for good in
        [NOT_A_BOUND, "const MAX_SLOTS: u8 = 1;", "almost_done", "// MOST_SLOTS", "\"least_x\""]
    {
        assert_eq!(unusual_bounds(&Source::new("src/a.rs", good)), [""; 0], "{good}");
    }
}
