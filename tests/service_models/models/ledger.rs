//! Models the ledger's group commit: a receipt names the rows of its own entries, and no receipt
//! comes without a commit.

use std::sync::Arc;

use super::album::{
    Clock, ContentHash, Entry, Ledger, MakingEvent, MakingRef, Moment, PhotoRef, RecordKind, RowId,
    ShownEntry, Store, StoreError, StoreOptions, ThumbnailRecord,
};
use crate::codec::ThumbnailSpec;
use crate::execution::{clients, give_up_after, join_all, one_in, patience, run};
use crate::fixture::{Fault, Folder, START};
use crate::runtime::blocking::thread;

/// Appends for four callers at once, of which one refers to a row that does not exist. In some
/// executions the file rejects every row. Every committed row is in the file.
pub(crate) fn group_commit() -> Result<(), String> {
    run(async |claims| {
        let folder = Folder::with_file();
        let clock = Clock::Stopped(Moment::from_millis(START));
        let store = Arc::new(Store::open(&folder.file(), clock, StoreOptions::default()).unwrap());
        let is_broken = one_in(4);
        if is_broken {
            folder.plant(Fault::LedgerRows);
        }
        let ledger = Arc::new(Ledger::start(Arc::clone(&store)).unwrap());
        let callers = clients(4, |number| {
            let (ledger, store, claims) = (Arc::clone(&ledger), Arc::clone(&store), claims.clone());
            async move {
                let entries = entries(number, number == 3);
                let receipt = ledger.submit(entries).expect("the queue has room");
                let Some(rows) = give_up_after(patience(), receipt.committed()).await else {
                    return;
                };
                let expected = match &rows {
                    Ok(_) => number != 3 && !is_broken,
                    Err(StoreError::UnknownMaking { .. }) => number == 3,
                    Err(_) => is_broken,
                };
                claims.check(expected, || format!("{number} got {rows:?}"));
                let Ok(rows) = rows else { return };
                let hashes = hashes(&store, &rows);
                let own = vec![hash(number); 2];
                claims.check(hashes == own, || format!("{number} got the rows of {hashes:?}"));
            }
        });
        join_all(claims, callers).await;
        // A thread that blocks waits for a receipt, while the ledger ends and commits its queue.
        let receipt = ledger.submit(entries(7, false)).expect("the queue has room");
        let waiting = thread::spawn(move || receipt.wait());
        drop(ledger);
        let rows = waiting.join().expect("the thread does not panic");
        let committed = rows.map(|rows| hashes(&store, &rows));
        let expected =
            if is_broken { committed.is_err() } else { committed == Ok(vec![hash(7); 2]) };
        claims.check(expected, || format!("a ledger that ended: {committed:?}"));
    })
}

fn hash(number: usize) -> ContentHash {
    ContentHash::of(&[number as u8])
}

/// Makes the entries of a thumbnail that is made and shown, or shown without having been made.
fn entries(number: usize, orphan: bool) -> Vec<Entry> {
    let fixture = crate::fixture::fixture();
    let requested = PhotoRef {
        photo: (number as i64 + 1).into(),
        name: fixture.names[0].parse().unwrap(),
        album: fixture.albums[0].parse().unwrap(),
        owner: fixture.people[0].id.parse().unwrap(),
    };
    let event = MakingEvent {
        viewer: requested.owner,
        requested,
        photo_hash: hash(number),
        thumbnail_hash: hash(number),
        spec: ThumbnailSpec::default(),
        maker: "a maker".into(),
        pipeline: "owned".into(),
    };
    let record = ThumbnailRecord { slot: None, decode: 0, bands: Vec::new() };
    let shown = |made| ShownEntry { viewer: requested.owner, requested, made };
    if orphan {
        return vec![Entry::Shown(shown(MakingRef::Row(RowId::from(999))))];
    }
    let made = Entry::Made { event, record, cache: None };
    vec![made, Entry::Shown(shown(MakingRef::Previous))]
}

/// Returns the hash in each of these rows of the file.
fn hashes(store: &Store, rows: &[RowId]) -> Vec<ContentHash> {
    let end = Moment::from_millis(i64::MAX);
    let records: Vec<_> =
        store.ledger(Moment::from_millis(0), end).collect::<Result<_, _>>().unwrap();
    let is_kept = |kind: &RecordKind| !matches!(kind, RecordKind::Withheld);
    rows.iter()
        .filter_map(|row| records.iter().find(|record| record.row == *row && is_kept(&record.kind)))
        .map(|record| record.event.thumbnail_hash)
        .collect()
}
