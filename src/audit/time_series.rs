//! Counts the load over time in a bounded number of buckets.

use std::time::Duration;

/// Upper bound of the buckets. A longer load doubles the width of all buckets.
const MAX_BUCKETS: usize = 240;

/// Counts what happened in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeBucket {
    /// Requests that ended.
    pub ended: u64,
    /// Mixed answers.
    pub mixed: u64,
}

/// Holds consecutive buckets of equal width.
#[derive(Clone, Debug)]
pub struct TimeSeries {
    /// Width of a bucket.
    pub width: Duration,
    /// Buckets since the load began.
    pub buckets: Vec<TimeBucket>,
}

impl Default for TimeSeries {
    fn default() -> Self {
        Self { width: Duration::from_millis(250), buckets: Vec::new() }
    }
}

impl TimeSeries {
    /// Counts a request that ended at the time `at` since the load began.
    pub(crate) fn add(&mut self, at: Duration, is_mixed: bool) {
        let mut index = self.index(at);
        while index >= MAX_BUCKETS {
            self.double_width();
            index = self.index(at);
        }
        if self.buckets.len() <= index {
            self.buckets.resize(index + 1, TimeBucket::default());
        }
        let bucket = &mut self.buckets[index];
        bucket.ended += 1;
        bucket.mixed += u64::from(is_mixed);
    }

    fn index(&self, at: Duration) -> usize {
        (at.as_nanos() / self.width.as_nanos()) as usize
    }

    fn double_width(&mut self) {
        self.width *= 2;
        let merge = |pair: &[TimeBucket]| TimeBucket {
            ended: pair.iter().map(|bucket| bucket.ended).sum(),
            mixed: pair.iter().map(|bucket| bucket.mixed).sum(),
        };
        self.buckets = self.buckets.chunks(2).map(merge).collect();
    }
}

#[test]
fn a_long_load_needs_no_more_buckets_than_a_short_one_and_loses_no_count() {
    let mut series = TimeSeries::default();
    for second in 0..100_000 {
        series.add(Duration::from_secs(second), second % 10 == 0);
    }
    assert!(series.buckets.len() <= MAX_BUCKETS);
    assert_eq!(series.buckets.iter().map(|bucket| bucket.ended).sum::<u64>(), 100_000);
    assert_eq!(series.buckets.iter().map(|bucket| bucket.mixed).sum::<u64>(), 10_000);
}
