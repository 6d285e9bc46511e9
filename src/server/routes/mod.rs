//! Routes each path to its handler, and wraps every request with limits, headers and metrics.

mod albums;
mod ops;
mod people;
mod photos;
mod thumbnails;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HOST, HeaderMap, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, StatusCode, Version};
use serde::Serialize;
use tracing::Instrument;

use super::auth::client_of;
use super::connection_table::{Activity, Working};
use super::limits::Limits;
use super::problem::{Problem, ProblemKind};
use super::state::{AppState, CountGuard};
use super::transit::{Booking, ClientKey, IsBooked, hold};

/// Path of a photo.
const PHOTO: &str = "/albums/{album}/photos/{photo}";

/// Name of the header with the random id of a request, which log and problems have too.
const REQUEST_ID: &str = "x-request-id";

/// Paths that every client may ask without a token, also while the server shuts down.
const OPEN: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/openapi.json"];

/// Bytes of a response that are not booked, at most 64 KiB. All connections together bound them.
const MAX_UNBOOKED_BYTES: u64 = 64 << 10;

/// Characters of a person's name or an album's title, at most 200.
const MAX_TEXT_CHARACTERS: usize = 200;

type SharedState = State<Arc<AppState>>;
type RouteResult = Result<Response, Problem>;

/// Builds the router of the operations' listener, with the paths that need no token.
pub(super) fn operations_router(state: Arc<AppState>) -> Router {
    finish(Router::new(), state)
}

/// Builds the router with every path.
pub(super) fn router(state: Arc<AppState>) -> Router {
    let member = put(albums::add_member).delete(albums::remove_member);
    let router = Router::new()
        .route("/people", post(people::create))
        .route("/people/{person}", delete(people::delete))
        .route("/people/{person}/token", post(people::rotate_token).delete(people::revoke_token))
        .route("/albums", post(albums::create).get(albums::list))
        .route("/albums/{album}", get(albums::fetch).delete(albums::delete))
        .route("/albums/{album}/members/{person}", member)
        .route(PHOTO, put(photos::upload).get(photos::fetch).delete(photos::delete))
        .route("/albums/{album}/photos/{photo}/thumbnail", get(thumbnails::fetch));
    finish(router, state)
}

/// Adds what every listener serves.
fn finish(router: Router<Arc<AppState>>, state: Arc<AppState>) -> Router {
    router
        .route("/healthz", get(ops::healthz))
        .route("/readyz", get(ops::readyz))
        .route("/metrics", get(ops::metrics))
        .route("/openapi.json", get(ops::openapi))
        .method_not_allowed_fallback(unknown_method)
        .fallback(unknown_path)
        .layer(from_fn_with_state(Arc::clone(&state), observe))
        .with_state(state)
}

async fn unknown_path() -> Problem {
    Problem::new(ProblemKind::NotFound, "there is no such path: see /openapi.json")
}

async fn unknown_method(method: Method) -> Problem {
    let detail = format!("not {method}: see Allow, and /openapi.json");
    Problem::new(ProblemKind::MethodNotAllowed, detail)
}

/// Counts a request, adds the headers that every response has, and applies [`limit`] to all paths
/// but the open ones.
async fn observe(State(state): SharedState, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = format!("{:016x}", fastrand::u64(..));
    let client = client_of(request.headers());
    let connection = request.extensions().get::<Arc<Activity>>().cloned();
    let host = check_host(&request);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let span = tracing::info_span!("request", id);
    let is_open = OPEN.contains(&route);
    let response = async {
        if let Err(problem) = host {
            return problem.into_response();
        }
        let response = async {
            // A request that waits for its client's others can still be given up.
            let _working = work(connection.as_ref()).await;
            next.run(request).await
        };
        if is_open {
            return response.await;
        }
        let _counted = CountGuard::increment(&state.requests);
        limit(&state, client, &method, response).await
    };
    let response = response.instrument(span).await;
    let mut response = book(&state, client, response).await;
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REQUEST_ID, ascii_value(&id));
    let problem = response.extensions_mut().remove::<Problem>();
    // A response to HEAD has no body.
    if let Some(problem) = problem.as_ref().filter(|_| method != Method::HEAD) {
        *response.body_mut() = Body::from(problem.to_json(Some(&id)));
    }
    let problem = problem.map(|problem| problem.kind());
    let (method, status, duration) = (known_method(&method), response.status(), began.elapsed());
    log_response(&id, is_open, method, route, status, problem, duration);
    state.resources.metrics.observe_response(method, route, status, problem, duration);
    response
}

/// Writes a line of the access log. It has the route's pattern, never the path, which identifies
/// people. Health checks are logged at a lower level.
fn log_response(
    id: &str,
    is_open: bool,
    method: &str,
    route: &str,
    status: StatusCode,
    problem: Option<ProblemKind>,
    duration: Duration,
) {
    let (status, problem) = (status.as_u16(), problem.map_or("", ProblemKind::slug));
    let ms = duration.as_secs_f64() * 1e3;
    if is_open {
        tracing::debug!(target: "access", id, method, route, status, problem, ms);
    } else {
        tracing::info!(target: "access", id, method, route, status, problem, ms);
    }
}

/// Keeps the connection of a request open until the result is dropped. Only requests over a socket
/// have a connection.
async fn work(connection: Option<&Arc<Activity>>) -> Option<Working> {
    Some(connection?.work().await)
}

/// Rejects a request unless it has exactly one `Host`, or none in HTTP/1.0. A proxy in front of the
/// server could take another one for the right one.
fn check_host(request: &Request) -> Result<(), Problem> {
    let hosts = request.headers().get_all(HOST).iter().count();
    if hosts == 1 || hosts == 0 && request.version() < Version::HTTP_11 {
        return Ok(());
    }
    let detail = format!("the request has {hosts} Host headers; it must have one");
    Err(Problem::new(ProblemKind::InvalidHost, detail))
}

/// Books the bytes of a response that has more than [`MAX_UNBOOKED_BYTES`], or rejects the request
/// if slow clients hold the whole budget.
async fn book(state: &AppState, client: ClientKey, response: Response) -> Response {
    let length = response.body().size_hint().lower();
    if length <= MAX_UNBOOKED_BYTES || response.extensions().get::<IsBooked>().is_some() {
        return response;
    }
    let booking = match try_book(state, client, length) {
        Ok(booking) => booking,
        Err(problem) => return problem.into_response(),
    };
    let (head, body) = response.into_parts();
    match body.collect().await {
        Ok(body) => Response::from_parts(head, Body::from(hold(body.to_bytes(), booking))),
        Err(error) => Problem::internal("a response", &error).into_response(),
    }
}

/// Returns the bytes of a response, booked as [`book`] does.
fn book_bytes(state: &AppState, client: ClientKey, bytes: Bytes) -> Result<Bytes, Problem> {
    let length = bytes.len() as u64;
    if length <= MAX_UNBOOKED_BYTES {
        return Ok(bytes);
    }
    Ok(hold(bytes, try_book(state, client, length)?))
}

fn try_book(state: &AppState, client: ClientKey, length: u64) -> Result<Booking, Problem> {
    state.download_budget.try_book(client, length).ok_or_else(|| {
        let detail = "clients read their responses too slowly: try again in a moment";
        Problem::new(ProblemKind::Overloaded, detail)
    })
}

/// Rejects a request while the server shuts down, lets it wait for others of its client, and limits
/// the time of its response.
async fn limit(
    state: &AppState,
    client: ClientKey,
    method: &Method,
    response: impl Future<Output = Response>,
) -> Response {
    if *state.shutting_down.borrow() {
        let detail = "the server is shutting down: try again once it has restarted";
        return Problem::new(ProblemKind::ShuttingDown, detail).into_response();
    }
    let Limits { max_requests_per_client, max_queued_requests_per_client, .. } = state.limits;
    let max_users = max_requests_per_client as usize + max_queued_requests_per_client;
    let share = async {
        let share = state.requests_by_client.acquire_bounded(client, max_users).await;
        share.ok_or_else(|| {
            let detail = format!("{max_users} requests with this token wait already: try again");
            Problem::new(ProblemKind::Overloaded, detail)
        })
    };
    // What changes something has time limits of its own, for its body and for the time before its
    // write begins. A write that has begun is waited for.
    if !method.is_safe() {
        return match state.with_timeout(share).await {
            Ok(_share) => response.await,
            Err(problem) => problem.into_response(),
        };
    }
    let response = async {
        let _share = share.await?;
        Ok(response.await)
    };
    state.with_timeout(response).await.into_response()
}

/// Returns the method's name, or "other". Clients can invent methods without end, and a metric's
/// label must have a bounded number of values.
fn known_method(method: &Method) -> &str {
    let name = method.as_str();
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
    if known.contains(&name) { name } else { "other" }
}

/// Builds a JSON response.
fn json(status: StatusCode, document: &impl Serialize) -> Response {
    let body = serde_json::to_vec(document).expect("numbers and strings are always JSON");
    let content_type = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (status, [content_type], body).into_response()
}

/// Builds the headers of a response that only the person who asked may cache. `Vary` keeps two
/// people who use one device apart.
fn private_headers(etag: &str, cache_control: &'static str) -> HeaderMap {
    HeaderMap::from_iter([
        (ETAG, ascii_value(etag)),
        (CACHE_CONTROL, HeaderValue::from_static(cache_control)),
        (VARY, HeaderValue::from_static("Authorization")),
    ])
}

/// Converts text that the server made, and that is plain ASCII, to a header's value.
fn ascii_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("tags and paths are plain ASCII")
}

/// Rejects a name or a title that shows nothing, is too long, or has a control character.
fn check_text(field: &str, text: &str) -> Result<(), Problem> {
    let characters = text.chars().count();
    let detail = if text.chars().all(is_invisible) {
        format!("the {field} is empty, or has only characters that show nothing")
    } else if characters > MAX_TEXT_CHARACTERS {
        format!("the {field} has {characters} characters; the limit is {MAX_TEXT_CHARACTERS}")
    } else if text.chars().any(char::is_control) {
        format!("the {field} has a control character in it")
    } else {
        return Ok(());
    };
    Err(Problem::new(ProblemKind::InvalidJson, detail))
}

/// Returns true if a character shows nothing by itself: white space, and Unicode's default
/// ignorable code points, such as marks of direction.
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || matches!(u32::from(character),
            0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x2800 | 0x3164
            | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFF8 | 0x1BCA0..=0x1BCA3
            | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}
