//! The compiler as a checker: what it refuses never runs.
//!
//! Only a mutant that does not compile is shown to it here; the others it has accepted, for this
//! test is built with them in it.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::list::Mutant;

/// What the compiler says of the pipelines with this mutant in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    /// Refused, with these errors' numbers.
    Refused(Vec<String>),
}

/// Has the shipped pipelines compiled with the mutant in its file's place.
///
/// # Errors
/// A sentence, if the mutant does not fit its file.
///
/// # Panics
/// If there is no compiler, or no room to write.
pub(crate) fn compile(mutant: &Mutant<'_>) -> Result<Verdict, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants").join(mutant.name);
    let pipeline = folder.join("pipeline");
    fs::create_dir_all(&pipeline).expect("the target folder can be written");
    for file in ["mod.rs", "shared.rs", "owned.rs", "pooled.rs"] {
        let text = fs::read_to_string(root.join("src/pipeline").join(file));
        let mut text = text.expect("the pipelines are there");
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
        .expect("rustc is there, as cargo needs it too: put it on the PATH or name it in RUSTC");
    if output.status.success() {
        return Ok(Verdict::Accepted);
    }
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    let errors = says.split("error[").skip(1).filter_map(|rest| rest.split(']').next());
    let errors: Vec<String> = errors.map(String::from).collect();
    assert!(!errors.is_empty(), "rustc fails and names no error: {says}");
    Ok(Verdict::Refused(errors))
}
