//! Plans and sends the requests for thumbnails.
//!
//! The plan of a request is a pure function of its number, so that concurrent requests share no
//! state.

use std::sync::Arc;

use fastrand::Rng;

use super::captures::{Captures, RequestContext};
use super::client::{
    Connection, ExchangeLimits, HttpError, HttpRequest, HttpResponse, MAX_REDIRECTS, send,
};
use super::origin_server::SourceUrls;
use super::request_builder::{BuildError, RequestBuilder, ShownRequest};
use super::spec::{SourceVariation, Target};
use super::test_photos::TestPhotos;
use crate::codec::Fit;

/// Numbers reserved for the requests of one step.
pub(crate) const NUMBERS_PER_STEP: u64 = 1 << 32;

/// Mean interval, in requests, between two requests for truncated photos.
const TRUNCATED_INTERVAL: u64 = 8;

/// 2^64 divided by the golden ratio. The multiples of this constant are spread evenly.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Holds all that requests are planned and built from. It does not change during the load.
pub(crate) struct Workload {
    pub(crate) target: Arc<Target>,
    pub(crate) photos: Arc<TestPhotos>,
    pub(crate) captures: Captures,
    /// URLs of the photos on the audit's own origin server, in pull mode.
    pub(crate) sources: Option<SourceUrls>,
    pub(crate) limits: ExchangeLimits,
    pub(crate) seed: u64,
    /// Indexes of the photos that may be requested, whole ones first.
    pub(crate) available: Vec<usize>,
    /// Number of whole photos in `available`.
    pub(crate) whole: usize,
}

/// Describes a planned request for a thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedRequest {
    /// Number of the request, which fixes the rest.
    pub number: u64,
    /// Index of the requested photo.
    pub photo: usize,
    /// Index of the person whose token the request carries.
    pub viewer: usize,
    /// Requested size, in pixels.
    pub size: u32,
    /// Requested fit, or `None` if any fit is accepted.
    pub fit: Option<Fit>,
}

impl Workload {
    /// Plans the request with a number.
    pub(crate) fn plan(&self, number: u64) -> PlannedRequest {
        let (whole, truncated) = self.available.split_at(self.whole);
        // Spread evenly, so that no client of a closed loop gets all the truncated photos.
        let spread = number.wrapping_mul(GOLDEN) >> 32;
        let (photo, round) = if !truncated.is_empty() && spread.is_multiple_of(TRUNCATED_INTERVAL) {
            let index = number / TRUNCATED_INTERVAL;
            let count = truncated.len() as u64;
            (truncated[(index % count) as usize], index / count)
        } else {
            let count = whole.len() as u64;
            let (round, index) = (number / count, (number % count) as usize);
            let mut order = whole.to_vec();
            Rng::with_seed(self.seed ^ round.wrapping_mul(GOLDEN)).shuffle(&mut order);
            (order[index], round)
        };
        let owner = self.photos.all[photo].owner;
        let viewers = 1 + self.photos.spec.members as u64;
        let viewer = match round % viewers {
            0 => owner,
            index => self.photos.members(owner).nth(index as usize - 1).unwrap_or(owner),
        };
        let sizes = self.target.thumbnail.sizes.get();
        let size = sizes[((round + photo as u64) % sizes.len() as u64) as usize];
        PlannedRequest { number, photo, viewer, size, fit: self.target.thumbnail.fit }
    }

    /// Plans an owner's request for a whole photo, outside of the load.
    pub(crate) fn request_for_whole(&self, index: usize) -> PlannedRequest {
        let request = self.request_for(self.available[index % self.whole]);
        PlannedRequest { number: index as u64, ..request }
    }

    /// Plans an owner's request for a photo, outside of the load.
    pub(crate) fn request_for(&self, photo: usize) -> PlannedRequest {
        let viewer = self.photos.all[photo].owner;
        let size = self.target.thumbnail.sizes.get()[0];
        let fit = self.target.thumbnail.fit;
        PlannedRequest { number: 0, photo, viewer, size, fit }
    }

    /// Sends a request and reads its response.
    pub(crate) async fn send(
        &self,
        connection: &mut Option<Connection>,
        request: PlannedRequest,
    ) -> Result<HttpResponse, HttpError> {
        let context = self.context(request);
        self.send_built(connection, self.build(context, context)).await
    }

    /// Sends a request as a stranger, who knows the path and has only a token of their own. Returns
    /// `None` if the token changes nothing in the request, because the target has no tokens.
    pub(crate) async fn send_as_stranger(
        &self,
        connection: &mut Option<Connection>,
        request: PlannedRequest,
    ) -> Option<Result<HttpResponse, HttpError>> {
        let of_owner = self.context(request);
        let stranger = self.photos.stranger_to(of_owner.owner);
        let context = RequestContext { viewer: Some(stranger), ..of_owner };
        let headers = RequestContext { owner: stranger, ..context };
        let expected = self.build(of_owner, of_owner).ok()?;
        let built = self.build(context, headers).ok()?;
        let is_same = expected.headers == built.headers && expected.url == built.url;
        if is_same { None } else { Some(self.send_built(connection, Ok(built)).await) }
    }

    /// Returns the part in which the photos' URLs differ. All photos are requested with the same
    /// part before the next part comes, because only two URLs with the same part can be confused.
    pub(crate) fn source(&self, number: u64) -> Option<SourceVariation> {
        let parts = &self.sources.as_ref()?.vary;
        let round = (number % NUMBERS_PER_STEP) / self.whole.max(1) as u64;
        parts.get(round as usize % parts.len().max(1)).copied()
    }

    /// Returns a request for a reader, without its secrets.
    pub(crate) fn shown(&self, request: PlannedRequest) -> ShownRequest {
        let context = self.context(request);
        self.builder().show(&self.target.thumbnail.request, context)
    }

    /// Returns the URL of a request without its secrets, and a text without them.
    pub(crate) fn show(&self, request: PlannedRequest, text: &str) -> (String, String) {
        let hidden = self.builder().hide(text, self.context(request));
        (self.shown(request).url, hidden)
    }

    fn context(&self, request: PlannedRequest) -> RequestContext {
        RequestContext {
            owner: self.photos.all[request.photo].owner,
            member: None,
            photo: Some(request.photo),
            viewer: Some(request.viewer),
            size: request.size,
            number: request.number,
            source: self.source(request.number),
        }
    }

    fn build(
        &self,
        context: RequestContext,
        headers: RequestContext,
    ) -> Result<HttpRequest, BuildError> {
        self.builder().build(&self.target.thumbnail.request, context, headers)
    }

    fn builder(&self) -> RequestBuilder<'_> {
        let (target, photos, captures) = (&*self.target, &*self.photos, &self.captures);
        let sources = self.sources.as_ref();
        RequestBuilder { target, photos, captures, sources, is_earlier: false }
    }

    async fn send_built(
        &self,
        connection: &mut Option<Connection>,
        request: Result<HttpRequest, BuildError>,
    ) -> Result<HttpResponse, HttpError> {
        let request = request.map_err(|error| HttpError::Broken(error.to_string()))?;
        send(connection, &request, self.limits, MAX_REDIRECTS).await
    }
}
