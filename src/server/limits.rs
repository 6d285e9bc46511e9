//! How long and how much: every wait and every buffer of the server has an end.

use std::time::Duration;

/// The limits of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From a request's head, or from the end of an upload's body, to its answer.
    pub deadline: Duration,
    /// A request's head, and an idle connection.
    pub head: Duration,
    /// Between two pieces of a body.
    pub body_pause: Duration,
    /// A whole body.
    pub body: Duration,
    /// How long a peer may take nothing of its answer.
    pub write: Duration,
    /// What a peer may still send once its connection is closed.
    pub linger: Duration,
    /// From the signal to stop to the end.
    pub stop: Duration,
    /// Connections open at once; further ones wait in the system's queue.
    pub connections: usize,
    /// Questions to the store that may wait.
    pub store_queue: usize,
    /// Bytes of photos on their way in or out, all together.
    pub transit_bytes: u64,
    /// Between two looks for photos to compress.
    pub compress_every: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(10),
            head: Duration::from_secs(10),
            body_pause: Duration::from_secs(10),
            body: Duration::from_secs(120),
            write: Duration::from_secs(30),
            linger: Duration::from_secs(5),
            stop: Duration::from_secs(30),
            connections: 768,
            store_queue: 1_024,
            transit_bytes: 256 << 20,
            compress_every: Duration::from_secs(60),
        }
    }
}
