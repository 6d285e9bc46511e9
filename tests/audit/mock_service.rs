//! Serves mock responses on loopback, and audits such services.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use double_exposure::audit::spec::Mode;
use double_exposure::audit::watermark::Raster;
use double_exposure::audit::{AuditPlan, AuditResults, LoadModel, Target, run};
use double_exposure::codec::{Fit, ImageCodec, Size, ThumbnailRequest, ThumbnailSpec};
use jpeg_encoder::SamplingFactor;

/// Upper bound of the time for which a socket may be idle.
pub(crate) const SOCKET_TIMEOUT: Duration = Duration::from_secs(20);

/// Holds a request that the server received.
pub(crate) struct Received {
    /// Request line, which holds the method and the path.
    pub(crate) line: String,
    /// Value of the header `authorization`, or nothing.
    pub(crate) token: String,
    /// Names in lower case and values of all headers.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Received {
    /// Returns the method, and the path with the query.
    pub(crate) fn target(&self) -> (&str, &str) {
        let mut words = self.line.split(' ');
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    /// Returns the value of a header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map_or("", |(_, value)| value)
    }

    /// Returns the size that the query requests.
    pub(crate) fn size(&self) -> u32 {
        let size = self.line.split("size=").nth(1).unwrap();
        size.split([' ', '&']).next().unwrap().parse().unwrap()
    }
}

/// Serves each request with `respond`, which writes the response. The connection stays open if
/// `respond` returns true. The server ends with the test's process.
pub(crate) fn serve(
    respond: impl Fn(&Received, &mut TcpStream) -> bool + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let respond = Arc::new(respond);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(stream), respond) = (stream, Arc::clone(&respond)) else { continue };
            thread::spawn(move || {
                stream.set_read_timeout(Some(SOCKET_TIMEOUT)).unwrap();
                stream.set_write_timeout(Some(SOCKET_TIMEOUT)).unwrap();
                let mut writer = stream.try_clone().unwrap();
                let mut reader = BufReader::new(stream);
                while let Some(received) = request(&mut reader) {
                    if !respond(&received, &mut writer) {
                        break;
                    }
                }
            });
        }
    });
    address
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&read| read > 0)?;
    let (mut length, mut token, mut headers) = (0, String::new(), Vec::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|&read| read > 0)?;
        if header.trim().is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').unwrap_or_default();
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        match name.as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => token.clone_from(&value),
            _ => {}
        }
        headers.push((name, value));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Received { line, token, headers, body: body.into() })
}

/// Sends a complete response. Returns true if the connection can stay open.
pub(crate) fn send(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> bool {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).is_ok()
}

/// Sends a JPEG image.
pub(crate) fn send_jpeg(stream: &mut TcpStream, jpeg: &[u8]) -> bool {
    send(stream, "200 OK", "content-type: image/jpeg\r\n", jpeg)
}

/// Renders a square thumbnail.
pub(crate) fn thumbnail(photo: &Bytes, size: u32) -> Option<Raster> {
    let codec = ImageCodec::new(NonZeroU32::MIN);
    let size = Size::try_from(size).unwrap();
    let request =
        ThumbnailRequest { photo: photo.clone(), spec: ThumbnailSpec { size, fit: Fit::Cover } };
    let thumbnail = codec.thumbnail(&request).ok()?;
    let (width, height) = (thumbnail.width(), thumbnail.height());
    Some(Raster { width, height, rgb: thumbnail.rgb().to_vec() })
}

/// Encodes an image as JPEG.
pub(crate) fn jpeg(image: &Raster) -> Vec<u8> {
    image.to_jpeg(80, SamplingFactor::F_2_2).unwrap()
}

/// Sends the thumbnail of a posted photo, or refuses a photo that cannot be decoded.
pub(crate) fn honest(received: &Received, stream: &mut TcpStream) -> bool {
    changed(&received.body, received.size(), stream, |_| {})
}

/// Sends the changed thumbnail of a photo, or refuses a photo that cannot be decoded.
pub(crate) fn changed(
    photo: &Bytes,
    size: u32,
    stream: &mut TcpStream,
    change: impl FnOnce(&mut Raster),
) -> bool {
    let Some(mut image) = thumbnail(photo, size) else {
        return send(stream, "422 Unprocessable", "", b"");
    };
    change(&mut image);
    send_jpeg(stream, &jpeg(&image))
}

/// Plans a short audit in post mode that needs one answer for a verdict.
pub(crate) fn plan(address: SocketAddr) -> AuditPlan {
    let url = format!("http://{address}/t?size={{size}}");
    let mut target = Target::from_url(Mode::Post, &url).unwrap();
    target.photos.people = 4;
    target.photos.width = 320;
    target.photos.height = 240;
    target.thumbnail.sizes = "160-191".parse().unwrap();
    target.thumbnail.fit = Some(Fit::Cover);
    AuditPlan {
        target,
        load: vec![LoadModel::Closed(4)],
        warm_up: Duration::from_millis(1),
        duration: Duration::from_millis(700),
        timeout: Duration::from_secs(20),
        max_bytes: 1 << 20,
        until_found: false,
        enough_conversions: None,
        max_findings: 20,
        min_conversions: 1,
        require: Vec::new(),
        hang_up: 0.0,
        seed: 7,
    }
}

/// Runs an audit to its end.
pub(crate) fn audit(plan: &AuditPlan) -> AuditResults {
    run(plan, &mut |_| true).unwrap()
}
