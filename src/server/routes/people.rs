//! Making people, for the operator.

use axum::body::Body;
use axum::extract::State;
use hyper::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Answered, Shared, json};
use crate::album::PersonId;
use crate::server::auth::Bearer;
use crate::server::problem::Problem;
use crate::server::{extract, validation};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    name: String,
}

#[derive(Serialize)]
struct Made {
    person: PersonId,
    token: String,
}

pub(super) async fn create(State(state): Shared, headers: HeaderMap, body: Body) -> Answered {
    let bearer = Bearer::of(&headers)?;
    let wanted = extract::json::<NewPerson>(&headers, body, &state.limits).await;
    let key = state.operator;
    let made = state.store.run(move |store| {
        bearer.operator(&key, store)?;
        let NewPerson { name } = wanted?;
        validation::check("name", &name)?;
        let (person, token) = store.create_person(&name)?;
        Ok::<_, Problem>(Made { person, token: token.reveal().to_owned() })
    });
    Ok(json(StatusCode::CREATED, &made.await?))
}
