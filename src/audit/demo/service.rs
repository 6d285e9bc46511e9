//! A small thumbnail service, with one fault or none.
//!
//! It is written as such services are: photos in a map, a cache, a buffer that is used again. What
//! is wrong with it is one branch each, which comes to bear on one request of several.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
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
use tokio::sync::oneshot;

use super::fault::Fault;
use super::raster::{Raster, decode_leniently, thumbnail};

/// Of so many requests one meets the fault.
const ONE_IN: u64 = 5;

/// Bytes of a photo, at most.
const PHOTO_BYTES: usize = 4 << 20;

/// How long a request waits for another to cross answers with.
const WAIT: Duration = Duration::from_secs(1);

/// A person, and the number of a photo.
type Name = (u32, u32);

/// A running service. It stops when it is dropped.
pub(super) struct Service {
    pub(super) address: SocketAddr,
    runtime: Option<Runtime>,
}

struct DemoState {
    fault: Fault,
    photos: Mutex<BTreeMap<Name, Bytes>>,
    kept: Mutex<HashMap<(Name, u32), Bytes>>,
    buffer: Mutex<Option<Raster>>,
    partner: Mutex<Option<(Name, Meeting)>>,
    requests: AtomicU64,
}

/// Where one of two puts his answer, to be given the other's.
type Meeting = oneshot::Sender<(Bytes, oneshot::Sender<Bytes>)>;

impl Service {
    /// Starts on a free port of loopback.
    pub(super) fn start(fault: Fault) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let house = Arc::new(DemoState {
            fault,
            photos: Mutex::default(),
            kept: Mutex::default(),
            buffer: Mutex::default(),
            partner: Mutex::default(),
            requests: AtomicU64::new(0),
        });
        runtime.spawn(async move {
            loop {
                let Ok((socket, _)) = listener.accept().await else { continue };
                let house = Arc::clone(&house);
                tokio::spawn(async move {
                    let service = service_fn(|request| {
                        let house = Arc::clone(&house);
                        async move { Ok::<_, Infallible>(house.answer(request).await) }
                    });
                    // A client that hangs up has what it wanted.
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

type Answer = Response<Full<Bytes>>;

fn answer(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

impl DemoState {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        let Some(name) = name(request.uri().path()) else { return answer(StatusCode::NOT_FOUND) };
        let token = request.headers().get(AUTHORIZATION).and_then(|token| token.to_str().ok());
        if token != Some(&format!("person {}", name.0)) {
            return answer(StatusCode::FORBIDDEN);
        }
        if request.method() == Method::PUT {
            return match Limited::new(request.into_body(), PHOTO_BYTES).collect().await {
                Ok(photo) => {
                    lock(&self.photos).insert(name, photo.to_bytes());
                    answer(StatusCode::CREATED)
                }
                Err(_) => answer(StatusCode::PAYLOAD_TOO_LARGE),
            };
        }
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        match self.fault {
            Fault::Slow => tokio::time::sleep(Duration::from_millis(20 + number % 5 * 15)).await,
            Fault::Shedding if number.is_multiple_of(3) => {
                return answer(StatusCode::SERVICE_UNAVAILABLE);
            }
            _ => {}
        }
        let size = request.uri().query().and_then(|query| query.strip_prefix("size="));
        let Some(size) = size.and_then(|size| size.parse().ok()) else {
            return answer(StatusCode::BAD_REQUEST);
        };
        let house = Arc::clone(&self);
        let made = tokio::task::spawn_blocking(move || house.make(name, size, number)).await;
        let Some(mut bytes) = made.ok().flatten() else {
            return answer(StatusCode::UNPROCESSABLE_ENTITY);
        };
        if self.fault == Fault::Crossed && number % ONE_IN < 2 {
            bytes = self.cross(name, bytes).await;
        }
        let mut answer = Response::new(Full::new(bytes));
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
        headers.insert(ETAG, HeaderValue::from_static("\"1\""));
        answer
    }

    fn make(&self, name: Name, size: u32, number: u64) -> Option<Bytes> {
        let photo = lock(&self.photos).get(&name)?.clone();
        if self.fault == Fault::CacheKey {
            // The person is left out of the key.
            if let Some(kept) = lock(&self.kept).get(&((0, name.1), size)) {
                return Some(kept.clone());
            }
        }
        let mut raster = self.raster(&photo, size)?;
        if number.is_multiple_of(ONE_IN)
            && let Some(next) = self.next(name)
            && let Some(next) = thumbnail(&next, size)
        {
            let height = raster.height;
            match self.fault {
                Fault::WholeSwap => raster = next,
                Fault::TailOfNext => raster.splice(&next, height * 3 / 4..height),
                Fault::OneBand => raster.splice(&next, height / 4..height / 4 + 16),
                Fault::Blend => raster.blend(&next, 0.06),
                Fault::Chroma => raster.tint(&next),
                _ => {}
            }
        }
        let bytes = raster.answer()?;
        if self.fault == Fault::CacheKey {
            lock(&self.kept).insert(((0, name.1), size), bytes.clone());
        }
        Some(bytes)
    }

    /// A thumbnail, also of a photo that ends early.
    fn raster(&self, photo: &Bytes, size: u32) -> Option<Raster> {
        if self.fault != Fault::DirtyBuffer
            && let Some(raster) = thumbnail(photo, size)
        {
            return Some(raster);
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
        thumbnail(&decoded.jpeg(95)?.into(), size)
    }

    /// The photo of the person after this one, with the same number.
    fn next(&self, (person, number): Name) -> Option<Bytes> {
        let photos = lock(&self.photos);
        let next = photos.get(&(person + 1, number)).or_else(|| photos.get(&(1, number)));
        next.cloned()
    }

    /// Waits for another person's request, and takes its answer for its own.
    async fn cross(&self, name: Name, own: Bytes) -> Bytes {
        let waiting = lock(&self.partner).take_if(|(other, _)| other.0 != name.0);
        if let Some((_, meeting)) = waiting {
            let (back, others) = oneshot::channel();
            if meeting.send((own.clone(), back)).is_err() {
                return own;
            }
            return others.await.unwrap_or(own);
        }
        let (meeting, met) = oneshot::channel();
        *lock(&self.partner) = Some((name, meeting));
        match tokio::time::timeout(WAIT, met).await {
            Ok(Ok((others, back))) => {
                let _ = back.send(own);
                others
            }
            _ => own,
        }
    }
}

/// `/{run}/{person}/{photo}`.
fn name(path: &str) -> Option<Name> {
    let mut parts = path.split('/').skip(2);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// What a request that panicked left behind is still a map of whole photos.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
