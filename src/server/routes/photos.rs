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
    ContentHash, PersonId, Photo, PhotoName, PhotoUuid, Put, State as Stored, Upload,
};
use crate::codec::limits::FILE_BYTES;
use crate::server::access::Bearer;
use crate::server::house::House;
use crate::server::problem::{Kind, Problem};
use crate::server::reading::{self, Names, Room};

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
    State(house): Shared,
    names: Names<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Answered {
    let bearer = Bearer::of(&headers)?;
    let (member, name) = house.in_time(admit(&house, bearer, names)).await?;
    if let Some(other) = reading::media_type(&headers)
        && !MEDIA_TYPES.contains(&other.as_str())
    {
        let detail = format!("a photo is to be {}, not {other}", MEDIA_TYPES[..3].join(", "));
        return Err(Problem::new(Kind::MediaType, detail));
    }
    reading::check_announced(&body, FILE_BYTES)?;
    let most = HttpBody::size_hint(&body).upper().unwrap_or(FILE_BYTES).min(FILE_BYTES);
    let room = house.in_time(async { Ok(house.transit.room(most).await) }).await?;
    let bytes = reading::read(body, FILE_BYTES, &house.limits).await?;
    let put = house.in_time(keep(&house, member, name, bytes, room)).await?;
    let (status, photo) = match put {
        Put::Created(photo) => (StatusCode::CREATED, photo),
        Put::Same(photo) => (StatusCode::OK, photo),
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
    house: &House,
    bearer: Bearer,
    names: Names<(String, String)>,
) -> Result<(PersonId, PhotoName), Problem> {
    let admitted = house.desk.ask(move |store| {
        let member = bearer.person(store)?;
        let name = reading::photo(&names)?;
        store.check_member(member, name.album)?;
        Ok::<_, Problem>((member, name))
    });
    admitted.await
}

/// Stores a photo that decodes whole.
async fn keep(
    house: &House,
    member: PersonId,
    name: PhotoName,
    bytes: Bytes,
    room: Room,
) -> Result<Put, Problem> {
    // The room is held for as long as anybody holds the bytes, also after the client hung up.
    let room = Arc::new(room);
    let (file, held) = (bytes.clone(), Arc::clone(&room));
    let before = house.desk.ask(move |store| {
        let before = store.before_put(member, name, ContentHash::of(&file));
        drop(held);
        before
    });
    if let Some(photo) = before.await? {
        return Ok(Put::Same(photo));
    }
    let (width, height) = house.workshop.examine(bytes.clone(), Arc::clone(&room)).await?;
    let put = house.desk.ask(move |store| {
        let put = store.put_photo(member, name, &Upload::new(bytes, width, height));
        drop(room);
        put
    });
    put.await
}

pub(super) async fn fetch(
    State(house): Shared,
    names: Names<(String, String)>,
    headers: HeaderMap,
) -> Answered {
    let bearer = Bearer::of(&headers)?;
    let (viewer, photo) = house
        .desk
        .ask(move |store| {
            let viewer = bearer.person(store)?;
            Ok::<_, Problem>((viewer, store.photo(viewer, reading::photo(&names)?)?))
        })
        .await?;
    if reading::has_already(&headers, &etag(&photo)) {
        return Ok((StatusCode::NOT_MODIFIED, kept_headers(&photo)).into_response());
    }
    let room = house.transit.room(photo.bytes).await;
    let name = photo.name;
    let found = house.desk.ask(move |store| store.photo_with_bytes(viewer, name));
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
    State(house): Shared,
    names: Names<(String, String)>,
    headers: HeaderMap,
) -> Answered {
    let bearer = Bearer::of(&headers)?;
    let deleted = house.desk.ask(move |store| {
        let by = bearer.person(store)?;
        Ok::<_, Problem>(store.delete_photo(by, reading::photo(&names)?)?)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A photo on its way out, and the room it takes until it is gone.
struct Outgoing {
    bytes: Option<Bytes>,
    _room: Room,
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
