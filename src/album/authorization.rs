//! Who may do what: the only place that decides.
//!
//! Each answer is read in the transaction that then reads or writes the thing itself, so that it
//! cannot change in between. A stranger is told that there is nothing.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::photos::{self, Photo};
use super::{AlbumError, AlbumId, PersonId, PhotoName};

/// Lets members in, and says who owns the album.
pub(super) fn member(
    transaction: &Transaction<'_>,
    person: PersonId,
    album: AlbumId,
) -> Result<PersonId, AlbumError> {
    let sql = "SELECT albums.owner FROM albums JOIN members USING (album)
               WHERE albums.album = ?1 AND members.person = ?2";
    transaction
        .prepare_cached(sql)?
        .query_row(params![album, person], |row| row.get(0))
        .optional()?
        .ok_or(AlbumError::NotFound)
}

/// Lets the album's owner in; tells other members that they are not.
pub(super) fn owner(
    transaction: &Transaction<'_>,
    person: PersonId,
    album: AlbumId,
) -> Result<(), AlbumError> {
    if member(transaction, person, album)? == person { Ok(()) } else { Err(AlbumError::NotOwner) }
}

/// The photo of this name, for members of its album, with the rest of `columns` for `more`.
pub(super) fn photo<T>(
    transaction: &Transaction<'_>,
    viewer: PersonId,
    name: PhotoName,
    source: PhotoRead<'_>,
    more: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<(Photo, T), AlbumError> {
    transaction
        .prepare_cached(&source.sql())?
        .query_row(params![name.album, name.photo, viewer], |row| {
            Ok((photos::read(row)?, more(row)?))
        })
        .optional()?
        .ok_or(AlbumError::NotFound)
}

/// What is read of a photo beside [`photos::COLUMNS`].
#[derive(Default)]
pub(super) struct PhotoRead<'s> {
    /// Further columns, each with a comma before it.
    pub(super) columns: &'s str,
    /// Where they are.
    pub(super) joins: &'s str,
}

impl PhotoRead<'_> {
    fn sql(&self) -> String {
        let Self { columns, joins } = self;
        format!(
            "SELECT {}{columns} FROM photos JOIN members USING (album) {joins}
             WHERE album = ?1 AND photos.photo = ?2 AND members.person = ?3",
            photos::COLUMNS,
        )
    }
}
