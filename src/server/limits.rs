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
    /// Longest time that a client may keep the server waiting for its body. Bytes that arrive give
    /// time back, at [`Limits::min_bytes_per_second`].
    pub body_pause_timeout: Duration,
    /// Time in which a whole body must arrive.
    pub body_timeout: Duration,
    /// Longest time that a client may keep the server waiting with its response. Bytes that the
    /// client takes give time back, at [`Limits::min_bytes_per_second`].
    pub write_timeout: Duration,
    /// Least rate at which a client must send a body and take a response.
    pub min_bytes_per_second: u64,
    /// Longest time from the moment at which a client closes its sending side to its response. A
    /// client that has left looks the same, and its conversions that wait are cancelled then.
    pub half_close_timeout: Duration,
    /// Time in which the server still reads from a connection that it has closed for writing.
    pub linger_timeout: Duration,
    /// Time from the signal to stop until unfinished requests are given up.
    pub shutdown_timeout: Duration,
    /// Upper bound of open connections. For a further one, a connection that only waits for its
    /// client is closed.
    pub max_connections: usize,
    /// Shortest time that a connection has waited for its client before it is closed for another.
    /// In it the first request of a new connection arrives.
    pub min_idle_time: Duration,
    /// Upper bound of the open connections of one peer address.
    pub max_connections_per_peer: usize,
    /// Upper bound of the requests of one client that are worked on at once.
    pub max_requests_per_client: u32,
    /// Upper bound of the requests of one client that wait for that. Further ones are rejected.
    pub max_queued_requests_per_client: usize,
    /// Upper bound of the store calls that wait.
    pub max_queued_calls: usize,
    /// Upper bound of the bytes of uploads that have arrived and are not stored. One person takes
    /// at most a quarter. The bound holds from 65 MiB on: the largest file has room of its own.
    pub max_upload_bytes: u64,
    /// Upper bound of the bytes of responses that were read and that no socket has taken. One
    /// client takes at most a quarter.
    pub max_download_bytes: u64,
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
            min_bytes_per_second: 16 << 10,
            half_close_timeout: Duration::from_secs(2),
            linger_timeout: Duration::from_secs(5),
            shutdown_timeout: Duration::from_secs(30),
            max_connections: 768,
            min_idle_time: Duration::from_millis(250),
            max_connections_per_peer: 512,
            max_requests_per_client: 16,
            max_queued_requests_per_client: 256,
            max_queued_calls: 1_024,
            max_upload_bytes: 256 << 20,
            max_download_bytes: 128 << 20,
            max_pixels: codec::PhotoLimits::default().max_pixels,
            maintenance_interval: Duration::from_secs(60),
        }
    }
}
