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
pub mod connection_table;
pub mod converter;
mod etag;
mod extract;
pub mod job_registry;
mod latency_estimate;
pub mod limits;
mod maintenance;
mod metrics;
mod min_rate;
mod photo_body;
pub mod problem;
mod process_metrics;
mod readiness;
mod resources;
mod routes;
pub mod shares;
pub mod single_flight;
mod state;
pub mod store_executor;
pub mod thumbnailer;
pub mod transit;
mod upload_validation;
mod worker_pool;
mod write_timeout;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::time::{sleep, timeout_at};

use self::connection_table::{ConnectionTable, TableLimits};
use self::state::AppState;
pub use self::state::Parts;
use crate::album::Store;

/// Pause after the system refused a connection. The system may be out of a resource, often of file
/// descriptors, and an immediate retry would fail too.
const ACCEPT_RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// Shortest time between two log events about refused connections.
const ACCEPT_LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Connections of the operations' listener, at most 16.
const MAX_OPERATIONS_CONNECTIONS: usize = 16;

/// Connections that the system keeps until they are accepted, at most 1,024.
const BACKLOG: u32 = 1_024;

/// Bytes that a socket takes and the client has not. A slow client then frees room often enough to
/// be told from one that reads nothing, and the system's own memory is bounded too.
const SEND_BUFFER_BYTES: u32 = 256 << 10;

/// Listens on an address, and serves once it is run.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    operations: Option<(TcpListener, SocketAddr)>,
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
        let (listener, address) = listen(address)?;
        let state = Arc::new(AppState::start(parts)?);
        Ok(Self { listener, address, operations: None, state, store })
    }

    /// Binds a further address that serves health, readiness, metrics and the API's description
    /// only, on at most 16 connections of its own. The first address serves them too.
    ///
    /// # Errors
    /// Returns the system's error if the address is taken.
    pub fn with_operations(mut self, address: SocketAddr) -> io::Result<Self> {
        self.operations = Some(listen(address)?);
        Ok(self)
    }

    /// Returns the address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address of the operations' listener, if there is one.
    pub fn operations_address(&self) -> Option<SocketAddr> {
        self.operations.as_ref().map(|(_, address)| *address)
    }

    /// Serves until `stop` resolves. The server then rejects new requests, finishes the accepted
    /// ones, and returns. It gives up what is not finished within
    /// [`Limits::shutdown_timeout`](limits::Limits::shutdown_timeout).
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, operations, state, store, .. } = self;
        let limits = state.limits;
        let closing = watch::Sender::new(false);
        let acceptor = |listener, routes, max_all, max_per_peer| Acceptor {
            listener,
            routes,
            table: Arc::new(ConnectionTable::new(
                TableLimits { max_all, max_per_peer, min_idle_time: limits.min_idle_time },
                state.connections.clone(),
                state.resources.metrics.connections_evicted.clone(),
            )),
            limits,
            closing: closing.clone(),
        };
        let routes = routes::router(Arc::clone(&state));
        let main =
            acceptor(listener, routes, limits.max_connections, limits.max_connections_per_peer);
        let mut accepting = vec![tokio::spawn(main.run())];
        if let Some((listener, _)) = operations {
            let routes = routes::operations_router(Arc::clone(&state));
            let max = MAX_OPERATIONS_CONNECTIONS;
            accepting.push(tokio::spawn(acceptor(listener, routes, max, max).run()));
        }
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
            for accepting in &mut accepting {
                // The task ends once no connection waits to be accepted.
                let _ = accepting.await;
            }
            let _ = connections.wait_for(|count| *count == 0).await;
            let _ = maintenance.await;
        };
        if timeout_at(end, finished).await.is_err() {
            let timeout = limits.shutdown_timeout;
            tracing::warn!("not all requests ended within {timeout:?} after the signal to stop");
            accepting.iter().for_each(tokio::task::JoinHandle::abort);
        }
    }
}

/// Listens on an address, and returns the address that the system chose.
fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    // Accepted sockets inherit the size.
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Accepts the connections of one listener, and serves each in a task of its own.
struct Acceptor {
    listener: TcpListener,
    routes: Router,
    table: Arc<ConnectionTable>,
    limits: limits::Limits,
    closing: watch::Sender<bool>,
}

impl Acceptor {
    /// Runs until the server closes and no connection waits to be accepted.
    async fn run(self) {
        let mut closing = self.closing.subscribe();
        let mut refusals = Refusals::default();
        loop {
            let accepted = tokio::select! {
                biased;
                accepted = self.listener.accept() => accepted,
                _ = closing.wait_for(|closing| *closing) => return,
            };
            match accepted {
                Ok((stream, peer)) => {
                    // Further connections wait in the listening socket's backlog meanwhile.
                    let Some(place) = self.table.admit(peer.ip()).await else { continue };
                    let (routes, limits) = (self.routes.clone(), self.limits);
                    let closing = self.closing.subscribe();
                    tokio::spawn(async move {
                        let activity = Arc::clone(place.activity());
                        connection::serve(stream, routes, limits, activity, closing).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    refusals.count(&error);
                    // This client has left, and the next one waits already.
                    if error.kind() == io::ErrorKind::ConnectionAborted {
                        continue;
                    }
                    if is_out_of_resources(&error) {
                        self.table.evict_one();
                    }
                    sleep(ACCEPT_RETRY_INTERVAL).await;
                }
            }
        }
    }
}

/// Returns true if a connection that is closed may free what the system is out of: file descriptors
/// or memory.
#[cfg(unix)]
fn is_out_of_resources(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let scarce = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    Errno::from_io_error(error).is_some_and(|error| scarce.contains(&error))
}

/// Returns true if a connection that is closed may free what the system is out of. Only the errors
/// of Unix are told apart.
#[cfg(not(unix))]
fn is_out_of_resources(_error: &io::Error) -> bool {
    true
}

/// Counts connections that the system refused, and logs them at intervals.
#[derive(Default)]
struct Refusals {
    unlogged: u64,
    logged_at: Option<Instant>,
}

impl Refusals {
    fn count(&mut self, error: &io::Error) {
        self.unlogged += 1;
        if self.logged_at.is_none_or(|logged| logged.elapsed() >= ACCEPT_LOG_INTERVAL) {
            let attempts = self.unlogged;
            tracing::warn!(%error, attempts, "connections could not be accepted");
            *self = Self { unlogged: 0, logged_at: Some(Instant::now()) };
        }
    }
}
