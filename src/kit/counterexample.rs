//! Describes a broken promise together with the word that replays it.

use std::fmt;

/// Describes a run of a system under test that mixed photos or broke another promise.
#[derive(Clone, PartialEq, Eq)]
pub struct Counterexample {
    /// Word of the run: the schedule of its requests, with a letter for each step.
    pub word: String,
    /// Letters of the requests whose photos are damaged.
    pub damaged: String,
    /// Broken promise, such as the thumbnail that shows a foreign photo.
    pub fault: String,
    /// Explanation of what replays the run or what the fault looks like, if there is one.
    pub hint: Option<String>,
}

impl Counterexample {
    /// Adds the hint that a call of `replay` with this word and adapter shows the fault again.
    #[must_use]
    pub(super) fn with_replay<S>(mut self) -> Self {
        let adapter = without_modules(std::any::type_name::<S>());
        let Self { word, damaged, .. } = &self;
        self.hint = Some(format!("replay it: kit::replay::<{adapter}>({word:?}, {damaged:?})"));
        self
    }
}

/// Prints like `Display`, so that a test that returns the counterexample prints the word.
impl fmt::Debug for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.word)?;
        if !self.damaged.is_empty() {
            write!(f, ", with damaged photos of {}", self.damaged)?;
        }
        write!(f, ": {}", self.fault)?;
        self.hint.iter().try_for_each(|hint| write!(f, "\n{hint}"))
    }
}

/// Returns the name of a type without the modules of its own name and of its parameters.
fn without_modules(name: &str) -> String {
    let types = name.split_inclusive(['<', '>', ',', ' ']);
    types.filter_map(|path| path.rsplit("::").next()).collect()
}

/// Returns the fault of a thumbnail that shows another photo than its owner's, if it does.
pub(super) fn foreign_pixels(owner: u8, pixels: &[u8]) -> Option<String> {
    if pixels.is_empty() {
        return Some(format!("{}'s thumbnail has no pixels", char::from(owner)));
    }
    let foreign = pixels.iter().any(|pixel| *pixel != owner);
    foreign.then(|| {
        // A row of equal pixels is told by one of them.
        let mut shown = pixels.to_vec();
        shown.dedup();
        let shown = shown.escape_ascii();
        let owner = char::from(owner);
        format!("{owner}'s thumbnail shows {shown}, from top to bottom")
    })
}
