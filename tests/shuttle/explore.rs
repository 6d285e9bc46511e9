//! Runs a body under one of shuttle's schedulers and returns how the exploration ended.
//!
//! A search at random cannot know that it is done, so without a finding it is capped. The
//! depth-first scheduler knows: it tries every choice at every switch point, without a reduction.

use std::sync::{Arc, Mutex, PoisonError};

use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use crate::exploration::{Exploration, Finding, message, quietly};

/// Upper bound of the steps of one execution. Nine clients take a few hundred.
const MAX_STEPS: usize = 100_000;

/// Holds the state of a search.
struct Search<F> {
    executions: usize,
    fault: Option<F>,
    /// True if the scheduler has no more executions.
    is_done: bool,
}

/// Stops a scheduler at the first fault and at the cap.
struct Stopping<S, F> {
    scheduler: S,
    cap: Option<usize>,
    search: Arc<Mutex<Search<F>>>,
}

/// Searches at most `cap` executions, up to the first one that fails.
///
/// A deadlock or any other panic inside the model is `Found`. Too many steps in one execution is
/// `Diverged`.
pub(crate) fn explore<F: Send + 'static>(
    scheduler: impl Scheduler + 'static,
    cap: usize,
    body: impl Fn() -> Result<(), F> + Send + Sync + 'static,
) -> Exploration<F> {
    explore_with(config(), scheduler, cap, body)
}

/// Searches as [`explore`] does, with a configuration.
pub(crate) fn explore_with<F: Send + 'static>(
    config: Config,
    scheduler: impl Scheduler + 'static,
    cap: usize,
    body: impl Fn() -> Result<(), F> + Send + Sync + 'static,
) -> Exploration<F> {
    run(config, scheduler, Some(cap), body).0
}

/// Explores the executions of a scheduler that ends when it has tried all, such as the depth-first
/// scheduler, up to the first one that fails and at most `cap`.
pub(crate) fn exhaust<F: Send + 'static>(
    scheduler: impl Scheduler + 'static,
    cap: Option<usize>,
    body: impl Fn() -> Result<(), F> + Send + Sync + 'static,
) -> Exploration<F> {
    match run(config(), scheduler, cap, body) {
        (Exploration::Capped { executions }, true) => Exploration::Exhausted { executions },
        (exploration, _) => exploration,
    }
}

/// Returns how a search ended, and true if the scheduler had no more executions.
fn run<F: Send + 'static>(
    config: Config,
    scheduler: impl Scheduler + 'static,
    cap: Option<usize>,
    body: impl Fn() -> Result<(), F> + Send + Sync + 'static,
) -> (Exploration<F>, bool) {
    let search = Search { executions: 0, fault: None, is_done: false };
    let search = Arc::new(Mutex::new(search));
    let state = Arc::clone(&search);
    let scheduler = Stopping { scheduler, cap, search: Arc::clone(&search) };
    let result = quietly(|| {
        Runner::new(scheduler, config).run(move || {
            open(&state).executions += 1;
            let fault = body().err();
            open(&state).fault = fault;
        });
    });
    let Search { executions, ref mut fault, is_done } = *open(&search);
    let found = |finding| Exploration::Found { at: executions, cap, finding };
    let exploration = match (result, fault.take()) {
        (Ok(()), None) => Exploration::Capped { executions },
        (Ok(()), Some(fault)) => found(Finding::Fault(fault)),
        (Err(payload), _) => match message(&*payload) {
            text if text.starts_with("exceeded max_steps bound") => Exploration::Diverged,
            text => found(Finding::Panic(text)),
        },
    };
    (exploration, is_done)
}

impl<S: Scheduler, F> Scheduler for Stopping<S, F> {
    fn new_execution(&mut self) -> Option<Schedule> {
        if open(&self.search).fault.is_some() {
            return None;
        }
        let next = self.scheduler.new_execution();
        let mut search = open(&self.search);
        search.is_done = next.is_none();
        next.filter(|_| self.cap.is_none_or(|cap| search.executions < cap))
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        self.scheduler.next_task(runnable, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.scheduler.next_u64()
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
