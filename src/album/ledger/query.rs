//! Reads rows of the ledger, a page at a time.

use rusqlite::types::FromSqlError;
use rusqlite::{Row, Transaction, params};

use super::super::thumbnail_cache::fit_from_sql;
use super::super::{Moment, PhotoId, RowId, Store, StoreError};
use super::insert::{MADE, SHOWN};
use super::{Band, MakingEvent, PhotoRef, ThumbnailRecord};
use crate::codec::{Size, ThumbnailSpec};

/// Holds a row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Number of the row.
    pub row: RowId,
    /// Time at which the row was appended.
    pub at: Moment,
    /// Values that every kind of row has.
    pub event: MakingEvent,
    /// Kind of the row, with the values of that kind.
    pub kind: RecordKind,
}

/// Tells what happened to a thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// The thumbnail was made.
    Made(ThumbnailRecord),
    /// The thumbnail was shown.
    Shown {
        /// Made row of the thumbnail.
        made: RowId,
        /// Number of bands that show the requested photo.
        own_bands: u32,
        /// Bands that do not show the requested photo.
        foreign: Vec<ForeignBand>,
    },
    /// The thumbnail did not match its request and was not sent.
    Withheld,
}

/// Describes a band that does not show the requested photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignBand {
    /// Photo that the band shows, or `None` for a frame that held no photo.
    pub source: Option<PhotoRef>,
    /// True if the viewer was not a member of the photo's album when the band was shown.
    pub stranger: bool,
}

/// Rows of one page, at most 1,000. A page of this size is read quickly and fits in memory.
const PAGE: usize = 1_000;

impl Store {
    /// Returns the rows with times from `from` on and before `to`, oldest first. The iterator
    /// reads a page at a time and may or may not return rows that are appended meanwhile.
    pub fn ledger(
        &self,
        from: Moment,
        to: Moment,
    ) -> impl Iterator<Item = Result<Record, StoreError>> {
        let mut page = Vec::new().into_iter();
        let mut after = Some((from, RowId::from(0)));
        std::iter::from_fn(move || {
            if page.as_slice().is_empty() {
                let records = match self.page(after?, to) {
                    Ok(records) => records,
                    Err(error) => {
                        after = None;
                        return Some(Err(error));
                    }
                };
                after = records
                    .last()
                    .filter(|_| records.len() == PAGE)
                    .map(|record| (record.at, record.row));
                page = records.into_iter();
            }
            page.next().map(Ok)
        })
    }

    fn page(&self, after: (Moment, RowId), to: Moment) -> Result<Vec<Record>, StoreError> {
        let sql = "SELECT id, at, viewer, photo, photo_name, album, owner, photo_hash,
                       thumbnail_hash, size, fit, maker, pipeline, kind, slot, decode, made_row,
                       own_bands
                   FROM ledger INDEXED BY ledger_by_time
                   WHERE (at, id) > (?1, ?2) AND at < ?3 ORDER BY at, id LIMIT ?4";
        self.read(|transaction| {
            let mut statement = transaction.prepare_cached(sql)?;
            let (at, row) = after;
            let limits = params![at.millis(), row, to.millis(), PAGE as i64];
            let records = statement.query_map(limits, |row| record(transaction, row))?;
            Ok::<_, StoreError>(records.collect::<Result<_, _>>()?)
        })
    }
}

fn record(transaction: &Transaction<'_>, row: &Row<'_>) -> rusqlite::Result<Record> {
    let number = row.get(0)?;
    let event = MakingEvent {
        viewer: row.get(2)?,
        requested: photo_ref(row, 3)?,
        photo_hash: row.get(7)?,
        thumbnail_hash: row.get(8)?,
        spec: ThumbnailSpec {
            size: Size::try_from(row.get::<_, u32>(9)?)
                .map_err(|error| FromSqlError::Other(Box::new(error)))?,
            fit: fit_from_sql(row.get(10)?),
        },
        maker: row.get(11)?,
        pipeline: row.get(12)?,
    };
    let kind = match row.get(13)? {
        MADE => RecordKind::Made(ThumbnailRecord {
            slot: row.get(14)?,
            decode: row.get::<_, i64>(15)? as u64,
            bands: bands(transaction, number, |row, source| {
                let decode: Option<i64> = row.get(4)?;
                Ok(source
                    .zip(decode)
                    .map(|(source, decode)| Band { source, decode: decode as u64 }))
            })?,
        }),
        SHOWN => RecordKind::Shown {
            made: row.get(16)?,
            own_bands: row.get(17)?,
            foreign: bands(transaction, number, |row, source| {
                Ok(ForeignBand { source, stranger: row.get(5)? })
            })?,
        },
        _ => RecordKind::Withheld,
    };
    Ok(Record { row: number, at: Moment::from_millis(row.get(1)?), event, kind })
}

/// Reads the bands of a row. `read` gets a band's columns and its photo.
fn bands<T>(
    transaction: &Transaction<'_>,
    row: RowId,
    read: impl Fn(&Row<'_>, Option<PhotoRef>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let sql = "SELECT photo, photo_name, album, owner, decode, stranger FROM ledger_bands
               WHERE row = ?1 ORDER BY band";
    let mut statement = transaction.prepare_cached(sql)?;
    let bands = statement.query_map([row], |row| {
        let photo: Option<PhotoId> = row.get(0)?;
        read(row, photo.map(|_| photo_ref(row, 0)).transpose()?)
    })?;
    bands.collect()
}

/// Reads a photo from four columns, of which `first` is the index of the first.
fn photo_ref(row: &Row<'_>, first: usize) -> rusqlite::Result<PhotoRef> {
    Ok(PhotoRef {
        photo: row.get(first)?,
        name: row.get(first + 1)?,
        album: row.get(first + 2)?,
        owner: row.get(first + 3)?,
    })
}
