//! What anyone on the listening address may ask: whether it lives, what it counts, what it can do.

use axum::extract::State;
use axum::response::IntoResponse;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

use super::{Answered, Shared, json};
use crate::server::metrics;
use crate::server::openapi::DOCUMENT;
use crate::server::problem::{Problem, ProblemKind};

/// The process answers.
pub(super) async fn healthz() -> Answered {
    Ok(json(StatusCode::OK, &json!({"healthy": true})))
}

/// The process takes work, and its file can be read.
pub(super) async fn readyz(State(state): Shared) -> Answered {
    if *state.stopping.borrow() {
        return Err(Problem::new(ProblemKind::Stopping, "the server is stopping"));
    }
    state.in_time(state.store.run(|store| store.person_by_token("").map(drop))).await?;
    Ok(json(StatusCode::OK, &json!({"ready": true})))
}

pub(super) async fn metrics(State(state): Shared) -> Answered {
    let content_type = (CONTENT_TYPE, HeaderValue::from_static(metrics::MEDIA_TYPE));
    Ok(([content_type], state.metrics.text(state.held())).into_response())
}

pub(super) async fn openapi() -> Answered {
    let content_type = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(([content_type], DOCUMENT).into_response())
}
