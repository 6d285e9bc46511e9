//! The photos on loopback, for services that fetch them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

use super::test_photos::TestPhotos;

/// Connections at once; more wait.
const MOST_CONNECTIONS: usize = 1024;

/// A server of the audit's own photos. It stops when it is dropped.
pub(crate) struct OriginServer {
    url: String,
    serving: AbortHandle,
}

impl OriginServer {
    /// Listens on a free port of loopback.
    pub(crate) async fn open(subjects: &TestPhotos) -> std::io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let kind = subjects.photos.format.media_type();
        let ending = kind.trim_start_matches("image/");
        let files = subjects.all.iter().map(|subject| {
            let path = format!("/{}/{}.{ending}", subjects.run, subject.uuid.simple());
            (path, subject.file.clone())
        });
        let files = Arc::new(files.collect::<HashMap<_, _>>());
        let serving = tokio::spawn(serve(listener, files, kind)).abort_handle();
        Ok(Self { url, serving })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for OriginServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, files: Arc<HashMap<String, Bytes>>, kind: &'static str) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MOST_CONNECTIONS {
            connections.join_next().await;
        }
        let Ok((socket, _)) = listener.accept().await else { continue };
        let files = Arc::clone(&files);
        connections.spawn(async move {
            let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
                let file = files.get(request.uri().path()).cloned();
                async move { Ok::<_, Infallible>(answer(file, kind)) }
            });
            // A service that hangs up has what it wanted.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

fn answer(file: Option<Bytes>, kind: &'static str) -> Response<Full<Bytes>> {
    let status = if file.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let mut response = Response::new(Full::new(file.unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
