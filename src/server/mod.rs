//! Serves the albums over HTTP: authenticates, admits, converts, and records what is shown.
//!
//! A request passes these stages in order: the [time limits](limits) of its connection,
//! authentication, the album's authorization, [admission control](admission), a conversion that is
//! [shared](single_flight) with identical requests, the check that the thumbnail is of what was
//! asked for, and the ledger. Only then is the response sent.

pub mod admission;
mod auth;
mod byte_budget;
mod connection;
pub mod converter;
mod etag;
mod extract;
pub mod job_registry;
mod latency_estimate;
pub mod limits;
mod maintenance;
mod metrics;
pub mod problem;
mod process_metrics;
mod readiness;
mod resources;
mod routes;
pub mod single_flight;
mod state;
pub mod store_executor;
pub mod thumbnailer;
mod upload_validation;
mod worker_pool;
mod write_timeout;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout_at};

pub use self::state::Parts;
use self::state::{AppState, CountGuard};
use crate::album::Store;

/// Pause after the system refused a connection. The system is out of a resource, often of file
/// descriptors, and an immediate retry would fail too.
const ACCEPT_RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// Listens on an address, and serves once it is run.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<AppState>,
    store: Arc<Store>,
}

impl Server {
    /// Binds the address, and starts the ledger's writer.
    ///
    /// # Errors
    /// Returns the system's error if the address is taken or no thread can be started.
    pub async fn bind(address: SocketAddr, parts: Parts) -> io::Result<Self> {
        let store = Arc::clone(&parts.store);
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(AppState::start(parts)?);
        Ok(Self { listener, address, state, store })
    }

    /// Returns the address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` resolves. The server then rejects new requests, finishes the accepted
    /// ones, and returns. It gives up what is not finished within
    /// [`Limits::shutdown_timeout`](limits::Limits::shutdown_timeout).
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, state, store, .. } = self;
        let limits = state.limits;
        let closing = watch::Sender::new(false);
        let routes = routes::router(Arc::clone(&state));
        let accepting = tokio::spawn(accept(listener, routes, Arc::clone(&state), closing.clone()));
        let maintenance = maintenance::start(store, Arc::clone(&state));
        stop.await;

        let end = tokio::time::Instant::now() + limits.shutdown_timeout;
        state.shutting_down.send_replace(true);
        let mut requests = state.requests.subscribe();
        let mut connections = state.connections.subscribe();
        let finished = async {
            // The state holds the senders, so the waits end only with a count of 0.
            let _ = requests.wait_for(|count| *count == 0).await;
            closing.send_replace(true);
            let _ = connections.wait_for(|count| *count == 0).await;
            let _ = maintenance.await;
        };
        if timeout_at(end, finished).await.is_err() {
            let timeout = limits.shutdown_timeout;
            tracing::warn!("not all requests ended within {timeout:?} after the signal to stop");
        }
        accepting.abort();
        // The abort is the only end of this task, so the result says nothing.
        let _ = accepting.await;
    }
}

async fn accept(
    listener: TcpListener,
    routes: Router,
    state: Arc<AppState>,
    closing: watch::Sender<bool>,
) {
    let mut connections = state.connections.subscribe();
    loop {
        // Further connections wait in the listening socket's backlog.
        let below_limit = |count: &usize| *count < state.limits.max_connections;
        if connections.wait_for(below_limit).await.is_err() {
            return;
        }
        let stream: TcpStream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_RETRY_INTERVAL).await;
                continue;
            }
        };
        let counted = CountGuard::increment(&state.connections);
        let connection =
            connection::serve(stream, routes.clone(), state.limits, closing.subscribe());
        tokio::spawn(async move {
            connection.await;
            drop(counted);
        });
    }
}
