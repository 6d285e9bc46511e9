//! Reads mutants: mistakes in the shipped repairs, each with the promise that it breaks.
//!
//! A mutant replaces text of a shipped file, so that it is the shipped code with one mistake. The
//! build writes the mutants that compile, and a test passes the others to the compiler.

/// Describes a mistake in a shipped file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mutant<'l> {
    /// Name of the mistake, which is the name of a module.
    pub(crate) name: &'l str,
    /// Changed file in `src/pipeline/`.
    pub(crate) file: &'l str,
    /// Broken promise.
    pub(crate) breaks: &'l str,
    /// Error code with which the compiler rejects the mutant, or `None` if the mutant compiles.
    pub(crate) rejected_with: Option<&'l str>,
    /// Replaced texts, each with its replacement, in this order.
    changes: Vec<(String, String)>,
}

/// List of the shipped files without a mistake.
pub(crate) const SHIPPED: &str = "\
    owned_as_shipped in owned.rs breaks nothing\n\
    pooled_as_shipped in pooled.rs breaks nothing\n";

/// Reads mutants in the format that `list.txt` explains.
///
/// # Errors
/// Returns a sentence about the first invalid line.
pub(crate) fn read(list: &str) -> Result<Vec<Mutant<'_>>, String> {
    let mut mutants: Vec<Mutant> = Vec::new();
    let mut last = ' ';
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (mark, rest) = match line.strip_prefix(['-', '+']) {
            Some(rest) => (if line.starts_with('-') { '-' } else { '+' }, rest),
            None => (' ', line),
        };
        match (mark, mutants.last_mut()) {
            ('-', Some(mutant)) if last == '-' => {
                let (old, _) = mutant.changes.last_mut().expect("the line before began a change");
                old.push('\n');
                old.push_str(rest);
            }
            ('-', Some(mutant)) => mutant.changes.push((rest.into(), String::new())),
            ('+', Some(Mutant { changes, .. })) if !changes.is_empty() => {
                let (_, new) = changes.last_mut().expect("there are changes");
                new.push_str(if last == '+' { "\n" } else { "" });
                new.push_str(rest);
            }
            (' ', _) => mutants.push(head(line).ok_or_else(|| format!("no mutant: {line}"))?),
            _ => return Err(format!("changes nothing: {line}")),
        }
        last = mark;
    }
    Ok(mutants)
}

/// Parses `NAME in FILE breaks PROMISE[, rejected with ERROR]`.
fn head(line: &str) -> Option<Mutant<'_>> {
    let (name, rest) = line.split_once(" in ")?;
    let (file, rest) = rest.split_once(" breaks ")?;
    let (breaks, rejected_with) = match rest.split_once(", rejected with ") {
        Some((breaks, error)) => (breaks, Some(error)),
        None => (rest, None),
    };
    Some(Mutant { name, file, breaks, rejected_with, changes: Vec::new() })
}

impl Mutant<'_> {
    /// Returns the shipped text with the mistake.
    ///
    /// # Errors
    /// Returns a sentence if a replaced text does not occur exactly once.
    pub(crate) fn apply(&self, shipped: &str) -> Result<String, String> {
        let mut text = shipped.to_owned();
        for (old, new) in &self.changes {
            match text.matches(old.as_str()).count() {
                1 => text = text.replacen(old.as_str(), new, 1),
                times => {
                    let Self { name, file, .. } = self;
                    return Err(format!("{name}: occurs {times} times in {file}, not once: {old}"));
                }
            }
        }
        Ok(text)
    }
}
