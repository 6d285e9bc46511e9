//! Rows into the file.

use bytes::Bytes;
use rusqlite::{Savepoint, params};

use super::super::store::Durability;
use super::super::thumbnail_cache::fit_number;
use super::super::{ContentHash, Moment, RowId, Store, StoreError};
use super::{Band, Entry, MakingEvent, MakingRef, ShownEntry, ThumbnailRecord};

/// The kinds of rows, as stored.
pub(super) const MADE: i64 = 0;
pub(super) const SHOWN: i64 = 1;
pub(super) const STOPPED: i64 = 2;

impl Store {
    /// Writes groups of rows in one transaction, each with its moment, and gives each group's row
    /// numbers. A group is there whole or not at all.
    ///
    /// # Errors
    /// The file's, and then no group is there. A group alone fails with
    /// [`StoreError::UnknownMaking`].
    pub fn append<'e>(
        &self,
        groups: impl Iterator<Item = (Moment, &'e [Entry])>,
    ) -> Result<Vec<Result<Vec<RowId>, StoreError>>, StoreError> {
        // Thousands of answers a second wait for this: the disk is not waited for. What that
        // costs in a power cut stands on the storage page.
        self.write_with(Durability::ProcessCrash, |transaction| {
            groups
                .map(|(at, entries)| {
                    let savepoint = transaction.savepoint()?;
                    let written = group(&savepoint, at, entries);
                    match &written {
                        Ok(_) => savepoint.commit()?,
                        Err(StoreError::UnknownMaking { .. }) => savepoint.finish()?,
                        Err(error) => return Err(error.clone()),
                    }
                    Ok(written)
                })
                .collect()
        })
    }
}

fn group(
    savepoint: &Savepoint<'_>,
    at: Moment,
    entries: &[Entry],
) -> Result<Vec<RowId>, StoreError> {
    let mut above = None;
    let write = |entry: &Entry| match entry {
        Entry::Made { event, making, keep } => {
            let row = made(savepoint, at, event, making)?;
            above = Some(row);
            if let Some(bytes) = keep {
                keep_thumbnail(savepoint, event, row, bytes)?;
            }
            Ok(row)
        }
        Entry::Shown(showing) => {
            let row = match showing.made {
                MakingRef::Row(row) => Some(row),
                MakingRef::Previous => above,
            };
            shown(savepoint, at, showing, row.ok_or(StoreError::UnknownMaking { row: None })?)
        }
        Entry::Stopped(event) => insert(savepoint, STOPPED, at, event, None),
    };
    entries.iter().map(write).collect()
}

fn made(
    savepoint: &Savepoint<'_>,
    at: Moment,
    event: &MakingEvent,
    making: &ThumbnailRecord,
) -> Result<RowId, StoreError> {
    let row = insert(savepoint, MADE, at, event, Some(making))?;
    let mut statement = savepoint.prepare_cached(
        "INSERT INTO ledger_bands (row, band, photo, name, album, owner, decode)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (place, band) in making.bands.iter().enumerate() {
        let source = band.map(|Band { source, .. }| source);
        statement.execute(params![
            row,
            place as i64,
            source.map(|source| source.photo),
            source.map(|source| source.name),
            source.map(|source| source.album),
            source.map(|source| source.owner),
            band.map(|band| band.decode as i64),
        ])?;
    }
    Ok(row)
}

fn insert(
    savepoint: &Savepoint<'_>,
    kind: i64,
    at: Moment,
    event: &MakingEvent,
    making: Option<&ThumbnailRecord>,
) -> Result<RowId, StoreError> {
    savepoint
        .prepare_cached(
            "INSERT INTO ledger (kind, at, viewer, photo, name, album, owner, content_in,
                 content_out, size, fit, maker, pipeline, slot, decode)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            kind,
            at.millis(),
            event.viewer,
            event.asked.photo,
            event.asked.name,
            event.asked.album,
            event.asked.owner,
            event.content_in,
            event.content_out,
            event.spec.size.get(),
            fit_number(event.spec.fit),
            event.maker,
            event.pipeline,
            making.and_then(|making| making.slot),
            making.map(|making| making.decode as i64),
        ])?;
    Ok(RowId::from(savepoint.last_insert_rowid()))
}

/// Keeps a thumbnail, unless its photo is gone or no longer what it was made from.
fn keep_thumbnail(
    savepoint: &Savepoint<'_>,
    event: &MakingEvent,
    row: RowId,
    bytes: &Bytes,
) -> Result<(), StoreError> {
    savepoint
        .prepare_cached(
            "INSERT OR REPLACE INTO thumbnails
                 (photo, content, size, fit, maker, made, hash, bytes)
             SELECT id, content, ?3, ?4, ?5, ?6, ?7, ?8 FROM photos
             WHERE id = ?1 AND content = ?2",
        )?
        .execute(params![
            event.asked.photo,
            event.content_in,
            event.spec.size.get(),
            fit_number(event.spec.fit),
            event.maker,
            row,
            ContentHash::of(bytes),
            &bytes[..],
        ])?;
    Ok(())
}

/// Writes that a making was shown: its values, and what in it is of another photo than was asked
/// for, with whether the viewer is a stranger to that photo's album now.
fn shown(
    savepoint: &Savepoint<'_>,
    at: Moment,
    showing: &ShownEntry,
    made: RowId,
) -> Result<RowId, StoreError> {
    let ShownEntry { viewer, asked, .. } = showing;
    let written = savepoint
        .prepare_cached(
            "INSERT INTO ledger (kind, at, viewer, photo, name, album, owner, content_in,
                 content_out, size, fit, maker, pipeline, made, own)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, content_in, content_out, size, fit, maker,
                 pipeline, id,
                 (SELECT count(*) FROM ledger_bands WHERE row = ?8 AND photo = ?4)
             FROM ledger WHERE id = ?8 AND kind = ?9",
        )?
        .execute(params![
            SHOWN,
            at.millis(),
            viewer,
            asked.photo,
            asked.name,
            asked.album,
            asked.owner,
            made,
            MADE,
        ])?;
    if written == 0 {
        return Err(StoreError::UnknownMaking { row: Some(made) });
    }
    let row = RowId::from(savepoint.last_insert_rowid());
    savepoint
        .prepare_cached(
            "INSERT INTO ledger_bands (row, band, photo, name, album, owner, decode, stranger)
             SELECT ?1, band, photo, name, album, owner, decode,
                 photo IS NOT NULL AND NOT EXISTS (
                     SELECT 1 FROM members
                     WHERE members.album = made.album AND members.person = ?2)
             FROM ledger_bands AS made WHERE row = ?3 AND photo IS NOT ?4",
        )?
        .execute(params![row, viewer, made, asked.photo])?;
    Ok(row)
}
