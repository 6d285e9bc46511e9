//! Serves the upload, the download and the deletion of photos.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use serde::Serialize;

use super::{RouteResult, SharedState, ascii_value, json, private_headers};
use crate::album::{
    HashedBytes, PersonId, Photo, PhotoName, PhotoState, PhotoUuid, Upload, UploadOutcome,
};
use crate::codec::limits::MAX_FILE_BYTES;
use crate::server::auth::Bearer;
use crate::server::byte_budget::BytePermit;
use crate::server::etag::{is_not_modified, photo_etag};
use crate::server::extract::{self, PathParams};
use crate::server::problem::{Problem, ProblemKind};
use crate::server::state::AppState;

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
    let permit = async { Ok(state.transit_budget.acquire(max_bytes).await) };
    let permit = state.with_timeout(permit).await?;
    let bytes = extract::read_body(body, MAX_FILE_BYTES, &state.limits).await?;
    let stored = store_photo(&state, shown, member, name, bytes, permit).await?;
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
    permit: BytePermit,
) -> Result<UploadOutcome, Problem> {
    let (store, deadline) = (&state.resources.store, state.deadline());
    // The permit is held as long as a closure holds the bytes, also after the client hung up.
    let permit = Arc::new(permit);
    let held = Arc::clone(&permit);
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
    let validated = state.uploads.validate(photo, max_pixels, Arc::clone(&permit));
    let header = state.with_timeout(validated).await?;
    let stored = store.write(deadline, move |store| {
        // The token may have ended while the body arrived.
        bearer.person(store)?;
        let upload = Upload::new(file, header.width, header.height);
        let stored = store.put_photo(member, name, &upload);
        drop(permit);
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
    let permit = state.transit_budget.acquire(photo.bytes).await;
    let name = photo.name;
    let (photo, bytes) = store.run(move |store| store.photo_with_bytes(viewer, name)).await?;
    let mut response = photo_headers(&photo);
    response.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(&bytes)));
    let body = PermittedBody { bytes: Some(bytes), _permit: permit };
    Ok((response, Body::new(body)).into_response())
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
) -> RouteResult {
    let deleted = state.resources.store.write(state.deadline(), move |store| {
        let by = bearer.person(store)?;
        Ok::<_, Problem>(store.delete_photo(by, extract::photo(&params)?)?)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Sends a photo, and holds its part of the byte budget until it is sent.
struct PermittedBody {
    bytes: Option<Bytes>,
    _permit: BytePermit,
}

impl HttpBody for PermittedBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
