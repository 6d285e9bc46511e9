//! Describes how an exploration ended, and what a test may conclude from it.
//!
//! A checker returns the same `()` if it is done and if a limit stopped it. A proof and a search
//! that stopped early must not look alike.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt::{self, Debug, Display};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// Describes how an exploration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Exploration<F> {
    /// The execution numbered `at`, from 1, broke a claim of the body, panicked, deadlocked or
    /// leaked. `cap` is the upper bound of the executions, if there is one.
    Found { at: usize, cap: Option<usize>, finding: Finding<F> },
    /// All executions within the limits ran, and none broke a claim. This proves the claim for the
    /// size of the model.
    Exhausted { executions: usize },
    /// This number of executions ran, none broke a claim, and more exist. This proves nothing.
    Capped { executions: usize },
    /// An execution exceeded the limit of branches, as a thread does that waits in a loop. The rest
    /// of the execution and all executions after it are unknown.
    Diverged,
}

/// Holds the fault that the body reported, or the message of a panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding<F> {
    Fault(F),
    Panic(String),
}

/// Formats the result, and with `{:#}` the cap of a finding too.
impl<F> Display for Exploration<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found { at, cap: Some(cap), .. } if f.alternate() => {
                write!(f, "FOUND @{at} of {cap}")
            }
            Self::Found { at, .. } => write!(f, "FOUND @{at}"),
            Self::Exhausted { executions } => write!(f, "EXHAUSTED {executions}"),
            Self::Capped { executions } => write!(f, "CAPPED {executions} (no proof)"),
            Self::Diverged => write!(f, "DIVERGED"),
        }
    }
}

/// Lower bound of the cap of a search, as a multiple of the execution of its finding. A finding
/// near the cap is luck: a small change of the code would hide it.
const MIN_CAP_PER_FINDING: usize = 10;

impl<F> Exploration<F> {
    /// Returns true if the exploration found a fault far below its cap.
    pub(crate) fn is_found(&self) -> bool {
        match self {
            Self::Found { at, cap, .. } => cap.is_none_or(|cap| at * MIN_CAP_PER_FINDING <= cap),
            Self::Exhausted { .. } | Self::Capped { .. } | Self::Diverged => false,
        }
    }
}

impl<F: Debug> Exploration<F> {
    /// Returns the fault that the body reported.
    ///
    /// # Panics
    /// Panics if the exploration found nothing, found a panic, or found the fault near its cap.
    #[track_caller]
    pub(crate) fn fault(self) -> F {
        match self {
            Self::Found { at, cap, .. } if !self.is_found() => {
                panic!("found @{at}, too near the cap {cap:?}: raise it {MIN_CAP_PER_FINDING}-fold")
            }
            Self::Found { finding: Finding::Fault(fault), .. } => fault,
            other => panic!("claimed FOUND, but it ended {other}: {other:?}"),
        }
    }

    /// Returns the number of executions of a proof.
    ///
    /// # Panics
    /// Panics if the exploration is not exhausted, because a cap proves nothing.
    #[track_caller]
    pub(crate) fn proof(self) -> usize {
        match self {
            Self::Exhausted { executions } => executions,
            other => panic!("claimed EXHAUSTED, but it ended {other}: {other:?}"),
        }
    }

    /// Returns the number of executions of a random search that found nothing.
    ///
    /// # Panics
    /// Panics if the search did not end at its cap.
    #[track_caller]
    pub(crate) fn capped(self) -> usize {
        match self {
            Self::Capped { executions } => executions,
            other => panic!("claimed CAPPED, but it ended {other}: {other:?}"),
        }
    }
}

/// Runs `explore` and returns the payload if it panics, without printing the first panic, which is
/// a result of the search. A second panic while the first one unwinds aborts, and both are printed.
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

/// Returns the message of a panic.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".into())
}
