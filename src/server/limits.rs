//! Bounds every wait and every buffer of the server.

use std::time::Duration;

use crate::codec;

/// Holds the time limits and the bounds of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time from a request's head, or from the end of an upload's body, to the response.
    pub response_timeout: Duration,
    /// Time in which a request's head must arrive, and after which an idle connection is closed.
    pub head_timeout: Duration,
    /// Longest pause between two pieces of a request's body.
    pub body_pause_timeout: Duration,
    /// Time in which a whole body must arrive.
    pub body_timeout: Duration,
    /// Longest time in which a client takes no byte of its response.
    pub write_timeout: Duration,
    /// Time in which the server still reads from a connection that it has closed for writing.
    pub linger_timeout: Duration,
    /// Time from the signal to stop until unfinished requests are given up.
    pub shutdown_timeout: Duration,
    /// Upper bound of open connections. Further ones wait in the listening socket's backlog.
    pub max_connections: usize,
    /// Upper bound of the store calls that wait.
    pub max_queued_calls: usize,
    /// Upper bound of the bytes of photos that are being uploaded or downloaded.
    pub max_transit_bytes: u64,
    /// Upper bound of the pixels of a photo that is uploaded, or compressed by the maintenance.
    pub max_pixels: u64,
    /// Time between two runs of the maintenance, which compresses photos and prunes the ledger.
    pub maintenance_interval: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            response_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(10),
            body_pause_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(120),
            write_timeout: Duration::from_secs(30),
            linger_timeout: Duration::from_secs(5),
            shutdown_timeout: Duration::from_secs(30),
            max_connections: 768,
            max_queued_calls: 1_024,
            max_transit_bytes: 256 << 20,
            max_pixels: codec::PhotoLimits::default().max_pixels,
            maintenance_interval: Duration::from_secs(60),
        }
    }
}
