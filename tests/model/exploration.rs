//! The four words in which an exploration ends, and what a test may conclude from each.
//!
//! Checkers return the same `()` when they are done and when a cap stopped them; a proof and a
//! search that gave up must not look alike.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt::{self, Debug, Display};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// How an exploration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending<F> {
    /// The execution numbered `at`, from one, broke what the body claims, panicked, deadlocked or
    /// leaked.
    Found { at: usize, finding: Finding<F> },
    /// Every execution within the limits was made, and none broke a claim: a proof, of this size.
    Exhausted { executions: usize },
    /// So many executions were made, none broke a claim, and there are more: no proof.
    Capped { executions: usize },
    /// An execution went on past the limit of branches, as one does that waits in a loop. What it
    /// would have come to is unknown, and so is everything after it.
    Diverged,
}

/// What was found: the body's own account, or the message of a panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding<F> {
    Fault(F),
    Panic(String),
}

impl<F> Display for Ending<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found { at, .. } => write!(f, "FOUND @{at}"),
            Self::Exhausted { executions } => write!(f, "EXHAUSTED {executions}"),
            Self::Capped { executions } => write!(f, "CAPPED {executions} (no proof)"),
            Self::Diverged => write!(f, "DIVERGED"),
        }
    }
}

impl<F: Debug> Ending<F> {
    /// The body's account of what it found.
    ///
    /// # Panics
    /// If nothing was found, or something else than the body looks for.
    #[track_caller]
    pub(crate) fn fault(self) -> F {
        match self {
            Self::Found { finding: Finding::Fault(fault), .. } => fault,
            other => panic!("claimed FOUND, but it ended {other}: {other:?}"),
        }
    }

    /// How many executions the proof took.
    ///
    /// # Panics
    /// If the exploration ended in any other word: a cap proves nothing.
    #[track_caller]
    pub(crate) fn proof(self) -> usize {
        match self {
            Self::Exhausted { executions } => executions,
            other => panic!("claimed EXHAUSTED, but it ended {other}: {other:?}"),
        }
    }

    /// How many executions a search by chance made without finding anything.
    ///
    /// # Panics
    /// If it found something.
    #[track_caller]
    pub(crate) fn unfound(self) -> usize {
        match self {
            Self::Capped { executions } => executions,
            other => panic!("claimed CAPPED, but it ended {other}: {other:?}"),
        }
    }
}

/// Runs `explore` and gives back what it panicked with, if it did, without printing: in a search
/// for panics one is a result. A second one, while the first unwinds, aborts: both are printed.
pub(crate) fn quietly(explore: impl FnOnce()) -> Result<(), Box<dyn Any + Send>> {
    thread_local!(static FIRST: RefCell<Option<String>> = const { RefCell::new(None) });
    thread_local!(static QUIET: Cell<bool> = const { Cell::new(false) });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let first = if QUIET.get() { FIRST.replace(Some(info.to_string())) } else { None };
            if let Some(first) = &first {
                eprintln!("while unwinding from this: {first}");
            }
            if first.is_some() || !QUIET.get() {
                loud(info);
            }
        }));
    });
    QUIET.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(explore));
    QUIET.set(false);
    FIRST.take();
    result
}

/// The message of a panic.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".into())
}
