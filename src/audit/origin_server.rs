//! Serves the photos, for targets that fetch them, by URLs that differ in one part only.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

use super::spec::{SourceSpec, SourceVariation};
use super::test_photos::TestPhotos;

/// Upper bound of the open connections of each address. Further connections wait.
const MAX_CONNECTIONS: usize = 1024;

/// Number of addresses of loopback by which the photos' hosts can differ.
const LOOPBACK_HOSTS: u8 = 8;

/// Holds the URLs of the photos, each a pure function of the photo and the part that differs.
#[derive(Clone, Debug)]
pub(crate) struct SourceUrls {
    /// URLs of the origin server, without the last slash. The first serves all photos.
    hosts: Vec<String>,
    run: String,
    extension: &'static str,
    /// Parts in which the photos' URLs differ, each in turn.
    pub(crate) vary: Vec<SourceVariation>,
}

impl SourceUrls {
    fn new(hosts: Vec<String>, photos: &TestPhotos, vary: &[SourceVariation]) -> Self {
        let extension = photos.spec.format.extension();
        let vary = vary.iter().copied();
        let vary = vary.filter(|part| hosts.len() > 1 || *part != SourceVariation::Host).collect();
        Self { hosts, run: photos.run.clone(), extension, vary }
    }

    /// Returns the URL of a copy of a photo.
    pub(crate) fn url(
        &self,
        photos: &TestPhotos,
        copy: PhotoCopy,
        part: SourceVariation,
    ) -> String {
        let (photo, _) = copy;
        let host = match part {
            SourceVariation::Host => &self.hosts[photo % self.hosts.len()],
            _ => &self.hosts[0],
        };
        format!("{host}{}", self.path(photos, copy, part))
    }

    fn path(&self, photos: &TestPhotos, (photo, copy): PhotoCopy, part: SourceVariation) -> String {
        let Self { run, extension, .. } = self;
        let id = photos.uuid(photo, copy).simple();
        match part {
            SourceVariation::Name => format!("/{run}/{id}.{extension}"),
            SourceVariation::Query => format!("/{run}/photo.{extension}?photo={id}"),
            SourceVariation::Folder => format!("/{run}/{id}/photo.{extension}"),
            SourceVariation::Host => {
                let number = (photo / self.hosts.len()) as u64 + copy * self.per_host(photos);
                format!("/{run}/photo-{number}.{extension}")
            }
        }
    }

    /// Returns the number of photos of one copy on each host, rounded up.
    fn per_host(&self, photos: &TestPhotos) -> u64 {
        photos.all.len().div_ceil(self.hosts.len()) as u64
    }

    /// Returns the copy of a photo whose path and query these are, on a host.
    fn find(&self, photos: &TestPhotos, host: &str, path: &str) -> Option<PhotoCopy> {
        let mut words = path.split(['/', '?', '=', '.', '-']);
        let named = words.clone().find_map(|word| photos.with_uuid(word.parse().ok()?));
        let numbered = || {
            let number: u64 = words.find_map(|word| word.parse().ok())?;
            let host = self.hosts.iter().position(|url| authority(url) == host)?;
            let (copy, index) = (number / self.per_host(photos), number % self.per_host(photos));
            Some((index as usize * self.hosts.len() + host, copy))
        };
        let copy = named.or_else(numbered).filter(|(photo, _)| *photo < photos.all.len())?;
        let mut parts = SourceVariation::ALL.iter();
        parts.any(|(_, part)| self.path(photos, copy, *part) == path).then_some(copy)
    }
}

/// Names a photo and the number of its copy, which is 0 for the photo itself.
type PhotoCopy = (usize, u64);

/// Serves the photos of an audit over HTTP until it is dropped.
pub(crate) struct OriginServer {
    pub(crate) urls: SourceUrls,
    servers: Vec<AbortHandle>,
}

impl OriginServer {
    /// Listens on the address of the description, and on further addresses of loopback if that
    /// address is of loopback and no URLs are given.
    pub(crate) async fn open(spec: &SourceSpec, photos: &Arc<TestPhotos>) -> std::io::Result<Self> {
        let first = TcpListener::bind(spec.listen).await?;
        let address = first.local_addr()?;
        let mut listeners = vec![first];
        let mut hosts: Vec<String> = spec.urls.iter().map(|url| url.to_string()).collect();
        if hosts.is_empty() {
            hosts.push(format!("http://{address}"));
            if address.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) {
                let more = loopback_hosts(address.port(), &mut listeners).await;
                hosts.extend(more);
            }
        }
        let urls = SourceUrls::new(hosts, photos, &spec.vary);
        let files = Arc::new(Files { urls: urls.clone(), photos: Arc::clone(photos) });
        let serve = |listener| tokio::spawn(serve(listener, Arc::clone(&files))).abort_handle();
        let servers = listeners.into_iter().map(serve).collect();
        Ok(Self { urls, servers })
    }
}

/// Listens on further addresses of loopback with the same port. Returns the hosts by which a
/// service can reach them. A system may have only the first address.
async fn loopback_hosts(port: u16, listeners: &mut Vec<TcpListener>) -> Vec<String> {
    // A service may resolve `localhost` to the address of IPv6.
    let v6 = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await;
    listeners.extend(v6);
    let mut hosts = vec![format!("http://localhost:{port}")];
    for last in 2..=LOOPBACK_HOSTS {
        let address = SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), port));
        let Ok(listener) = TcpListener::bind(address).await else { break };
        listeners.push(listener);
        hosts.push(format!("http://{address}"));
    }
    hosts
}

impl Drop for OriginServer {
    fn drop(&mut self) {
        self.servers.iter().for_each(AbortHandle::abort);
    }
}

/// Finds the photo that a request is for.
struct Files {
    urls: SourceUrls,
    photos: Arc<TestPhotos>,
}

impl Files {
    /// Returns the file of a copy of a photo.
    fn find(&self, host: &str, path: &str) -> Option<Bytes> {
        // A proxy between may have a path of its own.
        let start = path.find(&format!("/{}/", self.urls.run))?;
        let (photo, copy) = self.urls.find(&self.photos, host, &path[start..])?;
        Some(self.photos.file(photo, copy))
    }
}

/// Returns host and port of a URL, as a request's header has them.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let own_port = if url.starts_with("https:") { ":443" } else { ":80" };
    authority.strip_suffix(own_port).unwrap_or(authority)
}

async fn serve(listener: TcpListener, files: Arc<Files>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        let Ok((socket, _)) = listener.accept().await else { continue };
        let files = Arc::clone(&files);
        connections.spawn(async move {
            let service = service_fn(|request: Request<hyper::body::Incoming>| {
                let response = response(&files, &request);
                async move { Ok::<_, Infallible>(response) }
            });
            // A service that closes the connection early needs no more bytes.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

fn response<B>(files: &Files, request: &Request<B>) -> Response<Full<Bytes>> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let file = files.find(host.unwrap_or_default(), path);
    let status = if file.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let mut response = Response::new(Full::new(file.unwrap_or_default()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(files.photos.spec.format.media_type()));
    response
}

#[cfg(test)]
mod tests {
    use super::super::spec::{Mode, Target};
    use super::*;

    fn urls() -> (SourceUrls, TestPhotos) {
        let mut target = Target::from_url(Mode::Pull, "http://127.0.0.1:1/{source}").unwrap();
        (target.photos.people, target.photos.per_person) = (3, 1);
        let photos = TestPhotos::generate(target.photos, 7).unwrap();
        let hosts = ["http://127.0.0.1:9", "http://localhost:9"].map(str::to_owned).into();
        (SourceUrls::new(hosts, &photos, &target.source.vary), photos)
    }

    #[test]
    fn the_urls_of_two_photos_differ_in_one_part_only() {
        let (urls, photos) = urls();
        for part in urls.vary.clone() {
            let parts = [0, 1].map(|photo| {
                let url = urls.url(&photos, (photo, 0), part);
                let (rest, query) = url.split_once('?').unwrap_or((&url, ""));
                let (rest, name) = rest.rsplit_once('/').unwrap();
                let (host, folder) = rest.split_once(&photos.run).unwrap();
                [name, query, folder, host].map(str::to_owned)
            });
            let different: Vec<usize> =
                (0..4).filter(|&index| parts[0][index] != parts[1][index]).collect();
            let expected = SourceVariation::ALL.iter().position(|(_, other)| *other == part);
            assert_eq!(different, [expected.unwrap()], "{part:?}: {parts:?}");
        }
    }

    #[test]
    fn each_url_leads_to_its_photo_and_no_other_url_to_any() {
        let (urls, photos) = urls();
        let photos = Arc::new(photos);
        let files = Files { urls: urls.clone(), photos: Arc::clone(&photos) };
        for part in urls.vary.clone() {
            for copy in (0..photos.all.len()).flat_map(|photo| [0, 1, 9].map(|copy| (photo, copy)))
            {
                let url = urls.url(&photos, copy, part);
                let path = urls.path(&photos, copy, part);
                let found = files.find(authority(&url), &format!("/proxy{path}"));
                assert_eq!(found, Some(photos.file(copy.0, copy.1)), "{url}");
            }
        }
        assert_eq!(files.find("127.0.0.1:9", &format!("/{}/photo.jpeg", photos.run)), None);
        assert_eq!(files.find("127.0.0.1:9", "/"), None);
    }
}
