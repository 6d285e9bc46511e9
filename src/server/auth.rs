//! Authenticates a request: a person by a token, the operator by a key.
//!
//! The album decides what an authenticated person may do. Authentication comes before every other
//! check, so that an unauthenticated client learns nothing, not even its other mistakes.

use axum::extract::FromRequestParts;
use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;

use super::problem::{Problem, ProblemKind};
use crate::album::{AlbumError, ContentHash, PersonId, Store};

/// Holds the bearer token of a request, not verified yet.
#[derive(Clone)]
pub(super) struct Bearer(String);

/// Extracts the token from the only `Authorization` header of a request.
impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(unauthenticated());
        };
        let text = value.to_str().map_err(|_not_text| unauthenticated())?;
        let (scheme, token) = text.split_once(' ').ok_or_else(unauthenticated)?;
        let token = token.trim();
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
            return Err(unauthenticated());
        }
        Ok(Self(token.to_owned()))
    }
}

impl Bearer {
    /// Returns the person that the token belongs to.
    pub(super) fn person(&self, store: &Store) -> Result<PersonId, Problem> {
        store.person_by_token(&self.0)?.ok_or_else(unauthenticated)
    }

    /// Returns the secret text.
    pub(super) fn reveal(&self) -> &str {
        &self.0
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

    /// Returns true if this is the operator's key, given the hash of it.
    pub(super) fn is_operator(&self, key: &ContentHash) -> bool {
        let shown = ContentHash::of(self.0.as_bytes());
        // These compare in constant time.
        let hash = |hash: &ContentHash| blake3::Hash::from_bytes(*hash.as_bytes());
        hash(&shown) == hash(key)
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
