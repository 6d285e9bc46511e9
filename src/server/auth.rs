//! Who asks: a person by a token, the operator by a key.
//!
//! What a person may do is the album's to say. Here is only who it is, and that comes before
//! everything else: to somebody unknown not even a mistake is explained.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

use super::problem::{Problem, ProblemKind};
use crate::album::{ContentHash, PersonId, Store};

/// A token as it was shown, not looked at yet.
pub(super) struct Bearer(String);

impl Bearer {
    /// The token of a request.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut shown = headers.get_all(AUTHORIZATION).iter();
        let (Some(one), None) = (shown.next(), shown.next()) else { return Err(unknown()) };
        let text = one.to_str().map_err(|_not_text| unknown())?;
        let (scheme, token) = text.split_once(' ').ok_or_else(unknown)?;
        let token = token.trim();
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
            return Err(unknown());
        }
        Ok(Self(token.to_owned()))
    }

    /// The person whose token it is.
    pub(super) fn person(&self, store: &Store) -> Result<PersonId, Problem> {
        store.person_by_token(&self.0)?.ok_or_else(unknown)
    }

    /// Lets the operator pass; tells a person that he is not.
    pub(super) fn operator(&self, key: &ContentHash, store: &Store) -> Result<(), Problem> {
        let shown = ContentHash::of(self.0.as_bytes());
        // These compare in constant time.
        let hash = |hash: &ContentHash| blake3::Hash::from_bytes(*hash.as_bytes());
        if hash(&shown) == hash(key) {
            return Ok(());
        }
        self.person(store)?;
        Err(Problem::new(ProblemKind::NotOperator, "making people takes the operator's key"))
    }
}

fn unknown() -> Problem {
    Problem::new(
        ProblemKind::NoToken,
        "send `Authorization: Bearer` with a token of this server, as POST /people gave it",
    )
}
