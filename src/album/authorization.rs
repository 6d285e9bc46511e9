//! Decides access to albums and photos. No other file decides it.
//!
//! Each decision runs in the transaction that then reads or writes the data, so that no other
//! write can come between decision and use. A caller who is not a member of the album gets
//! [`AlbumError::NotFound`], the same as for an album that does not exist.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{AlbumError, AlbumId, PersonId, PhotoName};

/// Admits members of an album and returns the album's owner.
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

/// Admits the owner of an album. Other members get [`AlbumError::NotOwner`].
pub(super) fn owner(
    transaction: &Transaction<'_>,
    person: PersonId,
    album: AlbumId,
) -> Result<(), AlbumError> {
    if member(transaction, person, album)? == person { Ok(()) } else { Err(AlbumError::NotOwner) }
}

/// Reads `columns` of the photo with this name for a member of its album.
pub(super) fn photo<T>(
    transaction: &Transaction<'_>,
    viewer: PersonId,
    name: PhotoName,
    columns: &str,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<T, AlbumError> {
    let sql = format!(
        "SELECT {columns} FROM photos JOIN members USING (album)
         WHERE album = ?1 AND photos.name = ?2 AND members.person = ?3"
    );
    transaction
        .prepare_cached(&sql)?
        .query_row(params![name.album, name.photo, viewer], read)
        .optional()?
        .ok_or(AlbumError::NotFound)
}
