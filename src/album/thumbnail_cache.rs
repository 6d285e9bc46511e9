//! Caches thumbnails under the photo's id and content hash, the thumbnail's size and fit, and the
//! maker (the version of the thumbnail maker).
//!
//! The ledger writes a cached thumbnail in the same transaction as the ledger row of its making,
//! so that every cached thumbnail has such a row.

use bytes::Bytes;
use rusqlite::params;

use super::{
    AlbumError, ContentHash, PersonId, Photo, PhotoName, RowId, Store, StoreError, photos,
};
use crate::codec::{Fit, ThumbnailSpec};

/// Selects a thumbnail of a photo.
#[derive(Clone, Copy, Debug)]
pub struct CacheKey<'m> {
    /// Size and fit of the thumbnail.
    pub spec: ThumbnailSpec,
    /// Version of the thumbnail maker.
    pub maker: &'m str,
}

/// Holds a photo, and the cached thumbnail of the photo's present content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheLookup {
    /// The photo, without its bytes.
    pub photo: Photo,
    /// The thumbnail, or `None` if the caller has to make it from [`Store::photo_bytes`].
    pub thumbnail: Option<CachedThumbnail>,
}

/// Holds a cached thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedThumbnail {
    /// Ledger row that records the making of the thumbnail. An ETag has to cover this number: a
    /// thumbnail that is purged and made again has another row, and a device must not take a bad
    /// cached copy for the new one.
    pub made: RowId,
    /// Hash of the thumbnail's bytes.
    pub hash: ContentHash,
    /// Bytes of the thumbnail, a JPEG.
    pub bytes: Bytes,
}

impl Store {
    /// Returns a photo and its cached thumbnail, for members of the photo's album.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the viewer is not a member of the album or the photo
    /// does not exist, or [`AlbumError::Store`] if the file cannot be read.
    pub fn thumbnail(
        &self,
        viewer: PersonId,
        name: PhotoName,
        key: &CacheKey<'_>,
    ) -> Result<CacheLookup, AlbumError> {
        let sql = "SELECT made_row, hash, bytes FROM thumbnails
                   WHERE photo = ?1 AND content_hash = ?2 AND size = ?3 AND fit = ?4
                      AND maker = ?5";
        self.read(|transaction| {
            let photo = photos::visible(transaction, viewer, name)?;
            let (size, fit) = (key.spec.size.get(), fit_to_sql(key.spec.fit));
            let mut statement = transaction.prepare_cached(sql)?;
            let key = params![photo.id, photo.content, size, fit, key.maker];
            let mut rows = statement.query_map(key, |row| {
                let bytes = row.get::<_, Vec<u8>>(2)?.into();
                Ok(CachedThumbnail { made: row.get(0)?, hash: row.get(1)?, bytes })
            })?;
            let thumbnail = rows.next().transpose()?;
            drop(rows);
            Ok(CacheLookup { photo, thumbnail })
        })
    }

    /// Deletes every cached thumbnail of a maker and returns their number. The ledger stays.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be written.
    pub fn purge(&self, maker: &str) -> Result<u64, StoreError> {
        self.write(|transaction| {
            let sql = "DELETE FROM thumbnails WHERE maker = ?1";
            Ok(transaction.prepare_cached(sql)?.execute([maker])? as u64)
        })
    }
}

/// Returns the number that the tables store for a fit.
pub(super) fn fit_to_sql(fit: Fit) -> i64 {
    match fit {
        Fit::Cover => 0,
        Fit::Contain => 1,
    }
}

/// Returns the fit for which [`fit_to_sql`] stored this number.
pub(super) fn fit_from_sql(number: i64) -> Fit {
    if number == 0 { Fit::Cover } else { Fit::Contain }
}
