//! Holds one keep-alive connection to a target.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::url::Origin;
use super::{HttpError, TlsTrust, Url};

/// Upper bound of the bytes of a response's head.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// Upper bound of the headers of a response.
const MAX_HEADERS: usize = 128;

/// Sends requests on one TCP connection, with TLS or without. It cannot be cloned, and sending
/// takes it by `&mut`, so that no two requests share it.
pub(crate) struct Connection {
    origin: Origin,
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
    /// True if the connection has carried a response before.
    pub(super) is_reused: bool,
}

impl Connection {
    /// Connects to the host and port of a URL.
    pub(super) async fn open(url: &Url, tls: &TlsTrust) -> Result<Self, HttpError> {
        let socket = TcpStream::connect(url.authority()).await;
        let socket = socket.map_err(|error| HttpError::Unreachable(error.to_string()))?;
        // Avoids the delay of Nagle's algorithm; a socket without this option works too.
        let _ = socket.set_nodelay(true);
        if url.is_tls() {
            return Self::over(tls.connect(url.host(), socket).await?, url).await;
        }
        Self::over(socket, url).await
    }

    async fn over<S>(stream: S, url: &Url) -> Result<Self, HttpError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = Builder::new()
            .max_buf_size(MAX_HEAD_BYTES)
            .max_headers(MAX_HEADERS)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| HttpError::Broken(error.to_string()))?;
        // The sender of a request gets the connection's errors.
        let driver = tokio::spawn(async move { _ = connection.await });
        Ok(Self { origin: url.origin(), sender, driver, is_reused: false })
    }

    /// Returns true if the connection leads to the origin of a URL and is not known to be closed.
    pub(super) fn leads_to(&self, url: &Url) -> bool {
        self.origin == url.origin() && !self.sender.is_closed()
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
