//! A service on loopback that answers as a test tells it, and an audit of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use double_exposure::audit::spec::{Mode, SingleUrl};
use double_exposure::audit::{AuditPlan, AuditResults, LoadModel, run};
use double_exposure::codec::{Fit, ImageCodec, Size, ThumbnailRequest, ThumbnailSpec};
use jpeg_encoder::{ColorType, Encoder};

/// The longest that a socket may stay silent before a test's server lets go of it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A request, as a server sees it.
pub(crate) struct Asked {
    /// The method and the path.
    pub(crate) line: String,
    pub(crate) body: Bytes,
}

impl Asked {
    /// What `size=` asks for.
    pub(crate) fn size(&self) -> u32 {
        let size = self.line.split("size=").nth(1).unwrap();
        size.split([' ', '&']).next().unwrap().parse().unwrap()
    }
}

/// Listens, and answers every request with what `answer` makes of it, byte for byte; the connection
/// stays open if it gives something, else it is closed. Ends with the test's process.
pub(crate) fn serve(
    answer: impl Fn(&Asked, &mut TcpStream) -> bool + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(stream), answer) = (stream, Arc::clone(&answer)) else { continue };
            thread::spawn(move || {
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.set_write_timeout(Some(PATIENCE)).unwrap();
                let mut back = stream.try_clone().unwrap();
                let mut reader = BufReader::new(stream);
                while let Some(asked) = request(&mut reader) {
                    if !answer(&asked, &mut back) {
                        break;
                    }
                }
            });
        }
    });
    address
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&read| read > 0)?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|&read| read > 0)?;
        if header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { line, body: body.into() })
}

/// Sends a whole answer. True, so that the connection is kept.
pub(crate) fn send(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> bool {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).is_ok()
}

/// Sends a picture.
pub(crate) fn send_jpeg(stream: &mut TcpStream, jpeg: &[u8]) -> bool {
    send(stream, "200 OK", "content-type: image/jpeg\r\n", jpeg)
}

/// A square thumbnail as any service makes it: its side, and its pixels in RGB.
pub(crate) fn thumbnail(photo: &Bytes, size: u32) -> Option<(u32, Vec<u8>)> {
    let codec = ImageCodec::new(NonZeroU32::MIN);
    let size = Size::try_from(size).unwrap();
    let request =
        ThumbnailRequest { photo: photo.clone(), spec: ThumbnailSpec { size, fit: Fit::Cover } };
    let thumbnail = codec.thumbnail(&request).ok()?;
    Some((thumbnail.width(), thumbnail.rgb().to_vec()))
}

pub(crate) fn jpeg((side, rgb): &(u32, Vec<u8>)) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let side = *side as u16;
    Encoder::new(&mut jpeg, 80).encode(rgb, side, side, ColorType::Rgb).unwrap();
    jpeg
}

/// Makes a thumbnail of what was posted and sends it, or refuses what cannot be decoded.
pub(crate) fn honest(asked: &Asked, stream: &mut TcpStream) -> bool {
    match thumbnail(&asked.body, asked.size()) {
        Some(made) => send_jpeg(stream, &jpeg(&made)),
        None => send(stream, "422 Unprocessable", "", b""),
    }
}

/// A plan for a service that is posted photos: short, and content with little.
pub(crate) fn plan(address: SocketAddr) -> AuditPlan {
    let url = format!("http://{address}/t?size={{size}}");
    let mut target = SingleUrl { mode: Mode::Post, url }.target().unwrap();
    target.photos.people = 4;
    target.photos.width = 320;
    target.photos.height = 240;
    target.thumbnail.sizes = "160-191".parse().unwrap();
    target.thumbnail.fit = double_exposure::audit::spec::ShownFit::Cover;
    AuditPlan {
        target,
        drives: vec![LoadModel::Closed(4)],
        warm_up: Duration::from_millis(1),
        duration: Duration::from_millis(700),
        timeout: Duration::from_secs(20),
        most_bytes: 1 << 20,
        until_found: false,
        max_findings: 20,
        least: 1,
        seed: 7,
    }
}

pub(crate) fn audit(plan: &AuditPlan) -> AuditResults {
    run(plan, &mut |_| true).unwrap()
}
