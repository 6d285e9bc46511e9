//! Stores records in a temporary SQLite file, removes duplicates, and returns them in order.
//!
//! Records of several machines arrive in any order, and a million of them must not fill the memory.
//! SQLite keeps at most [`CACHE_KIB`] of its file in memory, sorts in temporary files, and removes
//! them at the end.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Row, params};

use super::error::PreparedError;
use super::limits::{MAX_RECORDS, MAX_STEPS};
use super::record::{ResolvedRecord, SortableRecord};

/// Memory for pages of the temporary file, in KiB.
const CACHE_KIB: i64 = 4 << 10;

/// Bytes of a read when two files are compared.
const COMPARED_BYTES: usize = 64 << 10;

const SCHEMA: &str = "
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA temp_store = FILE;
    CREATE TABLE record (
        key BLOB NOT NULL, step INTEGER NOT NULL, machine TEXT NOT NULL,
        sent INTEGER, done INTEGER, source INTEGER NOT NULL, file TEXT, record TEXT NOT NULL
    ) STRICT;
    CREATE INDEX record_key ON record (key);
    BEGIN;";

/// The first time of a machine's records of a step is the zero of the step on this machine's clock.
const STARTS: &str = "
    CREATE TABLE start AS
    SELECT step, machine, min(sent) AS sent FROM record GROUP BY step, machine;
    CREATE UNIQUE INDEX start_key ON start (step, machine);";

const STEPS: &str = "
    SELECT step, coalesce(max(record.done - start.sent), 0), count(*) - count(record.sent)
    FROM record JOIN start USING (step, machine) GROUP BY step ORDER BY step";

const CARRIED: &str = "
    SELECT record.done - start.sent FROM record JOIN start USING (machine)
    WHERE start.step = ?1 AND record.step <> ?1
        AND record.sent <= start.sent AND record.done > start.sent LIMIT ?2";

const SORTED: &str = "
    SELECT step, record.sent - start.sent AS at, record.done - record.sent, source, file, record
    FROM record JOIN start USING (step, machine) ORDER BY step, at, key, source, file";

/// Holds the records of all machines.
pub(super) struct RecordStore {
    connection: Connection,
    /// Folders of the records' files, by number.
    folders: Vec<PathBuf>,
    count: u64,
    /// Upper bound of `count`.
    max_records: u64,
}

/// Describes a step of the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StoredStep {
    pub(super) number: u32,
    /// Microseconds from the first request to the last response, on the slowest machine.
    pub(super) span_us: u64,
    /// Number of records without times that can be used.
    pub(super) without_times: u64,
}

/// Holds a record in its place in the order.
pub(super) struct StoredRecord {
    pub(super) step: u32,
    /// Microseconds from the machine's start of the step to the request, and from the request to
    /// its response.
    pub(super) times: Option<(u64, u64)>,
    pub(super) path: Option<PathBuf>,
    pub(super) record: ResolvedRecord,
}

impl RecordStore {
    /// Creates an empty store in the system's folder for temporary files. The files of records lie
    /// in `folders`.
    pub(super) fn create(folders: Vec<PathBuf>) -> Result<Self, PreparedError> {
        // SQLite deletes a database without a name when it is closed.
        let connection = Connection::open("")?;
        connection.execute_batch(SCHEMA)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        Ok(Self { connection, folders, count: 0, max_records: MAX_RECORDS })
    }

    /// Stores the record of a line from the source with this number. Returns false if the record is
    /// a duplicate: its line and the bytes of its file are those of an earlier record.
    pub(super) fn add(
        &mut self,
        line: &[u8],
        source: u32,
        record: &SortableRecord,
    ) -> Result<bool, PreparedError> {
        let hash = blake3::hash(line);
        let key = &hash.as_bytes()[..16];
        let path = record.file.as_ref().map(|file| self.folders[source as usize].join(file));
        if self.has_duplicate(key, path.as_deref())? {
            return Ok(false);
        }
        if self.count == self.max_records {
            return Err(PreparedError::TooManyRecords);
        }
        self.count += 1;
        let (sent, done) = record.times.unzip();
        // A machine without a name is told from others by its file of records.
        let machine = record.machine.clone().unwrap_or_else(|| format!("\u{0}{source}"));
        let text = serde_json::to_string(&record.record).expect("a record is always JSON");
        let sql = "INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let values = params![key, record.step, machine, sent, done, source, record.file, text];
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(true)
    }

    fn has_duplicate(&self, key: &[u8], path: Option<&Path>) -> Result<bool, PreparedError> {
        let sql = "SELECT source, file FROM record WHERE key = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([key])?;
        while let Some(row) = rows.next()? {
            let other = self.path(row.get(0)?, row.get(1)?);
            let is_duplicate = match (&other, path) {
                (Some(other), Some(path)) => has_same_bytes(other, path),
                (other, path) => other.as_deref() == path,
            };
            if is_duplicate {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn path(&self, source: u32, file: Option<String>) -> Option<PathBuf> {
        file.map(|file| self.folders[source as usize].join(file))
    }

    /// Returns the number of stored records.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Returns the steps by number. No record may be added after this.
    pub(super) fn steps(&self) -> Result<Vec<StoredStep>, PreparedError> {
        self.connection.execute_batch(STARTS)?;
        let mut statement = self.connection.prepare(STEPS)?;
        let rows = statement.query_map([], |row| {
            let (span_us, without_times): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok(StoredStep {
                number: row.get(0)?,
                span_us: span_us.unsigned_abs(),
                without_times: without_times.unsigned_abs(),
            })
        })?;
        let steps = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        if steps.len() > MAX_STEPS {
            return Err(PreparedError::TooManySteps { found: steps.len() });
        }
        Ok(steps)
    }

    /// Calls `next` for each record: by step, by time on the clock of its machine, and then by its
    /// line. Ends early when `next` returns false.
    pub(super) fn for_each(
        &self,
        next: &mut dyn FnMut(StoredRecord) -> Result<bool, PreparedError>,
    ) -> Result<(), PreparedError> {
        let mut statement = self.connection.prepare(SORTED)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if !next(self.stored(row)?)? {
                break;
            }
        }
        Ok(())
    }

    /// Returns the times, in microseconds since the start of a step, at which requests of other
    /// steps end that were in flight at the start. At most `limit` are returned.
    pub(super) fn carried(&self, step: u32, limit: u32) -> Result<Vec<u64>, PreparedError> {
        let mut statement = self.connection.prepare(CARRIED)?;
        let rows = statement.query_map([step, limit], |row| row.get::<_, i64>(0))?;
        Ok(rows.map(|end| end.map(i64::unsigned_abs)).collect::<rusqlite::Result<_>>()?)
    }

    /// Returns the number of machines.
    pub(super) fn machines(&self) -> Result<u64, PreparedError> {
        let sql = "SELECT count(DISTINCT machine) FROM record";
        Ok(self.connection.query_row(sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    fn stored(&self, row: &Row<'_>) -> rusqlite::Result<StoredRecord> {
        let (at, took): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
        let times = at.map(i64::unsigned_abs).zip(took.map(i64::unsigned_abs));
        let text: String = row.get(5)?;
        let record = serde_json::from_str(&text)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let path = self.path(row.get(3)?, row.get(4)?);
        Ok(StoredRecord { step: row.get(0)?, times, path, record })
    }
}

/// Returns true if two paths lead to the same bytes. A file that cannot be read has no bytes.
fn has_same_bytes(first: &Path, second: &Path) -> bool {
    if first == second {
        return true;
    }
    let is_file = |path: &Path| fs::metadata(path).is_ok_and(|found| found.is_file());
    match (is_file(first), is_file(second)) {
        (true, true) => {}
        (false, false) => return true,
        _ => return false,
    }
    let (Ok(mut first), Ok(mut second)) = (File::open(first), File::open(second)) else {
        return false;
    };
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        left.clear();
        right.clear();
        let limit = COMPARED_BYTES as u64;
        let is_read = first.by_ref().take(limit).read_to_end(&mut left).is_ok()
            && second.by_ref().take(limit).read_to_end(&mut right).is_ok();
        if !is_read || left != right {
            return false;
        }
        if left.is_empty() {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> SortableRecord {
        let record = r#"{"photo":0,"viewer":0,"size":1,"fit":"any","is_earlier":false,
            "status":503,"error":null,"headers":{}}"#;
        SortableRecord {
            step: 1,
            machine: None,
            times: None,
            has_wrong_times: false,
            file: None,
            record: serde_json::from_str(record).expect("a record"),
        }
    }

    #[test]
    fn more_records_than_the_bound_are_refused_and_duplicates_take_no_room() {
        let mut store = RecordStore::create(vec![PathBuf::new()]).expect("a store");
        store.max_records = 2;
        for (line, is_new) in [("a", true), ("a", false), ("b", true), ("b", false)] {
            assert_eq!(store.add(line.as_bytes(), 0, &record()).expect("room"), is_new);
        }
        let error = store.add(b"c", 0, &record());
        assert!(matches!(error, Err(PreparedError::TooManyRecords)));
    }
}
