//! Serves health, readiness, metrics and the API's description to every client, without a token.

use axum::extract::State;
use axum::response::IntoResponse;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

use super::{RouteResult, SharedState, json};
use crate::server::metrics;
use crate::server::problem::{Problem, ProblemKind};

/// Description of the API, OpenAPI 3.1. It is written by hand, and the tests compare it with every
/// response.
const OPENAPI: &str = include_str!("../openapi.json");

/// Tells that the process answers.
pub(super) async fn healthz() -> RouteResult {
    Ok(json(StatusCode::OK, &json!({"healthy": true})))
}

/// Tells whether the server accepts requests and can write its file, and if it believes its clock.
pub(super) async fn readyz(State(state): SharedState) -> RouteResult {
    if *state.shutting_down.borrow() {
        return Err(Problem::new(ProblemKind::ShuttingDown, "the server is shutting down"));
    }
    let clock = state.with_timeout(state.readiness.check(&state.resources.store)).await?;
    let document = json!({
        "ready": true,
        "clock_believed": clock.is_believed(),
        "clock_ahead_seconds": clock.ahead_ms() / 1_000,
    });
    Ok(json(StatusCode::OK, &document))
}

pub(super) async fn metrics(State(state): SharedState) -> RouteResult {
    let content_type = (CONTENT_TYPE, HeaderValue::from_static(metrics::MEDIA_TYPE));
    Ok(([content_type], state.resources.metrics.encode(state.occupancy())).into_response())
}

pub(super) async fn openapi() -> RouteResult {
    let content_type = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(([content_type], OPENAPI).into_response())
}
