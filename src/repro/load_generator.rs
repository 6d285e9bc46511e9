//! Many requests at once: real threads behind a semaphore of the number in flight.
//!
//! Conversions run on tokio's blocking pool, as a service would run them. Nothing here slows a
//! conversion down, and nothing makes threads switch but the machine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use crate::allocator::keep_freed_memory;
use crate::pipeline::{Error, Output, Pipeline, Request};

/// The most requests in flight: each has a thread of its own.
pub const MAX_IN_FLIGHT: usize = 256;

/// Finished conversions wait for this many, at most, before they are handed over, so that a run's
/// memory does not grow with its length.
const BATCH: usize = 1_000;

/// Runs requests against a pipeline, a stated number of them in flight.
pub struct LoadGenerator {
    runtime: Runtime,
    in_flight: usize,
}

/// What a load did.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadResult {
    /// Conversions that finished or were refused by the codec.
    pub conversions: u64,
    /// The time that conversions ran, without what happened between batches.
    pub time: Duration,
}

impl LoadResult {
    /// Conversions per second; 0 if there were none.
    pub fn per_second(&self) -> f64 {
        if self.conversions == 0 { 0.0 } else { self.conversions as f64 / self.time.as_secs_f64() }
    }
}

impl LoadGenerator {
    /// A load with so many requests in flight. [Keeps freed memory](keep_freed_memory).
    ///
    /// # Errors
    /// The system's, if it gives no threads.
    ///
    /// # Panics
    /// If `in_flight` is 0 or more than [`MAX_IN_FLIGHT`].
    pub fn new(in_flight: usize) -> std::io::Result<Self> {
        assert!(
            (1..=MAX_IN_FLIGHT).contains(&in_flight),
            "{in_flight} in flight, where 1 to {MAX_IN_FLIGHT} are possible"
        );
        keep_freed_memory();
        let runtime = Builder::new_current_thread().max_blocking_threads(in_flight).build()?;
        Ok(Self { runtime, in_flight })
    }

    /// Converts `requests` in their order until they or `go_on` end. Hands each result over with
    /// its place in that order, in batches, while no conversion runs.
    ///
    /// # Panics
    /// If a conversion does.
    pub fn drive<P>(
        &self,
        pipeline: &Arc<P>,
        requests: impl IntoIterator<Item = Request<P>>,
        go_on: impl Fn() -> bool,
        mut done: impl FnMut(usize, Result<Output<P>, Error<P>>),
    ) -> LoadResult
    where
        P: Pipeline + Send + Sync + 'static,
        Request<P>: Send + 'static,
        Output<P>: Send + 'static,
        Error<P>: Send + 'static,
    {
        let mut requests = requests.into_iter().enumerate().take_while(|_| go_on()).peekable();
        let mut driven = LoadResult::default();
        while requests.peek().is_some() {
            let start = Instant::now();
            let batch = requests.by_ref().take(BATCH);
            let finished = self.runtime.block_on(convert_all(pipeline, batch, self.in_flight));
            driven.time += start.elapsed();
            driven.conversions += finished.len() as u64;
            finished.into_iter().for_each(|(place, result)| done(place, result));
        }
        driven
    }
}

type Placed<P> = (usize, Result<Output<P>, Error<P>>);

async fn convert_all<P>(
    pipeline: &Arc<P>,
    requests: impl Iterator<Item = (usize, Request<P>)>,
    in_flight: usize,
) -> Vec<Placed<P>>
where
    P: Pipeline + Send + Sync + 'static,
    Request<P>: Send + 'static,
    Output<P>: Send + 'static,
    Error<P>: Send + 'static,
{
    let door = Arc::new(Semaphore::new(in_flight));
    let mut at_work = JoinSet::new();
    let mut finished = Vec::new();
    for (place, request) in requests {
        let permit = Arc::clone(&door).acquire_owned().await.expect("nobody closes the door");
        let pipeline = Arc::clone(pipeline);
        at_work.spawn_blocking(move || {
            let result = pipeline.convert(&request);
            drop(permit);
            (place, result)
        });
        while let Some(joined) = at_work.try_join_next() {
            finished.push(unwind(joined));
        }
    }
    while let Some(joined) = at_work.join_next().await {
        finished.push(unwind(joined));
    }
    finished
}

/// A conversion that panicked takes the whole load with it: a fault here is never a number.
fn unwind<T>(joined: Result<T, JoinError>) -> T {
    joined.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
