//! Checks that the compiler rejects the mistakes that the stories say it rejects, with the error
//! that they name.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

#[test]
fn the_compiler_rejects_each_mistake_with_the_named_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/course/rejected");
    let mut checked = 0;
    for entry in fs::read_dir(folder).expect("the folder can be listed") {
        let file = entry.expect("an entry").path();
        let text = fs::read_to_string(&file).expect("the file is readable");
        let code = text.lines().find_map(|line| line.strip_prefix("// error: "));
        let code = code.unwrap_or_else(|| panic!("{}: names no error", file.display()));
        let output = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
            .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata"])
            .args(["--color", "never", "-o", "rejected.rmeta"])
            .arg(&file)
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .output()
            .expect("rustc runs: put it on the PATH or name it in RUSTC");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(&format!("error[{code}]")), "{}: {stderr}", file.display());
        checked += 1;
    }
    assert_eq!(checked, 4);
}
