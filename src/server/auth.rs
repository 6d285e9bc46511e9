//! Authenticates a request: a person by a token, the operator by a key.
//!
//! The album decides what an authenticated person may do. Authentication comes before every other
//! check, so that an unauthenticated client learns nothing, not even its other mistakes.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;

use super::connection_table::Activity;
use super::problem::{Problem, ProblemKind};
use super::transit::ClientKey;
use crate::album::{AlbumError, ContentHash, PersonId, Store};

/// Holds the bearer token of a request, not verified yet, and the connection that carried it.
#[derive(Clone)]
pub(super) struct Bearer {
    token: String,
    connection: Option<Arc<Activity>>,
}

/// Extracts the token from the only `Authorization` header of a request.
impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let token = token(&parts.headers).ok_or_else(unauthenticated)?.to_owned();
        // Only requests over a socket have a connection.
        Ok(Self { token, connection: parts.extensions.get().cloned() })
    }
}

/// Returns the token in the only `Authorization` header of a request.
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Returns the client that a request is charged to, by its token. The token need not be valid.
pub(super) fn client_of(headers: &HeaderMap) -> ClientKey {
    ContentHash::of(token(headers).unwrap_or_default().as_bytes())
}

impl Bearer {
    /// Returns the person that the token belongs to.
    pub(super) fn person(&self, store: &Store) -> Result<PersonId, Problem> {
        let person = store.person_by_token(&self.token)?.ok_or_else(unauthenticated)?;
        self.accept();
        Ok(person)
    }

    /// Notes that the connection carries a valid token.
    fn accept(&self) {
        if let Some(connection) = &self.connection {
            connection.authenticated(ContentHash::of(self.token.as_bytes()));
        }
    }

    /// Returns the secret text.
    pub(super) fn reveal(&self) -> &str {
        &self.token
    }

    /// Accepts the person themself, and the operator's key, given the hash of it. For every other
    /// person the response is the same as if there were no such person.
    pub(super) fn check_self_or_operator(
        &self,
        person: impl FnOnce() -> Result<PersonId, Problem>,
        key: &ContentHash,
        store: &Store,
    ) -> Result<PersonId, Problem> {
        let caller = if self.is_operator(key) { None } else { Some(self.person(store)?) };
        let person = person()?;
        if caller.is_none_or(|caller| caller == person) {
            Ok(person)
        } else {
            Err(AlbumError::NoSuchPerson.into())
        }
    }

    /// Returns true if this is the operator's key, given the hash of it, which is a valid token of
    /// the connection.
    pub(super) fn is_operator(&self, key: &ContentHash) -> bool {
        let shown = ContentHash::of(self.token.as_bytes());
        // These compare in constant time.
        let hash = |hash: &ContentHash| blake3::Hash::from_bytes(*hash.as_bytes());
        let is_operator = hash(&shown) == hash(key);
        if is_operator {
            self.accept();
        }
        is_operator
    }

    /// Accepts the operator's key, given the hash of it. A person's token is answered with 403,
    /// any other text with 401.
    pub(super) fn check_operator(&self, key: &ContentHash, store: &Store) -> Result<(), Problem> {
        if self.is_operator(key) {
            return Ok(());
        }
        self.person(store)?;
        Err(Problem::new(ProblemKind::OperatorOnly, "only the operator's key creates people"))
    }
}

pub(super) fn unauthenticated() -> Problem {
    Problem::new(
        ProblemKind::Unauthenticated,
        "send `Authorization: Bearer` with a valid token of this server, as POST /people gave it",
    )
}
