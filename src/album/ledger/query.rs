//! What the ledger tells: rows read back.

use rusqlite::{Row, Transaction, params};

use super::super::thumbnail_cache::fit_of;
use super::super::{Moment, RowId, Store, StoreError};
use super::insert::{MADE, SHOWN};
use super::{Band, MakingEvent, PhotoRef, ThumbnailRecord};
use crate::codec::{Size, ThumbnailSpec};

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number.
    pub row: RowId,
    /// When it happened.
    pub at: Moment,
    /// What it is about.
    pub event: MakingEvent,
    /// What happened.
    pub what: RecordKind,
}

/// What happened to a thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// It was made.
    Made(ThumbnailRecord),
    /// It was shown.
    Shown {
        /// The row of its making.
        made: RowId,
        /// How many of its bands show the photo that was asked for.
        own: u32,
        /// Its other bands.
        foreign: Vec<ForeignBand>,
    },
    /// It was not of what was asked for, and not sent.
    Stopped,
}

/// A band of another photo than was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignBand {
    /// What it shows; `None` for a frame with no photo in it.
    pub source: Option<PhotoRef>,
    /// Whether the viewer was no member of that photo's album when it was shown.
    pub stranger: bool,
}

/// Rows that are read at once: enough to be quick, few enough to hold.
const PAGE: usize = 1_000;

impl Store {
    /// The rows from `from` on and before `to`, oldest first, read a page at a time: rows that are
    /// written meanwhile may or may not be among them.
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
        let sql = "SELECT id, at, viewer, photo, name, album, owner, content_in, content_out,
                       size, fit, maker, pipeline, kind, slot, decode, made, own
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
        asked: source(row, 3)?,
        content_in: row.get(7)?,
        content_out: row.get(8)?,
        spec: ThumbnailSpec {
            size: Size::try_from(row.get::<_, u32>(9)?).map_err(|error| unreadable(9, error))?,
            fit: fit_of(row.get(10)?),
        },
        maker: row.get(11)?,
        pipeline: row.get(12)?,
    };
    let what = match row.get(13)? {
        MADE => RecordKind::Made(ThumbnailRecord {
            slot: row.get(14)?,
            decode: row.get::<_, i64>(15)? as u64,
            bands: bands(transaction, number, |row| match row.get::<_, Option<i64>>(0)? {
                Some(_) => {
                    let decode = row.get::<_, i64>(4)? as u64;
                    Ok(Some(Band { source: source(row, 0)?, decode }))
                }
                None => Ok(None),
            })?,
        }),
        SHOWN => RecordKind::Shown {
            made: row.get(16)?,
            own: row.get(17)?,
            foreign: bands(transaction, number, |row| {
                let photo: Option<i64> = row.get(0)?;
                let source = photo.map(|_| source(row, 0)).transpose()?;
                Ok(ForeignBand { source, stranger: row.get(5)? })
            })?,
        },
        _ => RecordKind::Stopped,
    };
    Ok(Record { row: number, at: Moment::from_millis(row.get(1)?), event, what })
}

fn bands<T>(
    transaction: &Transaction<'_>,
    row: RowId,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let sql = "SELECT photo, name, album, owner, decode, stranger FROM ledger_bands
               WHERE row = ?1 ORDER BY band";
    transaction.prepare_cached(sql)?.query_map([row], read)?.collect()
}

fn source(row: &Row<'_>, first: usize) -> rusqlite::Result<PhotoRef> {
    Ok(PhotoRef {
        photo: row.get(first)?,
        name: row.get(first + 1)?,
        album: row.get(first + 2)?,
        owner: row.get(first + 3)?,
    })
}

fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    let integer = rusqlite::types::Type::Integer;
    rusqlite::Error::FromSqlConversionFailure(column, integer, Box::new(error))
}
