//! Routes each path to its handler, and wraps every request with limits, headers and metrics.

mod albums;
mod ops;
mod people;
mod photos;
mod thumbnails;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use hyper::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, StatusCode};
use serde::Serialize;

use super::problem::{Problem, ProblemKind};
use super::state::{AppState, CountGuard};

/// Path of a photo. The body of its PUT may take longer than a response.
const PHOTO: &str = "/albums/{album}/photos/{photo}";

/// Paths that every client may ask without a token, also while the server shuts down.
const OPEN: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/openapi.json"];

/// Characters of a person's name or an album's title, at most 200.
const MAX_TEXT_CHARACTERS: usize = 200;

type SharedState = State<Arc<AppState>>;
type RouteResult = Result<Response, Problem>;

/// Builds the router with every path.
pub(super) fn router(state: Arc<AppState>) -> Router {
    let member = put(albums::add_member).delete(albums::remove_member);
    Router::new()
        .route("/people", post(people::create))
        .route("/albums", post(albums::create).get(albums::list))
        .route("/albums/{album}", get(albums::fetch))
        .route("/albums/{album}/members/{person}", member)
        .route(PHOTO, put(photos::upload).get(photos::fetch).delete(photos::delete))
        .route("/albums/{album}/photos/{photo}/thumbnail", get(thumbnails::fetch))
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
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let mut response = if OPEN.contains(&route) {
        next.run(request).await
    } else {
        let _counted = CountGuard::increment(&state.requests);
        limit(&state, &method, route, next.run(request)).await
    };
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let problem = response.extensions().get::<ProblemKind>().copied();
    let (method, status, duration) = (known_method(&method), response.status(), began.elapsed());
    state.resources.metrics.observe_response(method, route, status, problem, duration);
    response
}

/// Rejects a request while the server shuts down, and limits the time of its response.
async fn limit(
    state: &AppState,
    method: &Method,
    route: &str,
    response: impl Future<Output = Response>,
) -> Response {
    if *state.shutting_down.borrow() {
        let detail = "the server is shutting down: try again once it has restarted";
        return Problem::new(ProblemKind::ShuttingDown, detail).into_response();
    }
    // An upload is as slow as its client. It has time limits of its own for the body, and the
    // response timeout for the rest.
    if route == PHOTO && method == Method::PUT {
        return response.await;
    }
    state.with_timeout(async { Ok(response.await) }).await.into_response()
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

/// Rejects a name or a title that is empty, too long, or has a control character.
fn check_text(field: &str, text: &str) -> Result<(), Problem> {
    let characters = text.chars().count();
    let detail = if characters == 0 {
        format!("the {field} is empty")
    } else if characters > MAX_TEXT_CHARACTERS {
        format!("the {field} has {characters} characters; the limit is {MAX_TEXT_CHARACTERS}")
    } else if text.chars().any(|character| character.is_ascii_control()) {
        format!("the {field} has a control character in it")
    } else {
        return Ok(());
    };
    Err(Problem::new(ProblemKind::InvalidJson, detail))
}
