//! Writes what the tests compile in a changed form: the shipped pipelines and their mutants, once
//! per model checker, a copy of the server with planted mistakes, and the course's exercises without
//! their own tests.
//!
//! A test cannot change the text of a file before the file is compiled. Only tests and benches use
//! what is written. The library and the program are built from `src` unchanged.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[path = "tests/mutants/list.rs"]
#[allow(dead_code, reason = "a test uses the rest")]
mod list;

use list::Mutant;

/// Names of the included files, each with the module that has the primitives of a checker and true
/// if the mutants are included.
const CHECKERS: [(&str, &str, bool); 4] = [
    ("under_std", "crate::under_std::sync", true),
    ("under_loom", "crate::under_loom::sync", true),
    ("under_shuttle", "crate::under_shuttle::sync", true),
    ("under_loom_arc", "crate::leaks::sync", false),
];

const FILES: [&str; 4] = ["mod.rs", "shared.rs", "owned.rs", "pooled.rs"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/pipeline");
    println!("cargo::rerun-if-changed=tests/mutants/list.txt");
    println!("cargo::rerun-if-changed=course");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let out = Path::new(&out);
    let list = fs::read_to_string("tests/mutants/list.txt")?;
    let list = format!("{}{list}", list::SHIPPED);
    let mutants = list::read(&list).map_err(io::Error::other)?;
    // A mutant that no longer fits is omitted, and a test reports it: the program must build
    // without it.
    let mut fitting = Vec::new();
    for mutant in mutants.iter().filter(|mutant| mutant.rejected_with.is_none()) {
        let shipped = fs::read_to_string(Path::new("src/pipeline").join(mutant.file))?;
        fitting.extend(mutant.apply(&shipped).map(|text| (mutant, text)));
    }
    for (name, sync, with_mutants) in CHECKERS {
        write_pipelines(out, name, sync, if with_mutants { &fitting } else { &[] })?;
    }
    let (mut subjects, mut each) = (String::new(), String::new());
    for (Mutant { name, file, .. }, _) in &fitting {
        let pipeline = if *file == "owned.rs" { "Owned" } else { "Pooled" };
        let _ = writeln!(subjects, "subject!({pipeline} {name});");
        let _ = writeln!(each, "({name:?}, $check::<pipeline::{name}::{pipeline}<Recorder>>()),");
    }
    let each = format!("macro_rules! each {{ ($check:ident) => {{ vec![\n{each}] }} }}\n");
    fs::write(out.join("subjects.rs"), subjects + &each)?;
    fs::write(out.join("course.rs"), course()?)?;
    write_planted(out)
}

/// Returns the course's exercises and solutions as modules, each without its tests, and a macro
/// that passes the file and the service of every exercise, with the service of its solution, to
/// another macro.
fn course() -> io::Result<String> {
    let (mut modules, mut services) = (String::new(), String::new());
    for kind in ["exercises", "solutions"] {
        let _ = writeln!(modules, "pub mod {kind} {{");
        for folder in sorted(&Path::new("course").join(kind))? {
            for file in sorted(&folder)? {
                let name = file.file_stem().unwrap_or_default().display();
                let text = fs::read_to_string(&file)?;
                let text = text.split("#[cfg(test)]").next().unwrap_or_default();
                // The files with three repairs have a service of their own, and are left out.
                let Some((_, service)) = text.split_once("impl Service for ") else { continue };
                let _ = writeln!(modules, "pub mod {name} {{\n{text}}}");
                let service = service.split_whitespace().next().unwrap_or_default();
                if kind == "exercises" {
                    let path = format!("{name}::{service}");
                    let file = file.display();
                    let exercise = format!("{file:?}, exercises::{path}, solutions::{path}");
                    let _ = writeln!(services, "$pass!({exercise}),");
                }
            }
        }
        modules += "}\n";
    }
    Ok(format!("{modules}macro_rules! each {{ ($pass:ident) => {{ [\n{services}] }} }}\n"))
}

/// Returns the entries of a folder in the order of their names.
fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// Writes a copy of the server and of the ledger's writer with all planted mistakes, of which a
/// test wakes one at a time.
fn write_planted(out: &Path) -> io::Result<()> {
    let tests = Path::new("tests/service_models");
    println!("cargo::rerun-if-changed=src/server");
    println!("cargo::rerun-if-changed=src/album/ledger/group_commit.rs");
    println!("cargo::rerun-if-changed=tests/service_models");
    let list = fs::read_to_string(tests.join("mistakes.txt"))?;
    let mistakes = list::read(&list).map_err(io::Error::other)?;
    for folder in ["server/routes", "album/ledger"] {
        fs::create_dir_all(out.join("planted").join(folder))?;
    }
    let mut files = vec!["album/ledger/group_commit.rs".to_owned()];
    for folder in ["server", "server/routes"] {
        for entry in fs::read_dir(Path::new("src").join(folder))? {
            let name = entry?.file_name().into_string().unwrap_or_default();
            files.extend(name.contains('.').then(|| format!("{folder}/{name}")));
        }
    }
    for file in files {
        let mut text = fs::read_to_string(Path::new("src").join(&file))?;
        for mistake in mistakes.iter().filter(|mistake| mistake.file == file) {
            // One that no longer fits is omitted, and a test reports it.
            text = mistake.apply(&text).unwrap_or(text);
        }
        for module in ["album", "server"] {
            text = text.replace(&format!("crate::{module}"), &format!("crate::planted::{module}"));
        }
        fs::write(out.join("planted").join(file), text)?;
    }
    let shipped = fs::read_to_string(tests.join("server.rs"))?;
    let models = env::current_dir()?.join(tests).join("models/mod.rs");
    let planted = shipped
        .replace("../../src/server", "server")
        .replace("\"models/mod.rs\"", &format!("{models:?}"));
    fs::write(out.join("planted/server.rs"), planted)?;
    let include = |module: &str, path: &str| {
        let path = out.join("planted").join(path);
        format!(
            "#[path = {path:?}]\n\
             #[allow(warnings, clippy::all, reason = \"changed by the build\")]\n\
             pub(crate) mod {module};\n"
        )
    };
    fs::write(out.join("planted_server.rs"), include("server", "server.rs"))?;
    let ledger = include("group_commit", "album/ledger/group_commit.rs");
    fs::write(out.join("planted_ledger.rs"), ledger)
}

/// Writes a file that includes a folder of pipelines and mutants, with the primitives of `sync`.
fn write_pipelines(
    out: &Path,
    name: &str,
    sync: &str,
    mutants: &[(&Mutant<'_>, String)],
) -> io::Result<()> {
    let folder = out.join(name);
    fs::create_dir_all(&folder)?;
    let put =
        |file: &str, text: &str| fs::write(folder.join(file), text.replace("crate::sync", sync));
    for file in FILES {
        let mut text = fs::read_to_string(Path::new("src/pipeline").join(file))?;
        if file == "mod.rs" {
            text.extend(mutants.iter().map(|(mutant, _)| format!("pub mod {};\n", mutant.name)));
        }
        put(file, &text)?;
    }
    for (mutant, text) in mutants {
        put(&format!("{}.rs", mutant.name), text)?;
    }
    let pipeline = folder.join("mod.rs");
    let module = format!(
        "#[path = {pipeline:?}]\n\
         #[allow(warnings, clippy::all, reason = \"changed by the build\")]\n\
         pub(crate) mod pipeline;\n"
    );
    fs::write(out.join(format!("{name}.rs")), module)
}
