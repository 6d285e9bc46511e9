//! Checks that the imports between the files of `src` form no cycle.
//!
//! An edge leads from a file to the file that declares what the first one names. Two kinds of edges
//! are not counted. (1) Edges between a file and a module file above it (`a/b.rs` and `a/mod.rs`):
//! a module file declares and re-exports what is below it. (2) Edges to a name that a module file
//! imports or re-exports lead on to the file that declares the name. (3) Edges from and to the
//! files of [`BACKENDS`]: a backend implements half of the codec's own types, so each half names
//! the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::{from_root, imports, module_path, paths};
use crate::source::Source;

/// Folder of the two JPEG backends.
const BACKENDS: &str = "src/codec/backend/";

/// Holds the module paths of all files, and the names that each module file imports.
struct Modules<'s> {
    /// Index of the file of each module; the crate's root is the empty path.
    files: BTreeMap<Vec<&'s str>, usize>,
    /// Imported or re-exported names of each module, each with its path from the crate's root.
    imported: Vec<BTreeMap<String, Vec<String>>>,
}

impl Modules<'_> {
    fn new(sources: &[Source]) -> Modules<'_> {
        let modules = sources.iter().map(|source| module_path(&source.path));
        let files: BTreeMap<_, _> = modules.clone().zip(0..).collect();
        let imported = sources.iter().zip(modules).map(|(source, module)| {
            let named = imports(&source.code).into_iter().filter_map(|named| {
                let child = named.path.split("::").next().unwrap_or_default();
                let inside = [&module[..], &[child]].concat();
                let path = if files.contains_key(&inside) {
                    from_root(&module, &format!("self::{}", named.path))
                } else {
                    from_root(&module, &named.path)
                };
                let alias = named.path.rsplit([':', ' ']).next().unwrap_or_default().to_owned();
                Some((alias, path?))
            });
            named.collect()
        });
        let imported = imported.collect();
        Modules { files, imported }
    }

    /// Returns the file that declares what `path` names.
    fn declared_in(&self, path: &[String], steps: usize) -> Option<usize> {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let depth = (0..=names.len()).rev().find(|&end| self.files.contains_key(&names[..end]))?;
        let file = self.files[&names[..depth]];
        let Some(name) = names.get(depth) else { return Some(file) };
        match self.imported[file].get(*name) {
            Some(further) if steps > 0 => self.declared_in(further, steps - 1),
            _ => Some(file),
        }
    }
}

/// Returns the cycles, each as the paths of its files.
pub(crate) fn cycles(sources: &[Source]) -> Vec<String> {
    let modules = Modules::new(sources);
    let paths_of: Vec<Vec<&str>> = sources.iter().map(|s| module_path(&s.path)).collect();
    let mut edges: Vec<BTreeSet<usize>> = Vec::new();
    for (file, source) in sources.iter().enumerate() {
        let named = imports(&source.code).into_iter().chain(paths(&source.code));
        let declared = named
            .filter_map(|named| modules.declared_in(&from_root(&paths_of[file], &named.path)?, 8));
        let above = |a: usize, b: usize| paths_of[b].starts_with(&paths_of[a]);
        let is_backend = |file: usize| sources[file].path.starts_with(BACKENDS);
        edges.push(
            declared
                .filter(|&to| !above(to, file) && !above(file, to))
                .filter(|&to| !is_backend(file) && !is_backend(to))
                .collect(),
        );
    }
    let reached: Vec<BTreeSet<usize>> = (0..sources.len()).map(|f| reach(f, &edges)).collect();
    let mut cycles = BTreeSet::new();
    for file in 0..sources.len() {
        let members = reached[file].iter().filter(|&&other| reached[other].contains(&file));
        let members: Vec<&str> = members.map(|&other| sources[other].path.as_str()).collect();
        if !members.is_empty() {
            cycles.insert(format!("a cycle of imports: {}", members.join(", ")));
        }
    }
    cycles.into_iter().collect()
}

/// Returns the files that can be reached from `file` by one edge or more.
fn reach(file: usize, edges: &[BTreeSet<usize>]) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<usize> = edges[file].iter().copied().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(&edges[next]);
        }
    }
    reached
}

mod controls {
    use super::*;

    fn count(files: &[(&str, &str)]) -> usize {
        let sources: Vec<Source> =
            files.iter().map(|(path, text)| Source::new(path, text)).collect();
        cycles(&sources).len()
    }

    #[test]
    fn files_that_import_each_other_are_found() {
        let a = ("src/a/one.rs", "use super::two::Two; pub struct One;");
        assert_eq!(count(&[a, ("src/a/two.rs", "use crate::a::one::One;")]), 1);
        assert_eq!(count(&[a, ("src/a/two.rs", "fn f() { super::one::g() }")]), 1);
        let module = ("src/a/mod.rs", "mod one;\nmod two;\npub use one::One;");
        assert_eq!(count(&[a, module, ("src/a/two.rs", "use super::One;")]), 1);
        assert_eq!(count(&[a, module, ("src/a/two.rs", "use crate::a::{One as X};")]), 1);
    }

    #[test]
    fn edges_of_the_backends_are_not_counted() {
        let codec = ("src/codec/jpeg.rs", "use super::backend::rgb::Canvas;");
        let backend = ("src/codec/backend/rgb.rs", "use crate::codec::jpeg::Jpeg;");
        assert_eq!(count(&[codec, backend]), 0);
        assert!(crate::source::root().join(BACKENDS).is_dir());
    }

    #[test]
    fn longer_cycles_are_found_once() {
        let files = [
            ("src/a.rs", "use crate::b::B;"),
            ("src/b.rs", "use crate::c::C;"),
            ("src/c.rs", "use crate::a::A;"),
        ];
        assert_eq!(count(&files), 1);
    }

    #[test]
    fn edges_to_module_files_above_and_below_are_not_counted() {
        let files = [
            ("src/a/mod.rs", "mod one;\nuse one::One;\npub struct Plan;"),
            ("src/a/one.rs", "use super::Plan;\nuse std::fs;"),
            ("src/b.rs", "use crate::a::Plan;"),
        ];
        assert_eq!(count(&files), 0);
    }
}
