//! Bounds how long a client may keep the server waiting, by a minimum rate in bytes per second.
//!
//! The allowance is a token bucket of time. It begins full, shrinks while the server waits for the
//! client, and grows with every byte that moves. So a client that moves nothing has the full
//! allowance, and a client that moves bytes slower than the minimum rate ends it too. Time in which
//! the client waits for the server does not count.

use std::time::Duration;

/// Holds the time that one client may still keep the server waiting.
#[derive(Clone, Copy, Debug)]
pub(super) struct MinRate {
    full: Duration,
    bytes_per_second: u64,
    left: Duration,
}

impl MinRate {
    /// Creates a full allowance. The rate is at least one byte per second.
    pub(super) fn new(full: Duration, bytes_per_second: u64) -> Self {
        Self { full, bytes_per_second: bytes_per_second.max(1), left: full }
    }

    /// Returns the longest time that the client may take for its next byte.
    pub(super) fn left(&self) -> Duration {
        self.left
    }

    /// Counts that the server waited for the client, and that `bytes` moved then.
    pub(super) fn count(&mut self, waited: Duration, bytes: usize) {
        let earned = Duration::from_secs_f64(bytes as f64 / self.bytes_per_second as f64);
        self.left = self.left.saturating_sub(waited).saturating_add(earned).min(self.full);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Returns in which second the wait for a client is given up that sends `bytes` each `seconds`.
    fn ends_after(seconds: u32, bytes: usize) -> Option<u32> {
        let mut rate = MinRate::new(10 * SECOND, 1_000);
        (1..1_000).map(|step| step * seconds).find(|_| {
            let is_over = seconds * SECOND >= rate.left();
            rate.count(seconds * SECOND, bytes);
            is_over
        })
    }

    #[test]
    fn a_client_that_moves_nothing_has_the_full_allowance() {
        assert_eq!(ends_after(1, 0), Some(10));
    }

    #[test]
    fn one_byte_at_times_is_too_slow() {
        assert_eq!(ends_after(5, 1), Some(15));
    }

    #[test]
    fn a_client_at_the_minimum_rate_never_ends_and_one_below_it_does() {
        assert_eq!(ends_after(1, 1_000), None);
        assert!(ends_after(1, 900).is_some());
    }

    #[test]
    fn bytes_in_advance_earn_at_most_the_full_allowance() {
        let mut rate = MinRate::new(10 * SECOND, 1_000);
        rate.count(Duration::ZERO, 1 << 30);
        assert_eq!(rate.left(), 10 * SECOND);
    }
}
