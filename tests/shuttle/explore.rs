//! Runs a body under one of shuttle's schedulers and says in one of four words how that ended.
//!
//! shuttle searches by chance and never knows that it is done: without a finding it ends CAPPED.

use std::sync::{Arc, Mutex, PoisonError};

use shuttle::scheduler::Scheduler;
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use crate::ending::{Ending, Finding, message, quietly};

/// Steps of one execution at most. A crowd of nine takes a few hundred.
const STEPS: usize = 100_000;

/// Runs `body` as often as the scheduler wants, up to the first execution that fails.
///
/// A deadlock or any other panic inside the model is `Found`; only too many steps in one execution
/// is `Diverged`.
pub(crate) fn explore<F: Send + 'static>(
    scheduler: impl Scheduler + 'static,
    body: impl Fn() -> Result<(), F> + Send + Sync + 'static,
) -> Ending<F> {
    let search = Arc::new(Mutex::new((0, None)));
    let state = Arc::clone(&search);
    let result = quietly(|| {
        Runner::new(scheduler, config()).run(move || {
            // Past the finding there is nothing to do, and no way to tell a scheduler to stop.
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
        (Ok(()), None) => Ending::Capped { executions },
        (Ok(()), Some(fault)) => Ending::Found { at: executions, finding: Finding::Fault(fault) },
        (Err(payload), _) => match message(&*payload) {
            text if text.starts_with("exceeded max_steps bound") => Ending::Diverged,
            text => Ending::Found { at: executions, finding: Finding::Panic(text) },
        },
    }
}

fn open<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn config() -> Config {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::FailAfter(STEPS);
    config.max_time = None;
    config.silence_warnings = true;
    config
}
