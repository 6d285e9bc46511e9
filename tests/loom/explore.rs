//! Runs a body under loom and says in one of four words how that ended.
//!
//! loom returns `()` both when it is done and when a cap stopped it, looks at its caps only every
//! `checkpoint_interval` executions, and takes limits from the environment: none of that may turn
//! a search that gave up into a proof.

use std::any::Any;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::ending::{Ending, Finding, message, quietly};

/// How far an exploration goes. Nothing here is a time: a slow machine must not change how it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Executions at most.
    pub(crate) executions: usize,
    /// Branches of one execution at most: switches and choices of a value.
    pub(crate) branches: usize,
    /// Deviations from loom's default choice at most, in one execution; `None` is all of them.
    pub(crate) preemptions: Option<usize>,
}

impl Limits {
    /// Without a bound on what is tried; an execution of these models has at most 200 branches.
    pub(crate) const ALL: Self = Self { executions: 50_000, branches: 1_000, preemptions: None };
}

/// What the body unwinds with at the first execution past the cap.
struct Stop;

/// What the body unwinds with when it has found something.
struct Broken<F>(F);

/// Explores the executions of `body`, until one fails or there are no more.
///
/// Counts executions itself, and ends at the first one past the cap: so a cap is exact, and a
/// return from loom means that it was done. A deadlock, a leak or any other panic inside the model
/// is `Found`; only too many branches in one execution is `Diverged`.
pub(crate) fn explore<F: Send + 'static>(
    limits: Limits,
    body: impl Fn() -> Result<(), F> + Send + Sync + 'static,
) -> Ending<F> {
    let executions = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&executions);
    let result = quietly(|| {
        builder(limits).check(move || {
            if counter.load(Ordering::Relaxed) == limits.executions {
                resume_unwind(Box::new(Stop));
            }
            counter.fetch_add(1, Ordering::Relaxed);
            if let Err(finding) = body() {
                resume_unwind(Box::new(Broken(finding)));
            }
        });
    });
    let executions = executions.load(Ordering::Relaxed);
    match result {
        Ok(()) => Ending::Exhausted { executions },
        Err(payload) => ended(payload, executions),
    }
}

fn ended<F: Send + 'static>(payload: Box<dyn Any + Send>, executions: usize) -> Ending<F> {
    if payload.is::<Stop>() {
        return Ending::Capped { executions };
    }
    let finding = match payload.downcast::<Broken<F>>() {
        Ok(broken) => Finding::Fault(broken.0),
        Err(payload) => Finding::Panic(message(&*payload)),
    };
    match finding {
        Finding::Panic(text) if text.starts_with("Model exceeded maximum number of branches") => {
            Ending::Diverged
        }
        finding => Ending::Found { at: executions, finding },
    }
}

/// loom's builder with every field set here, whatever the environment says.
fn builder(limits: Limits) -> loom::model::Builder {
    let mut builder = loom::model::Builder::new();
    builder.max_threads = loom::MAX_THREADS;
    builder.max_branches = limits.branches;
    builder.preemption_bound = limits.preemptions;
    builder.max_permutations = None;
    builder.max_duration = None;
    builder.checkpoint_file = None;
    builder.checkpoint_interval = usize::MAX;
    builder.expect_explicit_explore = false;
    builder.location = false;
    builder.log = false;
    builder
}
