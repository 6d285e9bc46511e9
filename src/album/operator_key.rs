//! The operator's key: made once, shown once, kept as a hash.

use rusqlite::{OptionalExtension, params};

use super::{ContentHash, Store, StoreError, Token};

impl Store {
    /// The hash of the operator's key, and the key itself if it was made just now: show it, it
    /// cannot be had again.
    ///
    /// # Errors
    /// The file's.
    pub fn operator_key(&self) -> Result<(ContentHash, Option<Token>), StoreError> {
        self.write(|transaction| {
            let kept = transaction
                .prepare_cached("SELECT key FROM operator")?
                .query_row([], |row| row.get(0))
                .optional()?;
            if let Some(hash) = kept {
                return Ok((hash, None));
            }
            let key = Token::random();
            let hash = ContentHash::of(key.reveal().as_bytes());
            transaction
                .prepare_cached("INSERT INTO operator (one, key) VALUES (1, ?1)")?
                .execute(params![hash])?;
            Ok((hash, Some(key)))
        })
    }
}
