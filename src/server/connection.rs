//! One connection: HTTP/1.1 with limits on how long a peer may take for anything.
//!
//! A slow head is answered with 408, which hyper does not do; and an answer given before the
//! request was read whole still reaches a peer that goes on sending, because the connection is
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

/// Bytes of a head, and of what is read at once.
const HEAD_BYTES: usize = 32 << 10;

/// A peer that sends nothing for so long has nothing more to send.
const QUIET: Duration = Duration::from_millis(500);

/// Serves one connection until it ends, or until `closing` turns true and its last request is
/// answered.
pub(super) async fn serve(
    stream: TcpStream,
    routes: Router,
    limits: Limits,
    mut closing: watch::Receiver<bool>,
) {
    // An answer waits for nothing once it is written; a socket that cannot do this works too.
    let _ = stream.set_nodelay(true);
    let routes = TowerToHyperService::new(routes);
    let answer =
        service_fn(move |request: Request<Incoming>| Box::pin(routes.call(request)) as Answer);
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(WriteTimeout::new(stream, limits.write)), answer);
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
    let late = ended.is_err_and(|error| error.is_timeout()) && !parts.read_buf.is_empty();
    let farewell = async {
        if late {
            stream.write_all(&slow_head()).await?;
        }
        stream.shutdown().await?;
        linger(&mut stream).await
    };
    // The peer may be gone already, and then there is nobody to tell.
    let _ = timeout(limits.linger, farewell).await;
}

type Answer = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// Takes what the peer still sends, up to a limit: a socket closed with bytes unread takes back the
/// answer that is on its way.
async fn linger(stream: &mut WriteTimeout) -> std::io::Result<()> {
    let mut unread = [0; 16 << 10];
    while let Ok(read) = timeout(QUIET, stream.read(&mut unread)).await {
        if read? == 0 {
            break;
        }
    }
    Ok(())
}

/// A whole answer, for a head that did not arrive.
fn slow_head() -> Vec<u8> {
    let problem =
        Problem::new(ProblemKind::SlowRequest, "the request's head did not arrive in time");
    let body = problem.to_json();
    let mut answer = format!(
        "HTTP/1.1 408 Request Timeout\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend(body);
    answer
}
