//! Albums and their members.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{AlbumError, AlbumId, PersonId, Photo, Store, StoreError, authorization, photos};

/// Members of one album, at most.
pub const MAX_MEMBERS: u32 = 1_000;

/// An album in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlbumCard {
    /// The album.
    pub album: AlbumId,
    /// Its title.
    pub title: String,
    /// Who made it.
    pub owner: PersonId,
}

/// An album opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Album {
    /// Its name and title.
    pub card: AlbumCard,
    /// Its members, the owner among them, in the order of their names.
    pub members: Vec<PersonId>,
    /// Its photos, oldest first.
    pub photos: Vec<Photo>,
}

impl Store {
    /// Makes an album, with its owner as its first member.
    ///
    /// # Errors
    /// [`AlbumError::NoSuchPerson`], or the file's.
    pub fn create_album(&self, owner: PersonId, title: &str) -> Result<AlbumId, AlbumError> {
        let album = AlbumId::random();
        self.write(|transaction| {
            check_person(transaction, owner)?;
            let now = self.clock().now().millis();
            let sql = "INSERT INTO albums (album, title, owner, since) VALUES (?1, ?2, ?3, ?4)";
            transaction.prepare_cached(sql)?.execute(params![album, title, owner, now])?;
            insert_member(transaction, album, owner)?;
            Ok(album)
        })
    }

    /// The albums that a person is a member of, by title.
    ///
    /// # Errors
    /// The file's.
    pub fn albums_of(&self, person: PersonId) -> Result<Vec<AlbumCard>, StoreError> {
        let sql = "SELECT albums.album, title, owner FROM members JOIN albums USING (album)
                   WHERE members.person = ?1 ORDER BY title, albums.album";
        self.read(|transaction| {
            let mut statement = transaction.prepare_cached(sql)?;
            let cards = statement.query_map([person], |row| {
                Ok(AlbumCard { album: row.get(0)?, title: row.get(1)?, owner: row.get(2)? })
            })?;
            Ok(cards.collect::<Result<_, _>>()?)
        })
    }

    /// Lets members of an album pass.
    ///
    /// # Errors
    /// [`AlbumError::NotFound`] for strangers, or the file's.
    pub fn check_member(&self, person: PersonId, album: AlbumId) -> Result<(), AlbumError> {
        self.read(|transaction| authorization::member(transaction, person, album).map(|_owner| ()))
    }

    /// An album with its members and photos.
    ///
    /// # Errors
    /// [`AlbumError::NotFound`] for strangers, or the file's.
    pub fn album(&self, viewer: PersonId, album: AlbumId) -> Result<Album, AlbumError> {
        self.read(|transaction| {
            let owner = authorization::member(transaction, viewer, album)?;
            let title = transaction
                .prepare_cached("SELECT title FROM albums WHERE album = ?1")?
                .query_row([album], |row| row.get(0))?;
            let members = transaction
                .prepare_cached("SELECT person FROM members WHERE album = ?1 ORDER BY person")?
                .query_map([album], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let photos = photos::in_album(transaction, album)?;
            Ok(Album { card: AlbumCard { album, title, owner }, members, photos })
        })
    }

    /// Makes a person a member; nothing happens to one who is.
    ///
    /// # Errors
    /// [`AlbumError::NotFound`] for strangers, [`AlbumError::NotOwner`],
    /// [`AlbumError::NoSuchPerson`], [`AlbumError::Crowded`], or the file's.
    pub fn add_member(
        &self,
        by: PersonId,
        album: AlbumId,
        person: PersonId,
    ) -> Result<(), AlbumError> {
        self.write(|transaction| {
            authorization::owner(transaction, by, album)?;
            check_person(transaction, person)?;
            insert_member(transaction, album, person)?;
            let members: u32 = transaction
                .prepare_cached("SELECT count(*) FROM members WHERE album = ?1")?
                .query_row([album], |row| row.get(0))?;
            if members > MAX_MEMBERS {
                return Err(AlbumError::Crowded { limit: MAX_MEMBERS, what: "members" });
            }
            Ok(())
        })
    }

    /// Ends a membership, which the album's owner may do for all others and each for himself;
    /// nothing happens to a person who is no member. Photos stay. From the moment this returns the
    /// person is a stranger.
    ///
    /// # Errors
    /// [`AlbumError::NotFound`] for strangers, [`AlbumError::NotOwner`],
    /// [`AlbumError::NoSuchPerson`], [`AlbumError::OwnerStays`], or the file's.
    pub fn remove_member(
        &self,
        by: PersonId,
        album: AlbumId,
        person: PersonId,
    ) -> Result<(), AlbumError> {
        self.write(|transaction| {
            let owner = authorization::member(transaction, by, album)?;
            if by != owner && by != person {
                return Err(AlbumError::NotOwner);
            }
            if person == owner {
                return Err(AlbumError::OwnerStays);
            }
            check_person(transaction, person)?;
            transaction
                .prepare_cached("DELETE FROM members WHERE album = ?1 AND person = ?2")?
                .execute(params![album, person])?;
            Ok(())
        })
    }
}

fn check_person(transaction: &Transaction<'_>, person: PersonId) -> Result<(), AlbumError> {
    transaction
        .prepare_cached("SELECT 1 FROM people WHERE person = ?1")?
        .query_row([person], |_| Ok(()))
        .optional()?
        .ok_or(AlbumError::NoSuchPerson)
}

fn insert_member(
    transaction: &Transaction<'_>,
    album: AlbumId,
    person: PersonId,
) -> Result<(), AlbumError> {
    transaction
        .prepare_cached("INSERT OR IGNORE INTO members (album, person) VALUES (?1, ?2)")?
        .execute(params![album, person])?;
    Ok(())
}
