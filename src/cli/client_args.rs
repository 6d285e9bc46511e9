//! Defines the flags that bound what clients take of a server.

use std::net::SocketAddr;

use clap::Args;

use super::parse;
use crate::server::limits::Limits;

/// Bounds what clients take of a server.
#[derive(Args)]
pub(super) struct ClientArgs {
    /// Further address that serves health, readiness and metrics only, on 16 connections of its
    /// own, so that they answer however many clients there are.
    #[arg(long, env = "DOUBLE_EXPOSURE_OPERATIONS_LISTEN", value_name = "ADDRESS",
          value_parser = parse::address)]
    pub(super) operations_listen: Option<SocketAddr>,
    /// Upper bound of open connections, from 1 to 65536. For a further one, a connection is closed
    /// that only waits for its client, first one that never carried a valid token.
    #[arg(long, env = "DOUBLE_EXPOSURE_MAX_CONNECTIONS", value_name = "N",
          default_value_t = Limits::default().max_connections,
          value_parser = parse::count::<usize, 1, 65_536>)]
    max_connections: usize,
    /// Upper bound of the open connections of one peer address, from 1 to 65536. Behind a proxy all
    /// clients have the proxy's address.
    #[arg(long, env = "DOUBLE_EXPOSURE_MAX_CONNECTIONS_PER_PEER", value_name = "N",
          default_value_t = Limits::default().max_connections_per_peer,
          value_parser = parse::count::<usize, 1, 65_536>)]
    max_connections_per_peer: usize,
    /// Upper bound of the requests with one token that are worked on at once, from 1 to 1024.
    #[arg(long, env = "DOUBLE_EXPOSURE_MAX_REQUESTS_PER_CLIENT", value_name = "N",
          default_value_t = Limits::default().max_requests_per_client,
          value_parser = parse::count::<u32, 1, 1_024>)]
    max_requests_per_client: u32,
    /// Upper bound of the requests with one token that wait for that, from 0 to 65536; a further
    /// one is rejected at once.
    #[arg(long, env = "DOUBLE_EXPOSURE_MAX_QUEUED_REQUESTS_PER_CLIENT", value_name = "N",
          default_value_t = Limits::default().max_queued_requests_per_client,
          value_parser = parse::count::<usize, 0, 65_536>)]
    max_queued_requests_per_client: usize,
    /// Upper bound of the memory of uploads that are not stored yet, from 65MiB to 1TiB. Of it,
    /// 64 MiB are kept for one upload, and one person takes at most a quarter.
    #[arg(long, env = "DOUBLE_EXPOSURE_MAX_UPLOADS", value_name = "BYTES",
          default_value = "256MiB", value_parser = parse::bytes::<65>)]
    max_uploads: u64,
    /// Upper bound of the memory of responses that clients have not taken yet, from 1MiB to 1TiB.
    /// One token takes at most a quarter.
    #[arg(long, env = "DOUBLE_EXPOSURE_MAX_DOWNLOADS", value_name = "BYTES",
          default_value = "128MiB", value_parser = parse::bytes::<1>)]
    max_downloads: u64,
    /// Least bytes per second at which a client must send a body and take a response, from 1 to
    /// 1048576.
    #[arg(long, env = "DOUBLE_EXPOSURE_MIN_BYTES_PER_SECOND", value_name = "N",
          default_value_t = Limits::default().min_bytes_per_second,
          value_parser = parse::count::<u64, 1, 1_048_576>)]
    min_bytes_per_second: u64,
}

impl ClientArgs {
    /// Returns the default limits with those of the flags.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            max_connections: self.max_connections,
            max_connections_per_peer: self.max_connections_per_peer,
            max_requests_per_client: self.max_requests_per_client,
            max_queued_requests_per_client: self.max_queued_requests_per_client,
            max_upload_bytes: self.max_uploads,
            max_download_bytes: self.max_downloads,
            min_bytes_per_second: self.min_bytes_per_second,
            ..Limits::default()
        }
    }
}
