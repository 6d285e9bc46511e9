//! Writes the shipped pipelines and their mutants for the tests, once per model checker.
//!
//! A test cannot change the text of a file before the file is compiled. Only tests and benches use
//! what is written. The library and the program are built from `src` unchanged.

use std::fmt::Write;
use std::path::Path;
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
    fs::write(out.join("subjects.rs"), subjects + &each)
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
