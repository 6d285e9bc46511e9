//! Who saw a photo: asked for it and got it, or found it in another's thumbnail.

use std::str::FromStr;

use rusqlite::{Row, params};
use serde::Serialize;

use super::super::{AlbumId, Moment, PersonId, PhotoId, PhotoUuid, Store, StoreError};

/// How a photo is named when it may be long gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoQuery {
    /// By the store's own number.
    Id(PhotoId),
    /// By its client's name, in one album or in all of them. The name may have been used again, so
    /// this can be several photos.
    Name {
        /// The album; `None`: any.
        album: Option<AlbumId>,
        /// The name.
        photo: PhotoUuid,
    },
}

/// A text that names no photo.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no photo: give its UUID, ALBUM/UUID, or its number in the ledger")]
pub struct PhotoQueryError(String);

impl FromStr for PhotoQuery {
    type Err = PhotoQueryError;

    fn from_str(text: &str) -> Result<Self, PhotoQueryError> {
        let refuse = || PhotoQueryError(text.to_owned());
        if let Ok(id) = text.parse::<i64>() {
            return Ok(Self::Id(id.into()));
        }
        let (album, photo) = match text.split_once('/') {
            Some((album, photo)) => (Some(album.parse().map_err(|_| refuse())?), photo),
            None => (None, text),
        };
        Ok(Self::Name { album, photo: photo.parse().map_err(|_| refuse())? })
    }
}

/// One viewer of one photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PhotoView {
    /// The photo.
    pub photo: PhotoId,
    /// Its album.
    pub album: AlbumId,
    /// Its client's name for it.
    pub name: PhotoUuid,
    /// Who saw it.
    pub viewer: PersonId,
    /// Whether it was another photo that the viewer had asked for.
    pub in_anothers: bool,
    /// Whether the viewer was a stranger to it, at least once.
    pub stranger: bool,
    /// How many times it was shown.
    pub times: u64,
    /// The first time.
    pub first: Moment,
    /// The last time.
    pub last: Moment,
}

impl Store {
    /// Who was shown any row of a photo, by the ledger: first those who asked for it, then those
    /// who found it in another's thumbnail.
    ///
    /// # Errors
    /// The file's.
    pub fn who_saw(&self, sought: PhotoQuery) -> Result<Vec<PhotoView>, StoreError> {
        let (which, id, name, album) = match sought {
            PhotoQuery::Id(id) => {
                ("seen.photo = ?1 AND ?2 IS NULL AND ?3 IS NULL", Some(id), None, None)
            }
            PhotoQuery::Name { album, photo } => (
                "seen.name = ?2 AND seen.album = coalesce(?3, seen.album) AND ?1 IS NULL",
                None,
                Some(photo),
                album,
            ),
        };
        let asked = format!(
            "SELECT photo, album, name, viewer, 0, count(*), min(at), max(at)
             FROM ledger AS seen WHERE kind = 1 AND own > 0 AND {which}
             GROUP BY photo, viewer ORDER BY min(at), photo, viewer"
        );
        let found = format!(
            "SELECT seen.photo, seen.album, seen.name, viewer, max(stranger),
                 count(DISTINCT ledger.id), min(at), max(at)
             FROM ledger_bands AS seen JOIN ledger ON ledger.id = seen.row
             WHERE stranger IS NOT NULL AND {which}
             GROUP BY seen.photo, viewer ORDER BY min(at), seen.photo, viewer"
        );
        self.read(|transaction| {
            let mut sightings = Vec::new();
            for (sql, in_anothers) in [(asked, false), (found, true)] {
                let mut statement = transaction.prepare_cached(&sql)?;
                let rows = statement
                    .query_map(params![id, name, album], |row| sighting(row, in_anothers))?;
                for row in rows {
                    sightings.push(row?);
                }
            }
            Ok(sightings)
        })
    }
}

fn sighting(row: &Row<'_>, in_anothers: bool) -> rusqlite::Result<PhotoView> {
    Ok(PhotoView {
        photo: row.get(0)?,
        album: row.get(1)?,
        name: row.get(2)?,
        viewer: row.get(3)?,
        in_anothers,
        stranger: row.get(4)?,
        times: row.get::<_, i64>(5)? as u64,
        first: Moment::from_millis(row.get(6)?),
        last: Moment::from_millis(row.get(7)?),
    })
}
