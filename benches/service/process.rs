//! The program itself in a process of its own, with an album full of photos, and what it uses.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::client::{Client, request};

/// Photos of 2048 px.
pub(crate) const PHOTOS: [&[u8]; 6] = [
    include_bytes!("../../src/sample_photos/astronaut.jpg"),
    include_bytes!("../../src/sample_photos/cat.jpg"),
    include_bytes!("../../src/sample_photos/coffee.jpg"),
    include_bytes!("../../src/sample_photos/meadow.jpg"),
    include_bytes!("../../src/sample_photos/rocket.jpg"),
    include_bytes!("../../src/sample_photos/sunset.jpg"),
];

/// Names under which they are uploaded, round and round.
pub(crate) const NAMES: usize = 120;

/// The photo and the size of a thumbnail that nobody has asked for before, 30,720 of them. Any 120
/// in a row are of all photos and of as many sizes: what comes later is no larger.
pub(crate) fn cold(number: usize) -> (usize, u32) {
    let (round, name) = (number / NAMES, number % NAMES);
    (name, 86 + ((round * 101 + name * 53) % 256) as u32)
}

/// A server that others may hold too; killed when the last of them lets go.
#[derive(Clone)]
pub(crate) struct Server(Arc<Inner>);

struct Inner {
    child: Child,
    address: SocketAddr,
    token: String,
    photos: Vec<String>,
    _folder: TempDir,
}

impl Server {
    pub(crate) async fn start(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("the system gives a folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_double-exposure"))
            .args(["serve", "--quiet", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("albums.db"))
            .args(more)
            .env("DOUBLE_EXPOSURE_OPERATOR_KEY", "key")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let address = line.trim().strip_prefix("listening on http://").expect("an address");
        let address = address.parse().expect("an address");
        let mut client = Client::connect(address).await;
        let person = ask(&mut client, "POST", "Bearer key", "/people", b"{\"name\":\"Ann\"}").await;
        let token = format!("Bearer {}", person["token"].as_str().expect("a token"));
        let album = ask(&mut client, "POST", &token, "/albums", b"{\"title\":\"Summer\"}").await;
        let album = album["album"].as_str().expect("an album").to_owned();
        let mut photos = Vec::new();
        for number in 0..NAMES {
            let path = format!("/albums/{album}/photos/00000000-0000-4000-8000-{number:012}");
            ask(&mut client, "PUT", &token, &path, PHOTOS[number % PHOTOS.len()]).await;
            photos.push(path);
        }
        Self(Arc::new(Inner { child, address, token, photos, _folder: folder }))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// The request for a thumbnail.
    pub(crate) fn thumbnail(&self, photo: usize, size: u32) -> Vec<u8> {
        let path = format!("{}/thumbnail?size={size}", self.0.photos[photo]);
        request("GET", &self.0.token, &path, b"")
    }

    /// Processor time that the server has used so far; none where the system does not say.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = self.read("stat");
        // After the name, which may have spaces in it, user and system time are fields 12 and 13.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u64 =
            fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// The most memory that it has held, in bytes; 0 where the system does not say.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = self.read("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or(0) << 10
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.0.child.id())).unwrap_or_default()
    }
}

async fn ask(client: &mut Client, method: &str, token: &str, path: &str, body: &[u8]) -> Value {
    let request = request(method, token, path, body);
    let (status, body) = client.ask(&request).await.expect("an answer");
    assert_eq!(status, 201, "{method} {path}: {}", String::from_utf8_lossy(body));
    serde_json::from_slice(body).expect("JSON")
}

impl Drop for Inner {
    fn drop(&mut self) {
        // It has nothing to lose: its file goes with its folder.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
