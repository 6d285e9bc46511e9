//! What is wrong with a target's file, with the line and the field.

use std::ops::Range;
use std::path::PathBuf;

use super::MOST_FILE_BYTES;

/// Why a target's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The system refused.
    #[error("{}: {source}; name a target's file", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It is too long to be one.
    #[error("{}: {found_bytes} bytes, a target has {MOST_FILE_BYTES} at most", path.display())]
    Long {
        /// The file.
        path: PathBuf,
        /// Its bytes.
        found_bytes: u64,
    },
    /// Something in it is wrong.
    #[error("{}:{mistake}", path.display())]
    Mistake {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        mistake: SpecError,
    },
}

/// The first thing that is wrong in a target's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {field}: {what}")]
pub struct SpecError {
    /// The line, from 1.
    pub line: usize,
    /// The field, such as `thumbnail.path`.
    pub field: String,
    /// What is wrong, and what to write.
    pub what: String,
}

/// What is wrong at a place in the text.
pub(super) struct Wrong {
    pub(super) at: Range<usize>,
    pub(super) field: String,
    pub(super) what: String,
}

impl SpecError {
    pub(super) fn at(text: &str, wrong: Wrong) -> Self {
        Self { line: line(text, wrong.at.start), field: wrong.field, what: wrong.what }
    }

    /// The parser knows where it stopped, and not under which name: that is read off the text.
    pub(super) fn of_toml(text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let what = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        Self { line: line(text, at), field: field(text, at), what }
    }
}

fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1
}

/// The key on the line, behind the table that it stands in; the file itself if there is neither.
fn field(text: &str, at: usize) -> String {
    let head = text.get(..at).unwrap_or(text);
    let start = head.rfind('\n').map_or(0, |newline| newline + 1);
    let own = text[start..].lines().next().unwrap_or_default();
    let key = own.split_once('=').map_or("", |(key, _)| key.trim());
    let is_name = |name: &&str| !name.is_empty() && !name.starts_with(['[', '#', '"']);
    let above = text[..start].lines().rev().chain(std::iter::empty());
    let table = std::iter::once(own).chain(above).find_map(|line| {
        let line = line.trim();
        line.starts_with('[').then(|| line.trim_matches(['[', ']', ' ']))
    });
    match (table, Some(key).filter(is_name)) {
        (Some(table), Some(key)) => format!("{table}.{key}"),
        (Some(table), None) => table.to_owned(),
        (None, Some(key)) => key.to_owned(),
        (None, None) => "the file".to_owned(),
    }
}
