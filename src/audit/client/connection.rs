//! One connection to a target, in one owner's hands.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::HttpError;

/// Bytes of an answer's head, at most.
const HEAD_BYTES: usize = 64 << 10;

/// Headers of an answer, at most.
const HEADERS: usize = 128;

/// A connection. It cannot be cloned, and sending takes it by `&mut`.
pub(crate) struct Connection {
    authority: String,
    sender: SendRequest<Full<Bytes>>,
    carrier: JoinHandle<()>,
    /// Whether it has carried an answer before.
    pub(super) used: bool,
}

impl Connection {
    pub(super) async fn open(authority: &str) -> Result<Self, HttpError> {
        let socket = TcpStream::connect(authority).await.map_err(HttpError::unreachable)?;
        // An answer waits for nothing once it is asked for; a socket that cannot do this works too.
        let _ = socket.set_nodelay(true);
        let (sender, connection) = Builder::new()
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEADERS)
            .handshake(TokioIo::new(socket))
            .await
            .map_err(|error| HttpError::broken(&error))?;
        // What goes wrong on it, whoever sends hears.
        let carrier = tokio::spawn(async move { _ = connection.await });
        Ok(Self { authority: authority.to_owned(), sender, carrier, used: false })
    }

    /// Whether it leads there, and still stands as far as can be told.
    pub(super) fn leads_to(&self, authority: &str) -> bool {
        self.authority == authority && !self.sender.is_closed()
    }

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
        // A target that hangs must not keep its connection after nobody waits for it any more.
        self.carrier.abort();
    }
}
