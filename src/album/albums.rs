//! Creates and lists albums, and adds and removes their members.

use rusqlite::{OptionalExtension, Transaction, params};

use super::idempotency::{self, Created, KeyOwner};
use super::{
    AlbumError, AlbumId, ContentHash, Moment, PersonId, Photo, RepeatableRequest, Store,
    StoreError, authorization, photos,
};

/// Members of one album, at most 1,000.
pub const MAX_ALBUM_MEMBERS: u32 = 1_000;

/// Albums that one person owns, at most 1,000, and albums of others that the person is a member
/// of, also at most 1,000.
pub const MAX_PERSON_ALBUMS: u32 = 1_000;

/// Describes an album, without its members and photos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlbumCard {
    /// Id of the album.
    pub album: AlbumId,
    /// Title of the album.
    pub title: String,
    /// Person who created the album.
    pub owner: PersonId,
}

/// Holds an album with its members and photos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Album {
    /// Id, title and owner of the album.
    pub card: AlbumCard,
    /// Members of the album, with the owner among them, sorted by id.
    pub members: Vec<PersonId>,
    /// Photos of the album, oldest first.
    pub photos: Vec<Photo>,
}

impl Store {
    /// Creates an album with its owner as its first member.
    ///
    /// # Errors
    /// Returns [`AlbumError::NoSuchPerson`] if the owner does not exist,
    /// [`AlbumError::TooManyAlbums`] if the owner has 1,000 albums, or [`AlbumError::Store`] if the
    /// file cannot be written.
    pub fn create_album(&self, owner: PersonId, title: &str) -> Result<AlbumId, AlbumError> {
        self.write(|transaction| insert_album(transaction, owner, title, self.now()))
    }

    /// Creates an album once, however often its owner repeats the request.
    ///
    /// # Errors
    /// Returns [`AlbumError::KeyReused`] if the key was sent with another request, or the errors
    /// of [`create_album`](Self::create_album).
    pub fn create_album_once(
        &self,
        owner: PersonId,
        title: &str,
        request: &RepeatableRequest,
    ) -> Result<AlbumId, AlbumError> {
        let client = KeyOwner::Person(owner);
        self.write(|transaction| {
            if let Some(created) = idempotency::find(transaction, &client, request)? {
                return Ok(created.id.into());
            }
            let now = self.now();
            let album = insert_album(transaction, owner, title, now)?;
            let created = Created { id: album.uuid(), salt: ContentHash::of(&[]) };
            idempotency::remember(transaction, &client, request, &created, now)?;
            Ok(album)
        })
    }

    /// Returns the albums of which a person is a member, sorted by title.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be read.
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

    /// Admits members of an album.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the person is not a member of the album or the album
    /// does not exist, or [`AlbumError::Store`] if the file cannot be read.
    pub fn check_member(&self, person: PersonId, album: AlbumId) -> Result<(), AlbumError> {
        self.read(|transaction| authorization::member(transaction, person, album).map(|_owner| ()))
    }

    /// Returns an album with its members and photos.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the viewer is not a member of the album or the album
    /// does not exist, or [`AlbumError::Store`] if the file cannot be read.
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

    /// Adds a person to the members of an album. Adding a member again changes nothing.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the caller is not a member of the album,
    /// [`AlbumError::NotOwner`] if the caller is another member than the owner,
    /// [`AlbumError::NoSuchPerson`] if the person does not exist, [`AlbumError::LimitReached`] if
    /// the album has 1,000 members, [`AlbumError::TooManyAlbums`] if the person is a member of
    /// 1,000 albums of others, or [`AlbumError::Store`] if the file cannot be written.
    pub fn add_member(
        &self,
        by: PersonId,
        album: AlbumId,
        person: PersonId,
    ) -> Result<(), AlbumError> {
        self.write(|transaction| {
            authorization::owner(transaction, by, album)?;
            check_person(transaction, person)?;
            if !insert_member(transaction, album, person)? {
                return Ok(());
            }
            let members: u32 = transaction
                .prepare_cached("SELECT count(*) FROM members WHERE album = ?1")?
                .query_row([album], |row| row.get(0))?;
            if members > MAX_ALBUM_MEMBERS {
                let limit = MAX_ALBUM_MEMBERS;
                return Err(AlbumError::LimitReached { limit, what: "members" });
            }
            Ok(())
        })
    }

    /// Removes a person from the members of an album. The album's owner may remove every other
    /// member, and each member may leave. Removing a person who is not a member changes nothing.
    ///
    /// The person's photos stay in the album. The person has no access to the album from the
    /// moment at which this returns.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the caller is not a member of the album,
    /// [`AlbumError::NotOwner`] if a member other than the owner removes another person,
    /// [`AlbumError::OwnerStays`] if the person is the owner, [`AlbumError::NoSuchPerson`] if the
    /// person does not exist, or [`AlbumError::Store`] if the file cannot be written.
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

fn insert_album(
    transaction: &Transaction<'_>,
    owner: PersonId,
    title: &str,
    now: Moment,
) -> Result<AlbumId, AlbumError> {
    check_person(transaction, owner)?;
    let album = AlbumId::random();
    let sql = "INSERT INTO albums (album, title, owner, created_at) VALUES (?1, ?2, ?3, ?4)";
    transaction.prepare_cached(sql)?.execute(params![album, title, owner, now.millis()])?;
    insert_member(transaction, album, owner)?;
    Ok(album)
}

/// Checks that a person exists and is not deleted.
pub(super) fn check_person(
    transaction: &Transaction<'_>,
    person: PersonId,
) -> Result<(), AlbumError> {
    let sql = "SELECT 1 FROM people WHERE person = ?1
                   AND person NOT IN (SELECT person FROM deleted_people)";
    transaction
        .prepare_cached(sql)?
        .query_row([person], |_| Ok(()))
        .optional()?
        .ok_or(AlbumError::NoSuchPerson)
}

/// Makes a person a member of an album. Returns false if the person is one already. The albums of
/// others are counted apart, so that no other person can keep an owner from creating albums.
fn insert_member(
    transaction: &Transaction<'_>,
    album: AlbumId,
    person: PersonId,
) -> Result<bool, AlbumError> {
    let inserted = transaction
        .prepare_cached("INSERT OR IGNORE INTO members (album, person) VALUES (?1, ?2)")?
        .execute(params![album, person])?;
    let sql = "SELECT count(*) FROM members JOIN albums USING (album)
        WHERE members.person = ?1 AND (owner = ?1) =
            (SELECT owner = ?1 FROM albums WHERE album = ?2)";
    let albums: u32 =
        transaction.prepare_cached(sql)?.query_row(params![person, album], |row| row.get(0))?;
    if inserted > 0 && albums > MAX_PERSON_ALBUMS {
        return Err(AlbumError::TooManyAlbums { limit: MAX_PERSON_ALBUMS });
    }
    Ok(inserted > 0)
}
