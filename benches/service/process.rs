//! Runs the program in a process of its own, uploads photos, and reads what the process uses.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::client::{Client, request};

/// Photos whose longest side is 2048 px.
pub(crate) const PHOTOS: [&[u8]; 6] = [
    include_bytes!("../../src/sample_photos/astronaut.jpg"),
    include_bytes!("../../src/sample_photos/cat.jpg"),
    include_bytes!("../../src/sample_photos/coffee.jpg"),
    include_bytes!("../../src/sample_photos/moose.jpg"),
    include_bytes!("../../src/sample_photos/rocket.jpg"),
    include_bytes!("../../src/sample_photos/windmill.jpg"),
];

/// Number of names under which the photos are uploaded in turn.
pub(crate) const NAMES: usize = 120;

/// Returns the photo and the size of a thumbnail that no request has asked for before; there are
/// 30,720. Any 120 in a row cover all photos and 120 sizes, so that later ones cost no more.
pub(crate) fn cold(number: usize) -> (usize, u32) {
    let (round, name) = (number / NAMES, number % NAMES);
    (name, 86 + ((round * 101 + name * 53) % 256) as u32)
}

/// Runs the server, and kills it when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    token: String,
    photos: Vec<String>,
    _folder: TempDir,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("the system creates a folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_double-exposure"))
            .args(["serve", "--quiet", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("albums.db"))
            .env("DOUBLE_EXPOSURE_OPERATOR_KEY", "key")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("standard output is a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("the address is printed");
        let address = line.trim().strip_prefix("listening on http://").expect("an address");
        let address = address.parse().expect("an address");
        let mut client = Client::connect(address).await;
        let person =
            send(&mut client, "POST", "Bearer key", "/people", b"{\"name\":\"Ann\"}").await;
        let token = format!("Bearer {}", person["token"].as_str().expect("a token"));
        let album = send(&mut client, "POST", &token, "/albums", b"{\"title\":\"Summer\"}").await;
        let album = album["album"].as_str().expect("an album").to_owned();
        let mut photos = Vec::new();
        for number in 0..NAMES {
            let path = format!("/albums/{album}/photos/00000000-0000-4000-8000-{number:012}");
            send(&mut client, "PUT", &token, &path, PHOTOS[number % PHOTOS.len()]).await;
            photos.push(path);
        }
        Self { child, address, token, photos, _folder: folder }
    }

    /// Encodes the request for a thumbnail.
    pub(crate) fn thumbnail(&self, photo: usize, size: u32) -> Vec<u8> {
        let path = format!("{}/thumbnail?size={size}", self.photos[photo]);
        request("GET", &self.token, &path, b"")
    }

    /// Returns the processor time that the server has used, or zero where the system does not
    /// report it.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = self.read("stat");
        // Counted after the name, which may have spaces in it, user and system time are fields 12
        // and 13.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u64 =
            fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Returns the peak of the server's memory in bytes, or 0 where the system does not report it.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = self.read("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or(0) << 10
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap_or_default()
    }
}

async fn send(client: &mut Client, method: &str, token: &str, path: &str, body: &[u8]) -> Value {
    let request = request(method, token, path, body);
    let (status, body) = client.send(&request).await.expect("the response is whole");
    assert_eq!(status, 201, "{method} {path}: {}", String::from_utf8_lossy(body));
    serde_json::from_slice(body).expect("JSON")
}

impl Drop for Server {
    fn drop(&mut self) {
        // A kill loses nothing: the folder is deleted too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
