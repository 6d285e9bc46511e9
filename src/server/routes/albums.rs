//! Albums and their members.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Answered, Shared, json};
use crate::album::{
    Album, AlbumCard, AlbumError, AlbumId, Moment, PersonId, Photo, PhotoState as Stored,
    PhotoUuid, Store,
};
use crate::server::auth::Bearer;
use crate::server::extract::{self, PathParams};
use crate::server::problem::Problem;
use crate::server::validation;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAlbum {
    title: String,
}

#[derive(Serialize)]
struct Made {
    album: AlbumId,
}

#[derive(Serialize)]
struct Card {
    album: AlbumId,
    title: String,
    owner: PersonId,
}

#[derive(Serialize)]
struct Opened {
    #[serde(flatten)]
    card: Card,
    members: Vec<PersonId>,
    photos: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    photo: PhotoUuid,
    owner: PersonId,
    posted: Moment,
    state: Stored,
    bytes: u64,
    width: u32,
    height: u32,
}

impl From<AlbumCard> for Card {
    fn from(AlbumCard { album, title, owner }: AlbumCard) -> Self {
        Self { album, title, owner }
    }
}

impl From<Photo> for Listed {
    fn from(photo: Photo) -> Self {
        let Photo { name, owner, uploaded_at, state, bytes, width, height, .. } = photo;
        Self { photo: name.photo, owner, posted: uploaded_at, state, bytes, width, height }
    }
}

pub(super) async fn create(State(state): Shared, headers: HeaderMap, body: Body) -> Answered {
    let bearer = Bearer::of(&headers)?;
    let wanted = extract::json::<NewAlbum>(&headers, body, &state.limits).await;
    let made = state.store.run(move |store| {
        let person = bearer.person(store)?;
        let NewAlbum { title } = wanted?;
        validation::check("title", &title)?;
        Ok::<_, Problem>(Made { album: store.create_album(person, &title)? })
    });
    Ok(json(StatusCode::CREATED, &made.await?))
}

pub(super) async fn list(State(state): Shared, headers: HeaderMap) -> Answered {
    let bearer = Bearer::of(&headers)?;
    let albums = state.store.run(move |store| {
        let albums = store.albums_of(bearer.person(store)?)?;
        Ok::<_, Problem>(albums.into_iter().map(Card::from).collect::<Vec<_>>())
    });
    Ok(json(StatusCode::OK, &albums.await?))
}

pub(super) async fn open(
    State(state): Shared,
    names: PathParams<String>,
    headers: HeaderMap,
) -> Answered {
    let bearer = Bearer::of(&headers)?;
    let opened = state.store.run(move |store| {
        let person = bearer.person(store)?;
        let Album { card, members, photos } = store.album(person, extract::album(&names)?)?;
        let photos = photos.into_iter().map(Listed::from).collect();
        Ok::<_, Problem>(Opened { card: card.into(), members, photos })
    });
    Ok(json(StatusCode::OK, &opened.await?))
}

pub(super) async fn add(
    state: Shared,
    names: PathParams<(String, String)>,
    headers: HeaderMap,
) -> Answered {
    change(state, names, &headers, Store::add_member).await
}

pub(super) async fn remove(
    state: Shared,
    names: PathParams<(String, String)>,
    headers: HeaderMap,
) -> Answered {
    change(state, names, &headers, Store::remove_member).await
}

type Change = fn(&Store, PersonId, AlbumId, PersonId) -> Result<(), AlbumError>;

async fn change(
    State(state): Shared,
    names: PathParams<(String, String)>,
    headers: &HeaderMap,
    change: Change,
) -> Result<Response, Problem> {
    let bearer = Bearer::of(headers)?;
    let changed = state.store.run(move |store| {
        let by = bearer.person(store)?;
        let (album, person) = extract::member(&names)?;
        Ok::<_, Problem>(change(store, by, album, person)?)
    });
    changed.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
