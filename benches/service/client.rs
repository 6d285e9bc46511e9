//! A client that costs little: HTTP/1.1 on connections that stay open.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// One connection.
pub(crate) struct Client(SendRequest<Full<Bytes>>);

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).await.expect("the server takes connections")
    }

    async fn try_connect(address: SocketAddr) -> Option<Self> {
        let socket = TcpStream::connect(address).await.ok()?;
        socket.set_nodelay(true).ok()?;
        let (sender, connection) = handshake(TokioIo::new(socket)).await.ok()?;
        tokio::spawn(connection);
        Some(Self(sender))
    }

    /// The answer's status, once it is read whole.
    pub(crate) async fn get(&mut self, token: &str, path: &str) -> u16 {
        self.ask("GET", token, path, Bytes::new()).await.expect("the server answers").0
    }

    pub(crate) async fn ask(
        &mut self,
        method: &str,
        token: &str,
        path: &str,
        body: Bytes,
    ) -> Option<(u16, Bytes)> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("authorization", token)
            .body(Full::new(body))
            .expect("the request is well formed");
        self.0.ready().await.ok()?;
        let response = self.0.send_request(request).await.ok()?;
        let status = response.status().as_u16();
        Some((status, response.into_body().collect().await.ok()?.to_bytes()))
    }
}

/// Connections that are used again; whoever finds none open opens one, up to a bound.
pub(crate) struct Pool {
    address: SocketAddr,
    free: Mutex<Vec<Client>>,
    places: Semaphore,
}

/// Below the server's own limit.
const MOST_CONNECTIONS: usize = 640;

/// After this a request counts as lost.
const PATIENCE: Duration = Duration::from_secs(30);

impl Pool {
    pub(crate) fn new(address: SocketAddr) -> Arc<Self> {
        let places = Semaphore::new(MOST_CONNECTIONS);
        Arc::new(Self { address, free: Mutex::default(), places })
    }

    /// The answer's status; `None` if there was none.
    pub(crate) async fn get(&self, token: &str, path: &str) -> Option<u16> {
        let get = async {
            let _place = self.places.acquire().await.ok()?;
            let mut kept = self.free.lock().ok()?.pop();
            let answered = match &mut kept {
                Some(client) => client.ask("GET", token, path, Bytes::new()).await,
                None => None,
            };
            // The server may close a connection that was kept just as it is used again: whoever
            // keeps connections asks once more on a new one.
            let (client, (status, _)) = match kept.zip(answered) {
                Some(done) => done,
                None => {
                    let mut new = Client::try_connect(self.address).await?;
                    let answered = new.ask("GET", token, path, Bytes::new()).await?;
                    (new, answered)
                }
            };
            self.free.lock().ok()?.push(client);
            Some(status)
        };
        tokio::time::timeout(PATIENCE, get).await.ok()?
    }
}
