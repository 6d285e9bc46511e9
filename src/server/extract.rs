//! Extracts paths, queries and bodies from requests, each within its limits.
//!
//! The length that a body announces is compared with the limit before a byte is read. The bytes
//! that arrive are counted too, since a client may announce no length.

use std::str::FromStr;

use axum::body::{Body, HttpBody};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use super::limits::Limits;
use super::min_rate::MinRate;
use super::problem::{Problem, ProblemKind};
use super::transit::UploadRoom;
use crate::album::{AlbumId, MAX_KEY_LENGTH, PersonId, PhotoName};
use crate::codec::ThumbnailSpec;
use crate::runtime::{Instant, timeout, timeout_at};

/// Bytes of a JSON body, at most 16 KiB.
const MAX_JSON_BYTES: u64 = 16 << 10;

/// Bytes by which the memory of a body grows at least, 256 KiB. Further on it grows by a quarter:
/// doubled memory would be twice what has arrived.
const BODY_STEP_BYTES: usize = 256 << 10;

/// Name of the header with the key by which a client may repeat a request.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Holds the path's parameters as text. They are parsed after authentication.
pub(super) type PathParams<T> = Result<Path<T>, PathRejection>;

pub(super) fn album(params: &PathParams<String>) -> Result<AlbumId, Problem> {
    parse(&texts(params)?.0)
}

pub(super) fn member(
    params: &PathParams<(String, String)>,
) -> Result<(AlbumId, PersonId), Problem> {
    let Path((album, person)) = texts(params)?;
    Ok((parse(album)?, parse(person)?))
}

pub(super) fn person(params: &PathParams<String>) -> Result<PersonId, Problem> {
    parse(&texts(params)?.0)
}

/// Returns the key by which a client may repeat a request, if the request has one.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=MAX_KEY_LENGTH).contains(&key.len()));
    if key.is_none() || values.next().is_some() {
        let detail =
            format!("Idempotency-Key must be one text of 1 to {MAX_KEY_LENGTH} visible characters");
        return Err(Problem::new(ProblemKind::InvalidIdempotencyKey, detail));
    }
    Ok(key)
}

pub(super) fn photo(params: &PathParams<(String, String)>) -> Result<PhotoName, Problem> {
    let Path((album, photo)) = texts(params)?;
    Ok(PhotoName { album: parse(album)?, photo: parse(photo)? })
}

fn texts<T>(params: &PathParams<T>) -> Result<&Path<T>, Problem> {
    params.as_ref().map_err(|error| Problem::new(ProblemKind::InvalidPath, error.body_text()))
}

fn parse<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse()
        .map_err(|_| Problem::new(ProblemKind::InvalidPath, format!("{text:?} is not a UUID")))
}

/// Parses the query of a thumbnail: `size` and `fit`, each at most once, and nothing else.
pub(super) fn thumbnail_query(RawQuery(query): &RawQuery) -> Result<ThumbnailSpec, Problem> {
    let (mut size, mut fit) = (None, None);
    let parts = query.as_deref().unwrap_or_default().split('&').filter(|part| !part.is_empty());
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        match key {
            "size" => set_once(key, value, &mut size)?,
            "fit" => set_once(key, value, &mut fit)?,
            _ => return Err(invalid_query(format!("{key:?} is unknown: only size and fit exist"))),
        }
    }
    Ok(ThumbnailSpec { size: size.unwrap_or_default(), fit: fit.unwrap_or_default() })
}

fn set_once<T>(key: &str, value: &str, parameter: &mut Option<T>) -> Result<(), Problem>
where
    T: FromStr<Err: std::fmt::Display>,
{
    let value = value.parse().map_err(|error: T::Err| invalid_query(error.to_string()))?;
    match parameter.replace(value) {
        None => Ok(()),
        Some(_) => Err(invalid_query(format!("{key:?} is given twice"))),
    }
}

fn invalid_query(detail: String) -> Problem {
    Problem::new(ProblemKind::InvalidQuery, detail)
}

/// Returns the media type of a body in lower case, without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let full = headers.get(CONTENT_TYPE)?;
    let bare = full.to_str().ok().and_then(|text| text.split(';').next()).unwrap_or("unreadable");
    Some(bare.trim().to_ascii_lowercase())
}

/// Reads and parses a JSON body of at most 16 KiB.
pub(super) async fn json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
) -> Result<T, Problem> {
    if let Some(other) = media_type(headers).filter(|media_type| media_type != "application/json") {
        let detail = format!("the body must be application/json, not {other}");
        return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail));
    }
    check_announced_length(&body, MAX_JSON_BYTES)?;
    let bytes = read_body(body, MAX_JSON_BYTES, limits, None).await?;
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        // serde would read an array of the right values too.
        return Err(Problem::new(ProblemKind::InvalidJson, "the body must be a JSON object"));
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| Problem::new(ProblemKind::InvalidJson, format!("the body: {error}")))
}

/// Rejects a body that announces more bytes than the limit, before it is read.
pub(super) fn check_announced_length(body: &Body, max_bytes: u64) -> Result<(), Problem> {
    let announced = body.size_hint().lower();
    if announced > max_bytes { Err(too_large(max_bytes)) } else { Ok(()) }
}

fn too_large(max_bytes: u64) -> Problem {
    let detail = format!("the body has more than the limit of {max_bytes} bytes");
    Problem::new(ProblemKind::ContentTooLarge, detail)
}

/// Reads a whole body of at most `max_bytes`, and takes the upload's room for the bytes that have
/// arrived. Without a room, the bytes are few.
pub(super) async fn read_body(
    mut body: Body,
    max_bytes: u64,
    limits: &Limits,
    mut room: Option<&mut UploadRoom>,
) -> Result<Bytes, Problem> {
    let mut rate = MinRate::new(limits.body_pause_timeout, limits.min_bytes_per_second);
    // Waits for room are not the client's.
    let mut left = limits.body_timeout;
    let mut bytes = Vec::new();
    loop {
        let began = Instant::now();
        let Ok(frame) = timeout_at(began + left.min(rate.left()), body.frame()).await else {
            let detail = format!(
                "the body came slower than {} bytes per second, or took longer than {:?}, after {} \
                 bytes",
                limits.min_bytes_per_second,
                limits.body_timeout,
                bytes.len()
            );
            return Err(Problem::new(ProblemKind::RequestTimeout, detail));
        };
        let waited = began.elapsed();
        left = left.saturating_sub(waited);
        let Some(frame) = frame else { return Ok(Bytes::from(bytes)) };
        let frame = frame.map_err(|error| {
            let detail = format!("the body ended early, after {} bytes: {error}", bytes.len());
            Problem::new(ProblemKind::IncompleteBody, detail)
        })?;
        let Ok(data) = frame.into_data() else { continue };
        rate.count(waited, data.len());
        if (bytes.len() + data.len()) as u64 > max_bytes {
            return Err(too_large(max_bytes));
        }
        let needed = bytes.len() + data.len();
        if needed > bytes.capacity() {
            let step = BODY_STEP_BYTES.max(bytes.capacity() / 4);
            let capacity = needed.max(bytes.capacity() + step).min(max_bytes as usize);
            if let Some(room) = room.as_deref_mut() {
                grow(room, capacity, limits).await?;
            }
            bytes.reserve_exact(capacity - bytes.len());
        }
        bytes.extend_from_slice(&data);
    }
}

/// Waits for room for an upload's memory, for at most the response timeout.
async fn grow(room: &mut UploadRoom, bytes: usize, limits: &Limits) -> Result<(), Problem> {
    timeout(limits.response_timeout, room.grow_to(bytes as u64)).await.map_err(|_elapsed| {
        let detail = "other uploads leave no room for this one: try again";
        Problem::new(ProblemKind::Overloaded, detail)
    })
}
