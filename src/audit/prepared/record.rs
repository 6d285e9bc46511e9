//! Parses a record, which is one line of JSON about one request and its response.

use std::collections::{BTreeMap, HashMap};
use std::path::{Component, Path};

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::limits::MAX_LINE_BYTES;
use super::manifest::{Manifest, fit_name, fit_of};

/// Upper bound of a thumbnail's size, in pixels.
const MAX_SIZE_PX: u32 = 2048;

/// Upper bound of a step's number.
const MAX_STEP: u32 = 1_000_000;

/// Upper bound of the bytes of a machine's name.
const MAX_MACHINE_BYTES: usize = 128;

/// First number that cannot be a time in seconds, because it lies in the year 5138. Times in
/// milliseconds are larger.
const MAX_SECONDS: f64 = 1e11;

/// Upper bound of the time of one request, in microseconds. A longer one is a wrong clock.
const MAX_REQUEST_US: i64 = 3_600_000_000;

/// Describes a request and its response as a load tool recorded them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct AnswerRecord {
    /// Name, UUID or file of the requested photo.
    pub photo: String,
    /// Requested size in pixels. Required if the manifest has several sizes.
    pub size: Option<u32>,
    /// Requested fit, which is `cover`, `contain` or `any`. Else the manifest's.
    pub fit: Option<String>,
    /// Number or name of the person whose token the request carried. Else the owner.
    pub viewer: Option<NumberOrText>,
    /// Number of the version that was uploaded last before the request. Else the last version.
    pub version: Option<u32>,
    /// Time of sending: seconds since 1970, or a text of RFC 3339.
    pub sent: Option<NumberOrText>,
    /// Time of the response's last byte, in the form of `sent`.
    pub done: Option<NumberOrText>,
    /// Status of the response. Else 200 if there is a file.
    pub status: Option<u16>,
    /// Path of the response's body, relative to the file of the record.
    pub file: Option<String>,
    /// Reason why there was no response.
    pub error: Option<String>,
    /// Headers of the response. Without them nothing is said about headers.
    pub headers: Option<BTreeMap<String, String>>,
    /// Name of the machine or process with a clock of its own. Else the file of the record.
    pub machine: Option<String>,
    /// Number of the step of the load, such as its number of users. Else 1.
    pub step: Option<u32>,
    /// Names of the fields that the judge does not read.
    #[serde(flatten)]
    pub other: BTreeMap<String, Unread>,
}

/// Accepts a value that the judge does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread;

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// Holds a number or a text.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum NumberOrText {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// Describes why a record cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The line is no JSON object with the fields of a record.
    #[error("{0}")]
    Json(String),
    /// The line is too long.
    #[error("a line of more than {MAX_LINE_BYTES} bytes")]
    TooLong,
    /// The manifest does not list the photo.
    #[error("the manifest has no photo {0:?}")]
    UnknownPhoto(String),
    /// A field has a value out of its bounds.
    #[error("{field}: {reason}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// Reason, and how to correct it.
        reason: String,
    },
}

/// Holds a record whose names are resolved to indexes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ResolvedRecord {
    /// Index of the requested photo.
    pub(super) photo: usize,
    /// Index of the viewer.
    pub(super) viewer: usize,
    pub(super) size: u32,
    fit: String,
    /// True if the record is about a version that was replaced later.
    pub(super) is_earlier: bool,
    pub(super) status: Option<u16>,
    pub(super) error: Option<String>,
    headers: BTreeMap<String, String>,
}

/// Holds a record with the values by which records are sorted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SortableRecord {
    pub(super) step: u32,
    pub(super) machine: Option<String>,
    /// Times of sending and of the response in microseconds, or `None` if they cannot be used.
    pub(super) times: Option<(i64, i64)>,
    /// True if the record has times that cannot be used.
    pub(super) has_wrong_times: bool,
    /// Path of the response's body, relative to the record's folder.
    pub(super) file: Option<String>,
    pub(super) record: ResolvedRecord,
}

impl ResolvedRecord {
    pub(super) fn fit(&self) -> Option<crate::codec::Fit> {
        fit_of(&self.fit).unwrap_or_default()
    }

    pub(super) fn headers(&self) -> HeaderMap {
        let parsed = self.headers.iter().filter_map(|(name, value)| {
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value).ok()?))
        });
        parsed.collect()
    }
}

/// Resolves the names in records by the manifest.
pub(super) struct RecordResolver {
    photos: HashMap<String, usize>,
    people: HashMap<String, usize>,
    /// Index of the owner and number of versions of each photo.
    owners: Vec<(usize, u32)>,
    only_size: Option<u32>,
    fit: String,
}

impl RecordResolver {
    pub(super) fn new(manifest: &Manifest) -> Self {
        let mut photos = HashMap::new();
        for (index, photo) in manifest.photos.iter().enumerate() {
            let files = photo.versions.iter().flat_map(|version| {
                let name = version.file.rsplit('/').next().unwrap_or_default();
                [version.file.clone(), name.to_owned()]
            });
            let ids = [photo.name.clone(), photo.uuid.to_string(), photo.uuid.simple().to_string()];
            photos.extend(ids.into_iter().chain(files).map(|name| (name, index)));
        }
        let people = manifest.people.iter().enumerate();
        Self {
            photos,
            people: people.map(|(index, person)| (person.name.clone(), index)).collect(),
            owners: manifest
                .photos
                .iter()
                .map(|photo| (photo.owner - 1, photo.versions.len() as u32))
                .collect(),
            only_size: match manifest.sizes[..] {
                [size] => Some(size),
                _ => None,
            },
            fit: manifest.fit.clone(),
        }
    }

    /// Checks the values of a record, and resolves its names.
    pub(super) fn resolve(&self, record: AnswerRecord) -> Result<SortableRecord, RecordError> {
        let unknown = || RecordError::UnknownPhoto(record.photo.chars().take(80).collect());
        let photo = self.photos.get(&record.photo).copied().ok_or_else(unknown)?;
        let (owner, versions) = self.owners[photo];
        let size = record.size.or(self.only_size);
        let size = size.ok_or_else(|| field("size", "missing; the manifest has several sizes"))?;
        within("size", size, MAX_SIZE_PX)?;
        let step = record.step.unwrap_or(1);
        within("step", step, MAX_STEP)?;
        let version = record.version.unwrap_or(versions);
        within("version", version, versions)?;
        if record.status.is_some_and(|status| !(100..1000).contains(&status)) {
            return Err(field("status", "not a number from 100 to 999"));
        }
        let fit = record.fit.unwrap_or_else(|| self.fit.clone());
        let fit = fit_of(&fit).ok_or_else(|| field("fit", "not cover, contain or any"))?;
        if record.machine.as_ref().is_some_and(|machine| machine.len() > MAX_MACHINE_BYTES) {
            return Err(field("machine", format!("more than {MAX_MACHINE_BYTES} bytes")));
        }
        let times = [("sent", &record.sent), ("done", &record.done)];
        let times = times.map(|(name, time)| time.as_ref().map(|time| micros(name, time)));
        let [sent, done] = times.map(Option::transpose);
        let (sent, done) = (sent?, done?);
        let usable =
            sent.zip(done).filter(|(sent, done)| (0..=MAX_REQUEST_US).contains(&(done - sent)));
        Ok(SortableRecord {
            step,
            machine: record.machine,
            times: usable,
            has_wrong_times: usable.is_none() && (sent.is_some() || done.is_some()),
            record: ResolvedRecord {
                photo,
                viewer: self.viewer(record.viewer.as_ref(), owner)?,
                size,
                fit: fit_name(fit).to_owned(),
                is_earlier: version < versions,
                status: record.status.or(record.file.is_some().then_some(200)),
                error: record.error,
                headers: checked_headers(record.headers.unwrap_or_default())?,
            },
            file: record.file.map(inside).transpose()?,
        })
    }

    fn viewer(&self, viewer: Option<&NumberOrText>, owner: usize) -> Result<usize, RecordError> {
        let people = self.people.len();
        let index = match viewer {
            None => Some(owner),
            Some(NumberOrText::Text(name)) => self.people.get(name).copied(),
            Some(NumberOrText::Number(number)) => {
                (1..=people).find(|index| *index as f64 == *number).map(|index| index - 1)
            }
        };
        index.ok_or_else(|| field("viewer", format!("no person's name, nor from 1 to {people}")))
    }
}

impl AnswerRecord {
    /// Parses a line.
    ///
    /// # Errors
    /// Returns [`RecordError::Json`] if the line is no JSON object with the fields of a record.
    pub fn parse(line: &[u8]) -> Result<Self, RecordError> {
        serde_json::from_slice(line).map_err(|error| RecordError::Json(error.to_string()))
    }
}

fn field(field: &'static str, reason: impl Into<String>) -> RecordError {
    RecordError::Field { field, reason: reason.into() }
}

fn within(name: &'static str, number: u32, max: u32) -> Result<(), RecordError> {
    if (1..=max).contains(&number) {
        Ok(())
    } else {
        Err(field(name, format!("{number} is not from 1 to {max}")))
    }
}

/// Returns a time in microseconds since 1970.
fn micros(name: &'static str, time: &NumberOrText) -> Result<i64, RecordError> {
    match time {
        NumberOrText::Number(seconds) if (0.0..MAX_SECONDS).contains(seconds) => {
            Ok((seconds * 1e6).round() as i64)
        }
        NumberOrText::Number(_) => {
            Err(field(name, "not in seconds since 1970: divide milliseconds by 1000"))
        }
        NumberOrText::Text(text) => text
            .parse::<jiff::Timestamp>()
            .map(jiff::Timestamp::as_microsecond)
            .map_err(|_| field(name, "neither seconds nor a time of RFC 3339")),
    }
}

/// Returns a path if it stays inside the folder of its record. A record of another machine must not
/// name files of this machine.
fn inside(file: String) -> Result<String, RecordError> {
    let path = Path::new(&file);
    let is_inside =
        path.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    if is_inside && !file.is_empty() {
        Ok(file)
    } else {
        Err(field("file", "not a relative path inside the folder of its record"))
    }
}

fn checked_headers(
    headers: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, RecordError> {
    let is_valid = headers.iter().all(|(name, value)| {
        name.parse::<HeaderName>().is_ok() && HeaderValue::from_str(value).is_ok()
    });
    if is_valid { Ok(headers) } else { Err(field("headers", "not the headers of a response")) }
}
