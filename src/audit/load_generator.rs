//! The load: so many requests in flight, or so many a second whatever becomes of them.
//!
//! A closed loop waits for the target and so goes easy on one that stalls; an open one does not,
//! and a request's time runs from when it was *due*. Both keep when each request was sent.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::client::Connection;
use super::workload::{Outcome, PlannedRequest, Workload};

/// The most requests in flight.
pub const MAX_IN_FLIGHT: usize = 1024;

/// Requests of one step have numbers below this, and above the step before's.
const NUMBERS: u64 = 1 << 32;

/// How hard a step drives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LoadModel {
    /// So many requests in flight, at most [`MAX_IN_FLIGHT`].
    Closed(usize),
    /// So many requests a second.
    Open(f64),
}

/// A request that was sent, and what came of it.
pub(crate) struct Exchange {
    pub(crate) ask: PlannedRequest,
    /// The step that it belongs to, from 0.
    pub(crate) step: usize,
    /// Since the audit's load began: when it should have been sent, was, and was answered.
    pub(crate) due: Duration,
    pub(crate) sent: Duration,
    pub(crate) done: Duration,
    /// How many were in flight when it was sent, itself included.
    pub(crate) in_flight: usize,
    /// Whether the target was still warming up.
    pub(crate) warm_up: bool,
    pub(crate) outcome: Outcome,
}

/// A part of the load, and where its answers go.
#[derive(Clone)]
pub(crate) struct LoadStep {
    pub(crate) course: Arc<Workload>,
    pub(crate) step: usize,
    pub(crate) drive: LoadModel,
    pub(crate) warm_up: Duration,
    pub(crate) time: Duration,
    /// When the whole load began.
    pub(crate) began: Instant,
    /// Turns true when everything is to be given up.
    pub(crate) stop: watch::Receiver<bool>,
    /// The judges. A request's number says which of them looks at its answer.
    pub(crate) judges: Vec<mpsc::Sender<Exchange>>,
}

impl LoadStep {
    /// Drives until the time is over and what was sent is answered, or everything is given up.
    pub(crate) async fn run(self) {
        let mut stop = self.stop.clone();
        let drive = async {
            match self.drive {
                LoadModel::Closed(in_flight) => self.closed(in_flight).await,
                LoadModel::Open(rate) => self.open(rate).await,
            }
        };
        tokio::select! {
            () = drive => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }

    async fn closed(&self, in_flight: usize) {
        let start = Instant::now();
        let mut lanes = JoinSet::new();
        for lane in 0..in_flight {
            let leg = self.clone();
            lanes.spawn(async move {
                let mut kept = None;
                let mut number = NUMBERS * leg.step as u64 + lane as u64;
                while start.elapsed() < leg.warm_up + leg.time {
                    let sent = Instant::now();
                    let at = Moment { due: sent, start, in_flight };
                    if !leg.one(&mut kept, number, at).await {
                        break;
                    }
                    number += in_flight as u64;
                }
            });
        }
        lanes.join_all().await;
    }

    async fn open(&self, rate: f64) {
        let start = Instant::now();
        let mut under_way: JoinSet<(Option<Connection>, bool)> = JoinSet::new();
        // A connection waits here, in nobody's hands, or is moved into the request that uses it.
        let mut free: Vec<Connection> = Vec::new();
        for number in 0..NUMBERS {
            let due = start + Duration::from_secs_f64(number as f64 / rate);
            if due >= start + self.warm_up + self.time {
                break;
            }
            sleep_until(due).await;
            let mut ended = Vec::new();
            while let Some(done) = under_way.try_join_next() {
                ended.push(done);
            }
            if under_way.len() >= MAX_IN_FLIGHT {
                ended.extend(under_way.join_next().await);
            }
            let mut wanted = true;
            for (line, more) in ended.into_iter().flatten() {
                free.extend(line);
                wanted &= more;
            }
            if !wanted {
                break;
            }
            let mut kept = free.pop();
            let leg = self.clone();
            let at = Moment { due, start, in_flight: under_way.len() + 1 };
            under_way.spawn(async move {
                let number = NUMBERS * leg.step as u64 + number;
                let more = leg.one(&mut kept, number, at).await;
                (kept, more)
            });
        }
        drop(free);
        under_way.join_all().await;
    }

    /// One request. False: nobody looks at answers any more.
    async fn one(&self, kept: &mut Option<Connection>, number: u64, at: Moment) -> bool {
        let ask = self.course.ask(number);
        let since = |moment: Instant| moment.saturating_duration_since(self.began);
        let sent = since(Instant::now());
        let outcome = self.course.run(kept, ask).await;
        if matches!(outcome, Outcome::Failed(_) | Outcome::Shed) {
            // Who is refused at once does not come back at once: a second of a closed door would
            // otherwise be a million requests.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let answer = Exchange {
            ask,
            step: self.step,
            due: since(at.due),
            sent,
            done: since(Instant::now()),
            in_flight: at.in_flight,
            warm_up: at.due < at.start + self.warm_up,
            outcome,
        };
        let judge = &self.judges[(number % self.judges.len() as u64) as usize];
        judge.send(answer).await.is_ok()
    }
}

/// When a request is sent, and among how many.
#[derive(Clone, Copy)]
struct Moment {
    due: Instant,
    start: Instant,
    in_flight: usize,
}

#[cfg(test)]
mod tests {
    use super::super::response_check::{Checked, ImageCheck, ResponseClass};
    use super::super::stats::AuditStats;
    use super::*;
    use crate::audit::watermark::DetectionVerdict;

    #[test]
    fn an_answers_time_runs_from_when_it_was_due_and_not_from_when_it_was_sent() {
        let looked = ImageCheck {
            file: None,
            hash: [0; 32],
            verdict: DetectionVerdict::Clean,
            rows_read: 1,
            rows_unknown: 0,
            found: Vec::new(),
        };
        let mut tally = AuditStats::new(&[LoadModel::Open(1.0)], 1);
        tally.add(Checked {
            ask: PlannedRequest { number: 0, photo: 0, viewer: 0, size: 160 },
            step: 0,
            due: Duration::from_secs(1),
            sent: Duration::from_secs(9),
            done: Duration::from_secs(11),
            in_flight: 1,
            warm_up: false,
            truncated: false,
            what: ResponseClass::Picture(looked),
        });
        let took_us = tally.stages[0].latency.max();
        assert!((9_900_000..10_100_000).contains(&took_us), "{took_us} us of ten seconds");
        assert_eq!(tally.stages[0].p99_corrected().as_secs(), 10);
    }
}
