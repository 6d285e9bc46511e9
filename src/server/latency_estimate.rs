//! How long a conversion takes at the moment, and so whether one is worth beginning.
//!
//! Under overload whoever comes to the front of the queue has little time left. Work that cannot be
//! done by its deadline is work for nobody, and takes the time of those whom it could serve.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A running mean of what conversions took.
#[derive(Debug, Default)]
pub(super) struct LatencyEstimate(Mutex<Duration>);

impl LatencyEstimate {
    /// Counts one in: an eighth of the new, seven of the old.
    pub(super) fn took(&self, time: Duration) {
        let mut mean = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *mean = (*mean * 7 + time) / 8;
    }

    /// Whether so much time is enough. Half of all the time that there is for a request always is:
    /// otherwise a few slow conversions could end all, with none to show that they are over.
    pub(super) fn is_enough(&self, left: Duration, deadline: Duration) -> bool {
        let mean = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        left >= mean.min(deadline / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn at_first_any_time_is_enough() {
        assert!(LatencyEstimate::default().is_enough(Duration::ZERO, DEADLINE));
    }

    #[test]
    fn less_time_than_conversions_take_is_not_enough() {
        let pace = LatencyEstimate::default();
        (0..64).for_each(|_| pace.took(ms(1_000)));
        assert!(!pace.is_enough(ms(900), DEADLINE));
        assert!(pace.is_enough(ms(1_000), DEADLINE));
    }

    #[test]
    fn conversions_slower_than_the_deadline_do_not_end_all() {
        let pace = LatencyEstimate::default();
        (0..64).for_each(|_| pace.took(ms(60_000)));
        assert!(pace.is_enough(DEADLINE / 2, DEADLINE));
        assert!(!pace.is_enough(DEADLINE / 2 - ms(1), DEADLINE));
    }
}
