//! Photos: posted, fetched, deleted.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, LOCATION, VARY};
use serde::Serialize;

use super::{Answered, Shared, json, plain};
use crate::album::{
    ContentHash, PersonId, Photo, PhotoName, PhotoState as Stored, PhotoUuid, Upload, UploadOutcome,
};
use crate::codec::limits::MAX_FILE_BYTES;
use crate::server::auth::Bearer;
use crate::server::extract::{self, BytePermit, PathParams};
use crate::server::problem::{Problem, ProblemKind};
use crate::server::state::AppState;

/// The media types that a photo may be announced as; without any, or as plain bytes, it is looked
/// at.
const MEDIA_TYPES: [&str; 4] =
    ["image/jpeg", "image/png", "image/webp", "application/octet-stream"];

#[derive(Serialize)]
struct Posted {
    photo: PhotoUuid,
    state: Stored,
    bytes: u64,
    width: u32,
    height: u32,
}

impl From<Photo> for Posted {
    fn from(Photo { name, state, bytes, width, height, .. }: Photo) -> Self {
        Self { photo: name.photo, state, bytes, width, height }
    }
}

pub(super) async fn upload(
    State(state): Shared,
    names: PathParams<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Answered {
    let bearer = Bearer::of(&headers)?;
    let (member, name) = state.in_time(admit(&state, bearer, names)).await?;
    if let Some(other) = extract::media_type(&headers)
        && !MEDIA_TYPES.contains(&other.as_str())
    {
        let detail = format!("a photo is to be {}, not {other}", MEDIA_TYPES[..3].join(", "));
        return Err(Problem::new(ProblemKind::MediaType, detail));
    }
    extract::check_announced(&body, MAX_FILE_BYTES)?;
    let most = HttpBody::size_hint(&body).upper().unwrap_or(MAX_FILE_BYTES).min(MAX_FILE_BYTES);
    let room = state.in_time(async { Ok(state.transit_bytes.acquire(most).await) }).await?;
    let bytes = extract::read(body, MAX_FILE_BYTES, &state.limits).await?;
    let put = state.in_time(keep(&state, member, name, bytes, room)).await?;
    let (status, photo) = match put {
        UploadOutcome::Created(photo) => (StatusCode::CREATED, photo),
        UploadOutcome::Same(photo) => (StatusCode::OK, photo),
    };
    let mut response = json(status, &Posted::from(photo));
    if status == StatusCode::CREATED {
        let location = format!("/albums/{}/photos/{}", name.album, name.photo);
        response.headers_mut().insert(LOCATION, plain(&location));
    }
    Ok(response)
}

/// Lets members post, before anything of the body is read.
async fn admit(
    state: &AppState,
    bearer: Bearer,
    names: PathParams<(String, String)>,
) -> Result<(PersonId, PhotoName), Problem> {
    let admitted = state.store.run(move |store| {
        let member = bearer.person(store)?;
        let name = extract::photo(&names)?;
        store.check_member(member, name.album)?;
        Ok::<_, Problem>((member, name))
    });
    admitted.await
}

/// Stores a photo that decodes whole.
async fn keep(
    state: &AppState,
    member: PersonId,
    name: PhotoName,
    bytes: Bytes,
    room: BytePermit,
) -> Result<UploadOutcome, Problem> {
    // The room is held for as long as anybody holds the bytes, also after the client hung up.
    let room = Arc::new(room);
    let (file, held) = (bytes.clone(), Arc::clone(&room));
    let before = state.store.run(move |store| {
        let before = store.check_upload(member, name, ContentHash::of(&file));
        drop(held);
        before
    });
    if let Some(photo) = before.await? {
        return Ok(UploadOutcome::Same(photo));
    }
    let (width, height) = state.thumbnails.examine(bytes.clone(), Arc::clone(&room)).await?;
    let put = state.store.run(move |store| {
        let put = store.put_photo(member, name, &Upload::new(bytes, width, height));
        drop(room);
        put
    });
    put.await
}

pub(super) async fn fetch(
    State(state): Shared,
    names: PathParams<(String, String)>,
    headers: HeaderMap,
) -> Answered {
    let bearer = Bearer::of(&headers)?;
    let (viewer, photo) = state
        .store
        .run(move |store| {
            let viewer = bearer.person(store)?;
            Ok::<_, Problem>((viewer, store.photo(viewer, extract::photo(&names)?)?))
        })
        .await?;
    if extract::is_not_modified(&headers, &etag(&photo)) {
        return Ok((StatusCode::NOT_MODIFIED, kept_headers(&photo)).into_response());
    }
    let room = state.transit_bytes.acquire(photo.bytes).await;
    let name = photo.name;
    let found = state.store.run(move |store| store.photo_with_bytes(viewer, name));
    let (photo, bytes) = found.await?;
    let mut headers = kept_headers(&photo);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(&bytes)));
    Ok((headers, Body::new(Outgoing { bytes: Some(bytes), _room: room })).into_response())
}

/// The tag of a photo's stored bytes: of this photo, not of whatever has the same bytes.
fn etag(photo: &Photo) -> String {
    let key = format!("{}\n{}", photo.id, photo.content);
    format!("\"{}\"", &ContentHash::of(key.as_bytes()).to_string()[..40])
}

fn kept_headers(photo: &Photo) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ETAG, plain(&etag(photo)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache, no-transform"));
    headers.insert(VARY, HeaderValue::from_static("Authorization"));
    headers
}

/// What a stored photo is; nothing else was ever stored.
fn media_type(photo: &[u8]) -> &'static str {
    match photo {
        [0xFF, 0xD8, ..] => "image/jpeg",
        [0x89, b'P', ..] => "image/png",
        _ => "image/webp",
    }
}

pub(super) async fn delete(
    State(state): Shared,
    names: PathParams<(String, String)>,
    headers: HeaderMap,
) -> Answered {
    let bearer = Bearer::of(&headers)?;
    let deleted = state.store.run(move |store| {
        let by = bearer.person(store)?;
        Ok::<_, Problem>(store.delete_photo(by, extract::photo(&names)?)?)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A photo on its way out, and the room it takes until it is gone.
struct Outgoing {
    bytes: Option<Bytes>,
    _room: BytePermit,
}

impl HttpBody for Outgoing {
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
