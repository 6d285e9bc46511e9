//! Checks mutants with the compiler, because a rejected program never runs.
//!
//! Only mutants that must not compile are compiled here. The compiler has accepted the others when
//! it built this test.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::list::Mutant;

/// Describes the compiler's verdict on the pipelines with a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    /// The compiler rejects the mutant with these error codes.
    Rejected(Vec<String>),
}

/// Compiles the shipped pipelines with the mutant in place of its file.
///
/// # Errors
/// Returns a sentence if the mutant does not fit its file.
///
/// # Panics
/// Panics if the compiler is missing or a file cannot be written.
pub(crate) fn compile(mutant: &Mutant<'_>) -> Result<Verdict, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants").join(mutant.name);
    let pipeline = folder.join("pipeline");
    fs::create_dir_all(&pipeline).expect("the target folder can be written");
    for file in ["mod.rs", "shared.rs", "owned.rs", "pooled.rs"] {
        let text = fs::read_to_string(root.join("src/pipeline").join(file));
        let mut text = text.expect("the pipelines are readable");
        if file == mutant.file {
            text = mutant.apply(&text)?;
        }
        fs::write(pipeline.join(file), text).expect("the target folder can be written");
    }
    let sync = root.join("src/sync.rs");
    let crate_root = format!("#[path = {sync:?}]\nmod sync;\npub mod pipeline;\n");
    fs::write(folder.join("lib.rs"), crate_root).expect("the target folder can be written");
    let output = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition", "2024", "--crate-type", "lib", "--crate-name", "mutant"])
        .args(["--emit", "metadata", "--error-format", "short", "--color", "never", "lib.rs"])
        .current_dir(&folder)
        .output()
        .expect("rustc runs: put it on the PATH or name it in RUSTC");
    if output.status.success() {
        return Ok(Verdict::Accepted);
    }
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let errors = stderr.split("error[").skip(1).filter_map(|rest| rest.split(']').next());
    let errors: Vec<String> = errors.map(String::from).collect();
    assert!(!errors.is_empty(), "rustc fails without an error code: {stderr}");
    Ok(Verdict::Rejected(errors))
}
