//! Serves `POST /people`: creates a person, for the operator.

use axum::body::Body;
use axum::extract::State;
use hyper::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::{RouteResult, SharedState, check_text, json};
use crate::album::PersonId;
use crate::server::auth::Bearer;
use crate::server::extract;
use crate::server::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    name: String,
}

#[derive(Serialize)]
struct CreatedPerson {
    person: PersonId,
    token: String,
}

pub(super) async fn create(
    State(state): SharedState,
    bearer: Bearer,
    headers: HeaderMap,
    body: Body,
) -> RouteResult {
    let body = extract::json::<NewPerson>(&headers, body, &state.limits).await;
    let key = state.operator_key;
    let created = state.resources.store.run(move |store| {
        bearer.check_operator(&key, store)?;
        let NewPerson { name } = body?;
        check_text("name", &name)?;
        let (person, token) = store.create_person(&name)?;
        Ok::<_, Problem>(CreatedPerson { person, token: token.reveal().to_owned() })
    });
    Ok(json(StatusCode::CREATED, &created.await?))
}
