//! Reads records from files of JSON Lines, or from the paths of images, and counts those that
//! cannot be used.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::error::PreparedError;
use super::limits::{MAX_LINE_BYTES, MAX_RECORD_FILES};
use super::path_pattern::PathPattern;
use super::record::{AnswerRecord, RecordError, RecordResolver};
use super::record_counts::RecordCounts;
use super::record_store::RecordStore;

/// Upper bound of the folders in each other that are searched.
const MAX_DEPTH: usize = 32;

/// Number of records between two calls of the callback.
const PROGRESS_RECORDS: u64 = 512;

/// Path that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Reads records into a store.
pub(super) struct RecordReader<'a> {
    resolver: RecordResolver,
    counts: RecordCounts,
    store: RecordStore,
    /// Gets the number of records so far. Reading ends when it returns false.
    on_progress: &'a mut dyn FnMut(u64) -> bool,
    is_stopped: bool,
}

/// Reads all records of the sources. Without a pattern a source is a file of records, a folder of
/// such files, or `-`; with a pattern it is a folder of images.
pub(super) fn read(
    sources: &[PathBuf],
    pattern: Option<&str>,
    resolver: RecordResolver,
    on_progress: &mut dyn FnMut(u64) -> bool,
) -> Result<(RecordStore, RecordCounts), PreparedError> {
    let pattern = pattern.map(PathPattern::parse).transpose()?;
    let files = match pattern {
        Some(_) => sources.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
        None => record_files(sources)?,
    };
    // The files of a record lie beside it, and the images of a folder in it.
    let folder = |file: &PathBuf| match (&pattern, file.parent()) {
        (None, Some(parent)) => parent.to_path_buf(),
        (None, None) => PathBuf::new(),
        (Some(_), _) => file.clone(),
    };
    let store = RecordStore::create(files.iter().map(folder).collect())?;
    let counts = RecordCounts::default();
    let mut reader = RecordReader { resolver, counts, store, on_progress, is_stopped: false };
    for (source, file) in (0..).zip(&files) {
        match &pattern {
            Some(pattern) => reader.read_folder(source, file, pattern)?,
            None if file.as_os_str() == STANDARD_INPUT => {
                reader.read_lines(source, file, &mut io::stdin().lock())?;
            }
            None => {
                let opened = File::open(file).map_err(PreparedError::io(file))?;
                reader.read_lines(source, file, &mut BufReader::new(opened))?;
            }
        }
    }
    let RecordReader { mut counts, store, .. } = reader;
    (counts.records, counts.machines) = (store.count(), store.machines()?);
    Ok((store, counts))
}

/// Lists the files of records, in ascending order and each once.
fn record_files(sources: &[PathBuf]) -> Result<Vec<PathBuf>, PreparedError> {
    let mut files = BTreeSet::new();
    for source in sources {
        if !source.is_dir() {
            if source.as_os_str() != STANDARD_INPUT && !source.exists() {
                return Err(PreparedError::NoRecords { path: source.clone() });
            }
            files.insert(source.clone());
            continue;
        }
        let before = files.len();
        visit(source, 0, &mut |path| {
            let extension = path.extension().unwrap_or_default();
            if extension == "jsonl" || extension == "ndjson" {
                files.insert(path.to_path_buf());
            }
            Ok(files.len() <= MAX_RECORD_FILES)
        })?;
        if files.len() == before {
            return Err(PreparedError::NoRecords { path: source.clone() });
        }
    }
    if files.len() > MAX_RECORD_FILES {
        return Err(PreparedError::TooManyFiles);
    }
    Ok(files.into_iter().collect())
}

/// Calls `found` for each file in a folder and its subfolders, until it returns false. Links to
/// folders are not followed.
fn visit(
    folder: &Path,
    depth: usize,
    found: &mut dyn FnMut(&Path) -> Result<bool, PreparedError>,
) -> Result<bool, PreparedError> {
    for entry in fs::read_dir(folder).map_err(PreparedError::io(folder))? {
        let path = entry.map_err(PreparedError::io(folder))?.path();
        let is_folder = path.symlink_metadata().is_ok_and(|found| found.is_dir());
        let goes_on = if is_folder {
            depth >= MAX_DEPTH || visit(&path, depth + 1, found)?
        } else {
            !path.is_file() || found(&path)?
        };
        if !goes_on {
            return Ok(false);
        }
    }
    Ok(true)
}

impl RecordReader<'_> {
    /// Reads the records in the paths of a folder's images.
    fn read_folder(
        &mut self,
        source: u32,
        folder: &Path,
        pattern: &PathPattern,
    ) -> Result<(), PreparedError> {
        visit(folder, 0, &mut |path| {
            let name = path.strip_prefix(folder).ok().and_then(Path::to_str);
            let name = name.map(|name| name.replace('\\', "/"));
            match name.as_ref().and_then(|name| Some((name, pattern.record(name)?))) {
                Some((name, record)) => {
                    self.add(name.as_bytes(), source, Ok(record), &|| path.display().to_string())?;
                }
                None => self.counts.unmatched_files += 1,
            }
            Ok(!self.is_stopped)
        })?;
        Ok(())
    }

    /// Reads the records of a file, one a line.
    fn read_lines(
        &mut self,
        source: u32,
        file: &Path,
        reader: &mut dyn BufRead,
    ) -> Result<(), PreparedError> {
        let mut line = Vec::new();
        for number in 1_u64.. {
            let is_complete = read_line(reader, &mut line).map_err(PreparedError::io(file))?;
            if line.is_empty() || self.is_stopped {
                break;
            }
            let text = line.trim_ascii();
            let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
            if text.is_empty() {
                continue;
            }
            let place = || format!("{}:{number}", file.display());
            let record = if line.len() > MAX_LINE_BYTES {
                Err(RecordError::TooLong)
            } else {
                AnswerRecord::parse(text)
            };
            if !is_complete && matches!(record, Err(RecordError::Json(_))) {
                self.counts.torn += 1;
                self.counts.example(|| format!("{}: the last line ends early", place()));
                continue;
            }
            self.add(text, source, record, &place)?;
        }
        Ok(())
    }

    /// Stores a record, or counts why it cannot be used.
    fn add(
        &mut self,
        line: &[u8],
        source: u32,
        record: Result<AnswerRecord, RecordError>,
        place: &dyn Fn() -> String,
    ) -> Result<(), PreparedError> {
        let counts = &mut self.counts;
        for name in record.iter().flat_map(|record| record.other.keys()) {
            counts.unread_field(name);
        }
        match record.and_then(|record| self.resolver.resolve(record)) {
            Ok(record) => {
                if !self.store.add(line, source, &record)? {
                    counts.duplicates += 1;
                } else if record.has_wrong_times {
                    counts.wrong_times += 1;
                } else if record.times.is_none() {
                    counts.without_times += 1;
                }
            }
            Err(error) => {
                *match error {
                    RecordError::UnknownPhoto(_) => &mut counts.unknown_photos,
                    _ => &mut counts.malformed,
                } += 1;
                counts.example(|| format!("{}: {error}", place()));
            }
        }
        if self.store.count().is_multiple_of(PROGRESS_RECORDS) {
            self.is_stopped |= !(self.on_progress)(self.store.count());
        }
        Ok(())
    }
}

/// Reads a line with its end into `line`, of which at most `MAX_LINE_BYTES` + 1 bytes are kept.
/// Returns false if the file ends before the line does.
fn read_line(reader: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let limit = MAX_LINE_BYTES as u64 + 1;
    reader.take(limit).read_until(b'\n', line)?;
    if line.last() == Some(&b'\n') {
        return Ok(true);
    }
    if line.len() <= MAX_LINE_BYTES {
        return Ok(false);
    }
    loop {
        let buffer = reader.fill_buf()?;
        let Some(end) = buffer.iter().position(|byte| *byte == b'\n') else {
            let length = buffer.len();
            if length == 0 {
                return Ok(false);
            }
            reader.consume(length);
            continue;
        };
        reader.consume(end + 1);
        return Ok(true);
    }
}
