//! Adds up the times for which requests were in flight, which give their mean number.

use std::ops::Range;
use std::time::Duration;

/// Adds up the times of requests and uploads of one step of the load.
///
/// The load generator counts each of them as soon as it ends. So an audit that ends before all
/// answers are judged knows the mean number in flight of the same time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BusyTime {
    /// Sum of the times from sending a request to its response.
    pub sum: Duration,
    /// Time from the first request to the last response, since the load began.
    pub span: Option<Range<Duration>>,
}

impl BusyTime {
    /// Adds the time of one request.
    pub(crate) fn add(&mut self, time: Range<Duration>) {
        self.sum += time.end.saturating_sub(time.start);
        let span = self.span.get_or_insert_with(|| time.clone());
        *span = span.start.min(time.start)..span.end.max(time.end);
    }

    /// Returns the mean number of requests in flight, by Little's law the sum of their times
    /// divided by the time of the step.
    pub fn mean_in_flight(&self) -> f64 {
        let span = self.span.clone().unwrap_or_default();
        let seconds = span.end.saturating_sub(span.start).as_secs_f64();
        if seconds > 0.0 { self.sum.as_secs_f64() / seconds } else { 0.0 }
    }
}

#[test]
fn the_mean_in_flight_is_the_sum_of_times_over_the_time_of_the_step() {
    let mut busy = BusyTime::default();
    assert!(busy.mean_in_flight().abs() < 1e-9);
    for (from, to) in [(1, 5), (2, 4), (1, 3)] {
        busy.add(Duration::from_secs(from)..Duration::from_secs(to));
    }
    assert!((busy.mean_in_flight() - 2.0).abs() < 1e-9, "8 seconds of requests in 4 seconds");
}
