//! Generates the load: a closed loop of requests in flight, or an open loop of requests a second.
//!
//! A closed loop waits for the target, and so puts less load on a target that stalls. An open loop
//! does not wait, and measures latency from the time a request was *due*. Both record when each
//! request was sent.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::busy_time::BusyTime;
use super::client::{Connection, HangUp, HttpError, HttpResponse};
use super::upload_stats::UploadStats;
use super::work_queue::{Work, WorkQueue};
use super::workload::{NUMBERS_PER_STEP, PlannedRequest, Workload};

/// Upper bound of the requests in flight.
pub const MAX_IN_FLIGHT: usize = 1024;

/// Pause after a failure, so that a client does not send a refusing target a million requests a
/// second.
pub(super) const BACKOFF: Duration = Duration::from_millis(2);

/// Upper bound of the KiB of responses that wait for a checker.
const MAX_QUEUED_KIB: usize = 64 << 10;

/// Time after which a client hangs up at the latest, before any latency is known.
const FIRST_PATIENCE: Duration = Duration::from_millis(5);

/// Describes the load of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LoadModel {
    /// A closed loop with this number of requests in flight, at most [`MAX_IN_FLIGHT`].
    Closed(usize),
    /// An open loop with this number of requests per second.
    Open(f64),
    /// A load of another tool, which numbered this step in its records.
    Recorded(u32),
}

impl fmt::Display for LoadModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(in_flight) => write!(f, "{in_flight} at once"),
            Self::Open(rate) => write!(f, "{rate}/s"),
            Self::Recorded(step) => write!(f, "step {step}"),
        }
    }
}

/// Holds the times of a request since the load began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// Time at which the request was due.
    pub(crate) due: Duration,
    pub(crate) sent: Duration,
    pub(crate) done: Duration,
    /// Time for which an open loop waited because [`MAX_IN_FLIGHT`] requests were in flight.
    pub(crate) blocked: Duration,
}

impl Timing {
    /// Returns the time from when the request was due to its response.
    pub(crate) fn latency(self) -> Duration {
        self.done.saturating_sub(self.due)
    }

    /// Returns the time from when the request was due to when it was sent, as far as the auditor
    /// and not the target caused it.
    pub(crate) fn own_lateness(self) -> Duration {
        self.sent.saturating_sub(self.due).saturating_sub(self.blocked)
    }
}

/// Holds a request and its response.
pub(crate) struct Exchange {
    pub(crate) request: PlannedRequest,
    /// Index of the step of the load, from 0.
    pub(crate) step: usize,
    pub(crate) timing: Timing,
    /// Requests in flight when the request was sent, itself included.
    pub(crate) in_flight: usize,
    /// True if the step was still warming up.
    pub(crate) is_warm_up: bool,
    /// True if the client hung up at some moment.
    pub(crate) hangs_up: bool,
    pub(crate) response: Result<HttpResponse, HttpError>,
    /// Share of the memory for responses that wait for a checker.
    pub(crate) memory: Option<OwnedSemaphorePermit>,
}

/// Holds what all steps of the load need.
#[derive(Clone)]
pub(crate) struct LoadContext {
    pub(crate) workload: Arc<Workload>,
    /// Share of the requests that are given up, 0 to 1.
    pub(crate) hang_up: f64,
    pub(crate) warm_up: Duration,
    /// Duration of each step without its warm-up.
    pub(crate) duration: Duration,
    /// Start of the whole load.
    pub(crate) began: Instant,
    /// Turns true when the load must stop at once.
    pub(crate) stop: watch::Receiver<bool>,
    /// One channel per checker. The requested thumbnail selects the checker.
    pub(crate) checkers: Vec<mpsc::Sender<Exchange>>,
    /// Memory for the responses that wait for a checker, in KiB.
    pub(crate) memory: Arc<Semaphore>,
    /// Uploads and times of each step.
    pub(crate) counts: Arc<Mutex<Vec<(UploadStats, BusyTime)>>>,
}

/// Returns the memory for the responses that wait for a checker.
pub(crate) fn queue_memory() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MAX_QUEUED_KIB))
}

/// Runs one step of the load, and sends its exchanges to the checkers.
#[derive(Clone)]
pub(crate) struct LoadStep {
    context: LoadContext,
    /// Index of the step, from 0.
    index: usize,
    load: LoadModel,
    start: Instant,
    queue: Arc<WorkQueue>,
    in_flight: Arc<AtomicUsize>,
    /// Moving mean of the latency, in microseconds.
    latency_us: Arc<AtomicU64>,
}

impl LoadStep {
    /// Starts the step with an index.
    pub(crate) fn new(context: LoadContext, index: usize, load: LoadModel) -> Self {
        let start = Instant::now();
        let end = start + context.warm_up + context.duration;
        let in_flight = match load {
            LoadModel::Closed(in_flight) => in_flight,
            LoadModel::Open(rate) => rate.ceil() as usize,
            LoadModel::Recorded(_) => 0,
        };
        let queue = Arc::new(WorkQueue::new(&context.workload, index, in_flight, end));
        let latency_us = Arc::new(AtomicU64::new(FIRST_PATIENCE.as_micros() as u64));
        Self { context, index, load, start, queue, in_flight: Arc::default(), latency_us }
    }

    /// Sends requests until the step's time is over and every request is answered, or until `stop`
    /// turns true.
    pub(crate) async fn run(self) {
        let mut stop = self.context.stop.clone();
        let requests = async {
            match self.load {
                LoadModel::Closed(in_flight) => self.closed(in_flight).await,
                LoadModel::Open(rate) => self.open(rate).await,
                // The tool has sent the requests already.
                LoadModel::Recorded(_) => {}
            }
        };
        tokio::select! {
            () = requests => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }

    fn end(&self) -> Instant {
        self.start + self.context.warm_up + self.context.duration
    }

    async fn closed(&self, in_flight: usize) {
        let mut clients = JoinSet::new();
        for _ in 0..in_flight {
            let step = self.clone();
            clients.spawn(async move {
                let mut connection = None;
                loop {
                    let due = Instant::now();
                    if due >= step.end() || !step.work(&mut connection, due, Duration::ZERO).await {
                        break;
                    }
                }
            });
        }
        clients.join_all().await;
    }

    async fn open(&self, rate: f64) {
        let mut in_flight: JoinSet<(Option<Connection>, bool)> = JoinSet::new();
        // An idle connection waits here, or is moved into the request that uses it.
        let mut idle: Vec<Connection> = Vec::new();
        for number in 0..NUMBERS_PER_STEP {
            let due = self.start + Duration::from_secs_f64(number as f64 / rate);
            if due >= self.end() {
                break;
            }
            sleep_until(due).await;
            let mut ended = Vec::new();
            while let Some(done) = in_flight.try_join_next() {
                ended.push(done);
            }
            let mut blocked = Duration::ZERO;
            if in_flight.len() >= MAX_IN_FLIGHT {
                let began = Instant::now();
                ended.extend(in_flight.join_next().await);
                blocked = began.elapsed();
            }
            let mut has_checker = true;
            for (connection, is_taken) in ended.into_iter().flatten() {
                idle.extend(connection);
                has_checker &= is_taken;
            }
            if !has_checker {
                break;
            }
            let mut connection = idle.pop();
            let step = self.clone();
            in_flight.spawn(async move {
                let is_taken = step.work(&mut connection, due, blocked).await;
                (connection, is_taken)
            });
        }
        drop(idle);
        in_flight.join_all().await;
    }

    /// Does the next work of the step. Returns false if the checkers have ended.
    async fn work(
        &self,
        connection: &mut Option<Connection>,
        due: Instant,
        blocked: Duration,
    ) -> bool {
        match self.queue.next() {
            Work::Upload { photo, copy } => {
                self.upload(connection, photo, copy).await;
                true
            }
            Work::Thumbnail(request) => self.exchange(connection, request, due, blocked).await,
        }
    }

    async fn upload(&self, connection: &mut Option<Connection>, photo: usize, copy: u64) {
        let workload = &self.context.workload;
        let in_flight = InFlight::enter(&self.in_flight);
        let began = Instant::now();
        let result = workload.upload(connection, photo, copy).await;
        drop(in_flight);
        let span = self.since(began)..self.since(Instant::now());
        let is_truncated = workload.photos.all[photo].truncated;
        match &result {
            Ok(()) => self.queue.uploaded(photo, copy),
            // A service that refuses truncated photos behaves correctly.
            Err(error) if is_truncated && error.status.is_some() => {}
            Err(_) => self.queue.refused(),
        }
        let is_failure = result.is_err();
        {
            let mut counts = self.context.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let (uploads, busy) = &mut counts[self.index];
            busy.add(span);
            let shed = &workload.target.thumbnail.shed;
            uploads.add((photo, copy), is_truncated, shed, result);
        }
        if is_failure {
            tokio::time::sleep(BACKOFF).await;
        }
    }

    /// Sends a request for a thumbnail, and hands the exchange to a checker. Returns false if the
    /// checkers have ended.
    async fn exchange(
        &self,
        connection: &mut Option<Connection>,
        request: PlannedRequest,
        due: Instant,
        blocked: Duration,
    ) -> bool {
        let workload = &self.context.workload;
        let in_flight = InFlight::enter(&self.in_flight);
        let sent = Instant::now();
        let moment = self.hang_up(request.number);
        let response = match moment {
            Some(moment) => workload.send_and_hang_up(connection, request, moment).await,
            None => workload.send(connection, request).await,
        };
        let done = Instant::now();
        let count = in_flight.count;
        drop(in_flight);
        {
            let mut counts = self.context.counts.lock().unwrap_or_else(PoisonError::into_inner);
            counts[self.index].1.add(self.since(sent)..self.since(done));
        }
        if response.is_ok() {
            let latency = done.duration_since(sent).as_micros() as u64;
            let mean = self.latency_us.load(Ordering::Relaxed);
            self.latency_us.store((7 * mean + latency) / 8, Ordering::Relaxed);
        }
        let shed = &workload.target.thumbnail.shed;
        let is_refused = response.as_ref().map_or_else(
            |error| *error != HttpError::HungUp,
            |response| shed.contains(&response.status),
        );
        if is_refused {
            tokio::time::sleep(BACKOFF).await;
        }
        let (due, sent, done) = (self.since(due), self.since(sent), self.since(done));
        let exchange = Exchange {
            request,
            step: self.index,
            timing: Timing { due, sent, done, blocked },
            in_flight: count,
            hangs_up: moment.is_some(),
            is_warm_up: due < self.since(self.start + self.context.warm_up),
            memory: self.memory(response.as_ref().map_or(0, |response| response.body.len())).await,
            response,
        };
        // The same thumbnail goes to the same checker, which may remember it.
        let thumbnail = request.photo as u64 * 4099 + u64::from(request.size);
        let checkers = &self.context.checkers;
        checkers[(thumbnail % checkers.len() as u64) as usize].send(exchange).await.is_ok()
    }

    /// Waits for the memory of a response.
    async fn memory(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let kib = bytes.div_ceil(1024).min(MAX_QUEUED_KIB) as u32;
        Arc::clone(&self.context.memory).acquire_many_owned(kib).await.ok()
    }

    /// Returns the moment at which the client of a request hangs up, if it does. The seed and the
    /// request's number decide.
    fn hang_up(&self, number: u64) -> Option<HangUp> {
        let mut random = self.context.workload.random(!number);
        if random.f64() >= self.context.hang_up {
            return None;
        }
        let mean = Duration::from_micros(self.latency_us.load(Ordering::Relaxed));
        Some(match random.u8(..4) {
            0 => HangUp::While,
            1 => HangUp::After,
            // The moments at which a service works on a request are the likeliest ones to harm.
            _ => HangUp::Before(mean.mul_f64(random.f64())),
        })
    }

    fn since(&self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.context.began)
    }
}

/// Counts a request as in flight until it is dropped.
struct InFlight<'a> {
    all: &'a AtomicUsize,
    /// Requests in flight when this one was sent, itself included.
    count: usize,
}

impl<'a> InFlight<'a> {
    fn enter(all: &'a AtomicUsize) -> Self {
        Self { all, count: all.fetch_add(1, Ordering::Relaxed) + 1 }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.all.fetch_sub(1, Ordering::Relaxed);
    }
}
