//! People: made by the operator, known by their tokens.

use rusqlite::{OptionalExtension, params};

use super::{ContentHash, PersonId, Store, StoreError, Token};

impl Store {
    /// Makes a person, and the token that is shown once.
    ///
    /// # Errors
    /// The file's.
    pub fn create_person(&self, name: &str) -> Result<(PersonId, Token), StoreError> {
        let (person, token) = (PersonId::random(), Token::random());
        let sql = "INSERT INTO people (person, name, token, since) VALUES (?1, ?2, ?3, ?4)";
        self.write(|transaction| {
            let hash = ContentHash::of(token.reveal().as_bytes());
            let now = self.clock().now().millis();
            transaction.prepare_cached(sql)?.execute(params![person, name, hash, now])?;
            Ok::<_, StoreError>(())
        })?;
        Ok((person, token))
    }

    /// Whose token this is. Only hashes are compared, so the time it takes tells nothing of use.
    ///
    /// # Errors
    /// The file's.
    pub fn person_by_token(&self, token: &str) -> Result<Option<PersonId>, StoreError> {
        let hash = ContentHash::of(token.as_bytes());
        self.read_once(|connection| {
            let sql = "SELECT person FROM people WHERE token = ?1";
            Ok(connection.prepare_cached(sql)?.query_row([hash], |row| row.get(0)).optional()?)
        })
    }
}
