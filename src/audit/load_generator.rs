//! Generates the load: a closed loop of requests in flight, or an open loop of requests a second.
//!
//! A closed loop waits for the target, and so puts less load on a target that stalls. An open loop
//! does not wait, and measures latency from the time a request was *due*. Both record when each
//! request was sent.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::client::{Connection, HttpError, HttpResponse};
use super::workload::{NUMBERS_PER_STEP, PlannedRequest, Workload};

/// Upper bound of the requests in flight.
pub const MAX_IN_FLIGHT: usize = 1024;

/// Pause after a failure, so that a client does not send a refusing target a million requests a
/// second.
const BACKOFF: Duration = Duration::from_millis(2);

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

/// Holds the times of a request since the load began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// Time at which the request was due.
    pub(crate) due: Duration,
    pub(crate) sent: Duration,
    pub(crate) done: Duration,
}

impl Timing {
    /// Returns the time from when the request was due to its response.
    pub(crate) fn latency(self) -> Duration {
        self.done.saturating_sub(self.due)
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
    pub(crate) response: Result<HttpResponse, HttpError>,
}

/// Runs one step of the load, and sends its exchanges to the checkers.
#[derive(Clone)]
pub(crate) struct LoadStep {
    pub(crate) workload: Arc<Workload>,
    /// Index of the step, from 0.
    pub(crate) index: usize,
    pub(crate) load: LoadModel,
    pub(crate) warm_up: Duration,
    /// Duration of the step without its warm-up.
    pub(crate) duration: Duration,
    /// Start of the whole load.
    pub(crate) began: Instant,
    /// Turns true when the load must stop at once.
    pub(crate) stop: watch::Receiver<bool>,
    /// One channel per checker. A request's number selects the checker.
    pub(crate) checkers: Vec<mpsc::Sender<Exchange>>,
}

impl LoadStep {
    /// Sends requests until the step's time is over and every request is answered, or until `stop`
    /// turns true.
    pub(crate) async fn run(self) {
        let mut stop = self.stop.clone();
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

    async fn closed(&self, in_flight: usize) {
        let start = Instant::now();
        let mut clients = JoinSet::new();
        for client in 0..in_flight {
            let step = self.clone();
            clients.spawn(async move {
                let mut connection = None;
                let mut number = client as u64;
                while start.elapsed() < step.warm_up + step.duration {
                    let due = Instant::now();
                    let is_warm_up = due < start + step.warm_up;
                    if !step.exchange(&mut connection, number, due, is_warm_up, in_flight).await {
                        break;
                    }
                    number += in_flight as u64;
                }
            });
        }
        clients.join_all().await;
    }

    async fn open(&self, rate: f64) {
        let start = Instant::now();
        let mut in_flight: JoinSet<(Option<Connection>, bool)> = JoinSet::new();
        // An idle connection waits here, or is moved into the request that uses it.
        let mut idle: Vec<Connection> = Vec::new();
        for number in 0..NUMBERS_PER_STEP {
            let due = start + Duration::from_secs_f64(number as f64 / rate);
            if due >= start + self.warm_up + self.duration {
                break;
            }
            sleep_until(due).await;
            let mut ended = Vec::new();
            while let Some(done) = in_flight.try_join_next() {
                ended.push(done);
            }
            if in_flight.len() >= MAX_IN_FLIGHT {
                ended.extend(in_flight.join_next().await);
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
            let (is_warm_up, count) = (due < start + self.warm_up, in_flight.len() + 1);
            in_flight.spawn(async move {
                let is_taken = step.exchange(&mut connection, number, due, is_warm_up, count).await;
                (connection, is_taken)
            });
        }
        drop(idle);
        in_flight.join_all().await;
    }

    /// Sends the request with this number in the step, and hands the exchange to a checker.
    /// Returns false if the checkers have ended.
    async fn exchange(
        &self,
        connection: &mut Option<Connection>,
        number: u64,
        due: Instant,
        is_warm_up: bool,
        in_flight: usize,
    ) -> bool {
        let number = NUMBERS_PER_STEP * self.index as u64 + number;
        let request = self.workload.plan(number);
        let since = |instant: Instant| instant.saturating_duration_since(self.began);
        let sent = since(Instant::now());
        let response = self.workload.send(connection, request).await;
        let shed = &self.workload.target.thumbnail.shed;
        if response.as_ref().map_or(true, |response| shed.contains(&response.status)) {
            tokio::time::sleep(BACKOFF).await;
        }
        let exchange = Exchange {
            request,
            step: self.index,
            timing: Timing { due: since(due), sent, done: since(Instant::now()) },
            in_flight,
            is_warm_up,
            response,
        };
        let checker = &self.checkers[(number % self.checkers.len() as u64) as usize];
        checker.send(exchange).await.is_ok()
    }
}
