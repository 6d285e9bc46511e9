//! Thumbnails: kept ones, new ones, and the row that says who was shown them.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::IntoResponse;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, VARY};
use tokio::time::Instant;

use super::{Answered, Shared, plain};
use crate::album::{
    ContentHash, Entry, Event, Found, Kept, PersonId, Photo, PhotoName, RowId, Shown, StoreError,
    Wanted,
};
use crate::codec::{Fit, Size};
use crate::server::access::Bearer;
use crate::server::evidence::thumbnail_etag;
use crate::server::house::House;
use crate::server::problem::{Kind, Problem};
use crate::server::reading::{self, Names};
use crate::server::workshop::Failure;

/// How often a photo may change under a request before the client is told to come again.
const LOOKS: usize = 4;

/// What is wanted of whom.
#[derive(Clone, Copy)]
struct Asked {
    viewer: PersonId,
    name: PhotoName,
    size: Size,
    fit: Fit,
    deadline: Instant,
}

/// A thumbnail that may be shown, and the row of its making.
struct Ready {
    photo: Photo,
    made: RowId,
    bytes: Bytes,
}

pub(super) async fn fetch(
    State(house): Shared,
    names: Names<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
) -> Answered {
    let bearer = Bearer::of(&headers)?;
    let maker = house.workshop.make.maker.clone();
    let deadline = Instant::now() + house.limits.deadline;
    let (asked, mut found) = house
        .desk
        .ask(move |store| {
            let viewer = bearer.person(store)?;
            let (name, (size, fit)) = (reading::photo(&names)?, reading::wanted(&query)?);
            let found = store.thumbnail(viewer, name, &Wanted { size, fit, maker: &maker })?;
            Ok::<_, Problem>((Asked { viewer, name, size, fit, deadline }, found))
        })
        .await?;
    for _ in 0..LOOKS {
        let ready = match found {
            Found { photo, thumbnail: Some(kept) } => {
                house.metrics.cache_hits.inc();
                Some(Ready { photo, made: kept.made, bytes: kept.bytes })
            }
            Found { photo, thumbnail: None } => make(&house, asked, photo).await?,
        };
        if let Some(ready) = ready
            && show(&house, asked, &ready).await?
        {
            return Ok(respond(&house, asked, &headers, ready));
        }
        found = look(&house, asked).await?;
    }
    Err(Problem::new(Kind::Overloaded, "the photo keeps changing: try again"))
}

async fn look(house: &House, asked: Asked) -> Result<Found, Problem> {
    let maker = house.workshop.make.maker.clone();
    let Asked { viewer, name, size, fit, .. } = asked;
    let wanted = move |store: &crate::album::Store| {
        store.thumbnail(viewer, name, &Wanted { size, fit, maker: &maker })
    };
    house.desk.ask(wanted).await
}

/// Makes the thumbnail. `None`: the photo changed meanwhile, look again.
async fn make(house: &House, asked: Asked, photo: Photo) -> Result<Option<Ready>, Problem> {
    let Asked { viewer, name, size, fit, deadline } = asked;
    let made = match house.workshop.thumbnail(viewer, &photo, size, fit, deadline).await {
        Ok(made) => made,
        Err(Failure::Moved) => return Ok(None),
        Err(Failure::Problem(problem)) => return Err(problem),
    };
    // It took a while: whoever is no member any more gets nothing.
    let now = house.desk.ask(move |store| store.photo(viewer, name)).await?;
    if (now.id, now.content) != (photo.id, photo.content) {
        return Ok(None);
    }
    let ready = Ready { photo, made: made.row, bytes: made.bytes.clone() };
    // The door's last look: what the job says that it is of, against what was asked for.
    if !made.job.is_of(&ready.photo, size, fit) {
        return Err(house.workshop.stopped(event(house, asked, &ready)).await);
    }
    Ok(Some(ready))
}

fn event(house: &House, asked: Asked, ready: &Ready) -> Event {
    Event {
        viewer: asked.viewer,
        asked: (&ready.photo).into(),
        content_in: ready.photo.content,
        content_out: ContentHash::of(&ready.bytes),
        size: asked.size,
        fit: asked.fit,
        maker: house.workshop.make.maker.clone(),
        pipeline: house.workshop.make.pipeline.clone(),
    }
}

/// Writes down who is about to be shown what, before a byte of it leaves. False: the ledger has let
/// go of its making, so it must be made anew.
async fn show(house: &House, asked: Asked, ready: &Ready) -> Result<bool, Problem> {
    let shown =
        Shown { viewer: asked.viewer, asked: (&ready.photo).into(), made: Kept::Row(ready.made) };
    let receipt = house.workshop.ledger.submit(vec![Entry::Shown(shown)])?;
    match receipt.committed().await {
        Ok(_) => Ok(true),
        Err(StoreError::UnknownMaking { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn respond(
    house: &House,
    asked: Asked,
    headers: &HeaderMap,
    ready: Ready,
) -> axum::response::Response {
    let Ready { photo, made, bytes } = ready;
    let maker = &house.workshop.make.maker;
    let etag = thumbnail_etag(&photo, asked.size, asked.fit, maker, made);
    let mut answer = HeaderMap::new();
    answer.insert(ETAG, plain(&etag));
    answer.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-transform"));
    answer.insert(VARY, HeaderValue::from_static("Authorization"));
    if reading::has_already(headers, &etag) {
        return (StatusCode::NOT_MODIFIED, answer).into_response();
    }
    answer.insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    (answer, Body::from(bytes)).into_response()
}
