//! Thumbnails: kept under the photo's id, what it contained, and how they were made.
//!
//! They are written together with the ledger's row of their making, by the ledger: there is no
//! kept thumbnail whose making is unknown.

use bytes::Bytes;
use rusqlite::params;

use super::authorization::{self, PhotoRead};
use super::{AlbumError, ContentHash, PersonId, Photo, PhotoName, RowId, Store, StoreError};
use crate::codec::{Fit, ThumbnailSpec};

/// Which thumbnail of a photo is wanted.
#[derive(Clone, Copy, Debug)]
pub struct CacheKey<'m> {
    /// The thumbnail's size and fit.
    pub spec: ThumbnailSpec,
    /// The version of the thumbnail maker.
    pub maker: &'m str,
}

/// A photo, and the thumbnail of what it contains now, if that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheLookup {
    /// The photo.
    pub photo: Photo,
    /// The thumbnail. `None`: make it from [`Store::photo_with_bytes`].
    pub thumbnail: Option<CachedThumbnail>,
}

/// A kept thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedThumbnail {
    /// The ledger's row of its making. A thumbnail that is thrown away and made anew has another:
    /// an ETag that leaves it out takes a bad copy on a device for the good one.
    pub made: RowId,
    /// The hash of its bytes.
    pub hash: ContentHash,
    /// Its bytes: a JPEG.
    pub bytes: Bytes,
}

impl Store {
    /// A photo and its kept thumbnail, for members of its album.
    ///
    /// # Errors
    /// [`AlbumError::NotFound`] for strangers, or the file's.
    pub fn thumbnail(
        &self,
        viewer: PersonId,
        name: PhotoName,
        wanted: &CacheKey<'_>,
    ) -> Result<CacheLookup, AlbumError> {
        let sql = "SELECT made, hash, bytes FROM thumbnails
                   WHERE photo = ?1 AND content = ?2 AND size = ?3 AND fit = ?4 AND maker = ?5";
        self.read(|transaction| {
            let (photo, ()) =
                authorization::photo(transaction, viewer, name, PhotoRead::default(), |_| Ok(()))?;
            let (size, fit) = (wanted.spec.size.get(), fit_number(wanted.spec.fit));
            let mut statement = transaction.prepare_cached(sql)?;
            let key = params![photo.id, photo.content, size, fit, wanted.maker];
            let mut rows = statement.query_map(key, |row| {
                let bytes = row.get::<_, Vec<u8>>(2)?.into();
                Ok(CachedThumbnail { made: row.get(0)?, hash: row.get(1)?, bytes })
            })?;
            let thumbnail = rows.next().transpose()?;
            drop(rows);
            Ok(CacheLookup { photo, thumbnail })
        })
    }

    /// Throws away every thumbnail of a maker, and says how many they were. The ledger stays.
    ///
    /// # Errors
    /// The file's.
    pub fn purge(&self, maker: &str) -> Result<u64, StoreError> {
        self.write(|transaction| {
            let sql = "DELETE FROM thumbnails WHERE maker = ?1";
            Ok(transaction.prepare_cached(sql)?.execute([maker])? as u64)
        })
    }
}

/// How a fit is stored.
pub(super) fn fit_number(fit: Fit) -> i64 {
    match fit {
        Fit::Cover => 0,
        Fit::Contain => 1,
    }
}

/// What [`fit_number`] stored.
pub(super) fn fit_of(number: i64) -> Fit {
    if number == 0 { Fit::Cover } else { Fit::Contain }
}
