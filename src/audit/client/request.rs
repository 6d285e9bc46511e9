//! Sends one request and reads its response, with limits of bytes, time and redirects.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST,
    HeaderMap, HeaderValue, LOCATION, SET_COOKIE, USER_AGENT,
};
use hyper::{Method, Response};
use regex_lite::Regex;
use tokio::time::timeout;

use super::{Connection, HttpError, TlsTrust, Url};

/// Upper bound of the redirects that are followed.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// Upper bound of the cookies that are kept of redirects.
const MAX_COOKIES: usize = 32;

/// Upper bound of the bytes of a body that are shown.
const MAX_EXCERPT_BYTES: usize = 200;

/// Upper bound of the bytes of a body in which secrets are replaced before it is cut.
const MAX_READABLE_BYTES: usize = 4 << 10;

/// Limits one exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExchangeLimits {
    /// Upper bound of the time from the first byte sent to the last byte read, redirects included.
    pub(crate) timeout: Duration,
    /// Upper bound of the bytes of the body.
    pub(crate) bytes: usize,
}

/// Holds a request that is ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct HttpRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Certificates that are trusted where the URL is of `https`.
    pub(crate) tls: TlsTrust,
}

/// Holds a complete response with any status.
#[derive(Clone, Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends a request and follows redirects, if `max_redirects` is not 0. Uses the connection, or
/// opens a new one, and leaves a connection only if its last exchange ended well. The cookies that
/// redirects set are those of the response.
pub(crate) async fn send(
    connection: &mut Option<Connection>,
    request: &HttpRequest,
    limits: ExchangeLimits,
    max_redirects: usize,
) -> Result<HttpResponse, HttpError> {
    let mut request = request.clone();
    let exchanges = async {
        let mut cookies = Vec::new();
        for _ in 0..=max_redirects {
            let mut response = exchange(connection, &request, limits).await?;
            let location = redirect(&response).filter(|_| max_redirects > 0);
            let Some(location) = location else {
                for cookie in cookies {
                    response.headers.append(SET_COOKIE, cookie);
                }
                return Ok(response);
            };
            let set = response.headers.get_all(SET_COOKIE).iter().cloned();
            cookies.extend(set.take(MAX_COOKIES - cookies.len().min(MAX_COOKIES)));
            let next = request.url.join_location(location).map_err(|_| HttpError::Redirects)?;
            if next.origin() != request.url.origin() {
                // Another host must not learn the token.
                request.headers.remove(AUTHORIZATION);
                request.headers.remove(COOKIE);
            }
            if response.status == 303 || response.status < 303 && request.method == Method::POST {
                request.method = Method::GET;
                request.body = Bytes::new();
                request.headers.remove(CONTENT_TYPE);
            }
            request.url = next;
        }
        Err(HttpError::Redirects)
    };
    let result = timeout(limits.timeout, exchanges).await;
    result.unwrap_or_else(|_| {
        // The late response may still arrive on the connection, and must reach no other request.
        *connection = None;
        Err(HttpError::Timeout(limits.timeout))
    })
}

fn redirect(response: &HttpResponse) -> Option<&str> {
    let is_redirect = matches!(response.status, 301 | 302 | 303 | 307 | 308);
    response.headers.get(LOCATION).filter(|_| is_redirect)?.to_str().ok()
}

/// Takes the kept connection if it leads to the request's host, or opens a new one.
pub(super) async fn ready_connection(
    kept: &mut Option<Connection>,
    request: &HttpRequest,
) -> Result<Connection, HttpError> {
    let HttpRequest { url, tls, .. } = request;
    match kept.take() {
        Some(connection) if connection.leads_to(url) => Ok(connection),
        _ => Connection::open(url, tls).await,
    }
}

async fn exchange(
    kept: &mut Option<Connection>,
    request: &HttpRequest,
    limits: ExchangeLimits,
) -> Result<HttpResponse, HttpError> {
    let mut connection = ready_connection(kept, request).await?;
    let response = match connection.send(request.to_hyper()?).await {
        // A server may close an idle connection; then it has answered nothing of this request.
        Err(error) if connection.is_reused && was_closed_while_idle(&error) => {
            connection = Connection::open(&request.url, &request.tls).await?;
            connection.send(request.to_hyper()?).await
        }
        response => response,
    };
    let response = read(response.map_err(HttpError::broken)?, limits.bytes).await?;
    connection.is_reused = true;
    *kept = Some(connection);
    Ok(response)
}

fn was_closed_while_idle(error: &hyper::Error) -> bool {
    error.is_closed() || error.is_canceled() || error.is_incomplete_message()
}

async fn read(response: Response<Incoming>, max_bytes: usize) -> Result<HttpResponse, HttpError> {
    let (head, mut body) = response.into_parts();
    if body.size_hint().lower() > max_bytes as u64 {
        return Err(HttpError::TooLarge(max_bytes));
    }
    let encoding = head.headers.get(CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != "identity" && !encoding.is_empty()) {
        return Err(HttpError::Compressed);
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(HttpError::broken)?.into_data() else { continue };
        if bytes.len() + data.len() > max_bytes {
            return Err(HttpError::TooLarge(max_bytes));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(HttpResponse { status: head.status.as_u16(), headers: head.headers, body: bytes.freeze() })
}

impl HttpRequest {
    pub(super) fn to_hyper(&self) -> Result<hyper::Request<Full<Bytes>>, HttpError> {
        let mut request = hyper::Request::builder()
            .method(self.method.clone())
            .uri(self.url.path_and_query())
            .body(Full::new(self.body.clone()))
            .map_err(HttpError::broken)?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(USER_AGENT, HeaderValue::from_static("double-exposure-audit"));
        let host = HeaderValue::from_str(self.url.host_header());
        headers.insert(HOST, host.map_err(HttpError::broken)?);
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        // Some servers accept no upload without a length, even an empty one.
        if !self.body.is_empty() || self.method == Method::POST || self.method == Method::PUT {
            headers.insert(CONTENT_LENGTH, self.body.len().into());
        }
        Ok(request)
    }
}

impl HttpResponse {
    /// Describes the response by its status, its type and the first bytes of its body. `hide`
    /// replaces the secrets in a text.
    pub(crate) fn excerpt(&self, hide: impl Fn(&str) -> String) -> String {
        let media_type = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.unwrap_or("no type");
        match cut(&hide(&self.readable())) {
            body if body.is_empty() => format!("{} without a body", self.status),
            body => format!("{} ({media_type}): {body}", self.status),
        }
    }

    /// Returns the start of the body on one line, without the JSON values whose names tell that
    /// they are secrets.
    pub(crate) fn readable(&self) -> String {
        let start = &self.body[..self.body.len().min(MAX_READABLE_BYTES)];
        let text = String::from_utf8_lossy(start);
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let secret = r#"("[^"]*(?i:token|secret|passw|session|cookie)[^"]*" ?: ?")[^"]*"#;
        match Regex::new(secret) {
            Ok(secret) => secret.replace_all(&text, "${1}…").into_owned(),
            Err(_) => text,
        }
    }

    /// Drops the body beyond what a reader is shown of it.
    pub(crate) fn cut_to_readable(&mut self) {
        let end = self.body.len().min(MAX_READABLE_BYTES);
        self.body = Bytes::copy_from_slice(&self.body[..end]);
    }
}

/// Cuts a text to [`MAX_EXCERPT_BYTES`].
pub(crate) fn cut(text: &str) -> String {
    if text.len() <= MAX_EXCERPT_BYTES {
        return text.to_owned();
    }
    let end = (0..=MAX_EXCERPT_BYTES).rev().find(|&end| text.is_char_boundary(end));
    format!("{}…", &text[..end.unwrap_or_default()])
}
