//! The mutants: mistakes in the shipped repairs, each with the promise that it breaks.
//!
//! They are text put in the place of other text, so that what is tried is the shipped code and one
//! mistake. The build makes files of those that compile, a test shows the others to the compiler.

/// A mistake in a shipped file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mutant<'l> {
    /// What was done wrong, as a module's name.
    pub(crate) name: &'l str,
    /// The file in `src/pipeline/` that it is made in.
    pub(crate) file: &'l str,
    pub(crate) breaks: &'l str,
    /// The error that the compiler refuses it with; one without compiles.
    pub(crate) refused: Option<&'l str>,
    /// Each text, and what is put in its place, in this order.
    changes: Vec<(String, String)>,
}

/// The files as they are shipped, in the same form.
pub(crate) const SHIPPED: &str = "\
    owned_as_shipped in owned.rs breaks nothing\n\
    pooled_as_shipped in pooled.rs breaks nothing\n";

/// Reads mutants, in the form that `list.txt` explains.
///
/// # Errors
/// A sentence about the first line that makes no sense.
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
                let (old, _) = mutant.changes.last_mut().expect("the line before began one");
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

/// `NAME in FILE breaks PROMISE[, refused with ERROR]`.
fn head(line: &str) -> Option<Mutant<'_>> {
    let (name, rest) = line.split_once(" in ")?;
    let (file, rest) = rest.split_once(" breaks ")?;
    let (breaks, refused) = match rest.split_once(", refused with ") {
        Some((breaks, error)) => (breaks, Some(error)),
        None => (rest, None),
    };
    Some(Mutant { name, file, breaks, refused, changes: Vec::new() })
}

impl Mutant<'_> {
    /// The shipped text with the mistake in it.
    ///
    /// # Errors
    /// A sentence, if a text that is to be changed stands there never or more than once.
    pub(crate) fn apply(&self, shipped: &str) -> Result<String, String> {
        let mut text = shipped.to_owned();
        for (old, new) in &self.changes {
            match text.matches(old.as_str()).count() {
                1 => text = text.replacen(old.as_str(), new, 1),
                times => {
                    let Self { name, file, .. } = self;
                    return Err(format!("{name}: stands {times} times in {file}, not once: {old}"));
                }
            }
        }
        Ok(text)
    }
}
