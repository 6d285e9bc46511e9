//! Runs a small thumbnail service with one fault or none, or with a mechanism of the course.
//!
//! The service is written as such services usually are: photos in a map, a cache, a reused buffer.
//! Each fault is one branch, taken on every fifth request. A mechanism is a kernel, which decides
//! whose photo each row of a thumbnail shows.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};

use super::Raster;
use super::fault::Fault;
use super::kernel::Kernel;
use super::raster::{decode_leniently, encode, thumbnail};
use crate::codec::QUALITY;

/// Interval, in requests, between two requests that meet the fault.
const FAULT_INTERVAL: u64 = 5;

/// Upper bound of the bytes of a photo.
const MAX_PHOTO_BYTES: usize = 4 << 20;

/// Upper bound of the people, each of whom is a user with a letter in a kernel.
const MAX_PEOPLE: u32 = 26;

/// Upper bound of the photos of a person, if the service has a mechanism of the course.
const MAX_PHOTOS_PER_LEARNER: u32 = 4;

/// Upper bound of the photos of a person in the demonstration, which uploads photos under load.
const MAX_PHOTOS_PER_PERSON: u32 = 1 << 14;

/// Upper bound of the connections. A further client waits until a connection is closed.
const MAX_CONNECTIONS: usize = 256;

/// Upper bound of the wait for another request to cross responses with.
const CROSSING_TIMEOUT: Duration = Duration::from_secs(1);

/// Number of a person, and number of one of that person's photos.
type PhotoKey = (u32, u32);

/// Runs the service until it is dropped.
pub(super) struct Service {
    pub(super) address: SocketAddr,
    runtime: Option<Runtime>,
}

struct DemoState {
    fault: Fault,
    /// Decides whose photo a request is shown, if a mechanism of the course is inside.
    kernel: Option<Kernel>,
    photos: Mutex<BTreeMap<PhotoKey, Bytes>>,
    cache: Mutex<HashMap<(PhotoKey, u32), Bytes>>,
    buffer: Mutex<Option<Raster>>,
    waiting: Mutex<Option<(PhotoKey, Crossing)>>,
    requests: AtomicU64,
}

/// Takes the response of a second request and a channel for the response of the first one.
type Crossing = oneshot::Sender<(Bytes, oneshot::Sender<Bytes>)>;

impl Service {
    /// Starts the service with a fault, on a free port of loopback.
    pub(super) fn start(fault: Fault) -> io::Result<Self> {
        Self::serve(fault, None, 0)
    }

    /// Starts the service with a mechanism of the course, on a port of loopback.
    pub(super) fn start_kernel(kernel: Kernel, port: u16) -> io::Result<Self> {
        Self::serve(Fault::Clean, Some(kernel), port)
    }

    fn serve(fault: Fault, kernel: Option<Kernel>, port: u16) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let state = Arc::new(DemoState {
            fault,
            kernel,
            photos: Mutex::default(),
            cache: Mutex::default(),
            buffer: Mutex::default(),
            waiting: Mutex::default(),
            requests: AtomicU64::new(0),
        });
        let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        runtime.spawn(async move {
            while let Ok(permit) = Arc::clone(&connections).acquire_owned().await {
                let Ok((socket, _)) = listener.accept().await else { continue };
                let state = Arc::clone(&state);
                tokio::spawn(async move {
                    let _permit = permit;
                    let service = service_fn(|request| {
                        let state = Arc::clone(&state);
                        async move { Ok::<_, Infallible>(state.respond(request).await) }
                    });
                    // A client that closes the connection early needs no more bytes.
                    let _ =
                        http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Ok(Self { address, runtime: Some(runtime) })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

impl DemoState {
    async fn respond(self: Arc<Self>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let max_photos = match &self.kernel {
            Some(_) => MAX_PHOTOS_PER_LEARNER,
            None => MAX_PHOTOS_PER_PERSON,
        };
        let Some(key) = key(request.uri().path(), max_photos) else {
            return empty(StatusCode::NOT_FOUND);
        };
        let token = request.headers().get(AUTHORIZATION).and_then(|token| token.to_str().ok());
        if token != Some(&format!("person {}", key.0)) {
            return empty(StatusCode::FORBIDDEN);
        }
        if request.method() == Method::PUT {
            return match Limited::new(request.into_body(), MAX_PHOTO_BYTES).collect().await {
                Ok(photo) => {
                    lock(&self.photos).insert(key, photo.to_bytes());
                    empty(StatusCode::CREATED)
                }
                Err(_) => empty(StatusCode::PAYLOAD_TOO_LARGE),
            };
        }
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        match self.fault {
            Fault::Slow => tokio::time::sleep(Duration::from_millis(20 + number % 5 * 15)).await,
            Fault::Shedding if number.is_multiple_of(3) => {
                return empty(StatusCode::SERVICE_UNAVAILABLE);
            }
            _ => {}
        }
        let size = request.uri().query().and_then(|query| query.strip_prefix("size="));
        let Some(size) = size.and_then(|size| size.parse().ok()) else {
            return empty(StatusCode::BAD_REQUEST);
        };
        let state = Arc::clone(&self);
        let image = if let Some(kernel) = &self.kernel {
            if !lock(&self.photos).contains_key(&key) {
                return empty(StatusCode::NOT_FOUND);
            }
            let owners = kernel.owners(key.0).await;
            if owners.is_empty() {
                return empty(StatusCode::SERVICE_UNAVAILABLE);
            }
            tokio::task::spawn_blocking(move || state.render(&owners, key.1, size)).await
        } else {
            tokio::task::spawn_blocking(move || state.convert(key, size, number)).await
        };
        let Some(mut bytes) = image.ok().flatten() else {
            return empty(StatusCode::UNPROCESSABLE_ENTITY);
        };
        if self.fault == Fault::Crossed && number % FAULT_INTERVAL < 2 {
            bytes = self.cross(key, bytes).await;
        }
        let mut response = Response::new(Full::new(bytes));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
        headers.insert(ETAG, HeaderValue::from_static("\"1\""));
        response
    }

    fn convert(&self, key: PhotoKey, size: u32, number: u64) -> Option<Bytes> {
        let photo = lock(&self.photos).get(&key)?.clone();
        // The fault: the person is left out of the cache key.
        let cache_key = ((0, key.1), size);
        if self.fault == Fault::CacheKey
            && let Some(cached) = lock(&self.cache).get(&cache_key)
        {
            return Some(cached.clone());
        }
        let mut image = self.thumbnail(&photo, size)?;
        if number.is_multiple_of(FAULT_INTERVAL)
            && let Some(next) = self.next_photo(key)
            && let Some(next) = thumbnail(&next, size)
        {
            let height = image.height;
            match self.fault {
                Fault::WholeSwap => image = next,
                Fault::TailOfNext => image.splice(&next, height * 3 / 4..height),
                Fault::OneBand => image.splice(&next, height / 4..height / 4 + 16),
                Fault::Blend => image.blend(&next, 0.06),
                Fault::Chroma => image.replace_chroma(&next, 0..height),
                _ => {}
            }
        }
        let bytes = encode(&image, QUALITY)?;
        if self.fault == Fault::CacheKey {
            lock(&self.cache).insert(cache_key, bytes.clone());
        }
        Some(bytes)
    }

    /// Renders a thumbnail in whose rows, from top to bottom, the owners' photos have equal parts.
    fn render(&self, owners: &[u32], photo: u32, size: u32) -> Option<Bytes> {
        let parts = owners.iter().map(|&owner| {
            let photo = lock(&self.photos).get(&(owner, photo))?.clone();
            thumbnail(&photo, size)
        });
        let parts = parts.collect::<Option<Vec<Raster>>>()?;
        let mut image = parts.first()?.clone();
        for (index, part) in parts.iter().enumerate() {
            if (part.width, part.height) != (image.width, image.height) {
                return None;
            }
            let first_row = image.height * index as u32 / parts.len() as u32;
            image.splice(part, first_row..image.height);
        }
        encode(&image, QUALITY)
    }

    /// Renders a thumbnail, also of a truncated photo.
    fn thumbnail(&self, photo: &Bytes, size: u32) -> Option<Raster> {
        if self.fault != Fault::DirtyBuffer
            && let Some(image) = thumbnail(photo, size)
        {
            return Some(image);
        }
        let (mut decoded, rows) = decode_leniently(photo)?;
        if self.fault == Fault::DirtyBuffer {
            let mut buffer = lock(&self.buffer);
            let (width, height) = (decoded.width, decoded.height);
            if let Some(left) = buffer.as_ref().filter(|b| (b.width, b.height) == (width, height)) {
                decoded.splice(left, rows..height);
            }
            *buffer = Some(decoded.clone());
        }
        thumbnail(&encode(&decoded, 95)?, size)
    }

    /// Returns the photo with the same number of the next person.
    fn next_photo(&self, (person, number): PhotoKey) -> Option<Bytes> {
        let photos = lock(&self.photos);
        let next = photos.get(&(person + 1, number)).or_else(|| photos.get(&(1, number)));
        next.cloned()
    }

    /// Waits for another person's request, and returns its response in place of `own`.
    async fn cross(&self, key: PhotoKey, own: Bytes) -> Bytes {
        let waiting = lock(&self.waiting).take_if(|(other, _)| other.0 != key.0);
        if let Some((_, exchange)) = waiting {
            let (reply, other) = oneshot::channel();
            if exchange.send((own.clone(), reply)).is_err() {
                return own;
            }
            return other.await.unwrap_or(own);
        }
        let (exchange, exchanged) = oneshot::channel();
        *lock(&self.waiting) = Some((key, exchange));
        match tokio::time::timeout(CROSSING_TIMEOUT, exchanged).await {
            Ok(Ok((other, reply))) => {
                let _ = reply.send(own);
                other
            }
            _ => own,
        }
    }
}

/// Parses a path such as `/{run}/{person}/{photo}`.
fn key(path: &str, max_photos: u32) -> Option<PhotoKey> {
    let mut parts = path.split('/').skip(2);
    let mut number = |max| parts.next()?.parse().ok().filter(|number| (1..=max).contains(number));
    Some((number(MAX_PEOPLE)?, number(max_photos)?))
}

/// Locks a mutex, also after a panic: a map of whole photos stays valid.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
