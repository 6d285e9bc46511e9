//! Remembers what a request with an `Idempotency-Key` created, so that a client that does not know
//! the outcome of a request can repeat it, and nothing is created twice.

use std::time::Duration;

use rusqlite::{OptionalExtension, Transaction, params};
use uuid::Uuid;

use super::{AlbumError, ContentHash, Moment, PersonId, Store};

/// Time for which a key is remembered, 24 hours.
pub const KEY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Keys that are remembered of one client, at most 1,000. The oldest is forgotten first.
pub const MAX_CLIENT_KEYS: u32 = 1_000;

/// Characters of a key, at most 255.
pub const MAX_KEY_LENGTH: usize = 255;

/// Identifies a request by the key that its client chose, and by what it asks for.
#[derive(Clone, Copy, Debug)]
pub struct RepeatableRequest {
    key: ContentHash,
    request: ContentHash,
}

impl RepeatableRequest {
    /// Joins a client's key with the operation and its argument, which a repetition must equal.
    pub fn new(key: &str, operation: &str, argument: &str) -> Self {
        let key = ContentHash::of(key.as_bytes());
        let request = ContentHash::of(format!("{operation}\0{argument}").as_bytes());
        Self { key, request }
    }
}

/// Names the client whose keys are meant.
pub(super) enum KeyOwner {
    /// A person, whose keys outlive a change of the token.
    Person(PersonId),
    /// The holder of a token or of the operator's key, by its hash.
    Credential(ContentHash),
}

impl KeyOwner {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Person(person) => person.as_bytes(),
            Self::Credential(hash) => hash.as_bytes(),
        }
    }
}

/// Describes what an earlier request with the same key created.
pub(super) struct Created {
    pub(super) id: Uuid,
    pub(super) salt: ContentHash,
}

/// Returns what the same request created before.
///
/// # Errors
/// Returns [`AlbumError::KeyReused`] if the key was sent with another request.
pub(super) fn find(
    transaction: &Transaction<'_>,
    owner: &KeyOwner,
    request: &RepeatableRequest,
) -> Result<Option<Created>, AlbumError> {
    let sql = "SELECT request_hash, created, salt FROM idempotency_keys
               WHERE client = ?1 AND key_hash = ?2";
    let found = transaction
        .prepare_cached(sql)?
        .query_row(params![owner.bytes(), request.key], |row| {
            let id = Uuid::from_bytes(row.get::<_, [u8; 16]>(1)?);
            Ok((row.get::<_, ContentHash>(0)?, Created { id, salt: row.get(2)? }))
        })
        .optional()?;
    match found {
        Some((before, _)) if before != request.request => Err(AlbumError::KeyReused),
        found => Ok(found.map(|(_, created)| created)),
    }
}

/// Remembers what a request created. Forgets the client's oldest key beyond the bound.
pub(super) fn remember(
    transaction: &Transaction<'_>,
    owner: &KeyOwner,
    request: &RepeatableRequest,
    created: &Created,
    now: Moment,
) -> Result<(), AlbumError> {
    transaction
        .prepare_cached(
            "INSERT INTO idempotency_keys
                 (client, key_hash, request_hash, created, salt, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            owner.bytes(),
            request.key,
            request.request,
            created.id.as_bytes(),
            created.salt,
            now.millis(),
        ])?;
    transaction
        .prepare_cached(
            "DELETE FROM idempotency_keys WHERE number IN (
                 SELECT number FROM idempotency_keys WHERE client = ?1
                 ORDER BY number DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![owner.bytes(), MAX_CLIENT_KEYS])?;
    Ok(())
}

impl Store {
    /// Forgets the keys that are older than [`KEY_LIFETIME`], and returns their number.
    ///
    /// # Errors
    /// Returns [`StoreError::ClockJumped`](super::StoreError::ClockJumped) if the clock cannot be
    /// believed, or another [`StoreError`](super::StoreError) if the file cannot be written.
    pub fn forget_old_keys(&self) -> Result<u64, super::StoreError> {
        let oldest = self.believed_now()?.before(KEY_LIFETIME);
        self.write(|transaction| {
            let sql = "DELETE FROM idempotency_keys WHERE created_at < ?1";
            Ok(transaction.prepare_cached(sql)?.execute([oldest.millis()])? as u64)
        })
    }
}
