//! The album service over HTTP: who asks, what may be at work, and what is never sent.
//!
//! A request meets, in this order: the limits of its [connection](limits), the question who
//! asks, the album's rules, the [door], the conversion that it may [share](flights) with equals,
//! the check that the thumbnail is of what was asked for, and the ledger. Only then is it answered.

pub mod admission;
mod auth;
mod connection;
pub mod converter;
mod extract;
pub mod job_registry;
mod latency_estimate;
pub mod limits;
mod maintenance;
pub mod metrics;
pub mod openapi;
pub mod problem;
mod routes;
pub mod single_flight;
mod state;
pub mod store_executor;
pub mod thumbnailer;
mod upload_validation;
mod validation;
mod worker_pool;
mod write_timeout;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout_at};

use self::admission::{AdmissionControl, AdmissionLimits};
use self::converter::Converter;
use self::extract::ByteBudget;
use self::limits::Limits;
use self::state::{AppState, CountGuard};
use self::store_executor::StoreExecutor;
use self::thumbnailer::{INSPECTING, Maker, ThumbnailService};
use self::worker_pool::WorkerPool;
use crate::album::{ContentHash, Ledger, Store};

/// What a server is made of.
pub struct Parts {
    /// The open file.
    pub store: Arc<Store>,
    /// The hash of the operator's key.
    pub operator: ContentHash,
    /// What makes thumbnails.
    pub converter: Arc<dyn Converter>,
    /// What they have in common.
    pub make: Maker,
    /// How much may be at work.
    pub bounds: AdmissionLimits,
    /// How long anything may take.
    pub limits: Limits,
}

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<AppState>,
    store: Arc<Store>,
}

impl Server {
    /// Takes the address, and starts the ledger.
    ///
    /// # Errors
    /// The system's, if the address is taken or there is no thread.
    pub async fn bind(address: SocketAddr, parts: Parts) -> io::Result<Self> {
        let Parts { store, operator, converter, make, bounds, limits } = parts;
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let executor = Arc::new(StoreExecutor::new(Arc::clone(&store), limits.store_queue));
        let metrics = Arc::default();
        let threads = bounds.workers.get() + INSPECTING + COMPRESSING;
        let thumbnails = Arc::new(ThumbnailService {
            store: Arc::clone(&executor),
            workers: WorkerPool::new(threads)?,
            admission: Arc::new(AdmissionControl::new(bounds)),
            ledger: Arc::new(Ledger::start(Arc::clone(&store))?),
            metrics: Arc::clone(&metrics),
            converter,
            make,
            jobs: Default::default(),
            single_flight: Default::default(),
            latency: Arc::default(),
            deadline: limits.deadline,
            inspecting: Arc::new(Semaphore::new(INSPECTING)),
        });
        let state = Arc::new(AppState {
            store: executor,
            thumbnails,
            metrics,
            limits,
            transit_bytes: ByteBudget::new(limits.transit_bytes),
            operator,
            stopping: watch::Sender::new(false),
            at_work: watch::Sender::new(0),
            connections: watch::Sender::new(0),
        });
        Ok(Self { listener, address, state, store })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`; then refuses new work, finishes what it accepted, and returns. What is
    /// not done [in time](Limits::stop) by then is given up.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, state, store, .. } = self;
        let limits = state.limits;
        let closing = watch::Sender::new(false);
        let routes = routes::routes(Arc::clone(&state));
        let accepting = tokio::spawn(accept(listener, routes, Arc::clone(&state), closing.clone()));
        let compressing = maintenance::start(store, Arc::clone(&state));
        stop.await;

        let end = tokio::time::Instant::now() + limits.stop;
        state.stopping.send_replace(true);
        let mut at_work = state.at_work.subscribe();
        let mut open = state.connections.subscribe();
        let finished = async {
            // Nobody drops these senders: the house holds them.
            let _ = at_work.wait_for(|count| *count == 0).await;
            closing.send_replace(true);
            let _ = open.wait_for(|count| *count == 0).await;
            let _ = compressing.await;
        };
        if timeout_at(end, finished).await.is_err() {
            tracing::warn!("not all was finished {:?} after the signal to stop", limits.stop);
        }
        stopped(accepting).await;
    }
}

/// Ends a task, and waits until it has ended.
async fn stopped(task: JoinHandle<()>) {
    task.abort();
    // Its only end is the abort.
    let _ = task.await;
}

async fn accept(
    listener: TcpListener,
    routes: Router,
    state: Arc<AppState>,
    closing: watch::Sender<bool>,
) {
    let mut open = state.connections.subscribe();
    loop {
        // Beyond the limit peers wait in the system's queue.
        if open.wait_for(|count| *count < state.limits.connections).await.is_err() {
            return;
        }
        let stream: TcpStream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                sleep(AFTER_REFUSAL).await;
                continue;
            }
        };
        let one = CountGuard::increment(&state.connections);
        let connection =
            connection::serve(stream, routes.clone(), state.limits, closing.subscribe());
        tokio::spawn(async move {
            connection.await;
            drop(one);
        });
    }
}

/// Threads that compress.
const COMPRESSING: usize = 1;

/// The system is out of something, often files: it needs a moment more than it needs another call.
const AFTER_REFUSAL: Duration = Duration::from_millis(50);
