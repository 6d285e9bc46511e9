//! Holds one keep-alive connection to a target.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::HttpError;

/// Upper bound of the bytes of a response's head.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// Upper bound of the headers of a response.
const MAX_HEADERS: usize = 128;

/// Sends requests on one TCP connection. It cannot be cloned, and sending takes it by `&mut`, so
/// that no two requests share it.
pub(crate) struct Connection {
    authority: String,
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
    /// True if the connection has carried a response before.
    pub(super) is_reused: bool,
}

impl Connection {
    /// Connects to a host and port.
    pub(super) async fn open(authority: &str) -> Result<Self, HttpError> {
        let socket = TcpStream::connect(authority).await;
        let socket = socket.map_err(|error| HttpError::Unreachable(error.to_string()))?;
        // Avoids the delay of Nagle's algorithm; a socket without this option works too.
        let _ = socket.set_nodelay(true);
        let (sender, connection) = Builder::new()
            .max_buf_size(MAX_HEAD_BYTES)
            .max_headers(MAX_HEADERS)
            .handshake(TokioIo::new(socket))
            .await
            .map_err(|error| HttpError::Broken(error.to_string()))?;
        // The sender of a request gets the connection's errors.
        let driver = tokio::spawn(async move { _ = connection.await });
        Ok(Self { authority: authority.to_owned(), sender, driver, is_reused: false })
    }

    /// Returns true if the connection leads to this host and port and is not known to be closed.
    pub(super) fn leads_to(&self, authority: &str) -> bool {
        self.authority == authority && !self.sender.is_closed()
    }

    /// Sends a request and returns the head of its response.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        self.sender.ready().await?;
        self.sender.send_request(request).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // A target that hangs must not keep the connection open after its last request.
        self.driver.abort();
    }
}
