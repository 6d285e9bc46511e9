//! Checks that a comment in `Cargo.toml` gives the reason for every dependency, and that a
//! dependency on the kit alone compiles few crates.

/// Returns the dependencies that have no reason above them, with their lines.
pub(crate) fn without_a_reason(manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_dependencies = false;
    let mut above = "";
    for (line, text) in (1..).zip(manifest.lines()) {
        let is_table = text.starts_with('[');
        let table = text.trim_matches(['[', ']']);
        // A table of its own, `[dependencies.name]`, is an entry too.
        let is_own_table = is_table && table.contains("dependencies.");
        if is_table {
            in_dependencies = table.ends_with("dependencies");
        }
        let is_entry = text.starts_with(|c: char| c.is_alphanumeric()) && text.contains('=');
        let has_reason = above.strip_prefix('#').is_some_and(|reason| reason.trim().len() > 8);
        if (is_own_table || in_dependencies && is_entry) && !has_reason {
            found.push(format!("Cargo.toml:{line}: {text}: write the reason for it above it"));
        }
        above = text;
    }
    found
}

/// Dependencies of the lesson, the schedules and the kit.
const KIT: [&str; 2] = ["num-bigint", "thiserror"];

/// Returns the dependencies that a build without the feature `app` has too many.
pub(crate) fn not_optional(manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let tables = manifest.split("\n[").skip(1);
    let tables = tables.filter(|table| {
        let name = table.split("]\n").next().unwrap_or_default();
        name.ends_with("dependencies") && !name.ends_with("dev-dependencies")
    });
    for table in tables {
        let mut name = "";
        let mut entry = String::new();
        for line in table.lines().skip(1).chain(["# end"]) {
            let starts = line.starts_with(|c: char| c.is_alphanumeric() || c == '#');
            if starts && !name.is_empty() {
                if !entry.contains("optional = true") && !KIT.contains(&name) {
                    found.push(format!("{name}: make it optional, and add it to the feature app"));
                }
                if entry.contains("optional = true")
                    && !manifest.contains(&format!("\"dep:{name}\""))
                {
                    found.push(format!("{name}: no feature has it"));
                }
                name = "";
            }
            if line.starts_with(|c: char| c.is_alphanumeric()) {
                name = line.split([' ', '=']).next().unwrap_or_default();
                entry.clear();
            }
            entry.push_str(line);
        }
    }
    found
}

/// Returns the features of the manifest.
pub(crate) fn features(manifest: &str) -> Vec<&str> {
    let table = manifest.split("\n[features]").nth(1).unwrap_or_default();
    let table = table.split("\n[").next().unwrap_or_default();
    let entries = table.lines().filter(|line| line.starts_with(|c: char| c.is_alphanumeric()));
    entries.filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim()).collect()
}

#[test]
fn a_dependency_without_a_reason_is_found() {
    let reason = "# Why it is needed.\n";
    for table in
        ["dependencies", "dev-dependencies", "target.'cfg(target_os = \"linux\")'.dependencies"]
    {
        let good = format!("[package]\nname = \"x\"\n[{table}]\n{reason}a = \"1\"\n");
        assert_eq!(without_a_reason(&good), [""; 0]);
        assert_eq!(without_a_reason(&format!("{good}b = \"1\"\n")).len(), 1, "{table}");
        assert_eq!(without_a_reason(&format!("{good}#\nb = \"1\"\n")).len(), 1, "{table}");
    }
    assert_eq!(without_a_reason("[dependencies.a]\nversion = \"1\"\n").len(), 1);
    assert_eq!(without_a_reason(&format!("{reason}[dependencies.a]\nversion = \"1\"\n")), [""; 0]);
}

#[test]
fn a_dependency_that_the_kit_would_compile_is_found() {
    let good = "[package]\n\n[dependencies]\n# x\nthiserror = \"2\"\n\
        # y\na = { version = \"1\", features = [\n    \"b\",\n], optional = true }\n\n\
        [features]\napp = [\"dep:a\"]\n\n[dev-dependencies]\nc = \"1\"\n";
    assert_eq!(not_optional(good), [""; 0]);
    assert_eq!(not_optional(&good.replace("], optional = true", "]")).len(), 1);
    assert_eq!(not_optional(&good.replace("\"dep:a\"", "")).len(), 1);
    let other = format!("{good}\n[target.'cfg(unix)'.dependencies]\nd = \"1\"\n");
    assert_eq!(not_optional(&other).len(), 1);
}

#[test]
fn features_are_those_of_their_table() {
    let manifest = "[x]\na = 1\n\n[features]\nb = []\n# c\nd = [\n  \"e\",\n]\n\n[y]\nf = 1\n";
    assert_eq!(features(manifest), ["b", "d"]);
}
