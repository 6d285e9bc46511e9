//! Checks that each mistake that `.ci/survivors.txt` explains could still be planted: its file has
//! the function and the text that the mistake replaces.

/// Returns the problems of a list of survivors. `source` returns the text of a file, if there is
/// such a file.
pub(crate) fn outdated(list: &str, source: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    while let Some(mistake) = lines.next() {
        if !lines.next().is_some_and(|reason| reason.starts_with("    ") && reason.len() > 24) {
            found.push(format!("{mistake}: write the reason below it, after four spaces"));
            break;
        }
        let Some((file, change)) = mistake.split_once(": ") else {
            found.push(format!("{mistake}: write the file and a colon first"));
            continue;
        };
        let Some(text) = source(file) else {
            found.push(format!("{mistake}: there is no {file}"));
            continue;
        };
        for part in parts(change) {
            if !text.contains(&part) {
                found.push(format!("{mistake}: {file} has no {part}"));
            }
        }
    }
    found
}

/// Returns the texts that a file must have for a mistake: `replace A with B in T::f`, or `replace
/// T::f -> R with B`.
fn parts(change: &str) -> Vec<String> {
    let function = |path: &str| {
        let name = path.split(" -> ").next().unwrap_or(path).rsplit("::").next();
        format!("fn {}", name.unwrap_or_default().trim())
    };
    let Some((replaced, with)) =
        change.trim_start_matches("replace ").split_once(" with ").or(change.split_once(" from "))
    else {
        return vec![change.into()];
    };
    match with.rsplit_once(" in ") {
        Some((_, path)) => {
            let token = replaced.trim_start_matches("delete ").trim_start_matches("match arm ");
            vec![token.into(), function(path)]
        }
        None => vec![function(replaced)],
    }
}

#[test]
fn an_entry_without_a_reason_a_file_a_function_or_its_text_is_found() {
    let source = |file: &str| (file == "a.rs").then(|| "fn f() { x < y }".into());
    let count = |list: &str| outdated(list, source).len();
    let reason = "\n    The two are equal for every input.\n";
    for good in ["a.rs: replace < with <= in A<B>::f", "a.rs: replace A::f -> bool with true"] {
        assert_eq!(count(&format!("# note\n{good}{reason}")), 0, "{good}");
        assert_eq!(count(good), 1, "no reason");
        assert_eq!(count(&format!("{}{reason}", good.replace("a.rs", "b.rs"))), 1, "no file");
        assert_eq!(count(&format!("{}{reason}", good.replace("::f", "::g"))), 1, "no function");
    }
    assert_eq!(count(&format!("a.rs: replace > with >= in f{reason}")), 1, "no such text");
    assert_eq!(count(&format!("nothing{reason}")), 1, "no file is named");
}
