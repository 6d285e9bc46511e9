//! Stores, reads and deletes photos.
//!
//! A photo's row and its bytes are written and deleted in one transaction, so that a photo is
//! either complete or absent.

use bytes::Bytes;
use rusqlite::{MAIN_DB, OptionalExtension, Row, Transaction, params};

use super::{
    AlbumError, AlbumId, ContentHash, Moment, PersonId, PhotoId, PhotoName, Store, StoreError,
    authorization,
};

/// Photos of one album, at most 10,000.
pub const MAX_ALBUM_PHOTOS: u32 = 10_000;

/// Describes a photo, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Number of the photo in the store, never given to another photo.
    pub id: PhotoId,
    /// Album of the photo, and its client's name for it.
    pub name: PhotoName,
    /// Person who uploaded the photo.
    pub owner: PersonId,
    /// Time of the upload.
    pub uploaded_at: Moment,
    /// State of the stored bytes, either original or compressed.
    pub state: PhotoState,
    /// Number of bytes as stored.
    pub bytes: u64,
    /// Width of the upright photo in pixels.
    pub width: u32,
    /// Height of the upright photo in pixels.
    pub height: u32,
    /// Hash of the bytes as stored.
    pub content: ContentHash,
}

/// Tells which bytes of a photo are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PhotoState {
    /// The bytes that the client uploaded.
    Original,
    /// The smaller bytes that compression made from the upload.
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

/// Describes the effect of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadOutcome {
    /// A new photo was stored.
    Created(Photo),
    /// The same bytes were uploaded under this name before. Compression may have replaced them.
    Same(Photo),
}

impl Store {
    /// Predicts the effect of an upload before its bytes are decoded. Returns the photo if the
    /// same bytes were uploaded under this name before, and `None` if the name is free.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the caller is not a member of the album,
    /// [`AlbumError::OtherBytes`] if other bytes have this name, or [`AlbumError::Store`] if the
    /// file cannot be read.
    pub fn check_upload(
        &self,
        member: PersonId,
        name: PhotoName,
        uploaded: ContentHash,
    ) -> Result<Option<Photo>, AlbumError> {
        self.read(|transaction| {
            authorization::member(transaction, member, name.album)?;
            uploaded_before(transaction, name, uploaded)
        })
    }

    /// Stores a photo. The photo is on the disk when this returns.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the caller is not a member of the album,
    /// [`AlbumError::OtherBytes`] if other bytes have this name, [`AlbumError::LimitReached`] if
    /// the album is full, or [`AlbumError::Store`] if the file cannot be written. Nothing is
    /// stored then.
    pub fn put_photo(
        &self,
        member: PersonId,
        name: PhotoName,
        upload: &Upload,
    ) -> Result<UploadOutcome, AlbumError> {
        self.write(|transaction| {
            authorization::member(transaction, member, name.album)?;
            if let Some(photo) = uploaded_before(transaction, name, upload.file.hash)? {
                return Ok(UploadOutcome::Same(photo));
            }
            let photos: u32 = transaction
                .prepare_cached("SELECT count(*) FROM photos WHERE album = ?1")?
                .query_row([name.album], |row| row.get(0))?;
            if photos >= MAX_ALBUM_PHOTOS {
                return Err(AlbumError::LimitReached { limit: MAX_ALBUM_PHOTOS, what: "photos" });
            }
            let now = self.now();
            Ok(UploadOutcome::Created(insert(transaction, member, name, upload, now)?))
        })
    }

    /// Returns a photo without its bytes.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the viewer is not a member of the album or the photo
    /// does not exist, or [`AlbumError::Store`] if the file cannot be read.
    pub fn photo(&self, viewer: PersonId, name: PhotoName) -> Result<Photo, AlbumError> {
        self.read(|transaction| visible(transaction, viewer, name))
    }

    /// Returns a photo and its bytes as stored.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the viewer is not a member of the album or the photo
    /// does not exist, or [`AlbumError::Store`] if the file cannot be read.
    pub fn photo_with_bytes(
        &self,
        viewer: PersonId,
        name: PhotoName,
    ) -> Result<(Photo, Bytes), AlbumError> {
        self.read(|transaction| {
            let photo = visible(transaction, viewer, name)?;
            let bytes = bytes_of(transaction, photo.id, photo.content)?;
            Ok((photo, bytes.ok_or(AlbumError::NotFound)?))
        })
    }

    /// Returns at most `max_bytes` of a photo's stored bytes, from `offset` on, or `None` if the
    /// photo is no longer stored as described.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the viewer is not a member of the album or the photo
    /// does not exist, or [`AlbumError::Store`] if the file cannot be read.
    pub fn photo_piece(
        &self,
        viewer: PersonId,
        photo: &Photo,
        offset: u64,
        max_bytes: usize,
    ) -> Result<Option<Bytes>, AlbumError> {
        self.read(|transaction| {
            let present = visible(transaction, viewer, photo.name)?;
            if (present.id, present.content) != (photo.id, photo.content) {
                return Ok(None);
            }
            let rest = present.bytes.saturating_sub(offset) as usize;
            let length = rest.min(max_bytes);
            Ok(Some(piece_of(transaction, photo.id, offset as usize, length)?))
        })
    }

    /// Returns the stored bytes of a photo, or `None` if the photo was deleted or its bytes no
    /// longer have this hash.
    ///
    /// Does not check access. The caller checks before and after the read if the viewer may see a
    /// thumbnail that is made from the bytes.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be read.
    pub fn photo_bytes(
        &self,
        photo: PhotoId,
        content: ContentHash,
    ) -> Result<Option<Bytes>, StoreError> {
        self.read(|transaction| Ok(bytes_of(transaction, photo, content)?))
    }

    /// Deletes a photo as [`Store::delete_photo_if`] does, however it is stored.
    ///
    /// # Errors
    /// Returns the errors of that method, but [`AlbumError::Changed`].
    pub fn delete_photo(&self, by: PersonId, name: PhotoName) -> Result<(), AlbumError> {
        self.delete_photo_if(by, name, |_| true)
    }

    /// Deletes a photo and its thumbnails, for the photo's owner or the album's owner, if the photo
    /// is as `expected`. The name can be used again, but the id cannot. The photo's ledger rows
    /// stay.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the caller is not a member of the album or the photo
    /// does not exist, [`AlbumError::NotOwner`] if the caller owns neither photo nor album,
    /// [`AlbumError::Changed`] if the photo is not as expected, or [`AlbumError::Store`] if the
    /// file cannot be written.
    pub fn delete_photo_if(
        &self,
        by: PersonId,
        name: PhotoName,
        expected: impl FnOnce(&Photo) -> bool,
    ) -> Result<(), AlbumError> {
        self.write(|transaction| {
            let album_owner = authorization::member(transaction, by, name.album)?;
            let photo = visible(transaction, by, name)?;
            if by != album_owner && by != photo.owner {
                return Err(AlbumError::NotOwner);
            }
            if !expected(&photo) {
                return Err(AlbumError::Changed);
            }
            transaction.prepare_cached("DELETE FROM photos WHERE id = ?1")?.execute([photo.id])?;
            Ok(())
        })
    }
}

/// Columns that [`read`] expects, in its order.
const COLUMNS: &str = "photos.id, photos.album, photos.name, photos.owner, photos.uploaded_at, \
     photos.compressed, photos.byte_count, photos.width, photos.height, photos.content_hash";

/// Index of the first column after [`COLUMNS`].
const COLUMN_COUNT: usize = 10;

fn read(row: &Row<'_>) -> rusqlite::Result<Photo> {
    Ok(Photo {
        id: row.get(0)?,
        name: PhotoName { album: row.get(1)?, photo: row.get(2)? },
        owner: row.get(3)?,
        uploaded_at: Moment::from_millis(row.get(4)?),
        state: if row.get::<_, bool>(5)? { PhotoState::Compressed } else { PhotoState::Original },
        bytes: row.get::<_, i64>(6)? as u64,
        width: row.get(7)?,
        height: row.get(8)?,
        content: row.get(9)?,
    })
}

/// Returns the photo with this name, for members of its album.
pub(super) fn visible(
    transaction: &Transaction<'_>,
    viewer: PersonId,
    name: PhotoName,
) -> Result<Photo, AlbumError> {
    authorization::photo(transaction, viewer, name, COLUMNS, read)
}

/// Returns all photos of an album, oldest first.
pub(super) fn in_album(
    transaction: &Transaction<'_>,
    album: AlbumId,
) -> Result<Vec<Photo>, AlbumError> {
    let sql = format!("SELECT {COLUMNS} FROM photos WHERE album = ?1 ORDER BY uploaded_at, id");
    let mut statement = transaction.prepare_cached(&sql)?;
    let photos = statement.query_map([album], read)?;
    Ok(photos.collect::<Result<_, _>>()?)
}

fn bytes_of(
    transaction: &Transaction<'_>,
    photo: PhotoId,
    content: ContentHash,
) -> rusqlite::Result<Option<Bytes>> {
    let length: Option<i64> = transaction
        .prepare_cached("SELECT byte_count FROM photos WHERE id = ?1 AND content_hash = ?2")?
        .query_row(params![photo, content], |row| row.get(0))
        .optional()?;
    length.map(|length| piece_of(transaction, photo, 0, length as usize)).transpose()
}

/// Reads a part of a photo's bytes into memory of that size. A query would hold the whole photo in
/// SQLite's memory too.
fn piece_of(
    transaction: &Transaction<'_>,
    photo: PhotoId,
    offset: usize,
    length: usize,
) -> rusqlite::Result<Bytes> {
    let mut piece = vec![0; length];
    let blob = transaction.blob_open(MAIN_DB, "photo_bytes", "bytes", photo.get(), true)?;
    blob.read_at_exact(&mut piece, offset)?;
    Ok(Bytes::from(piece))
}

fn uploaded_before(
    transaction: &Transaction<'_>,
    name: PhotoName,
    uploaded: ContentHash,
) -> Result<Option<Photo>, AlbumError> {
    let sql = format!("SELECT {COLUMNS}, uploaded_hash FROM photos WHERE album = ?1 AND name = ?2");
    let stored = transaction
        .prepare_cached(&sql)?
        .query_row(params![name.album, name.photo], |row| {
            Ok((read(row)?, row.get::<_, ContentHash>(COLUMN_COUNT)?))
        })
        .optional()?;
    match stored {
        Some((_, before)) if before != uploaded => Err(AlbumError::OtherBytes),
        stored => Ok(stored.map(|(photo, _)| photo)),
    }
}

fn insert(
    transaction: &Transaction<'_>,
    owner: PersonId,
    name: PhotoName,
    upload: &Upload,
    uploaded_at: Moment,
) -> Result<Photo, AlbumError> {
    let Upload { file: HashedBytes { bytes, hash }, width, height } = upload;
    let (album, photo, length) = (name.album, name.photo, bytes.len() as i64);
    transaction
        .prepare_cached(
            "INSERT INTO photos (album, name, owner, uploaded_hash, content_hash, byte_count,
                 width, height, uploaded_at)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![album, photo, owner, hash, length, width, height, uploaded_at.millis()])?;
    let id = PhotoId::from(transaction.last_insert_rowid());
    transaction
        .prepare_cached("INSERT INTO photo_bytes (id, bytes) VALUES (?1, ?2)")?
        .execute(params![id, &bytes[..]])?;
    Ok(Photo {
        id,
        name,
        owner,
        uploaded_at,
        state: PhotoState::Original,
        bytes: bytes.len() as u64,
        width: *width,
        height: *height,
        content: *hash,
    })
}
