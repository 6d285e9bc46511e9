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
    CacheKey, CacheLookup, ContentHash, Entry, MakingEvent, MakingRef, PersonId, Photo, PhotoName,
    RowId, ShownEntry, StoreError,
};
use crate::codec::ThumbnailSpec;
use crate::server::auth::Bearer;
use crate::server::extract::{self, PathParams};
use crate::server::job_registry::thumbnail_etag;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::state::AppState;
use crate::server::thumbnailer::ThumbnailError;

/// How often a photo may change under a request before the client is told to come again.
const LOOKS: usize = 4;

/// What is wanted of whom.
#[derive(Clone, Copy)]
struct Asked {
    viewer: PersonId,
    name: PhotoName,
    spec: ThumbnailSpec,
    deadline: Instant,
}

/// A thumbnail that may be shown, and the row of its making.
struct Ready {
    photo: Photo,
    made: RowId,
    bytes: Bytes,
}

pub(super) async fn fetch(
    State(state): Shared,
    names: PathParams<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
) -> Answered {
    let bearer = Bearer::of(&headers)?;
    let maker = state.thumbnails.make.maker.clone();
    let deadline = Instant::now() + state.limits.deadline;
    let (asked, mut found) = state
        .store
        .run(move |store| {
            let viewer = bearer.person(store)?;
            let (name, spec) = (extract::photo(&names)?, extract::thumbnail_query(&query)?);
            let found = store.thumbnail(viewer, name, &CacheKey { spec, maker: &maker })?;
            Ok::<_, Problem>((Asked { viewer, name, spec, deadline }, found))
        })
        .await?;
    for _ in 0..LOOKS {
        let ready = match found {
            CacheLookup { photo, thumbnail: Some(kept) } => {
                state.metrics.cache_hits.inc();
                Some(Ready { photo, made: kept.made, bytes: kept.bytes })
            }
            CacheLookup { photo, thumbnail: None } => make(&state, asked, photo).await?,
        };
        if let Some(ready) = ready
            && show(&state, asked, &ready).await?
        {
            return Ok(respond(&state, asked, &headers, ready));
        }
        found = look(&state, asked).await?;
    }
    Err(Problem::new(ProblemKind::Overloaded, "the photo keeps changing: try again"))
}

async fn look(state: &AppState, asked: Asked) -> Result<CacheLookup, Problem> {
    let maker = state.thumbnails.make.maker.clone();
    let Asked { viewer, name, spec, .. } = asked;
    let wanted = move |store: &crate::album::Store| {
        store.thumbnail(viewer, name, &CacheKey { spec, maker: &maker })
    };
    state.store.run(wanted).await
}

/// Makes the thumbnail. `None`: the photo changed meanwhile, look again.
async fn make(state: &AppState, asked: Asked, photo: Photo) -> Result<Option<Ready>, Problem> {
    let Asked { viewer, name, spec, deadline } = asked;
    let made = match state.thumbnails.thumbnail(viewer, &photo, spec, deadline).await {
        Ok(made) => made,
        Err(ThumbnailError::PhotoChanged) => return Ok(None),
        Err(ThumbnailError::Problem(problem)) => return Err(problem),
    };
    // It took a while: whoever is no member any more gets nothing.
    let now = state.store.run(move |store| store.photo(viewer, name)).await?;
    if (now.id, now.content) != (photo.id, photo.content) {
        return Ok(None);
    }
    let ready = Ready { photo, made: made.row, bytes: made.bytes.clone() };
    // The door's last look: what the job says that it is of, against what was asked for.
    if !made.job.is_of(&ready.photo, spec) {
        return Err(state.thumbnails.stopped(event(state, asked, &ready)).await);
    }
    Ok(Some(ready))
}

fn event(state: &AppState, asked: Asked, ready: &Ready) -> MakingEvent {
    MakingEvent {
        viewer: asked.viewer,
        requested: (&ready.photo).into(),
        photo_hash: ready.photo.content,
        thumbnail_hash: ContentHash::of(&ready.bytes),
        spec: asked.spec,
        maker: state.thumbnails.make.maker.clone(),
        pipeline: state.thumbnails.make.pipeline.clone(),
    }
}

/// Writes down who is about to be shown what, before a byte of it leaves. False: the ledger has let
/// go of its making, so it must be made anew.
async fn show(state: &AppState, asked: Asked, ready: &Ready) -> Result<bool, Problem> {
    let shown = ShownEntry {
        viewer: asked.viewer,
        requested: (&ready.photo).into(),
        made: MakingRef::Row(ready.made),
    };
    let receipt = state.thumbnails.ledger.submit(vec![Entry::Shown(shown)])?;
    match receipt.committed().await {
        Ok(_) => Ok(true),
        Err(StoreError::UnknownMaking { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn respond(
    state: &AppState,
    asked: Asked,
    headers: &HeaderMap,
    ready: Ready,
) -> axum::response::Response {
    let Ready { photo, made, bytes } = ready;
    let maker = &state.thumbnails.make.maker;
    let etag = thumbnail_etag(&photo, asked.spec, maker, made);
    let mut answer = HeaderMap::new();
    answer.insert(ETAG, plain(&etag));
    answer.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-transform"));
    answer.insert(VARY, HeaderValue::from_static("Authorization"));
    if extract::is_not_modified(headers, &etag) {
        return (StatusCode::NOT_MODIFIED, answer).into_response();
    }
    answer.insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    (answer, Body::from(bytes)).into_response()
}
