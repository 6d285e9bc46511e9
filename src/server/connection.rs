//! Serves one connection: HTTP/1.1 with a limit on every wait for the client.
//!
//! A slow head is answered with 408, which hyper does not do. A response that is sent before the
//! request was read whole still reaches a client that goes on sending, because the connection is
//! closed in two steps. A client that has closed its sending side still gets its response, if that
//! is ready soon: nothing tells it from a client that has left.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::connection_table::Activity;
use super::limits::Limits;
use super::problem::{MEDIA_TYPE, Problem, ProblemKind};
use super::write_timeout::WriteTimeout;

/// Bytes of a request's head and of the read buffer, at most 32 KiB. The write buffer takes a
/// further piece of a body while it holds fewer.
const MAX_HEAD_BYTES: usize = 32 << 10;

/// Time without a byte after which a client is taken to have sent everything.
const LINGER_PAUSE_TIMEOUT: Duration = Duration::from_millis(500);

/// Time in which a connection may still send a request once the server stops. The request gets its
/// 503, and the connection is closed.
const LAST_REQUEST_TIMEOUT: Duration = Duration::from_millis(250);

/// Interval at which a connection with a further request in its buffer is watched.
const WATCH_INTERVAL: Duration = Duration::from_millis(250);

/// Serves one connection until it ends, until the table tells it to close, or until `closing` turns
/// true and its last request has a response.
pub(super) async fn serve(
    stream: TcpStream,
    routes: Router,
    limits: Limits,
    activity: Arc<Activity>,
    closing: watch::Receiver<bool>,
) {
    tokio::select! {
        () = serve_to_the_end(stream, routes, limits, Arc::clone(&activity), closing) => {}
        () = activity.evicted() => {}
    }
}

async fn serve_to_the_end(
    stream: TcpStream,
    routes: Router,
    limits: Limits,
    activity: Arc<Activity>,
    mut closing: watch::Receiver<bool>,
) {
    // A response must not wait for more to send. A socket that refuses the option works too.
    let _ = stream.set_nodelay(true);
    let unanswered = Arc::new(AtomicUsize::new(0));
    let respond = responder(routes, Arc::clone(&activity), Arc::clone(&unanswered));
    let stream = Arc::new(stream);
    let watched = Arc::clone(&stream);
    let stream =
        WriteTimeout::new(stream, activity, limits.write_timeout, limits.min_bytes_per_second);
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service_fn(respond));
    let mut stopping = pin!(async {
        // The sender outlives the connections.
        let _ = closing.wait_for(|closing| *closing).await;
        sleep(LAST_REQUEST_TIMEOUT).await;
    });
    let mut open = true;
    let mut left = Box::pin(client_left(watched, Arc::clone(&unanswered), limits));
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|context| connection.poll_without_shutdown(context)) => break ended,
            () = &mut stopping, if open => {
                open = false;
                Pin::new(&mut connection).graceful_shutdown();
            }
            () = &mut left => return,
        }
    };
    // It holds a reference to the socket.
    drop(left);
    let parts = connection.into_parts();
    let mut stream = parts.io.into_inner();
    let head_timed_out = ended.is_err_and(|error| error.is_timeout()) && !parts.read_buf.is_empty();
    let close = async {
        if head_timed_out {
            stream.write_all(&head_timeout_response()).await?;
        }
        stream.shutdown().await?;
        linger(&mut stream).await
    };
    // The client may have closed the connection already; an error here changes nothing.
    let _ = timeout(limits.linger_timeout, close).await;
}

type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// Returns the function that answers each request of a connection, and counts those without an
/// answer in `unanswered`.
fn responder(
    routes: Router,
    activity: Arc<Activity>,
    unanswered: Arc<AtomicUsize>,
) -> impl Fn(Request<Incoming>) -> ResponseFuture {
    let routes = TowerToHyperService::new(routes);
    move |mut request| {
        request.extensions_mut().insert(Arc::clone(&activity));
        let response = routes.call(request);
        unanswered.fetch_add(1, Ordering::Relaxed);
        let counted = Unanswered(Arc::clone(&unanswered));
        Box::pin(async move {
            let response = response.await;
            drop(counted);
            response
        })
    }
}

struct Unanswered(Arc<AtomicUsize>);

impl Drop for Unanswered {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Resolves once a request has had no response for the half-close timeout after the client closed
/// its sending side. Never resolves while every request is answered: a response that is on its way
/// has time limits of its own.
async fn client_left(stream: Arc<TcpStream>, unanswered: Arc<AtomicUsize>, limits: Limits) {
    loop {
        match stream.ready(Interest::READABLE).await {
            Ok(ready) if !ready.is_read_closed() => sleep(WATCH_INTERVAL).await,
            _ => break,
        }
    }
    loop {
        sleep(limits.half_close_timeout).await;
        if unanswered.load(Ordering::Relaxed) > 0 {
            return;
        }
    }
}

/// Reads what the client still sends, until it pauses. A socket that is closed with unread bytes
/// resets the connection, and the client loses the response that is on its way.
async fn linger(stream: &mut WriteTimeout) -> std::io::Result<()> {
    let mut buffer = [0; 16 << 10];
    while let Ok(read) = timeout(LINGER_PAUSE_TIMEOUT, stream.read(&mut buffer)).await {
        if read? == 0 {
            break;
        }
    }
    Ok(())
}

/// Encodes the whole response to a head that did not arrive in time.
fn head_timeout_response() -> Vec<u8> {
    let detail = "the request's head did not arrive in time";
    let body = Problem::new(ProblemKind::RequestTimeout, detail).to_json(None);
    let mut response = format!(
        "HTTP/1.1 408 Request Timeout\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    response.extend(body);
    response
}
