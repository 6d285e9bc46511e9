//! Deletes albums and people: their photos, memberships, tokens and cached thumbnails. The ledger's
//! rows stay as evidence.
//!
//! From the first transaction on, no request reaches what is deleted. The photos' bytes are
//! overwritten with zeros, which takes time, so they are removed in steps, each of one photo or of
//! at most 64 photos with together 8 MiB. A crash between two steps loses
//! nothing: the next run goes on.

use rusqlite::{OptionalExtension, Transaction, params};

use super::albums::check_person;
use super::{
    AlbumError, AlbumId, ContentHash, PersonId, PhotoId, Store, StoreError, authorization,
};

/// Photos that one step removes, at most 64.
const STEP_PHOTOS: usize = 64;

/// Bytes of the photos that one step removes, at most 8 MiB. A larger photo has a step of its own.
const STEP_BYTES: u64 = 8 << 20;

impl Store {
    /// Deletes an album for its owner. Small albums are gone when this returns. The photos of a
    /// larger one are out of reach at once, and [`finish_deletions`](Self::finish_deletions)
    /// removes them.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the caller is not a member of the album or the album
    /// does not exist, [`AlbumError::NotOwner`] if the caller is another member than the owner, or
    /// [`AlbumError::Store`] if the file cannot be written.
    pub fn delete_album(&self, by: PersonId, album: AlbumId) -> Result<(), AlbumError> {
        self.write(|transaction| {
            authorization::owner(transaction, by, album)?;
            detach_album(transaction, album)?;
            Ok(remove_some(transaction).map(drop)?)
        })
    }

    /// Deletes an album for the operator, as [`delete_album`](Self::delete_album) does.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the album does not exist, or [`AlbumError::Store`] if
    /// the file cannot be written.
    pub fn delete_any_album(&self, album: AlbumId) -> Result<(), AlbumError> {
        self.write(|transaction| {
            transaction
                .prepare_cached("SELECT 1 FROM members WHERE album = ?1")?
                .query_row([album], |_| Ok(()))
                .optional()?
                .ok_or(AlbumError::NotFound)?;
            detach_album(transaction, album)?;
            Ok(remove_some(transaction).map(drop)?)
        })
    }

    /// Deletes a person, the albums that they own, and their photos in other albums. Their token
    /// ends at once, and no request reaches their photos any more.
    ///
    /// # Errors
    /// Returns [`AlbumError::NoSuchPerson`] if the person does not exist, or
    /// [`AlbumError::Store`] if the file cannot be written.
    pub fn delete_person(&self, person: PersonId) -> Result<(), AlbumError> {
        self.write(|transaction| {
            check_person(transaction, person)?;
            let (nothing, hash) = ("", ContentHash::random_bits());
            transaction
                .prepare_cached("UPDATE people SET name = ?2, token_hash = ?3 WHERE person = ?1")?
                .execute(params![person, nothing, hash])?;
            move_photos_out_of_reach(transaction, person)?;
            for sql in [
                "INSERT INTO deleted_people (person) VALUES (?1)",
                "INSERT OR IGNORE INTO deleted_albums SELECT album FROM albums WHERE owner = ?1",
                "DELETE FROM members WHERE album IN (SELECT album FROM albums WHERE owner = ?1)",
                "DELETE FROM members WHERE person = ?1",
                "DELETE FROM idempotency_keys WHERE client = ?1 OR created = ?1",
            ] {
                transaction.prepare_cached(sql)?.execute([person])?;
            }
            Ok(remove_some(transaction).map(drop)?)
        })
    }

    /// Removes what deleted albums and people have left, in steps. Returns the number of photos
    /// that were removed. `may_continue` is called before each step, and ends the run by returning
    /// false. No lock is held during the call, so a caller that lets other writes go first waits
    /// there.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be written. Finished steps stay finished.
    pub fn finish_deletions(
        &self,
        mut may_continue: impl FnMut() -> bool,
    ) -> Result<u64, StoreError> {
        let mut removed = 0;
        while self.read_once(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM deleted_people)
                           OR EXISTS (SELECT 1 FROM deleted_albums)";
            Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, bool>(0))?)
        })? && may_continue()
        {
            removed += self.write(remove_some)?;
        }
        Ok(removed)
    }
}

/// Takes every member out of an album, so that no request reaches it.
fn detach_album(transaction: &Transaction<'_>, album: AlbumId) -> rusqlite::Result<()> {
    for sql in
        ["INSERT INTO deleted_albums (album) VALUES (?1)", "DELETE FROM members WHERE album = ?1"]
    {
        transaction.prepare_cached(sql)?.execute([album])?;
    }
    Ok(())
}

/// Moves a person's photos to an album of theirs without members, which is deleted with them. The
/// photos' names are replaced, since two albums may have used the same.
fn move_photos_out_of_reach(
    transaction: &Transaction<'_>,
    person: PersonId,
) -> rusqlite::Result<()> {
    let album = AlbumId::random();
    transaction
        .prepare_cached(
            "INSERT INTO albums (album, title, owner, created_at) VALUES (?1, '', ?2, 0)",
        )?
        .execute(params![album, person])?;
    transaction
        .prepare_cached("UPDATE photos SET album = ?1, name = randomblob(16) WHERE owner = ?2")?
        .execute(params![album, person])?;
    Ok(())
}

/// Removes photos of deleted albums, then such albums that are empty, then deleted people that own
/// nothing any more. Returns the number of photos.
fn remove_some(transaction: &mut Transaction<'_>) -> Result<u64, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT id, byte_count FROM photos
         WHERE album IN (SELECT album FROM deleted_albums) LIMIT ?1",
    )?;
    let photos = statement
        .query_map([STEP_PHOTOS as i64], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?
        .collect::<Result<Vec<(PhotoId, u64)>, _>>()?;
    let mut bytes = 0;
    let mut removed = 0;
    for (photo, length) in photos {
        if removed > 0 && bytes + length > STEP_BYTES {
            break;
        }
        transaction.prepare_cached("DELETE FROM photos WHERE id = ?1")?.execute([photo])?;
        (bytes, removed) = (bytes + length, removed + 1);
    }
    for sql in [
        "DELETE FROM albums WHERE album IN (SELECT album FROM deleted_albums)
             AND NOT EXISTS (SELECT 1 FROM photos WHERE photos.album = albums.album)",
        "DELETE FROM deleted_albums WHERE album NOT IN (SELECT album FROM albums)",
        "DELETE FROM people WHERE person IN (SELECT person FROM deleted_people)
             AND NOT EXISTS (SELECT 1 FROM albums WHERE owner = person)",
        "DELETE FROM deleted_people WHERE person NOT IN (SELECT person FROM people)",
    ] {
        transaction.prepare_cached(sql)?.execute([])?;
    }
    Ok(removed)
}
