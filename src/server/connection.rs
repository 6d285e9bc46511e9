//! Serves one connection: HTTP/1.1 with a limit on every wait for the client.
//!
//! A slow head is answered with 408, which hyper does not do. A response that is sent before the
//! request was read whole still reaches a client that goes on sending, because the connection is
//! closed in two steps.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::limits::Limits;
use super::problem::{MEDIA_TYPE, Problem, ProblemKind};
use super::write_timeout::WriteTimeout;

/// Bytes of a request's head and of the read buffer, at most 32 KiB.
const MAX_HEAD_BYTES: usize = 32 << 10;

/// Time without a byte after which a client is taken to have sent everything.
const LINGER_PAUSE_TIMEOUT: Duration = Duration::from_millis(500);

/// Serves one connection until it ends, or until `closing` turns true and its last request has a
/// response.
pub(super) async fn serve(
    stream: TcpStream,
    routes: Router,
    limits: Limits,
    mut closing: watch::Receiver<bool>,
) {
    // A response must not wait for more to send. A socket that refuses the option works too.
    let _ = stream.set_nodelay(true);
    let routes = TowerToHyperService::new(routes);
    let respond = service_fn(move |request: Request<Incoming>| {
        Box::pin(routes.call(request)) as ResponseFuture
    });
    let stream = WriteTimeout::new(stream, limits.write_timeout);
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), respond);
    let mut open = true;
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|context| connection.poll_without_shutdown(context)) => break ended,
            _ = closing.wait_for(|closing| *closing), if open => {
                open = false;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
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
