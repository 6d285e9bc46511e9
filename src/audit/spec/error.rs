//! Describes the first error of a target's file, with its line and field.

use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;

use super::MAX_FILE_BYTES;
use super::schema::Text;

/// Describes why a target's file or URL cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// The system cannot read the file.
    #[error("{}: {source}; name a target's file", path.display())]
    Io {
        /// Path of the file.
        path: PathBuf,
        /// Error of the system.
        source: std::io::Error,
    },
    /// The file is too large for a target.
    #[error("{}: {found_bytes} bytes, a target has at most {MAX_FILE_BYTES}", path.display())]
    TooLarge {
        /// Path of the file.
        path: PathBuf,
        /// Bytes of the file.
        found_bytes: u64,
    },
    /// A field of the target is invalid.
    #[error("{}{line}: {field}: {reason}", prefix(path))]
    Invalid {
        /// Path of the file, if the text comes from a file.
        path: Option<PathBuf>,
        /// Line in the file, from 1.
        line: usize,
        /// Field, such as `thumbnail.path`.
        field: String,
        /// Reason, and how to correct it.
        reason: String,
    },
    /// A target cannot be made from a URL.
    #[error("{reason}")]
    Url {
        /// Reason, and how to correct it.
        reason: String,
    },
}

fn prefix(path: &Option<PathBuf>) -> String {
    path.as_ref().map_or_else(String::new, |path| format!("{}:", path.display()))
}

/// Describes an invalid field before its line is known.
pub(super) struct InvalidField {
    pub(super) span: Range<usize>,
    pub(super) field: String,
    pub(super) reason: String,
}

/// Holds a valid value, or the first invalid field.
pub(super) type Validated<T> = Result<T, InvalidField>;

pub(super) fn invalid<T>(
    value: &Spanned<T>,
    field: &str,
    reason: impl Into<String>,
) -> InvalidField {
    InvalidField { span: value.span(), field: field.to_owned(), reason: reason.into() }
}

pub(super) fn require<T>(
    holds: bool,
    value: &Spanned<T>,
    field: &str,
    reason: &str,
) -> Validated<()> {
    if holds { Ok(()) } else { Err(invalid(value, field, reason)) }
}

pub(super) fn one_of<T: Copy>(text: &Text, field: &str, choices: &[(&str, T)]) -> Validated<T> {
    let choice = choices.iter().find(|(name, _)| name == text.get_ref());
    choice.map(|&(_, choice)| choice).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        invalid(text, field, format!("{:?} is none of {}", text.get_ref(), names.join(", ")))
    })
}

impl InvalidField {
    /// Reads the field's name from the text, because the TOML parser knows only the position.
    pub(super) fn of_toml(text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start).min(text.len());
        let reason = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        Self { span: start..start, field: field(text, start), reason }
    }

    pub(super) fn locate(self, text: &str) -> SpecError {
        let line = text.bytes().take(self.span.start).filter(|&byte| byte == b'\n').count() + 1;
        SpecError::Invalid { path: None, line, field: self.field, reason: self.reason }
    }
}

/// Returns the table and the key at a position, or "the file" if there is neither.
fn field(text: &str, at: usize) -> String {
    let head = text.get(..at).unwrap_or(text);
    let start = head.rfind('\n').map_or(0, |newline| newline + 1);
    let current = text[start..].lines().next().unwrap_or_default();
    let key = current.split_once('=').map_or("", |(key, _)| key.trim());
    let is_name = |name: &&str| !name.is_empty() && !name.starts_with(['[', '#', '"']);
    let table = std::iter::once(current).chain(text[..start].lines().rev()).find_map(|line| {
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
