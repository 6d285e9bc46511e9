//! Checks how the album and its server share state: in values alone, and through the primitives of
//! `crate::runtime`, so that a model checker can run the shipped files.

use crate::imports::{imports, paths};
use crate::source::{Source, lines_with};

/// Folders whose files hold no state outside of values.
pub(crate) const FOLDERS: [&str; 3] = ["src/album", "src/provenance", "src/server"];

/// Files that name primitives of std or tokio, and that the models do not take in: three hold a
/// socket, one builds on them, and one holds a mean of durations, which is nobody's.
const EXEMPT: [&str; 5] = [
    "src/server/connection.rs",
    "src/server/latency_estimate.rs",
    "src/server/maintenance.rs",
    "src/server/mod.rs",
    "src/server/write_timeout.rs",
];

/// Names of std's primitives that hold nothing and wait for nothing.
const HARMLESS: [&str; 4] = ["Arc", "PoisonError", "RecvTimeoutError", "TrySendError"];

/// Returns the problems of one file of these folders.
pub(crate) fn check(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for word in ["static", "thread_local"] {
        for line in lines_with(&source.code, word) {
            found.push(source.at(line, &format!("{word}: requests share values, handed to them")));
        }
    }
    if EXEMPT.contains(&source.path.as_str()) || source.is_in("src/provenance") {
        return found;
    }
    let mut named = imports(&source.code);
    named.extend(paths(&source.code));
    for named in named.iter().filter(|named| is_primitive(&named.path)) {
        let problem = format!("{}: take it from crate::runtime", named.path);
        found.push(source.at(named.line, &problem));
    }
    found
}

fn is_primitive(path: &str) -> bool {
    let last = path.rsplit("::").next().unwrap_or_default();
    path.starts_with("tokio::") && path != "tokio::select"
        || path.starts_with("std::thread")
        || path.starts_with("std::sync") && !HARMLESS.contains(&last)
}

/// Returns the files of the server that the models neither take in nor are exempt from.
pub(crate) fn not_modelled(sources: &[Source], models: &str) -> Vec<String> {
    let files = sources.iter().filter(|source| source.is_in("src/server"));
    let missing = files.filter(|source| {
        let is_route = source.path.starts_with("src/server/routes/");
        let is_taken = models.contains(&format!("\"../../{}\"", source.path));
        !is_route && !is_taken && !EXEMPT.contains(&source.path.as_str())
    });
    missing.map(|source| source.at(1, "tests/service_models/server.rs leaves it out")).collect()
}

#[cfg(test)]
mod controls {
    use super::*;

    #[test]
    fn state_outside_of_values_and_primitives_of_std_or_tokio_are_found() {
        for bad in [
            "static LAST: X = X;",
            "thread_local! { }",
            "use std::sync::Mutex;",
            "use std::sync::{Arc, RwLock};",
            "use std::sync::atomic::AtomicU64;",
            "use std::thread;",
            "use tokio::sync::watch;",
            "fn f() { tokio::spawn(g()); }",
            "fn f() { std::thread::spawn(g); }",
        ] {
            assert_eq!(check(&Source::new("src/server/a.rs", bad)).len(), 1, "{bad}");
            assert_eq!(check(&Source::new("src/album/a.rs", bad)).len(), 1, "{bad}");
        }
        let exempt = Source::new(EXEMPT[0], "use tokio::sync::watch;\nstatic LAST: X = X;");
        assert_eq!(check(&exempt).len(), 1, "an exempt file has no state outside of values either");
    }

    #[test]
    fn values_and_the_primitives_of_the_runtime_are_not_found() {
        let good = "use std::sync::{Arc, PoisonError};\nuse crate::runtime::{spawn, watch};\n\
            use crate::runtime::blocking::Mutex;\nfn f(x: &'static str) { tokio::select! {} }";
        assert_eq!(check(&Source::new("src/server/a.rs", good)), [""; 0]);
    }

    #[test]
    fn a_file_that_the_models_leave_out_is_found() {
        let files = [Source::new("src/server/a.rs", ""), Source::new("src/server/b.rs", "")];
        let models = "#[path = \"../../src/server/a.rs\"]";
        assert_eq!(not_modelled(&files, models).len(), 1);
    }

    #[test]
    fn files_that_are_exempt_exist() {
        for path in EXEMPT {
            assert!(crate::source::root().join(path).exists(), "{path}");
        }
    }
}
