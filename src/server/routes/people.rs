//! Making people, for the operator.

use axum::body::Body;
use axum::extract::State;
use hyper::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Answered, Shared, json};
use crate::album::PersonId;
use crate::server::access::Bearer;
use crate::server::problem::Problem;
use crate::server::{reading, texts};

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

pub(super) async fn create(State(house): Shared, headers: HeaderMap, body: Body) -> Answered {
    let bearer = Bearer::of(&headers)?;
    let wanted = reading::json::<NewPerson>(&headers, body, &house.limits).await;
    let key = house.operator;
    let made = house.desk.ask(move |store| {
        bearer.operator(&key, store)?;
        let NewPerson { name } = wanted?;
        texts::check("name", &name)?;
        let (person, token) = store.create_person(&name)?;
        Ok::<_, Problem>(Made { person, token: token.reveal().to_owned() })
    });
    Ok(json(StatusCode::CREATED, &made.await?))
}
