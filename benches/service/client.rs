//! Sends HTTP/1.1 requests on connections that stay open, and reads no more of a response than its
//! status, its length and its bytes. The client must cost little, because it runs on the server's
//! machine.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Holds one connection, and the response that was read last.
pub(crate) struct Client {
    stream: TcpStream,
    response: Vec<u8>,
}

/// Holds a response's status, and the offset of its body.
#[derive(Clone, Copy)]
struct Head {
    status: u16,
    body_offset: usize,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).await.expect("the server accepts connections")
    }

    async fn try_connect(address: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self { stream, response: Vec::new() })
    }

    /// Sends a request, reads the whole response, and returns the status.
    pub(crate) async fn get(&mut self, request: &[u8]) -> u16 {
        self.send(request).await.expect("the server responds").0
    }

    /// Sends a request, and returns the status and the body, or `None` if the response is not
    /// whole.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Option<(u16, &[u8])> {
        self.stream.write_all(request).await.ok()?;
        self.response.clear();
        let head = loop {
            if self.stream.read_buf(&mut self.response).await.ok()? == 0 {
                return None;
            }
            if let Some(head) = head_if_whole(&self.response) {
                break head;
            }
        };
        Some((head.status, &self.response[head.body_offset..]))
    }
}

/// Encodes a request.
pub(crate) fn request(method: &str, token: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: {token}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Returns the head of a response, or `None` if the response is not whole yet. The server always
/// announces the length.
fn head_if_whole(response: &[u8]) -> Option<Head> {
    let end = response.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&response[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let length = lines.find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
    let (body_offset, length) = (end + 4, length.parse::<usize>().ok()?);
    (response.len() >= body_offset + length).then_some(Head { status, body_offset })
}

/// Reuses connections, and opens a new one, up to a bound, for a request that finds none free.
pub(crate) struct Pool {
    address: SocketAddr,
    free: Mutex<Vec<Client>>,
    permits: Semaphore,
}

/// Upper bound of open connections, below the server's own limit.
const MAX_CONNECTIONS: usize = 640;

/// Time after which a request counts as lost.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

impl Pool {
    pub(crate) fn new(address: SocketAddr) -> Arc<Self> {
        let permits = Semaphore::new(MAX_CONNECTIONS);
        Arc::new(Self { address, free: Mutex::default(), permits })
    }

    /// Sends a request, and returns the status, or `None` if there was no whole response.
    pub(crate) async fn get(&self, request: &[u8]) -> Option<u16> {
        let get = async {
            let _permit = self.permits.acquire().await.ok()?;
            let mut kept = self.free.lock().ok()?.pop();
            let status = match &mut kept {
                Some(client) => client.send(request).await.map(|(status, _)| status),
                None => None,
            };
            // The server may close an idle connection just as a request is sent on it. A client
            // that keeps connections sends the request again on a new one.
            let (client, status) = match kept.zip(status) {
                Some(sent) => sent,
                None => {
                    let mut new = Client::try_connect(self.address).await?;
                    let status = new.send(request).await?.0;
                    (new, status)
                }
            };
            self.free.lock().ok()?.push(client);
            Some(status)
        };
        tokio::time::timeout(REQUEST_TIMEOUT, get).await.ok()?
    }
}
