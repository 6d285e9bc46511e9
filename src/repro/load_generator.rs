//! Generates load: runs conversions on real threads, with a fixed number of requests in flight.
//!
//! Conversions run on tokio's blocking pool, as in a service. Nothing here delays a conversion or
//! makes threads switch: only the machine's scheduler decides their order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use crate::allocator::keep_freed_memory;
use crate::pipeline::{Error, Output, Pipeline, Request};

/// Upper bound of requests in flight: each has a thread of its own.
pub const MAX_IN_FLIGHT: usize = 256;

/// Upper bound of the requests in a batch. Results are handed over after each batch, so that a
/// run's memory does not grow with its length.
const MAX_BATCH: usize = 1_000;

/// Parts of a load whose rates are compared.
const PARTS: usize = 5;

/// Runs requests on a pipeline, with a fixed number of them in flight.
pub struct LoadGenerator {
    runtime: Runtime,
    in_flight: usize,
}

/// Holds the totals of a load.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadResult {
    /// Number of conversions that ended, with a thumbnail or with the codec's error.
    pub conversions: u64,
    /// Time in which conversions ran, without the time between batches.
    pub elapsed: Duration,
    /// Conversions per second in the slowest and in the fastest fifth of the load, which shows how
    /// much the rate varies by itself.
    pub per_second_range: [f64; 2],
}

impl LoadResult {
    /// Returns conversions per second; 0 if there were none.
    pub fn per_second(&self) -> f64 {
        if self.conversions == 0 {
            return 0.0;
        }
        self.conversions as f64 / self.elapsed.as_secs_f64()
    }
}

impl LoadGenerator {
    /// Creates a generator that keeps `in_flight` requests in flight. [Keeps freed
    /// memory](keep_freed_memory).
    ///
    /// # Errors
    /// Returns the system's error if it provides no threads.
    ///
    /// # Panics
    /// Panics if `in_flight` is 0 or more than [`MAX_IN_FLIGHT`].
    pub fn new(in_flight: usize) -> std::io::Result<Self> {
        assert!(
            (1..=MAX_IN_FLIGHT).contains(&in_flight),
            "{in_flight} in flight, where 1 to {MAX_IN_FLIGHT} are possible"
        );
        keep_freed_memory();
        let runtime = Builder::new_current_thread().max_blocking_threads(in_flight).build()?;
        Ok(Self { runtime, in_flight })
    }

    /// Converts `requests` in their order until the last one, or until `keep_going` returns false.
    /// Calls `on_result` with each request's index and result, in batches, while no conversion
    /// runs.
    ///
    /// # Panics
    /// Panics if a conversion panics.
    pub fn run<P>(
        &self,
        pipeline: &Arc<P>,
        requests: impl IntoIterator<Item = Request<P>>,
        keep_going: impl Fn() -> bool,
        mut on_result: impl FnMut(usize, Result<Output<P>, Error<P>>),
    ) -> LoadResult
    where
        P: Pipeline + Send + Sync + 'static,
        Request<P>: Send + 'static,
        Output<P>: Send + 'static,
        Error<P>: Send + 'static,
    {
        let mut requests = requests.into_iter().enumerate().take_while(|_| keep_going()).peekable();
        let mut totals = LoadResult::default();
        // 16 bytes for each request.
        let mut ends = Vec::new();
        while requests.peek().is_some() {
            let start = Instant::now();
            let batch = requests.by_ref().take(MAX_BATCH).map(|(index, request)| {
                let pipeline = Arc::clone(pipeline);
                move || {
                    let result = pipeline.convert(&request);
                    (index, result, start.elapsed())
                }
            });
            let results = self.runtime.block_on(run_all(batch, self.in_flight));
            ends.extend(results.iter().map(|(.., end)| totals.elapsed + *end));
            totals.elapsed += start.elapsed();
            totals.conversions += results.len() as u64;
            results.into_iter().for_each(|(index, result, _)| on_result(index, result));
        }
        totals.per_second_range = fifths(ends).unwrap_or([totals.per_second(); 2]);
        totals
    }
}

/// Returns the smallest and the greatest rate of the fifths between these ends of conversions, or
/// `None` if there are fewer than five.
fn fifths(mut ends: Vec<Duration>) -> Option<[f64; 2]> {
    ends.sort_unstable();
    let before = |count: usize| count.checked_sub(1).map_or(Duration::ZERO, |last| ends[last]);
    let edges = (0..=PARTS).map(|part| ends.len() * part / PARTS);
    let edges: Vec<usize> = edges.collect();
    let rates = edges.windows(2).map(|edge| {
        let elapsed = before(edge[1]).saturating_sub(before(edge[0]));
        (edge[1] - edge[0]) as f64 / elapsed.max(Duration::from_nanos(1)).as_secs_f64()
    });
    let range = rates.fold([f64::MAX, 0.0], |[low, high], rate| [rate.min(low), rate.max(high)]);
    (ends.len() >= PARTS).then_some(range)
}

/// Runs jobs on the blocking pool with this number in flight, and returns their results as they
/// end.
async fn run_all<T: Send + 'static>(
    jobs: impl Iterator<Item = impl FnOnce() -> T + Send + 'static>,
    in_flight: usize,
) -> Vec<T> {
    let permits = Arc::new(Semaphore::new(in_flight));
    let mut running = JoinSet::new();
    let mut results = Vec::new();
    for job in jobs {
        let permit = Arc::clone(&permits).acquire_owned().await.expect("the semaphore stays open");
        running.spawn_blocking(move || {
            let result = job();
            drop(permit);
            result
        });
        while let Some(joined) = running.try_join_next() {
            results.push(unwind(joined));
        }
    }
    while let Some(joined) = running.join_next().await {
        results.push(unwind(joined));
    }
    results
}

/// Returns a conversion's result, and passes its panic on: no panic is ever counted as a result.
fn unwind<T>(joined: Result<T, JoinError>) -> T {
    joined.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::fifths;

    #[test]
    fn the_range_is_that_of_the_slowest_and_the_fastest_fifth() {
        // Ten conversions end after 1, 2, ..., 8, 18 and 28 s: the last fifth takes 20 s.
        let seconds = (1..=8).chain([18, 28]).rev();
        let range = fifths(seconds.map(Duration::from_secs).collect()).expect("there are five");
        assert_eq!(range, [0.1, 1.0]);
        // Some conversions end at the same time.
        let at_once = fifths(vec![Duration::from_secs(1); 5]).expect("there are five");
        assert!(at_once[0] == 1.0 && at_once[1].is_finite());
        assert_eq!(fifths(vec![Duration::from_secs(1); 4]), None);
    }
}
