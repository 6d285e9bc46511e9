//! Creates people and the operator's key, and finds the person of a token. The file holds only
//! hashes of tokens and key.

use rusqlite::{OptionalExtension, params};

use super::{ContentHash, PersonId, Store, StoreError, Token};

impl Store {
    /// Creates a person and returns the person's token, which cannot be read again later.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be written.
    pub fn create_person(&self, name: &str) -> Result<(PersonId, Token), StoreError> {
        let (person, token) = (PersonId::random(), Token::random());
        let sql =
            "INSERT INTO people (person, name, token_hash, created_at) VALUES (?1, ?2, ?3, ?4)";
        self.write(|transaction| {
            let hash = ContentHash::of(token.reveal().as_bytes());
            let now = self.clock().now().millis();
            transaction.prepare_cached(sql)?.execute(params![person, name, hash, now])?;
            Ok::<_, StoreError>(())
        })?;
        Ok((person, token))
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
            let hash = ContentHash::of(key.reveal().as_bytes());
            transaction
                .prepare_cached("INSERT INTO operator_key (id, key_hash) VALUES (1, ?1)")?
                .execute(params![hash])?;
            Ok((hash, Some(key)))
        })
    }
}
