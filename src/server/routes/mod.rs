//! Every path, and what happens round each request.

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
use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, StatusCode, header};
use serde::Serialize;

use super::problem::{Problem, ProblemKind};
use super::state::{AppState, CountGuard};

/// The path whose PUT has a body that may take longer than an answer.
const PHOTO: &str = "/albums/{album}/photos/{photo}";

/// What anyone on the listening address may ask, also while the server stops.
const OPEN: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/openapi.json"];

type Shared = State<Arc<AppState>>;
type Answered = Result<Response, Problem>;

/// All of it.
pub(super) fn routes(state: Arc<AppState>) -> Router {
    Router::new()
        .route("/people", post(people::create))
        .route("/albums", post(albums::create).get(albums::list))
        .route("/albums/{album}", get(albums::open))
        .route("/albums/{album}/members/{person}", put(albums::add).delete(albums::remove))
        .route(PHOTO, put(photos::upload).get(photos::fetch).delete(photos::delete))
        .route("/albums/{album}/photos/{photo}/thumbnail", get(thumbnails::fetch))
        .route("/healthz", get(ops::healthz))
        .route("/readyz", get(ops::readyz))
        .route("/metrics", get(ops::metrics))
        .route("/openapi.json", get(ops::openapi))
        .method_not_allowed_fallback(no_such_method)
        .fallback(no_such_path)
        .layer(from_fn_with_state(Arc::clone(&state), attend))
        .with_state(state)
}

async fn no_such_path() -> Problem {
    Problem::new(ProblemKind::NotFound, "there is no such path: see /openapi.json")
}

async fn no_such_method(method: Method) -> Problem {
    Problem::new(ProblemKind::Method, format!("not {method}: see Allow, and /openapi.json"))
}

/// Counts a request, holds it to the deadline, refuses it if the server is stopping.
async fn attend(State(state): Shared, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let mut response = if OPEN.contains(&route) {
        next.run(request).await
    } else {
        let _at_work = CountGuard::increment(&state.at_work);
        answer(&state, &method, route, next.run(request)).await
    };
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    let problem = response.extensions().get::<ProblemKind>().copied();
    let status = response.status();
    state.metrics.answered(known(&method), route, status, problem, began.elapsed());
    response
}

async fn answer(
    state: &AppState,
    method: &Method,
    route: &str,
    answer: impl Future<Output = Response>,
) -> Response {
    if *state.stopping.borrow() {
        let stopping = "the server is stopping: try again once it has started anew";
        return Problem::new(ProblemKind::Stopping, stopping).into_response();
    }
    // An upload is as slow as its client: it has limits of its own, and the deadline for the rest.
    if route == PHOTO && method == Method::PUT {
        return answer.await;
    }
    state.in_time(async { Ok(answer.await) }).await.into_response()
}

/// A method's name, of a closed list: anybody can make up more.
fn known(method: &Method) -> &str {
    let name = method.as_str();
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
    if known.contains(&name) { name } else { "other" }
}

/// An answer in JSON.
fn json(status: StatusCode, document: &impl Serialize) -> Response {
    let body =
        serde_json::to_vec(document).expect("a document of numbers and strings is always JSON");
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (status, headers, body).into_response()
}

/// A header's value, of text that is made here and plain.
fn plain(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("tags and names are plain ASCII")
}
