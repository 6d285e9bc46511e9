//! Reading what clients send: paths, queries and bodies, each within its limits.
//!
//! A body is believed to be what it says only as far as that costs nothing: what it announces is
//! held against the limit before a byte is read, and what comes is counted.

use std::str::FromStr;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::header::{CONTENT_TYPE, IF_NONE_MATCH};
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::limits::Limits;
use super::problem::{Problem, ProblemKind};
use crate::album::{AlbumId, PersonId, PhotoName};
use crate::codec::{Fit, Size, ThumbnailSpec};

/// Bytes of a JSON body, at most.
const JSON_BYTES: u64 = 16 << 10;

/// The path's names, in text.
pub(super) type PathParams<T> = Result<Path<T>, PathRejection>;

pub(super) fn album(names: &PathParams<String>) -> Result<AlbumId, Problem> {
    name(&text(names)?.0)
}

pub(super) fn member(names: &PathParams<(String, String)>) -> Result<(AlbumId, PersonId), Problem> {
    let Path((album, person)) = text(names)?;
    Ok((name(album)?, name(person)?))
}

pub(super) fn photo(names: &PathParams<(String, String)>) -> Result<PhotoName, Problem> {
    let Path((album, photo)) = text(names)?;
    Ok(PhotoName { album: name(album)?, photo: name(photo)? })
}

fn text<T>(names: &PathParams<T>) -> Result<&Path<T>, Problem> {
    names.as_ref().map_err(|error| Problem::new(ProblemKind::BadPath, error.body_text()))
}

fn name<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::new(ProblemKind::BadPath, format!("{text:?} is no UUID")))
}

/// Which thumbnail is wanted, from the query: `size` and `fit`, each at most once, nothing else.
pub(super) fn thumbnail_query(RawQuery(query): &RawQuery) -> Result<ThumbnailSpec, Problem> {
    let bad = |detail: String| Problem::new(ProblemKind::BadQuery, detail);
    let (mut size, mut fit) = (None, None);
    let parts = query.as_deref().unwrap_or_default().split('&').filter(|part| !part.is_empty());
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let again = match key {
            "size" => size
                .replace(value.parse::<Size>().map_err(|error| bad(error.to_string()))?)
                .is_some(),
            "fit" => {
                fit.replace(value.parse::<Fit>().map_err(|error| bad(error.to_string()))?).is_some()
            }
            _ => return Err(bad(format!("{key:?} is nothing to ask for: only size and fit are"))),
        };
        if again {
            return Err(bad(format!("{key:?} is given twice")));
        }
    }
    Ok(ThumbnailSpec { size: size.unwrap_or_default(), fit: fit.unwrap_or_default() })
}

/// Whether the client has this already. Tags are compared as RFC 9110 asks here: weakly.
pub(super) fn is_not_modified(headers: &HeaderMap, etag: &str) -> bool {
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// The media type of a body, in small letters and without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let full = headers.get(CONTENT_TYPE)?;
    let bare = full.to_str().ok().and_then(|text| text.split(';').next()).unwrap_or("unreadable");
    Some(bare.trim().to_ascii_lowercase())
}

/// A JSON body.
pub(super) async fn json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
) -> Result<T, Problem> {
    if let Some(other) = media_type(headers).filter(|media_type| media_type != "application/json") {
        let detail = format!("the body is to be application/json, not {other}");
        return Err(Problem::new(ProblemKind::MediaType, detail));
    }
    check_announced(&body, JSON_BYTES)?;
    let bytes = read(body, JSON_BYTES, limits).await?;
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        // A list of the right values would be read as well.
        return Err(Problem::new(ProblemKind::BadJson, "the body is to be an object"));
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| Problem::new(ProblemKind::BadJson, format!("the body: {error}")))
}

/// Refuses a body that announces more than is allowed. Nothing of it was read.
pub(super) fn check_announced(body: &Body, limit_bytes: u64) -> Result<(), Problem> {
    let announced = body.size_hint().lower();
    if announced > limit_bytes { Err(too_large(limit_bytes)) } else { Ok(()) }
}

fn too_large(limit_bytes: u64) -> Problem {
    Problem::new(
        ProblemKind::TooLarge,
        format!("the body may have {limit_bytes} bytes, and has more"),
    )
}

/// A body, whole.
pub(super) async fn read(
    mut body: Body,
    limit_bytes: u64,
    limits: &Limits,
) -> Result<Bytes, Problem> {
    let end = Instant::now() + limits.body;
    let mut bytes = BytesMut::new();
    loop {
        let next = end.min(Instant::now() + limits.body_pause);
        let Ok(frame) = timeout_at(next, body.frame()).await else {
            let detail = format!("the body stopped after {} bytes", bytes.len());
            return Err(Problem::new(ProblemKind::SlowRequest, detail));
        };
        let Some(frame) = frame else { return Ok(bytes.freeze()) };
        let frame = frame.map_err(|error| {
            let detail = format!("the body broke off after {} bytes: {error}", bytes.len());
            Problem::new(ProblemKind::BadBody, detail)
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if (bytes.len() + data.len()) as u64 > limit_bytes {
            return Err(too_large(limit_bytes));
        }
        bytes.extend_from_slice(&data);
    }
}

/// Room for photos on their way in or out.
pub(super) struct ByteBudget(Arc<Semaphore>);

/// Room held for one photo, given back by dropping it.
pub(super) type BytePermit = OwnedSemaphorePermit;

/// Bytes of a unit of room.
const UNIT_BYTES: u64 = 64 << 10;

impl ByteBudget {
    pub(super) fn new(bytes: u64) -> Self {
        Self(Arc::new(Semaphore::new(usize::try_from(bytes / UNIT_BYTES).unwrap_or(1 << 30))))
    }

    /// Waits for room. The caller bounds the wait.
    pub(super) async fn acquire(&self, bytes: u64) -> BytePermit {
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.0).acquire_many_owned(units).await;
        room.expect("nobody closes the transit")
    }
}
