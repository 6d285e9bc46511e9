//! A client that costs little, because it works on the server's machine: HTTP/1.1 on connections
//! that stay open, and of an answer no more than its status, its length and its bytes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// One connection, and the answer that was read last.
pub(crate) struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
}

/// A whole answer's status, and where its body begins.
#[derive(Clone, Copy)]
struct Read {
    status: u16,
    body: usize,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).await.expect("the server takes connections")
    }

    async fn try_connect(address: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self { stream, answer: Vec::new() })
    }

    /// The answer's status, once it is read whole.
    pub(crate) async fn get(&mut self, request: &[u8]) -> u16 {
        self.ask(request).await.expect("the server answers").0
    }

    /// The answer's status and body. `None`: it did not come, or not whole.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Option<(u16, &[u8])> {
        self.stream.write_all(request).await.ok()?;
        self.answer.clear();
        let read = loop {
            if self.stream.read_buf(&mut self.answer).await.ok()? == 0 {
                return None;
            }
            if let Some(read) = whole(&self.answer) {
                break read;
            }
        };
        Some((read.status, &self.answer[read.body..]))
    }
}

/// A request's bytes.
pub(crate) fn request(method: &str, token: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: {token}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Looks whether an answer is there as a whole. The server always says how long it is.
fn whole(answer: &[u8]) -> Option<Read> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let length = lines.find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
    let (body, length) = (end + 4, length.parse::<usize>().ok()?);
    (answer.len() >= body + length).then_some(Read { status, body })
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
    pub(crate) async fn get(&self, request: &[u8]) -> Option<u16> {
        let get = async {
            let _place = self.places.acquire().await.ok()?;
            let mut kept = self.free.lock().ok()?.pop();
            let answered = match &mut kept {
                Some(client) => client.ask(request).await.map(|(status, _)| status),
                None => None,
            };
            // The server may close a connection that was kept just as it is used again: whoever
            // keeps connections asks once more on a new one.
            let (client, status) = match kept.zip(answered) {
                Some(done) => done,
                None => {
                    let mut new = Client::try_connect(self.address).await?;
                    let status = new.ask(request).await?.0;
                    (new, status)
                }
            };
            self.free.lock().ok()?.push(client);
            Some(status)
        };
        tokio::time::timeout(PATIENCE, get).await.ok()?
    }
}
