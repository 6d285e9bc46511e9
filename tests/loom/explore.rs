//! Runs a body under loom and returns how the exploration ended.
//!
//! loom returns `()` both if it is done and if a limit stopped it. It checks its limits only every
//! `checkpoint_interval` executions, and it takes limits from the environment. None of this may
//! turn a search that stopped early into a proof.

use std::any::Any;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::exploration::{Exploration, Finding, message, quietly};

/// Limits an exploration. No limit is a time, so that a slow machine does not change the result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Upper bound of the executions.
    pub(crate) max_executions: usize,
    /// Upper bound of the branches (thread switches and choices of a value) of one execution.
    pub(crate) max_branches: usize,
    /// Upper bound of the deviations from loom's default choice in one execution, if there is one.
    pub(crate) max_preemptions: Option<usize>,
}

impl Limits {
    /// Limits for all executions of a model, whose executions have at most 200 branches each.
    pub(crate) const ALL: Self =
        Self { max_executions: 2_000_000, max_branches: 1_000, max_preemptions: None };
}

/// Unwinds from the first execution after the cap.
struct CapReached;

/// Unwinds from an execution that found a fault.
struct FaultFound<F>(F);

/// Explores the executions of `body` until one fails or all have run.
///
/// Counts the executions itself and stops at the first one after the cap. So the cap is exact, and
/// a return from loom means that all executions have run. A deadlock, a leak or any other panic
/// inside the model is `Found`. Too many branches in one execution is `Diverged`.
pub(crate) fn explore<F: Send + 'static>(
    limits: Limits,
    body: impl Fn() -> Result<(), F> + Send + Sync + 'static,
) -> Exploration<F> {
    let executions = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&executions);
    let result = quietly(|| {
        builder(limits).check(move || {
            if counter.load(Ordering::Relaxed) == limits.max_executions {
                resume_unwind(Box::new(CapReached));
            }
            counter.fetch_add(1, Ordering::Relaxed);
            if let Err(fault) = body() {
                resume_unwind(Box::new(FaultFound(fault)));
            }
        });
    });
    let executions = executions.load(Ordering::Relaxed);
    match result {
        Ok(()) => Exploration::Exhausted { executions },
        Err(payload) => from_panic(payload, executions, limits.max_executions),
    }
}

/// Interprets the panic that ended an exploration.
fn from_panic<F: Send + 'static>(
    payload: Box<dyn Any + Send>,
    executions: usize,
    cap: usize,
) -> Exploration<F> {
    if payload.is::<CapReached>() {
        return Exploration::Capped { executions };
    }
    let finding = match payload.downcast::<FaultFound<F>>() {
        Ok(found) => Finding::Fault(found.0),
        Err(payload) => Finding::Panic(message(&*payload)),
    };
    match finding {
        Finding::Panic(text) if text.starts_with("Model exceeded maximum number of branches") => {
            Exploration::Diverged
        }
        finding => Exploration::Found { at: executions, cap: Some(cap), finding },
    }
}

/// Creates loom's builder and sets every field, so that the environment changes none.
fn builder(limits: Limits) -> loom::model::Builder {
    let mut builder = loom::model::Builder::new();
    builder.max_threads = loom::MAX_THREADS;
    builder.max_branches = limits.max_branches;
    builder.preemption_bound = limits.max_preemptions;
    builder.max_permutations = None;
    builder.max_duration = None;
    builder.checkpoint_file = None;
    builder.checkpoint_interval = usize::MAX;
    builder.expect_explicit_explore = false;
    builder.location = false;
    builder.log = false;
    builder
}
