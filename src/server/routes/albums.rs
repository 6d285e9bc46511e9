//! Serves albums and their members.

use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use hyper::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::photos::StoredPhoto;
use super::{RouteResult, SharedState, check_text, json};
use crate::album::{
    Album, AlbumCard, AlbumError, AlbumId, Moment, PersonId, Photo, RepeatableRequest, Store,
};
use crate::server::auth::Bearer;
use crate::server::extract::{self, PathParams};
use crate::server::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAlbum {
    title: String,
}

#[derive(Serialize)]
struct CreatedAlbum {
    album: AlbumId,
}

#[derive(Serialize)]
struct AlbumSummary {
    album: AlbumId,
    title: String,
    owner: PersonId,
}

#[derive(Serialize)]
struct AlbumDetails {
    #[serde(flatten)]
    summary: AlbumSummary,
    members: Vec<PersonId>,
    photos: Vec<ListedPhoto>,
}

#[derive(Serialize)]
struct ListedPhoto {
    #[serde(flatten)]
    stored: StoredPhoto,
    owner: PersonId,
    uploaded_at: Moment,
}

impl From<AlbumCard> for AlbumSummary {
    fn from(AlbumCard { album, title, owner }: AlbumCard) -> Self {
        Self { album, title, owner }
    }
}

impl From<Photo> for ListedPhoto {
    fn from(photo: Photo) -> Self {
        let (owner, uploaded_at) = (photo.owner, photo.uploaded_at);
        Self { stored: photo.into(), owner, uploaded_at }
    }
}

pub(super) async fn create(
    State(state): SharedState,
    bearer: Bearer,
    headers: HeaderMap,
    body: Body,
) -> RouteResult {
    let (store, shown) = (&state.resources.store, bearer.clone());
    // An unauthenticated client's body is not read.
    state.with_timeout(store.run(move |store| shown.person(store))).await?;
    let NewAlbum { title } = extract::json(&headers, body, &state.limits).await?;
    check_text("title", &title)?;
    let request = extract::idempotency_key(&headers)?
        .map(|key| RepeatableRequest::new(key, "POST /albums", &title));
    let created = store.write(state.deadline(), move |store| {
        let person = bearer.person(store)?;
        let album = match request {
            Some(request) => store.create_album_once(person, &title, &request)?,
            None => store.create_album(person, &title)?,
        };
        Ok::<_, Problem>(CreatedAlbum { album })
    });
    Ok(json(StatusCode::CREATED, &created.await?))
}

pub(super) async fn list(State(state): SharedState, bearer: Bearer) -> RouteResult {
    let albums = state.resources.store.run(move |store| {
        let albums = store.albums_of(bearer.person(store)?)?;
        Ok::<_, Problem>(albums.into_iter().map(AlbumSummary::from).collect::<Vec<_>>())
    });
    Ok(json(StatusCode::OK, &albums.await?))
}

pub(super) async fn fetch(
    State(state): SharedState,
    bearer: Bearer,
    params: PathParams<String>,
) -> RouteResult {
    let details = state.resources.store.run(move |store| {
        let person = bearer.person(store)?;
        let Album { card, members, photos } = store.album(person, extract::album(&params)?)?;
        let photos = photos.into_iter().map(ListedPhoto::from).collect();
        Ok::<_, Problem>(AlbumDetails { summary: card.into(), members, photos })
    });
    Ok(json(StatusCode::OK, &details.await?))
}

/// Deletes an album, for its owner or the operator.
pub(super) async fn delete(
    State(state): SharedState,
    bearer: Bearer,
    params: PathParams<String>,
) -> RouteResult {
    let key = state.operator_key;
    let deleted = state.resources.store.write(state.deadline(), move |store| {
        if bearer.is_operator(&key) {
            return Ok::<_, Problem>(store.delete_any_album(extract::album(&params)?)?);
        }
        let owner = bearer.person(store)?;
        Ok(store.delete_album(owner, extract::album(&params)?)?)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn add_member(
    state: SharedState,
    bearer: Bearer,
    params: PathParams<(String, String)>,
) -> RouteResult {
    change_member(state, bearer, params, Store::add_member).await
}

pub(super) async fn remove_member(
    state: SharedState,
    bearer: Bearer,
    params: PathParams<(String, String)>,
) -> RouteResult {
    change_member(state, bearer, params, Store::remove_member).await
}

type MemberChange = fn(&Store, PersonId, AlbumId, PersonId) -> Result<(), AlbumError>;

async fn change_member(
    State(state): SharedState,
    bearer: Bearer,
    params: PathParams<(String, String)>,
    change: MemberChange,
) -> RouteResult {
    let changed = state.resources.store.write(state.deadline(), move |store| {
        let by = bearer.person(store)?;
        let (album, person) = extract::member(&params)?;
        Ok::<_, Problem>(change(store, by, album, person)?)
    });
    changed.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
