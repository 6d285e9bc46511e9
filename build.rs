//! Writes the shipped pipelines and their mutants out for the tests that must tell them apart.
//!
//! A test cannot change a file's text before it is compiled. What is written serves tests and
//! benches alone; the library and the program are built from `src` as it stands.

use std::path::Path;
use std::{env, fmt::Write, fs, io};

#[path = "tests/mutants/list.rs"]
#[allow(dead_code, reason = "a test uses the rest")]
mod list;

/// Whose primitives the pipelines are compiled against; each in a module `under_…` of a test.
const CHECKERS: [&str; 3] = ["std", "loom", "shuttle"];

const FILES: [&str; 4] = ["mod.rs", "shared.rs", "owned.rs", "pooled.rs"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/pipeline");
    println!("cargo::rerun-if-changed=tests/mutants/list.txt");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let listed = fs::read_to_string("tests/mutants/list.txt")?;
    let listed = format!("{}{listed}", list::SHIPPED);
    let mutants = list::read(&listed).map_err(io::Error::other)?;
    // One that no longer fits is left out, and a test says so: the program must build without it.
    let mut fitting = Vec::new();
    for mutant in mutants.iter().filter(|mutant| mutant.refused.is_none()) {
        let shipped = fs::read_to_string(Path::new("src/pipeline").join(mutant.file))?;
        fitting.extend(mutant.apply(&shipped).map(|text| (mutant, text)));
    }
    for checker in CHECKERS {
        let folder = Path::new(&out).join(checker);
        fs::create_dir_all(&folder)?;
        let sync = format!("crate::under_{checker}::sync");
        let put = |file: &str, text: &str| {
            fs::write(folder.join(file), text.replace("crate::sync", &sync))
        };
        for file in FILES {
            let mut text = fs::read_to_string(Path::new("src/pipeline").join(file))?;
            if file == "mod.rs" {
                text.extend(
                    fitting.iter().map(|(mutant, _)| format!("pub mod {};\n", mutant.name)),
                );
            }
            put(file, &text)?;
        }
        for (mutant, text) in &fitting {
            put(&format!("{}.rs", mutant.name), text)?;
        }
        let pipeline = folder.join("mod.rs");
        let module = format!(
            "#[path = {pipeline:?}]\n\
             #[allow(warnings, clippy::all, reason = \"changed by the build\")]\n\
             pub(crate) mod pipeline;\n"
        );
        fs::write(Path::new(&out).join(format!("under_{checker}.rs")), module)?;
    }
    let (mut subjects, mut each) = (String::new(), String::new());
    for (mutant, _) in &fitting {
        let (name, repair) =
            (mutant.name, if mutant.file == "owned.rs" { "Owned" } else { "Pooled" });
        let _ = writeln!(subjects, "subject!({repair} {name});");
        let _ = writeln!(each, "({name:?}, $check::<pipeline::{name}::{repair}<Recorder>>()),");
    }
    let each = format!("macro_rules! each {{ ($check:ident) => {{ vec![\n{each}] }} }}\n");
    fs::write(Path::new(&out).join("subjects.rs"), subjects + &each)
}
