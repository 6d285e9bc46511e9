//! Runs a body under one of shuttle's schedulers and returns how the search ended.
//!
//! shuttle searches at random and cannot know that it is done. Without a finding a search is
//! capped.

use std::sync::{Arc, Mutex, PoisonError};

use shuttle::scheduler::Scheduler;
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use crate::exploration::{Exploration, Finding, message, quietly};

/// Upper bound of the steps of one execution. Nine clients take a few hundred.
const MAX_STEPS: usize = 100_000;

/// Runs `body` as often as the scheduler asks, up to the first execution that fails.
///
/// A deadlock or any other panic inside the model is `Found`. Too many steps in one execution is
/// `Diverged`.
pub(crate) fn explore<F: Send + 'static>(
    scheduler: impl Scheduler + 'static,
    body: impl Fn() -> Result<(), F> + Send + Sync + 'static,
) -> Exploration<F> {
    explore_with(config(), scheduler, body)
}

/// Runs `body` like [`explore`], with a configuration.
pub(crate) fn explore_with<F: Send + 'static>(
    config: Config,
    scheduler: impl Scheduler + 'static,
    body: impl Fn() -> Result<(), F> + Send + Sync + 'static,
) -> Exploration<F> {
    let search = Arc::new(Mutex::new((0, None)));
    let state = Arc::clone(&search);
    let result = quietly(|| {
        Runner::new(scheduler, config).run(move || {
            // A scheduler cannot be stopped, so the executions after a finding do nothing.
            let found = |state: &Mutex<(usize, Option<F>)>| open(state).1.is_some();
            if found(&state) {
                return;
            }
            open(&state).0 += 1;
            let finding = body().err();
            open(&state).1 = finding;
        });
    });
    let (executions, finding) = std::mem::take(&mut *open(&search));
    match (result, finding) {
        (Ok(()), None) => Exploration::Capped { executions },
        (Ok(()), Some(fault)) => {
            Exploration::Found { at: executions, finding: Finding::Fault(fault) }
        }
        (Err(payload), _) => match message(&*payload) {
            text if text.starts_with("exceeded max_steps bound") => Exploration::Diverged,
            text => Exploration::Found { at: executions, finding: Finding::Panic(text) },
        },
    }
}

fn open<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the configuration of every search.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::FailAfter(MAX_STEPS);
    config.max_time = None;
    config.silence_warnings = true;
    config
}
