//! Defines the ids of people, albums and photos, content hashes and tokens.
//!
//! Each kind of id has a type of its own, so that the compiler rejects one kind in the place of
//! another.

use std::fmt;
use std::str::FromStr;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Defines a type of id that wraps a UUID or a number.
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident($inner:ty), $get:ident, $to_sql:ident, $from_sql:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// Returns the UUID or number of the id.
            pub fn $get(self) -> $inner {
                self.0
            }
        }

        impl From<$inner> for $name {
            fn from(inner: $inner) -> Self {
                Self(inner)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed($to_sql(&self.0)))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                $from_sql(value).map(Self)
            }
        }
    };
}

/// Defines a type of id that wraps a UUID.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        id_type! { $(#[$doc])* $name(Uuid), uuid, uuid_to_sql, uuid_from_sql }

        impl $name {
            /// Returns a random UUID of version 4.
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }

            /// Returns the 16 bytes of the UUID.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        /// Parses a UUID in any of the usual notations.
        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    };
}

fn uuid_to_sql(uuid: &Uuid) -> ValueRef<'_> {
    ValueRef::Blob(uuid.as_bytes())
}

fn uuid_from_sql(value: ValueRef<'_>) -> FromSqlResult<Uuid> {
    Uuid::from_slice(value.as_blob()?).map_err(|error| FromSqlError::Other(Box::new(error)))
}

fn number_to_sql(number: &i64) -> ValueRef<'_> {
    ValueRef::Integer(*number)
}

fn number_from_sql(value: ValueRef<'_>) -> FromSqlResult<i64> {
    value.as_i64()
}

uuid_id! {
    /// Identifies a person by a random UUID of the server.
    PersonId
}

uuid_id! {
    /// Identifies an album by a random UUID of the server.
    AlbumId
}

uuid_id! {
    /// Names a photo within an album, as its client chose. The same name can be used in other
    /// albums, and again after the photo is deleted. Nothing is stored under this name alone.
    PhotoUuid
}

id_type! {
    /// Identifies a photo in the store. The number is never given to another photo, also after
    /// the photo is deleted. Thumbnails, caches and ledger refer to photos by this number.
    PhotoId(i64), get, number_to_sql, number_from_sql
}

id_type! {
    /// Identifies a row of the ledger. The number is never given to another row.
    RowId(i64), get, number_to_sql, number_from_sql
}

/// Names a photo by its album and the client's name for the photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhotoName {
    /// Album of the photo.
    pub album: AlbumId,
    /// Name that the client gave to the photo.
    pub photo: PhotoUuid,
}

impl fmt::Display for PhotoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.album, self.photo)
    }
}

/// Holds the BLAKE3 hash of bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// Computes the hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Returns 32 random bytes, as no hash is known to give.
    ///
    /// # Panics
    /// Panics if the system returns no random bits, because no secret can be made without them.
    pub(super) fn random_bits() -> Self {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits).expect("the system gives random bits");
        Self(bits)
    }

    /// Returns the 32 bytes of the hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for ContentHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// Formats the hash as 64 hexadecimal digits.
impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ToSql for ContentHash {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}

impl FromSql for ContentHash {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(Self)
    }
}

/// Holds a secret token: 256 random bits as 64 hexadecimal digits. A client authenticates a person
/// with the token. The store holds only the token's hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Creates a random token.
    ///
    /// # Panics
    /// Panics if the system returns no random bits, because no secret can be made without them.
    pub fn random() -> Self {
        Self(ContentHash::random_bits().to_string())
    }

    /// Derives a token from a secret, a random salt and the person it is for. The same three give
    /// the same token, and without the secret it cannot be computed.
    pub(super) fn derived(secret: &[u8], salt: &ContentHash, person: PersonId) -> Self {
        let key = blake3::derive_key("double-exposure 2026-11-28 token of a person", secret);
        let mut hasher = blake3::Hasher::new_keyed(&key);
        hasher.update(salt.as_bytes()).update(person.uuid().as_bytes());
        Self(ContentHash(*hasher.finalize().as_bytes()).to_string())
    }

    /// Returns the hash under which the file stores the token.
    pub(super) fn hash(&self) -> ContentHash {
        ContentHash::of(self.0.as_bytes())
    }

    /// Returns the secret text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Hides the secret, so that no log contains it.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}
