//! Serves the upload, the download and the deletion of photos.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::Body as HttpBody;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use serde::Serialize;

use super::{RouteResult, SharedState, ascii_value, json, private_headers};
use crate::album::{
    HashedBytes, PersonId, Photo, PhotoName, PhotoState, PhotoUuid, Upload, UploadOutcome,
};
use crate::codec::limits::MAX_FILE_BYTES;
use crate::server::auth::{Bearer, client_of};
use crate::server::etag::{is_not_modified, may_change, photo_etag};
use crate::server::extract::{self, PathParams};
use crate::server::photo_body::{Download, PhotoBody};
use crate::server::problem::{Problem, ProblemKind};
use crate::server::state::AppState;
use crate::server::transit::{IsBooked, UploadRoom};

/// Media types that an upload may announce. The codec decides by the bytes which of the first three
/// a photo is, also if the client announces no type.
const MEDIA_TYPES: [&str; 4] =
    ["image/jpeg", "image/png", "image/webp", "application/octet-stream"];

/// Describes a stored photo in JSON.
#[derive(Serialize)]
pub(super) struct StoredPhoto {
    photo: PhotoUuid,
    state: PhotoState,
    bytes: u64,
    width: u32,
    height: u32,
}

impl From<Photo> for StoredPhoto {
    fn from(Photo { name, state, bytes, width, height, .. }: Photo) -> Self {
        Self { photo: name.photo, state, bytes, width, height }
    }
}

pub(super) async fn upload(
    State(state): SharedState,
    bearer: Bearer,
    params: PathParams<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> RouteResult {
    let shown = bearer.clone();
    let (member, name) = state.with_timeout(authorize(&state, bearer, params)).await?;
    if let Some(other) = extract::media_type(&headers)
        && !MEDIA_TYPES.contains(&other.as_str())
    {
        let detail = format!("a photo must be {}, not {other}", MEDIA_TYPES[..3].join(", "));
        return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail));
    }
    extract::check_announced_length(&body, MAX_FILE_BYTES)?;
    let max_bytes =
        HttpBody::size_hint(&body).upper().unwrap_or(MAX_FILE_BYTES).min(MAX_FILE_BYTES);
    let room = async { Ok(state.upload_budget.begin(member, max_bytes).await) };
    let mut room = state.with_timeout(room).await?;
    let read = extract::read_body(body, MAX_FILE_BYTES, &state.limits, Some(&mut room));
    let bytes = read.await?;
    let stored = store_photo(&state, shown, member, name, bytes, room).await?;
    let (status, photo) = match stored {
        UploadOutcome::Created(photo) => (StatusCode::CREATED, photo),
        UploadOutcome::Same(photo) => (StatusCode::OK, photo),
    };
    let mut response = json(status, &StoredPhoto::from(photo));
    if status == StatusCode::CREATED {
        let location = format!("/albums/{}/photos/{}", name.album, name.photo);
        response.headers_mut().insert(LOCATION, ascii_value(&location));
    }
    Ok(response)
}

/// Checks that the client is a member of the album, before a byte of the body is read.
async fn authorize(
    state: &AppState,
    bearer: Bearer,
    params: PathParams<(String, String)>,
) -> Result<(PersonId, PhotoName), Problem> {
    let authorized = state.resources.store.run(move |store| {
        let member = bearer.person(store)?;
        let name = extract::photo(&params)?;
        store.check_member(member, name.album)?;
        Ok::<_, Problem>((member, name))
    });
    authorized.await
}

/// Validates and stores a photo. Only the write may end after the response timeout.
async fn store_photo(
    state: &AppState,
    bearer: Bearer,
    member: PersonId,
    name: PhotoName,
    bytes: Bytes,
    room: UploadRoom,
) -> Result<UploadOutcome, Problem> {
    let (store, deadline) = (&state.resources.store, state.deadline());
    // The room is held as long as a closure holds the bytes, also after the client hung up.
    let room = Arc::new(room);
    let held = Arc::clone(&room);
    let checked = store.run(move |store| {
        let file = HashedBytes::from(bytes);
        let same = store.check_upload(member, name, file.hash())?;
        drop(held);
        Ok::<_, Problem>((file, same))
    });
    let (file, same) = state.with_timeout(checked).await?;
    if let Some(photo) = same {
        return Ok(UploadOutcome::Same(photo));
    }
    let (photo, max_pixels) = (file.bytes().clone(), state.limits.max_pixels);
    let validated = state.uploads.validate(member, photo, max_pixels, Arc::clone(&room));
    let header = state.with_timeout(validated).await?;
    let stored = store.write(deadline, move |store| {
        // The token may have ended while the body arrived.
        bearer.person(store)?;
        let upload = Upload::new(file, header.width, header.height);
        let stored = store.put_photo(member, name, &upload);
        drop(room);
        Ok::<_, Problem>(stored?)
    });
    stored.await
}

pub(super) async fn fetch(
    State(state): SharedState,
    bearer: Bearer,
    params: PathParams<(String, String)>,
    headers: HeaderMap,
) -> RouteResult {
    let store = &state.resources.store;
    let found = store.run(move |store| {
        let viewer = bearer.person(store)?;
        Ok::<_, Problem>((viewer, store.photo(viewer, extract::photo(&params)?)?))
    });
    let (viewer, photo) = found.await?;
    if is_not_modified(&headers, &photo_etag(&photo)) {
        return Ok((StatusCode::NOT_MODIFIED, photo_headers(&photo)).into_response());
    }
    let mut response = photo_headers(&photo);
    let download = Download { photo, viewer, client: client_of(&headers) };
    let Some(body) = PhotoBody::open(&state, download).await? else {
        let detail = "the photo was changed at this moment: try again";
        return Err(Problem::new(ProblemKind::Overloaded, detail));
    };
    response.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(body.magic())));
    Ok((response, Extension(IsBooked), Body::new(body)).into_response())
}

fn photo_headers(photo: &Photo) -> HeaderMap {
    private_headers(&photo_etag(photo), "private, no-cache, no-transform")
}

/// Returns the media type of a stored photo. Only the three formats are ever stored.
fn media_type(photo: &[u8]) -> &'static str {
    match photo {
        [0xFF, 0xD8, ..] => "image/jpeg",
        [0x89, b'P', ..] => "image/png",
        _ => "image/webp",
    }
}

pub(super) async fn delete(
    State(state): SharedState,
    bearer: Bearer,
    params: PathParams<(String, String)>,
    headers: HeaderMap,
) -> RouteResult {
    let deleted = state.resources.store.write(state.deadline(), move |store| {
        let by = bearer.person(store)?;
        let expected = |photo: &Photo| may_change(&headers, &photo_etag(photo));
        Ok::<_, Problem>(store.delete_photo_if(by, extract::photo(&params)?, expected)?)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
