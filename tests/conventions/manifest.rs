//! Checks that a comment in `Cargo.toml` gives the reason for every dependency.

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
fn features_are_those_of_their_table() {
    let manifest = "[x]\na = 1\n\n[features]\nb = []\n# c\nd = [\n  \"e\",\n]\n\n[y]\nf = 1\n";
    assert_eq!(features(manifest), ["b", "d"]);
}
