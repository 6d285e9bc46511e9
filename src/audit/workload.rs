//! Plans and sends the requests for thumbnails.
//!
//! A step first asks for thumbnails that no other request asks for, because a repeated answer says
//! nothing about conversions.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fastrand::Rng;

use super::captures::{CapturedValues, Captures, RequestContext};
use super::client::{
    Connection, ExchangeLimits, HangUp, HttpError, HttpRequest, HttpResponse, MAX_REDIRECTS, send,
    send_and_hang_up,
};
use super::origin_server::SourceUrls;
use super::request_builder::{BuildError, RequestBuilder, ShownRequest};
use super::setup::{SetupError, upload_copy};
use super::spec::{Mode, SourceVariation, Target};
use super::test_photos::TestPhotos;
use crate::codec::Fit;

/// Numbers reserved for the requests of one step.
pub(crate) const NUMBERS_PER_STEP: u64 = 1 << 32;

/// Mean interval, in requests, between two requests for truncated photos.
const TRUNCATED_INTERVAL: u64 = 8;

/// Upper bound of the copies of photos that are uploaded during the load.
pub(crate) const MAX_COPIES: u64 = 1 << 16;

/// 2^64 divided by the golden ratio. The multiples of this constant are spread evenly.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Holds all that requests are planned and built from.
pub(crate) struct Workload {
    pub(crate) target: Arc<Target>,
    pub(crate) photos: Arc<TestPhotos>,
    pub(crate) captures: Captures,
    /// URLs of the photos on the audit's own origin server, in pull mode.
    pub(crate) sources: Option<SourceUrls>,
    pub(crate) limits: ExchangeLimits,
    pub(crate) seed: u64,
    /// Upper bound of the steps of the load and the loads of the follow-up. Each of them has its
    /// own share of the thumbnails.
    pub(crate) steps: u64,
    /// Indexes of the photos that may be requested, whole ones first.
    pub(crate) available: Vec<usize>,
    /// Number of whole photos in `available`.
    pub(crate) whole: usize,
    /// Copies that the load uploads.
    pub(crate) copies: UploadedCopies,
}

/// Holds the captured values of the copies that the load uploaded, at most [`MAX_COPIES`].
#[derive(Default)]
pub(crate) struct UploadedCopies {
    begun: AtomicU64,
    values: Mutex<HashMap<u64, Arc<CapturedValues>>>,
}

impl UploadedCopies {
    /// Returns the number of a new copy, or `None` if there are [`MAX_COPIES`].
    pub(crate) fn begin(&self) -> Option<u64> {
        let copy = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        (copy <= MAX_COPIES).then_some(copy)
    }

    /// Stores the values of a copy that the target accepted.
    pub(crate) fn store(&self, copy: u64, values: CapturedValues) {
        self.lock().insert(copy, Arc::new(values));
    }

    fn get(&self, copy: u64) -> Option<Arc<CapturedValues>> {
        self.lock().get(&copy).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<CapturedValues>>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Describes a planned request for a thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedRequest {
    /// Number of the request, which no other request of the audit has.
    pub number: u64,
    /// Index of the requested photo.
    pub photo: usize,
    /// Copy of the photo that is requested: the same picture in a file of its own. Copy 0 is the
    /// photo itself.
    pub copy: u64,
    /// Index of the person whose token the request carries.
    pub viewer: usize,
    /// Requested size, in pixels.
    pub size: u32,
    /// Requested fit, or `None` if any fit is accepted.
    pub fit: Option<Fit>,
}

impl Workload {
    /// Plans the thumbnail with an index among those of a step that no other request asks for.
    /// Returns `None` if the target has no more of them.
    pub(crate) fn new_thumbnail(
        &self,
        step: u64,
        index: u64,
        number: u64,
    ) -> Option<PlannedRequest> {
        let (photo, round) = self.photo(index);
        let sizes = self.target.thumbnail.sizes.get();
        let round = round * self.steps + step;
        let (lap, count) = (round / sizes.len() as u64, sizes.len() as u64);
        let copy = match self.target.mode {
            Mode::Push if lap > 0 => return None,
            Mode::Push => 0,
            Mode::Pull => lap,
            Mode::Post => number + 1,
        };
        // Photos of the same number get the same size, as in a cache that forgets their owners.
        let number_of_photo = self.photos.all[photo].number as u64;
        let size = sizes[((round + number_of_photo) % count) as usize];
        Some(self.planned(number, photo, copy, round, size))
    }

    /// Returns true if the photo with an index in the sequence of a step is truncated.
    pub(crate) fn is_truncated(&self, index: u64) -> bool {
        self.photos.all[self.photo(index).0].truncated
    }

    /// Plans a thumbnail of a photo that the target has before the load, in each size in turn.
    pub(crate) fn any_thumbnail(&self, index: u64, number: u64) -> PlannedRequest {
        let (photo, round) = self.photo(index);
        let sizes = self.target.thumbnail.sizes.get();
        let size = sizes[((round + photo as u64) % sizes.len() as u64) as usize];
        self.planned(number, photo, 0, round, size)
    }

    /// Plans the request of a viewer, who is the owner or a member in turn.
    pub(crate) fn planned(
        &self,
        number: u64,
        photo: usize,
        copy: u64,
        turn: u64,
        size: u32,
    ) -> PlannedRequest {
        let owner = self.photos.all[photo].owner;
        let viewer = match turn % (1 + self.photos.spec.members as u64) {
            0 => owner,
            index => self.photos.members(owner).nth(index as usize - 1).unwrap_or(owner),
        };
        PlannedRequest { number, photo, copy, viewer, size, fit: self.target.thumbnail.fit }
    }

    /// Returns the photo with an index in an endless shuffled sequence of whole photos and a few
    /// truncated ones, and the number of its earlier occurrences.
    fn photo(&self, index: u64) -> (usize, u64) {
        let (whole, truncated) = self.available.split_at(self.whole);
        let is_truncated = |index: u64| {
            // Spread evenly, so that no client of a closed loop gets all the truncated photos.
            !truncated.is_empty() && index % TRUNCATED_INTERVAL == index / 8 % TRUNCATED_INTERVAL
        };
        let earlier_truncated = match truncated.is_empty() {
            true => 0,
            false => {
                let blocks = index / TRUNCATED_INTERVAL;
                blocks + u64::from(index % TRUNCATED_INTERVAL > blocks % TRUNCATED_INTERVAL)
            }
        };
        if is_truncated(index) {
            let count = truncated.len() as u64;
            let photo = truncated[(earlier_truncated % count) as usize];
            return (photo, earlier_truncated / count);
        }
        let (index, count) = (index - earlier_truncated, whole.len() as u64);
        let round = index / count;
        (self.shuffled(whole, round)[(index % count) as usize], round)
    }

    /// Returns the photo to upload as a copy: each once in a lap, truncated ones
    /// among them. Copies have numbers from 1.
    pub(crate) fn photo_to_copy(&self, copy: u64) -> usize {
        let all: Vec<usize> = (0..self.photos.all.len()).collect();
        let (lap, index) = ((copy - 1) / all.len() as u64, (copy - 1) % all.len() as u64);
        self.shuffled(&all, lap)[index as usize]
    }

    fn shuffled(&self, photos: &[usize], round: u64) -> Vec<usize> {
        let mut order = photos.to_vec();
        Rng::with_seed(self.seed ^ round.wrapping_mul(GOLDEN)).shuffle(&mut order);
        order
    }

    /// Returns a number that the seed and the number of a request fix.
    pub(crate) fn random(&self, number: u64) -> Rng {
        Rng::with_seed(self.seed.wrapping_add(number.wrapping_mul(GOLDEN)))
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
        PlannedRequest { number: 0, photo, copy: 0, viewer, size, fit }
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

    /// Sends a request, and hangs up at a moment of its exchange.
    pub(crate) async fn send_and_hang_up(
        &self,
        connection: &mut Option<Connection>,
        request: PlannedRequest,
        moment: HangUp,
    ) -> Result<HttpResponse, HttpError> {
        let context = self.context(request);
        let built = self.build(context, context);
        let built = built.map_err(|error| HttpError::Broken(error.to_string()))?;
        send_and_hang_up(connection, &built, self.limits, moment).await
    }

    /// Uploads a copy of a photo, and stores the values that the responses give for it.
    pub(crate) async fn upload(
        &self,
        connection: &mut Option<Connection>,
        photo: usize,
        copy: u64,
    ) -> Result<(), SetupError> {
        let owner = self.photos.all[photo].owner;
        let size = self.target.thumbnail.sizes.min();
        let planned = PlannedRequest { number: 0, photo, copy, viewer: owner, size, fit: None };
        let builder = self.builder(None);
        let values = upload_copy(connection, builder, self.context(planned), self.limits).await?;
        self.copies.store(copy, values);
        Ok(())
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
        let of_copy = self.copies.get(context.copy);
        self.builder(of_copy.as_deref()).show(&self.target.thumbnail.request, context)
    }

    /// Returns the URL of a request without its secrets, and a text without them.
    pub(crate) fn show(&self, request: PlannedRequest, text: &str) -> (String, String) {
        let context = self.context(request);
        let of_copy = self.copies.get(context.copy);
        let hidden = self.builder(of_copy.as_deref()).hide(text, context);
        (self.shown(request).url, hidden)
    }

    fn context(&self, request: PlannedRequest) -> RequestContext {
        RequestContext {
            owner: self.photos.all[request.photo].owner,
            member: None,
            photo: Some(request.photo),
            copy: request.copy,
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
        let of_copy = self.copies.get(context.copy);
        let request = &self.target.thumbnail.request;
        self.builder(of_copy.as_deref()).build(request, context, headers)
    }

    fn builder<'a>(&'a self, of_copy: Option<&'a CapturedValues>) -> RequestBuilder<'a> {
        let (target, photos, captures) = (&*self.target, &*self.photos, &self.captures);
        let sources = self.sources.as_ref();
        RequestBuilder { target, photos, captures, sources, is_earlier: false, of_copy }
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
