//! Runs the models of a checker one after the other, and tells a proof from a search that stopped.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{self, AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

use super::SystemUnderTest;
use super::clients::{ModelClients, model_clients};
use super::counterexample::Counterexample;
use super::replay::{message, replay};

/// Describes how an exploration without a finding ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explored {
    /// All executions of every model ran. This proves the models clean.
    Exhausted {
        /// Number of executions.
        executions: usize,
    },
    /// This number of executions ran, and more exist. This proves nothing.
    Capped {
        /// Number of executions.
        executions: usize,
    },
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted { executions } => write!(f, "EXHAUSTED {executions}"),
            Self::Capped { executions } => write!(f, "CAPPED {executions} (no proof)"),
        }
    }
}

/// Runs one execution of a model.
type Execution = Arc<dyn Fn() + Send + Sync>;

/// Serves the clients of a model once, on a new system.
type Serve = fn(ModelClients) -> Result<(), Counterexample>;

/// Unwinds from the first execution after a finding or after the cap.
struct Stop;

/// Holds the state of the exploration of one model.
#[derive(Default)]
struct Progress {
    executions: AtomicUsize,
    found: Mutex<Option<Counterexample>>,
}

impl Progress {
    fn found(&self) -> std::sync::MutexGuard<'_, Option<Counterexample>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Explores all executions of every model with a checker that returns when it is done, at most
/// `S::MAX_EXECUTIONS` of each model. `check` runs the checker on an execution, with an upper bound
/// of the preemptions if there is one.
///
/// # Errors
/// Returns the first [`Counterexample`], also for a panic or a deadlock.
pub fn explore_all<S: SystemUnderTest>(
    check: impl Fn(Execution, Option<usize>),
    serve: Serve,
) -> Result<Explored, Counterexample> {
    let mut total = 0;
    for clients in model_clients::<S>() {
        let progress = Arc::new(Progress::default());
        let state = Arc::clone(&progress);
        let execution = Arc::new(move || {
            if state.executions.load(Ordering::Relaxed) == S::MAX_EXECUTIONS {
                resume_unwind(Box::new(Stop));
            }
            state.executions.fetch_add(1, Ordering::Relaxed);
            if let Err(counterexample) = serve(clients) {
                *state.found() = Some(counterexample);
                resume_unwind(Box::new(Stop));
            }
        });
        let ended = ended(|| check(execution, clients.max_preemptions), &progress)?;
        total += progress.executions.load(Ordering::Relaxed);
        if ended.is_err() {
            return Ok(Explored::Capped { executions: total });
        }
    }
    Ok(Explored::Exhausted { executions: total })
}

/// Searches executions of every model with a checker that chooses them at random, and that decides
/// how many there are. `check` runs the checker on an execution.
///
/// # Errors
/// Returns the first [`Counterexample`], also for a panic or a deadlock.
pub fn search<S: SystemUnderTest>(
    check: impl Fn(Execution),
    serve: Serve,
) -> Result<Explored, Counterexample> {
    let mut executions = 0;
    for clients in model_clients::<S>() {
        let progress = Arc::new(Progress::default());
        let state = Arc::clone(&progress);
        let execution = Arc::new(move || {
            // Such a checker cannot be stopped, so the executions after a finding do nothing.
            if state.found().is_none() {
                state.executions.fetch_add(1, Ordering::Relaxed);
                let counterexample = serve(clients).err();
                *state.found() = counterexample;
            }
        });
        let _ = ended(|| check(execution), &progress)?;
        executions += progress.executions.load(Ordering::Relaxed);
    }
    Ok(Explored::Capped { executions })
}

/// Runs a checker to its end, and returns [`Stop`] if an execution stopped it.
fn ended(check: impl FnOnce(), progress: &Progress) -> Result<Result<(), Stop>, Counterexample> {
    let result = quietly(check);
    if let Some(counterexample) = progress.found().take() {
        return Err(counterexample);
    }
    match result {
        Ok(()) => Ok(Ok(())),
        Err(payload) if payload.is::<Stop>() => Ok(Err(Stop)),
        Err(payload) => {
            let at = progress.executions.load(Ordering::Relaxed);
            let fault = format!("execution {at} panics: {}", message(&*payload));
            let (word, damaged) = Default::default();
            Err(Counterexample { word, damaged, fault, hint: None })
        }
    }
}

/// Runs a checker and returns the payload if it panics, without printing a panic, which is a result
/// of the checker or ends one of its threads.
fn quietly(check: impl FnOnce()) -> Result<(), Box<dyn Any + Send>> {
    thread_local!(static QUIET: Cell<bool> = const { Cell::new(false) });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                loud(info);
            }
        }));
    });
    QUIET.set(true);
    let result = catch_unwind(AssertUnwindSafe(check));
    QUIET.set(false);
    result
}

/// Adds to a finding of a checker the word that replays it in the adapter `S` on one thread, or
/// says that no word does.
#[must_use]
pub fn explain<S: SystemUnderTest>(found: Counterexample) -> Counterexample {
    let is_word = found.word.chars().all(|letter| letter.is_ascii_uppercase());
    if is_word && !found.word.is_empty() && replay::<S>(&found.word, &found.damaged).is_err() {
        return found.with_replay::<S>();
    }
    let hint = "no word replays this order of steps: the fault lies inside a step, in convert, or \
        in a thread-local. The checker finds it again in the same execution";
    Counterexample { hint: Some(hint.into()), ..found }
}
