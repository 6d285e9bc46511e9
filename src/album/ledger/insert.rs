//! Inserts rows into the ledger.

use bytes::Bytes;
use rusqlite::{Savepoint, params};

use super::super::store::Durability;
use super::super::thumbnail_cache::fit_to_sql;
use super::super::{ContentHash, Moment, RowId, Store, StoreError};
use super::{Band, Entry, MakingEvent, MakingRef, ShownEntry, ThumbnailRecord};

// Values of the column `kind`.
pub(super) const MADE: i64 = 0;
pub(super) const SHOWN: i64 = 1;
pub(super) const WITHHELD: i64 = 2;

impl Store {
    /// Appends groups of rows in one transaction, each group with its time. Returns the row
    /// numbers of each group. A group is written whole or not at all.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the file cannot be written: no group is written then. The
    /// result of a single group is [`StoreError::UnknownMaking`] if one of its shown entries
    /// refers to a made row that the ledger does not have.
    pub fn append<'e>(
        &self,
        groups: impl Iterator<Item = (Moment, &'e [Entry])>,
    ) -> Result<Vec<Result<Vec<RowId>, StoreError>>, StoreError> {
        // Thousands of answers a second wait for this commit, so it does not wait for the disk.
        // docs/storage.md describes what a power loss can lose.
        self.write_with(Durability::ProcessCrash, |transaction| {
            groups
                .map(|(at, entries)| {
                    let savepoint = transaction.savepoint()?;
                    let written = insert_group(&savepoint, at, entries);
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

fn insert_group(
    savepoint: &Savepoint<'_>,
    at: Moment,
    entries: &[Entry],
) -> Result<Vec<RowId>, StoreError> {
    let mut previous = None;
    let write = |entry: &Entry| match entry {
        Entry::Made { event, record, cache } => {
            let row = insert_made(savepoint, at, event, record)?;
            previous = Some(row);
            if let Some(bytes) = cache {
                cache_thumbnail(savepoint, event, row, bytes)?;
            }
            Ok(row)
        }
        Entry::Shown(shown) => {
            let made = match shown.made {
                MakingRef::Row(row) => Some(row),
                MakingRef::Previous => previous,
            };
            insert_shown(savepoint, at, shown, made.ok_or(StoreError::UnknownMaking { row: None })?)
        }
        Entry::Withheld(event) => insert_row(savepoint, WITHHELD, at, event, None),
    };
    entries.iter().map(write).collect()
}

fn insert_made(
    savepoint: &Savepoint<'_>,
    at: Moment,
    event: &MakingEvent,
    record: &ThumbnailRecord,
) -> Result<RowId, StoreError> {
    let row = insert_row(savepoint, MADE, at, event, Some(record))?;
    let mut statement = savepoint.prepare_cached(
        "INSERT INTO ledger_bands (row, band, photo, photo_name, album, owner, decode)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (index, band) in record.bands.iter().enumerate() {
        let source = band.map(|Band { source, .. }| source);
        statement.execute(params![
            row,
            index as i64,
            source.map(|source| source.photo),
            source.map(|source| source.name),
            source.map(|source| source.album),
            source.map(|source| source.owner),
            band.map(|band| band.decode as i64),
        ])?;
    }
    Ok(row)
}

fn insert_row(
    savepoint: &Savepoint<'_>,
    kind: i64,
    at: Moment,
    event: &MakingEvent,
    record: Option<&ThumbnailRecord>,
) -> Result<RowId, StoreError> {
    savepoint
        .prepare_cached(
            "INSERT INTO ledger (kind, at, viewer, photo, photo_name, album, owner, photo_hash,
                 thumbnail_hash, size, fit, maker, pipeline, slot, decode)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            kind,
            at.millis(),
            event.viewer,
            event.requested.photo,
            event.requested.name,
            event.requested.album,
            event.requested.owner,
            event.photo_hash,
            event.thumbnail_hash,
            event.spec.size.get(),
            fit_to_sql(event.spec.fit),
            event.maker,
            event.pipeline,
            record.and_then(|record| record.slot),
            record.map(|record| record.decode as i64),
        ])?;
    Ok(RowId::from(savepoint.last_insert_rowid()))
}

/// Caches a thumbnail if its photo still has the content from which the thumbnail was made.
fn cache_thumbnail(
    savepoint: &Savepoint<'_>,
    event: &MakingEvent,
    made: RowId,
    bytes: &Bytes,
) -> Result<(), StoreError> {
    savepoint
        .prepare_cached(
            "INSERT OR REPLACE INTO thumbnails
                 (photo, content_hash, size, fit, maker, made_row, hash, bytes)
             SELECT id, content_hash, ?3, ?4, ?5, ?6, ?7, ?8 FROM photos
             WHERE id = ?1 AND content_hash = ?2",
        )?
        .execute(params![
            event.requested.photo,
            event.photo_hash,
            event.spec.size.get(),
            fit_to_sql(event.spec.fit),
            event.maker,
            made,
            ContentHash::of(bytes),
            &bytes[..],
        ])?;
    Ok(())
}

/// Inserts a shown row. Copies the values of the made row, and the made row's bands that do not
/// show the requested photo. Records for each such band if the viewer is not a member of its album
/// now.
fn insert_shown(
    savepoint: &Savepoint<'_>,
    at: Moment,
    ShownEntry { viewer, requested, .. }: &ShownEntry,
    made: RowId,
) -> Result<RowId, StoreError> {
    let written = savepoint
        .prepare_cached(
            "INSERT INTO ledger (kind, at, viewer, photo, photo_name, album, owner, photo_hash,
                 thumbnail_hash, size, fit, maker, pipeline, made_row, own_bands)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, photo_hash, thumbnail_hash, size, fit, maker,
                 pipeline, id,
                 (SELECT count(*) FROM ledger_bands WHERE row = ?8 AND photo = ?4)
             FROM ledger WHERE id = ?8 AND kind = ?9",
        )?
        .execute(params![
            SHOWN,
            at.millis(),
            viewer,
            requested.photo,
            requested.name,
            requested.album,
            requested.owner,
            made,
            MADE,
        ])?;
    if written == 0 {
        return Err(StoreError::UnknownMaking { row: Some(made) });
    }
    let row = RowId::from(savepoint.last_insert_rowid());
    savepoint
        .prepare_cached(
            "INSERT INTO ledger_bands
                 (row, band, photo, photo_name, album, owner, decode, stranger)
             SELECT ?1, band, photo, photo_name, album, owner, decode,
                 photo IS NOT NULL AND NOT EXISTS (
                     SELECT 1 FROM members
                     WHERE members.album = made.album AND members.person = ?2)
             FROM ledger_bands AS made WHERE row = ?3 AND photo IS NOT ?4",
        )?
        .execute(params![row, viewer, made, requested.photo])?;
    Ok(row)
}
