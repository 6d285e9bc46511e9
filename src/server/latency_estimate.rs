//! Estimates how long a conversion takes, to reject one that cannot end before its deadline.
//!
//! Under overload the conversion at the head of the queue has little time left. A conversion that
//! ends after its deadline serves no client, and takes time from those that could still be served.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Holds an exponentially weighted moving average (EWMA) of the conversions' durations.
#[derive(Debug, Default)]
pub(super) struct LatencyEstimate(Mutex<Duration>);

impl LatencyEstimate {
    /// Adds a duration with a weight of an eighth.
    pub(super) fn record(&self, duration: Duration) {
        let mut mean = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *mean = (*mean * 7 + duration) / 8;
    }

    /// Returns true if a conversion is expected to end within `left`, of `timeout` in all. Half of
    /// the timeout is always enough. Otherwise a few slow outliers would raise the mean until every
    /// conversion is rejected, and no new sample could lower it.
    pub(super) fn fits(&self, left: Duration, timeout: Duration) -> bool {
        let mean = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        left >= mean.min(timeout / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);

    fn after_64_conversions_of(ms: u64) -> LatencyEstimate {
        let estimate = LatencyEstimate::default();
        (0..64).for_each(|_| estimate.record(Duration::from_millis(ms)));
        estimate
    }

    #[test]
    fn without_a_sample_any_time_is_enough() {
        assert!(LatencyEstimate::default().fits(Duration::ZERO, TIMEOUT));
    }

    #[test]
    fn less_time_than_conversions_take_is_not_enough() {
        let estimate = after_64_conversions_of(1_000);
        assert!(!estimate.fits(Duration::from_millis(900), TIMEOUT));
        assert!(estimate.fits(Duration::from_millis(1_000), TIMEOUT));
    }

    #[test]
    fn conversions_slower_than_the_timeout_do_not_reject_every_request() {
        let estimate = after_64_conversions_of(60_000);
        assert!(estimate.fits(TIMEOUT / 2, TIMEOUT));
        assert!(!estimate.fits(TIMEOUT / 2 - Duration::from_millis(1), TIMEOUT));
    }
}
