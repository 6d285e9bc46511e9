//! The album service over HTTP: who asks, what may be at work, and what is never sent.
//!
//! A request meets, in this order: the limits of its [connection](limits), the question who
//! asks, the album's rules, the [door], the conversion that it may [share](flights) with equals,
//! the check that the thumbnail is of what was asked for, and the ledger. Only then is it answered.

mod access;
mod background;
mod connection;
mod converters;
pub mod desk;
pub mod door;
pub mod engine;
pub mod evidence;
pub mod flights;
mod house;
pub mod limits;
pub mod metrics;
pub mod openapi;
mod pace;
mod patient;
pub mod problem;
mod reading;
mod routes;
mod texts;
mod uploads;
pub mod workshop;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout_at};

use self::converters::Converters;
use self::desk::Desk;
use self::door::{Bounds, Door};
use self::engine::Engine;
use self::house::{House, One};
use self::limits::Limits;
use self::reading::Transit;
use self::workshop::{INSPECTING, Make, Workshop};
use crate::album::{ContentHash, Ledger, Store};

/// What a server is made of.
pub struct Parts {
    /// The open file.
    pub store: Arc<Store>,
    /// The hash of the operator's key.
    pub operator: ContentHash,
    /// What makes thumbnails.
    pub engine: Arc<dyn Engine>,
    /// What they have in common.
    pub make: Make,
    /// How much may be at work.
    pub bounds: Bounds,
    /// How long anything may take.
    pub limits: Limits,
}

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    house: Arc<House>,
    store: Arc<Store>,
}

impl Server {
    /// Takes the address, and starts the ledger.
    ///
    /// # Errors
    /// The system's, if the address is taken or there is no thread.
    pub async fn bind(address: SocketAddr, parts: Parts) -> io::Result<Self> {
        let Parts { store, operator, engine, make, bounds, limits } = parts;
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk::new(Arc::clone(&store), limits.store_queue));
        let metrics = Arc::default();
        let threads = bounds.workers.get() + INSPECTING + COMPRESSING;
        let workshop = Arc::new(Workshop {
            desk: Arc::clone(&desk),
            converters: Converters::new(threads)?,
            door: Arc::new(Door::new(bounds)),
            ledger: Arc::new(Ledger::start(Arc::clone(&store))?),
            metrics: Arc::clone(&metrics),
            engine,
            make,
            roll: Default::default(),
            flights: Default::default(),
            pace: Arc::default(),
            deadline: limits.deadline,
            inspecting: Arc::new(Semaphore::new(INSPECTING)),
        });
        let house = Arc::new(House {
            desk,
            workshop,
            metrics,
            limits,
            transit: Transit::new(limits.transit_bytes),
            operator,
            stopping: watch::Sender::new(false),
            at_work: watch::Sender::new(0),
            connections: watch::Sender::new(0),
        });
        Ok(Self { listener, address, house, store })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`; then refuses new work, finishes what it accepted, and returns. What is
    /// not done [in time](Limits::stop) by then is given up.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, house, store, .. } = self;
        let limits = house.limits;
        let closing = watch::Sender::new(false);
        let routes = routes::routes(Arc::clone(&house));
        let accepting = tokio::spawn(accept(listener, routes, Arc::clone(&house), closing.clone()));
        let compressing = background::start(store, Arc::clone(&house));
        stop.await;

        let end = tokio::time::Instant::now() + limits.stop;
        house.stopping.send_replace(true);
        let mut at_work = house.at_work.subscribe();
        let mut open = house.connections.subscribe();
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
    house: Arc<House>,
    closing: watch::Sender<bool>,
) {
    let mut open = house.connections.subscribe();
    loop {
        // Beyond the limit peers wait in the system's queue.
        if open.wait_for(|count| *count < house.limits.connections).await.is_err() {
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
        let one = One::more(&house.connections);
        let connection =
            connection::serve(stream, routes.clone(), house.limits, closing.subscribe());
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
