//! Serves people and their tokens: for the operator, and for each person about themself.

use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use hyper::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::{RouteResult, SharedState, check_text, json};
use crate::album::{AlbumError, PersonId, RepeatableRequest, Store, Token};
use crate::server::auth::Bearer;
use crate::server::extract::{self, PathParams};
use crate::server::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    name: String,
}

#[derive(Serialize)]
struct PersonWithToken {
    person: PersonId,
    token: String,
}

impl From<(PersonId, Token)> for PersonWithToken {
    fn from((person, token): (PersonId, Token)) -> Self {
        Self { person, token: token.reveal().to_owned() }
    }
}

pub(super) async fn create(
    State(state): SharedState,
    bearer: Bearer,
    headers: HeaderMap,
    body: Body,
) -> RouteResult {
    let (key, store, shown) = (state.operator_key, &state.resources.store, bearer.clone());
    // An unauthenticated client's body is not read.
    state.with_timeout(store.run(move |store| shown.check_operator(&key, store))).await?;
    let NewPerson { name } = extract::json(&headers, body, &state.limits).await?;
    check_text("name", &name)?;
    let request = extract::idempotency_key(&headers)?
        .map(|key| RepeatableRequest::new(key, "POST /people", &name));
    let created = store.write(state.deadline(), move |store| {
        bearer.check_operator(&key, store)?;
        let created = match request {
            Some(request) => store.create_person_once(&name, &request, bearer.reveal())?,
            None => store.create_person(&name)?,
        };
        Ok::<_, Problem>(PersonWithToken::from(created))
    });
    Ok(json(StatusCode::CREATED, &created.await?))
}

/// Gives a person a new token. The old one ends at once.
pub(super) async fn rotate_token(
    State(state): SharedState,
    bearer: Bearer,
    params: PathParams<String>,
    headers: HeaderMap,
) -> RouteResult {
    let key = state.operator_key;
    let request = extract::idempotency_key(&headers).map(|key| {
        key.map(|key| {
            let person = params.as_ref().map(|person| person.as_str()).unwrap_or_default();
            RepeatableRequest::new(key, "POST /people/{person}/token", person)
        })
    });
    let rotated = state.resources.store.write(state.deadline(), move |store| {
        let person = || extract::person(&params);
        if !bearer.is_operator(&key)
            && let Ok(Some(request)) = &request
        {
            return rotate_own_token_once(store, &bearer, person, request);
        }
        let person = bearer.check_self_or_operator(person, &key, store)?;
        let rotated = match request? {
            // Only the operator reaches this with a key.
            Some(request) => store.rotate_token_of_once(person, &request, bearer.reveal())?,
            None => (person, store.rotate_token(person)?),
        };
        Ok(rotated.into())
    });
    Ok(json(StatusCode::CREATED, &rotated.await?))
}

/// Gives the holder of a token a new one, or again the one that the same request gave before, when
/// the old token has ended already.
fn rotate_own_token_once(
    store: &Store,
    bearer: &Bearer,
    person: impl FnOnce() -> Result<PersonId, Problem>,
    request: &RepeatableRequest,
) -> Result<PersonWithToken, Problem> {
    if let Some(caller) = store.person_by_token(bearer.reveal())?
        && caller != person()?
    {
        return Err(AlbumError::NoSuchPerson.into());
    }
    let rotated = store.rotate_token_once(bearer.reveal(), request)?;
    rotated.map(PersonWithToken::from).ok_or_else(crate::server::auth::unauthenticated)
}

pub(super) async fn revoke_token(
    state: SharedState,
    bearer: Bearer,
    params: PathParams<String>,
) -> RouteResult {
    change(state, bearer, params, Store::revoke_token).await
}

pub(super) async fn delete(
    state: SharedState,
    bearer: Bearer,
    params: PathParams<String>,
) -> RouteResult {
    change(state, bearer, params, Store::delete_person).await
}

type PersonChange = fn(&Store, PersonId) -> Result<(), AlbumError>;

async fn change(
    State(state): SharedState,
    bearer: Bearer,
    params: PathParams<String>,
    change: PersonChange,
) -> RouteResult {
    let key = state.operator_key;
    let changed = state.resources.store.write(state.deadline(), move |store| {
        let person = bearer.check_self_or_operator(|| extract::person(&params), &key, store)?;
        Ok::<_, Problem>(change(store, person)?)
    });
    changed.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
