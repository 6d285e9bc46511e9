//! Serves the photos on loopback, for targets that fetch them.

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

/// Upper bound of the open connections. Further connections wait.
const MAX_CONNECTIONS: usize = 1024;

/// Serves the photos of an audit over HTTP until it is dropped.
pub(crate) struct OriginServer {
    pub(crate) url: String,
    server: AbortHandle,
}

impl OriginServer {
    /// Listens on a free port of loopback.
    pub(crate) async fn open(photos: &TestPhotos) -> std::io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let media_type = photos.spec.format.media_type();
        let files = photos.all.iter().enumerate();
        let files = files.map(|(index, photo)| (photos.origin_path(index), photo.file.clone()));
        let files = Arc::new(files.collect::<HashMap<_, _>>());
        let server = tokio::spawn(serve(listener, files, media_type)).abort_handle();
        Ok(Self { url, server })
    }
}

impl Drop for OriginServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    listener: TcpListener,
    files: Arc<HashMap<String, Bytes>>,
    media_type: &'static str,
) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        let Ok((socket, _)) = listener.accept().await else { continue };
        let files = Arc::clone(&files);
        connections.spawn(async move {
            let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
                let file = files.get(request.uri().path()).cloned();
                async move { Ok::<_, Infallible>(response(file, media_type)) }
            });
            // A service that closes the connection early needs no more bytes.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

fn response(file: Option<Bytes>, media_type: &'static str) -> Response<Full<Bytes>> {
    let status = if file.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let mut response = Response::new(Full::new(file.unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
