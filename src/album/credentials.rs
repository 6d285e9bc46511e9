//! Creates people and the operator's key, changes and revokes tokens, and finds the person of a
//! token. The file holds only hashes of tokens and key.

use rusqlite::{OptionalExtension, Transaction, params};

use super::albums::check_person;
use super::idempotency::{self, Created, KeyOwner};
use super::{AlbumError, ContentHash, PersonId, RepeatableRequest, Store, StoreError, Token};

impl Store {
    /// Creates a person and returns the person's token, which cannot be read again later.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be written.
    pub fn create_person(&self, name: &str) -> Result<(PersonId, Token), StoreError> {
        let (person, token) = (PersonId::random(), Token::random());
        self.write(|transaction| {
            insert_person(transaction, person, name, &token, self.now().millis())?;
            Ok::<_, StoreError>(())
        })?;
        Ok((person, token))
    }

    /// Creates a person once, however often the operator repeats the request. `secret` is the
    /// operator's key, from which the token is derived: a repetition returns the same token.
    ///
    /// # Errors
    /// Returns [`AlbumError::KeyReused`] if the key was sent with another request,
    /// [`AlbumError::TokenChanged`] if the person's token was changed or revoked since, or
    /// [`AlbumError::Store`] if the file cannot be written.
    pub fn create_person_once(
        &self,
        name: &str,
        request: &RepeatableRequest,
        secret: &str,
    ) -> Result<(PersonId, Token), AlbumError> {
        let owner = KeyOwner::Credential(ContentHash::of(secret.as_bytes()));
        self.write(|transaction| {
            if let Some(created) = idempotency::find(transaction, &owner, request)? {
                return derive_again(transaction, &created, secret);
            }
            let (person, salt) = (PersonId::random(), ContentHash::random_bits());
            let token = Token::derived(secret.as_bytes(), &salt, person);
            let now = self.now();
            insert_person(transaction, person, name, &token, now.millis())?;
            let created = Created { id: person.uuid(), salt };
            idempotency::remember(transaction, &owner, request, &created, now)?;
            Ok((person, token))
        })
    }

    /// Gives a person a new token. The old one ends at once.
    ///
    /// # Errors
    /// Returns [`AlbumError::NoSuchPerson`] if the person does not exist, or
    /// [`AlbumError::Store`] if the file cannot be written.
    pub fn rotate_token(&self, person: PersonId) -> Result<Token, AlbumError> {
        let token = Token::random();
        self.write(|transaction| set_token(transaction, person, token.hash()))?;
        Ok(token)
    }

    /// Gives the holder of a token a new one, once, however often the request is repeated with the
    /// old token: a repetition returns the same new token. Returns `None` for a token that is
    /// neither valid nor was changed by the same request.
    ///
    /// # Errors
    /// Returns [`AlbumError::KeyReused`] if the key was sent with another request,
    /// [`AlbumError::TokenChanged`] if the new token was changed or revoked since, or
    /// [`AlbumError::Store`] if the file cannot be written.
    pub fn rotate_token_once(
        &self,
        old: &str,
        request: &RepeatableRequest,
    ) -> Result<Option<(PersonId, Token)>, AlbumError> {
        let old_hash = ContentHash::of(old.as_bytes());
        let owner = KeyOwner::Credential(old_hash);
        self.write(|transaction| {
            let person = transaction
                .prepare_cached("SELECT person FROM people WHERE token_hash = ?1")?
                .query_row([old_hash], |row| row.get::<_, PersonId>(0))
                .optional()?;
            let Some(person) = person else {
                let created = idempotency::find(transaction, &owner, request)?;
                return created.map(|found| derive_again(transaction, &found, old)).transpose();
            };
            self.rotate_and_remember(transaction, person, &owner, request, old).map(Some)
        })
    }

    /// Gives a person a new token for the operator, once, however often the request is repeated.
    /// `secret` is the operator's key, from which the token is derived.
    ///
    /// # Errors
    /// Returns [`AlbumError::KeyReused`] if the key was sent with another request,
    /// [`AlbumError::TokenChanged`] if the new token was changed or revoked since,
    /// [`AlbumError::NoSuchPerson`] if the person does not exist, or [`AlbumError::Store`] if the
    /// file cannot be written.
    pub fn rotate_token_of_once(
        &self,
        person: PersonId,
        request: &RepeatableRequest,
        secret: &str,
    ) -> Result<(PersonId, Token), AlbumError> {
        let owner = KeyOwner::Credential(ContentHash::of(secret.as_bytes()));
        self.write(|transaction| match idempotency::find(transaction, &owner, request)? {
            Some(created) => derive_again(transaction, &created, secret),
            None => self.rotate_and_remember(transaction, person, &owner, request, secret),
        })
    }

    /// Gives a person a token that is derived from `secret`, and remembers the request.
    fn rotate_and_remember(
        &self,
        transaction: &Transaction<'_>,
        person: PersonId,
        owner: &KeyOwner,
        request: &RepeatableRequest,
        secret: &str,
    ) -> Result<(PersonId, Token), AlbumError> {
        let salt = ContentHash::random_bits();
        let token = Token::derived(secret.as_bytes(), &salt, person);
        set_token(transaction, person, token.hash())?;
        let created = Created { id: person.uuid(), salt };
        idempotency::remember(transaction, owner, request, &created, self.now())?;
        Ok((person, token))
    }

    /// Ends a person's token. Only the operator can give the person another.
    ///
    /// # Errors
    /// Returns [`AlbumError::NoSuchPerson`] if the person does not exist, or
    /// [`AlbumError::Store`] if the file cannot be written.
    pub fn revoke_token(&self, person: PersonId) -> Result<(), AlbumError> {
        self.write(|transaction| set_token(transaction, person, ContentHash::random_bits()))
    }

    /// Returns the person of a token, or `None` for an unknown token. The search compares hashes,
    /// so that its duration reveals nothing useful about any token.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be read.
    pub fn person_by_token(&self, token: &str) -> Result<Option<PersonId>, StoreError> {
        let hash = ContentHash::of(token.as_bytes());
        self.read_once(|connection| {
            let sql = "SELECT person FROM people WHERE token_hash = ?1";
            Ok(connection.prepare_cached(sql)?.query_row([hash], |row| row.get(0)).optional()?)
        })
    }

    /// Returns the hash of the operator's key. On the first call this also creates the key and
    /// returns it. The caller shows it to the operator, because it cannot be read again later.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be written.
    pub fn operator_key(&self) -> Result<(ContentHash, Option<Token>), StoreError> {
        self.write(|transaction| {
            let stored = transaction
                .prepare_cached("SELECT key_hash FROM operator_key")?
                .query_row([], |row| row.get(0))
                .optional()?;
            if let Some(hash) = stored {
                return Ok((hash, None));
            }
            let key = Token::random();
            transaction
                .prepare_cached("INSERT INTO operator_key (id, key_hash) VALUES (1, ?1)")?
                .execute(params![key.hash()])?;
            Ok((key.hash(), Some(key)))
        })
    }

    /// Replaces the operator's key in the file, and returns the new one. A server that runs uses
    /// it from its next start on.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be written.
    pub fn rotate_operator_key(&self) -> Result<Token, StoreError> {
        let key = Token::random();
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO operator_key (id, key_hash) VALUES (1, ?1)
                 ON CONFLICT (id) DO UPDATE SET key_hash = excluded.key_hash",
                params![key.hash()],
            )?;
            Ok::<_, StoreError>(())
        })?;
        Ok(key)
    }
}

fn insert_person(
    transaction: &Transaction<'_>,
    person: PersonId,
    name: &str,
    token: &Token,
    now: i64,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO people (person, name, token_hash, created_at) VALUES (?1, ?2, ?3, ?4)";
    transaction.prepare_cached(sql)?.execute(params![person, name, token.hash(), now])?;
    Ok(())
}

fn set_token(
    transaction: &Transaction<'_>,
    person: PersonId,
    hash: ContentHash,
) -> Result<(), AlbumError> {
    check_person(transaction, person)?;
    transaction
        .prepare_cached("UPDATE people SET token_hash = ?2 WHERE person = ?1")?
        .execute(params![person, hash])?;
    Ok(())
}

/// Derives the token of an earlier request again, if it is still the person's.
fn derive_again(
    transaction: &Transaction<'_>,
    created: &Created,
    secret: &str,
) -> Result<(PersonId, Token), AlbumError> {
    let person = PersonId::from(created.id);
    let token = Token::derived(secret.as_bytes(), &created.salt, person);
    let is_current = transaction
        .prepare_cached("SELECT 1 FROM people WHERE person = ?1 AND token_hash = ?2")?
        .exists(params![person, token.hash()])?;
    if is_current { Ok((person, token)) } else { Err(AlbumError::TokenChanged) }
}
