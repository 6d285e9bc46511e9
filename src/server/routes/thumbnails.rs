//! Serves thumbnails.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::IntoResponse;
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

use super::{RouteResult, SharedState, book_bytes, private_headers};
use crate::runtime::Instant;
use crate::server::auth::{Bearer, client_of};
use crate::server::etag::{is_not_modified, thumbnail_etag};
use crate::server::extract::{self, PathParams};
use crate::server::problem::Problem;
use crate::server::thumbnailer::{FoundThumbnail, ViewRequest};
use crate::server::transit::IsBooked;

pub(super) async fn fetch(
    State(state): SharedState,
    bearer: Bearer,
    params: PathParams<(String, String)>,
    query: RawQuery,
    method: Method,
    headers: HeaderMap,
) -> RouteResult {
    let client = client_of(&headers);
    let deadline = Instant::now() + state.limits.response_timeout;
    let service = Arc::clone(&state.thumbnails);
    let looked_up = state.resources.store.run(move |store| {
        let viewer = bearer.person(store)?;
        let (name, spec) = (extract::photo(&params)?, extract::thumbnail_query(&query)?);
        let request = ViewRequest { viewer, name, spec, deadline };
        Ok::<_, Problem>((request, service.look_up(store, request)?))
    });
    let (request, found) = looked_up.await?;
    let maker = state.thumbnails.maker_version();
    let etag_of = |thumbnail: &FoundThumbnail| {
        thumbnail_etag(&thumbnail.photo, request.spec, maker, thumbnail.made)
    };
    // A head and a 304 show nothing.
    let book = |thumbnail: &FoundThumbnail| {
        let is_sent = method != Method::HEAD && !is_not_modified(&headers, &etag_of(thumbnail));
        is_sent.then(|| book_bytes(&state, client, thumbnail.bytes.clone())).transpose()
    };
    let thumbnail = state.thumbnails.show(request, found, &book).await?;
    let etag = etag_of(&thumbnail);
    let mut response = private_headers(&etag, "private, no-transform");
    if is_not_modified(&headers, &etag) {
        return Ok((hyper::StatusCode::NOT_MODIFIED, response).into_response());
    }
    response.insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    let mut response = (response, Body::from(thumbnail.bytes)).into_response();
    // A response to HEAD has no body that is sent.
    response.extensions_mut().insert(IsBooked);
    Ok(response)
}
