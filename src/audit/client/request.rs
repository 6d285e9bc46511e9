//! One request and its answer, bounded in bytes, in time and in redirects.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST,
    HeaderMap, HeaderValue, LOCATION, USER_AGENT,
};
use hyper::{Method, Response};
use tokio::time::timeout;

use super::{Connection, Url};

/// The most redirects that are followed.
const MOST_REDIRECTS: usize = 5;

/// What an answer may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExchangeLimits {
    /// From the first byte sent to the last one read, redirects included.
    pub(crate) time: Duration,
    /// The body.
    pub(crate) bytes: usize,
}

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct HttpRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer, whole. Its status may be any.
#[derive(Clone, Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why there is no whole answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("no connection: {0}")]
    Unreachable(String),
    #[error("no whole answer within {0:?}")]
    Silent(Duration),
    #[error("an answer of more than {0} bytes")]
    TooLong(usize),
    #[error("more than {MOST_REDIRECTS} redirects, or one to nowhere")]
    Redirects,
    #[error("a compressed answer, which was not asked for")]
    Encoded,
    #[error("the answer broke off: {0}")]
    Broken(String),
}

impl HttpError {
    pub(super) fn unreachable(error: std::io::Error) -> Self {
        Self::Unreachable(error.to_string())
    }

    pub(super) fn broken(error: &hyper::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Sends a request on the kept connection, or on a new one, and reads the answer. What is kept
/// afterwards is a connection whose last exchange ended well, or nothing.
pub(crate) async fn ask(
    kept: &mut Option<Connection>,
    request: &HttpRequest,
    bounds: ExchangeLimits,
) -> Result<HttpResponse, HttpError> {
    let took = timeout(bounds.time, one(kept, request, bounds)).await;
    took.unwrap_or_else(|_| {
        // Its answer may still come, and must reach nobody.
        *kept = None;
        Err(HttpError::Silent(bounds.time))
    })
}

/// The same, and goes where redirects lead.
pub(crate) async fn following(
    kept: &mut Option<Connection>,
    request: &HttpRequest,
    bounds: ExchangeLimits,
) -> Result<HttpResponse, HttpError> {
    let mut request = request.clone();
    let follow = async {
        for _ in 0..=MOST_REDIRECTS {
            let answer = one(kept, &request, bounds).await?;
            let Some(location) = redirected(&answer) else { return Ok(answer) };
            let next = request.url.led_to(location).map_err(|_| HttpError::Redirects)?;
            if next.authority() != request.url.authority() {
                // Who is asked next is somebody else, and learns nobody's token.
                request.headers.remove(AUTHORIZATION);
                request.headers.remove(COOKIE);
            }
            if answer.status == 303 || answer.status < 303 && request.method == Method::POST {
                request.method = Method::GET;
                request.body = Bytes::new();
                request.headers.remove(CONTENT_TYPE);
            }
            request.url = next;
        }
        Err(HttpError::Redirects)
    };
    let took = timeout(bounds.time, follow).await;
    took.unwrap_or_else(|_| {
        *kept = None;
        Err(HttpError::Silent(bounds.time))
    })
}

fn redirected(answer: &HttpResponse) -> Option<&str> {
    let redirects = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
    answer.headers.get(LOCATION).filter(|_| redirects)?.to_str().ok()
}

async fn one(
    kept: &mut Option<Connection>,
    request: &HttpRequest,
    bounds: ExchangeLimits,
) -> Result<HttpResponse, HttpError> {
    let authority = request.url.authority();
    let mut line = match kept.take() {
        Some(line) if line.leads_to(authority) => line,
        _ => Connection::open(authority).await?,
    };
    let answered = match line.send(request.http()?).await {
        // It was closed while it lay idle, as a server may: nothing of this request was answered.
        Err(error) if line.used && closed_while_idle(&error) => {
            line = Connection::open(authority).await?;
            line.send(request.http()?).await
        }
        answered => answered,
    };
    let response = answered.map_err(|error| HttpError::broken(&error))?;
    let answer = read(response, bounds.bytes).await?;
    line.used = true;
    *kept = Some(line);
    Ok(answer)
}

fn closed_while_idle(error: &hyper::Error) -> bool {
    error.is_closed() || error.is_canceled() || error.is_incomplete_message()
}

async fn read(response: Response<Incoming>, most: usize) -> Result<HttpResponse, HttpError> {
    let (head, mut body) = response.into_parts();
    if body.size_hint().lower() > most as u64 {
        return Err(HttpError::TooLong(most));
    }
    let encoding = head.headers.get(CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != "identity" && !encoding.is_empty()) {
        return Err(HttpError::Encoded);
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| HttpError::broken(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > most {
            return Err(HttpError::TooLong(most));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(HttpResponse { status: head.status.as_u16(), headers: head.headers, body: bytes.freeze() })
}

impl HttpRequest {
    fn http(&self) -> Result<hyper::Request<Full<Bytes>>, HttpError> {
        let mut request = hyper::Request::builder()
            .method(self.method.clone())
            .uri(self.url.target())
            .body(Full::new(self.body.clone()))
            .map_err(|error| HttpError::Broken(error.to_string()))?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(USER_AGENT, HeaderValue::from_static("double-exposure-audit"));
        let host = HeaderValue::from_str(self.url.authority());
        headers.insert(HOST, host.map_err(|error| HttpError::Broken(error.to_string()))?);
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        // Some servers take no upload without it, also an empty one.
        if !self.body.is_empty() || self.method == Method::POST || self.method == Method::PUT {
            headers.insert(CONTENT_LENGTH, self.body.len().into());
        }
        Ok(request)
    }
}
