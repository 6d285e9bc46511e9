//! Decides if the server is ready: its file is in its place and can be written, and its disk has
//! room. The result is kept for a second, since every client may ask.

use std::time::Duration;

use super::problem::Problem;
use super::store_executor::StoreExecutor;
use crate::album::ClockStatus;
use crate::runtime::{Instant, Mutex};

/// Time for which a result is kept, 1 s.
const KEPT: Duration = Duration::from_secs(1);

/// Keeps the last result. Requests at the same time share one check.
pub(super) struct Readiness {
    last: Mutex<Option<(Instant, Result<ClockStatus, Problem>)>>,
}

impl Default for Readiness {
    fn default() -> Self {
        Self { last: Mutex::new(None) }
    }
}

impl Readiness {
    /// Checks the file with a small write, or returns the result of a check in the last second.
    pub(super) async fn check(&self, store: &StoreExecutor) -> Result<ClockStatus, Problem> {
        let mut last = self.last.lock().await;
        if let Some((at, result)) = &*last
            && at.elapsed() < KEPT
        {
            return result.clone();
        }
        let checked = store.run(|store| {
            store.check_file()?;
            store.check_writable()?;
            store.observe_clock()
        });
        let result = checked.await;
        *last = Some((Instant::now(), result.clone()));
        result
    }
}
