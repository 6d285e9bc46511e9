//! Finds the viewers of a photo: those who requested it, and those who found it in the thumbnail of
//! another photo.

use std::str::FromStr;

use rusqlite::params;
use serde::Serialize;

use super::super::{AlbumId, Moment, PersonId, PhotoId, PhotoUuid, Store, StoreError};

/// Names a photo, which may have been deleted long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoQuery {
    /// The photo with this id.
    Id(PhotoId),
    /// All photos that had this name, in one album or in all albums. A name can be used again
    /// after a photo is deleted, so there may be several.
    Name {
        /// Album of the photo, or `None` for all albums.
        album: Option<AlbumId>,
        /// Name that the client gave to the photo.
        photo: PhotoUuid,
    },
}

/// Reports a text that names no photo.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no photo: give its UUID, ALBUM/UUID, or its number in the ledger")]
pub struct PhotoQueryError(String);

impl FromStr for PhotoQuery {
    type Err = PhotoQueryError;

    fn from_str(text: &str) -> Result<Self, PhotoQueryError> {
        let error = || PhotoQueryError(text.to_owned());
        if let Ok(id) = text.parse::<i64>() {
            return Ok(Self::Id(id.into()));
        }
        let (album, photo) = match text.split_once('/') {
            Some((album, photo)) => (Some(album.parse().map_err(|_| error())?), photo),
            None => (None, text),
        };
        Ok(Self::Name { album, photo: photo.parse().map_err(|_| error())? })
    }
}

/// Summarizes the times at which one viewer saw one photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PhotoView {
    /// Id of the photo.
    pub photo: PhotoId,
    /// Album of the photo.
    pub album: AlbumId,
    /// Name that the client gave to the photo.
    pub name: PhotoUuid,
    /// Person who saw the photo.
    pub viewer: PersonId,
    /// True if the viewer had requested another photo.
    pub in_other_thumbnail: bool,
    /// True if at least once the viewer was not a member of the photo's album.
    pub stranger: bool,
    /// Number of times that the photo was shown.
    pub times: u64,
    /// Time at which the photo was first shown.
    pub first: Moment,
    /// Time at which the photo was last shown.
    pub last: Moment,
}

impl Store {
    /// Returns the viewers who were shown any row of pixels of a photo, by the ledger. Viewers who
    /// requested the photo come first, viewers who found it in another thumbnail second.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be read.
    pub fn viewers_of(&self, photo: PhotoQuery) -> Result<Vec<PhotoView>, StoreError> {
        let (condition, id, name, album) = match photo {
            PhotoQuery::Id(id) => {
                ("seen.photo = ?1 AND ?2 IS NULL AND ?3 IS NULL", Some(id), None, None)
            }
            PhotoQuery::Name { album, photo } => (
                "seen.photo_name = ?2 AND seen.album = coalesce(?3, seen.album) AND ?1 IS NULL",
                None,
                Some(photo),
                album,
            ),
        };
        let requested = format!(
            "SELECT photo, album, photo_name, viewer, 0, count(*), min(at), max(at)
             FROM ledger AS seen WHERE kind = 1 AND own_bands > 0 AND {condition}
             GROUP BY photo, viewer ORDER BY min(at), photo, viewer"
        );
        let in_other = format!(
            "SELECT seen.photo, seen.album, seen.photo_name, viewer, max(stranger),
                 count(DISTINCT ledger.id), min(at), max(at)
             FROM ledger_bands AS seen JOIN ledger ON ledger.id = seen.row
             WHERE stranger IS NOT NULL AND {condition}
             GROUP BY seen.photo, viewer ORDER BY min(at), seen.photo, viewer"
        );
        self.read(|transaction| {
            let mut views = Vec::new();
            for (sql, in_other_thumbnail) in [(requested, false), (in_other, true)] {
                let mut statement = transaction.prepare_cached(&sql)?;
                let rows = statement.query_map(params![id, name, album], |row| {
                    Ok(PhotoView {
                        photo: row.get(0)?,
                        album: row.get(1)?,
                        name: row.get(2)?,
                        viewer: row.get(3)?,
                        in_other_thumbnail,
                        stranger: row.get(4)?,
                        times: row.get::<_, i64>(5)? as u64,
                        first: Moment::from_millis(row.get(6)?),
                        last: Moment::from_millis(row.get(7)?),
                    })
                })?;
                for row in rows {
                    views.push(row?);
                }
            }
            Ok(views)
        })
    }
}
