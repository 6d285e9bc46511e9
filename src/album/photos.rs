//! Photos: posted, read, deleted.
//!
//! A photo is whole or not there: its row and its bytes come and go in one transaction.

use bytes::Bytes;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::authorization::{self, PhotoRead};
use super::{
    AlbumError, AlbumId, ContentHash, Moment, PersonId, PhotoId, PhotoName, Store, StoreError,
};

/// Photos of one album, at most.
pub const MAX_PHOTOS: u32 = 10_000;

/// A photo, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Which photo it is, once and for all.
    pub id: PhotoId,
    /// Where it is found.
    pub name: PhotoName,
    /// Whose it is: who posted it.
    pub owner: PersonId,
    /// When it was posted.
    pub posted: Moment,
    /// Whether compression has replaced its bytes.
    pub state: PhotoState,
    /// How many bytes it has as stored.
    pub bytes: u64,
    /// Width of the upright photo in pixels.
    pub width: u32,
    /// Height of the upright photo in pixels.
    pub height: u32,
    /// The hash of its bytes as stored.
    pub content: ContentHash,
}

/// Which bytes of a photo are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PhotoState {
    /// Those that were uploaded.
    Original,
    /// Those that compression made of them.
    Compressed,
}

/// Holds the bytes of a file and their hash, which is computed once.
#[derive(Clone, Debug)]
pub struct HashedBytes {
    bytes: Bytes,
    hash: ContentHash,
}

impl HashedBytes {
    /// Returns the bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns the hash of the bytes.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }
}

/// Hashes the bytes, on the caller's thread.
impl From<Bytes> for HashedBytes {
    fn from(bytes: Bytes) -> Self {
        Self { hash: ContentHash::of(&bytes), bytes }
    }
}

/// Holds a photo to be stored. The caller has decoded it whole before.
#[derive(Clone, Debug)]
pub struct Upload {
    file: HashedBytes,
    width: u32,
    height: u32,
}

impl Upload {
    /// Joins a file with the width and height in pixels of its upright picture.
    pub fn new(file: impl Into<HashedBytes>, width: u32, height: u32) -> Self {
        Self { file: file.into(), width, height }
    }
}

/// What became of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadOutcome {
    /// It is a new photo.
    Created(Photo),
    /// The same bytes were uploaded there before, and may have been compressed since.
    Same(Photo),
}

impl Store {
    /// What an upload of these bytes would come to, before anybody decodes them: the photo, if the
    /// same bytes were uploaded there before; `None`, if the name is free.
    ///
    /// # Errors
    /// [`AlbumError::NotFound`] for strangers, [`AlbumError::OtherBytes`], or the file's.
    pub fn check_upload(
        &self,
        member: PersonId,
        name: PhotoName,
        uploaded: ContentHash,
    ) -> Result<Option<Photo>, AlbumError> {
        self.read(|transaction| {
            authorization::member(transaction, member, name.album)?;
            posted_before(transaction, name, uploaded)
        })
    }

    /// Posts a photo. It is on the disk when this returns.
    ///
    /// # Errors
    /// [`AlbumError::NotFound`] for strangers, [`AlbumError::OtherBytes`],
    /// [`AlbumError::Crowded`], or the file's; nothing is stored then.
    pub fn put_photo(
        &self,
        member: PersonId,
        name: PhotoName,
        upload: &Upload,
    ) -> Result<UploadOutcome, AlbumError> {
        self.write(|transaction| {
            authorization::member(transaction, member, name.album)?;
            if let Some(photo) = posted_before(transaction, name, upload.file.hash)? {
                return Ok(UploadOutcome::Same(photo));
            }
            let photos: u32 = transaction
                .prepare_cached("SELECT count(*) FROM photos WHERE album = ?1")?
                .query_row([name.album], |row| row.get(0))?;
            if photos >= MAX_PHOTOS {
                return Err(AlbumError::Crowded { limit: MAX_PHOTOS, what: "photos" });
            }
            Ok(UploadOutcome::Created(insert(
                transaction,
                member,
                name,
                upload,
                self.clock().now(),
            )?))
        })
    }

    /// A photo without its bytes.
    ///
    /// # Errors
    /// [`AlbumError::NotFound`] for strangers, or the file's.
    pub fn photo(&self, viewer: PersonId, name: PhotoName) -> Result<Photo, AlbumError> {
        self.read(|transaction| {
            let (photo, ()) =
                authorization::photo(transaction, viewer, name, PhotoRead::default(), |_| Ok(()))?;
            Ok(photo)
        })
    }

    /// A photo and its bytes as stored.
    ///
    /// # Errors
    /// [`AlbumError::NotFound`] for strangers, or the file's.
    pub fn photo_with_bytes(
        &self,
        viewer: PersonId,
        name: PhotoName,
    ) -> Result<(Photo, Bytes), AlbumError> {
        let bytes = PhotoRead {
            columns: ", photo_bytes.bytes",
            joins: "JOIN photo_bytes ON photo_bytes.id = photos.id",
        };
        self.read(|transaction| {
            authorization::photo(transaction, viewer, name, bytes, |row| {
                Ok(Bytes::from(row.get::<_, Vec<u8>>(COLUMN_COUNT)?))
            })
        })
    }

    /// Returns the stored bytes of a photo, or `None` if the photo was deleted or its bytes no
    /// longer have this hash.
    ///
    /// This does not check access: the caller decides before and after whether a viewer may see
    /// what is made from the bytes.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be read.
    pub fn photo_bytes(
        &self,
        photo: PhotoId,
        content: ContentHash,
    ) -> Result<Option<Bytes>, StoreError> {
        let sql = "SELECT photo_bytes.bytes FROM photos JOIN photo_bytes USING (id)
                   WHERE id = ?1 AND content = ?2";
        self.read_once(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let bytes =
                statement.query_row(params![photo, content], |row| row.get(0)).optional()?;
            Ok(bytes.map(|bytes: Vec<u8>| bytes.into()))
        })
    }

    /// Deletes a photo and its thumbnails, which its owner and the album's may. Its name is free
    /// then, its id is never used again, and its ledger stays.
    ///
    /// # Errors
    /// [`AlbumError::NotFound`] for strangers, [`AlbumError::NotOwner`], or the file's.
    pub fn delete_photo(&self, by: PersonId, name: PhotoName) -> Result<(), AlbumError> {
        self.write(|transaction| {
            let album_owner = authorization::member(transaction, by, name.album)?;
            let (photo, ()) =
                authorization::photo(transaction, by, name, PhotoRead::default(), |_| Ok(()))?;
            if by != album_owner && by != photo.owner {
                return Err(AlbumError::NotOwner);
            }
            transaction.prepare_cached("DELETE FROM photos WHERE id = ?1")?.execute([photo.id])?;
            Ok(())
        })
    }
}

/// What [`read`] reads, in its order.
pub(super) const COLUMNS: &str = "photos.id, photos.album, photos.photo, photos.owner, \
     photos.posted, photos.state, photos.bytes, photos.width, photos.height, photos.content";

/// How many they are: the place of the first column after them.
pub(super) const COLUMN_COUNT: usize = 10;

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Photo> {
    Ok(Photo {
        id: row.get(0)?,
        name: PhotoName { album: row.get(1)?, photo: row.get(2)? },
        owner: row.get(3)?,
        posted: Moment::from_millis(row.get(4)?),
        state: if row.get::<_, bool>(5)? { PhotoState::Compressed } else { PhotoState::Original },
        bytes: row.get::<_, i64>(6)? as u64,
        width: row.get(7)?,
        height: row.get(8)?,
        content: row.get(9)?,
    })
}

pub(super) fn in_album(
    transaction: &Transaction<'_>,
    album: AlbumId,
) -> Result<Vec<Photo>, AlbumError> {
    let sql = format!("SELECT {COLUMNS} FROM photos WHERE album = ?1 ORDER BY posted, id");
    let mut statement = transaction.prepare_cached(&sql)?;
    let photos = statement.query_map([album], read)?;
    Ok(photos.collect::<Result<_, _>>()?)
}

fn posted_before(
    transaction: &Transaction<'_>,
    name: PhotoName,
    uploaded: ContentHash,
) -> Result<Option<Photo>, AlbumError> {
    let sql = format!("SELECT {COLUMNS}, uploaded FROM photos WHERE album = ?1 AND photo = ?2");
    let found = transaction
        .prepare_cached(&sql)?
        .query_row(params![name.album, name.photo], |row| {
            Ok((read(row)?, row.get::<_, ContentHash>(COLUMN_COUNT)?))
        })
        .optional()?;
    match found {
        Some((_, before)) if before != uploaded => Err(AlbumError::OtherBytes),
        found => Ok(found.map(|(photo, _)| photo)),
    }
}

fn insert(
    transaction: &Transaction<'_>,
    owner: PersonId,
    name: PhotoName,
    upload: &Upload,
    posted: Moment,
) -> Result<Photo, AlbumError> {
    let PhotoName { album, photo } = name;
    let Upload { file: HashedBytes { bytes, hash: content }, width, height } = upload;
    let length = bytes.len() as i64;
    transaction
        .prepare_cached(
            "INSERT INTO photos
                 (album, photo, owner, uploaded, content, bytes, width, height, posted)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![album, photo, owner, content, length, width, height, posted.millis()])?;
    let id = PhotoId::from(transaction.last_insert_rowid());
    transaction
        .prepare_cached("INSERT INTO photo_bytes (id, bytes) VALUES (?1, ?2)")?
        .execute(params![id, &bytes[..]])?;
    Ok(Photo {
        id,
        name,
        owner,
        posted,
        state: PhotoState::Original,
        bytes: bytes.len() as u64,
        width: *width,
        height: *height,
        content: *content,
    })
}
