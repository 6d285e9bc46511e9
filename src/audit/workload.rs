//! Which photo is asked for when: a pure function of a request's number, so that no two requests
//! need to agree about anything.

use std::sync::Arc;

use bytes::Bytes;
use fastrand::Rng;
use hyper::HeaderMap;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LAST_MODIFIED};

use super::captures::{Captures, RequestBuilder, RequestContext};
use super::client::{Connection, ExchangeLimits, HttpError, following};
use super::spec::Target;
use super::test_photos::TestPhotos;

/// Of so many requests one is for a photo that was cut short, where the target takes them.
const ONE_TRUNCATED_IN: u64 = 8;

/// 2^64 divided by the golden ratio: multiples of it lie scattered.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// All that requests are made of. Nothing in it changes while they are under way.
pub(crate) struct Workload {
    pub(crate) target: Arc<Target>,
    pub(crate) subjects: Arc<TestPhotos>,
    pub(crate) book: Captures,
    pub(crate) origin: Option<String>,
    pub(crate) bounds: ExchangeLimits,
    pub(crate) seed: u64,
    /// The photos that may be asked for, whole ones first.
    pub(crate) photos: Vec<usize>,
    /// How many of them are whole.
    pub(crate) whole: usize,
}

/// A request for a thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlannedRequest {
    pub(crate) number: u64,
    pub(crate) photo: usize,
    pub(crate) viewer: usize,
    pub(crate) size: u32,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// A body that may be a picture.
    Body(Body),
    /// Refused, since the house is full.
    Shed,
    /// Another status than success.
    Refused,
    Failed(HttpError),
}

/// A successful answer, as far as it is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) bytes: Bytes,
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) has_validator: bool,
}

impl Workload {
    /// What the request of a number asks for.
    pub(crate) fn ask(&self, number: u64) -> PlannedRequest {
        let cut = &self.photos[self.whole..];
        let sizes = self.target.thumbnail.sizes.get();
        // Scattered, so that no lane of a closed loop has only these.
        let scattered = number.wrapping_mul(GOLDEN) >> 32;
        let (photo, round) = if !cut.is_empty() && scattered.is_multiple_of(ONE_TRUNCATED_IN) {
            let turn = number / ONE_TRUNCATED_IN;
            let count = cut.len() as u64;
            (cut[(turn % count) as usize], turn / count)
        } else {
            let whole = self.whole as u64;
            let (round, place) = (number / whole, (number % whole) as usize);
            let mut order: Vec<usize> = self.photos[..self.whole].to_vec();
            Rng::with_seed(self.seed ^ round.wrapping_mul(GOLDEN)).shuffle(&mut order);
            (order[place], round)
        };
        let owner = self.subjects.all[photo].owner;
        let viewers = 1 + self.subjects.photos.members as u64;
        let viewer = match round % viewers {
            0 => owner,
            place => self.subjects.members(owner).nth(place as usize - 1).unwrap_or(owner),
        };
        let size = sizes[((round + photo as u64) % sizes.len() as u64) as usize];
        PlannedRequest { number, photo, viewer, size }
    }

    fn about(&self, ask: PlannedRequest) -> RequestContext {
        RequestContext {
            owner: self.subjects.all[ask.photo].owner,
            member: None,
            photo: Some(ask.photo),
            viewer: Some(ask.viewer),
            size: ask.size,
            number: ask.number,
        }
    }

    fn writer(&self) -> RequestBuilder<'_> {
        let (target, subjects, book) = (&*self.target, &*self.subjects, &self.book);
        RequestBuilder { target, subjects, book, origin: self.origin.as_deref(), earlier: false }
    }

    /// Sends a request and takes its answer.
    pub(crate) async fn run(&self, kept: &mut Option<Connection>, ask: PlannedRequest) -> Outcome {
        let about = self.about(ask);
        self.send(kept, about, about).await
    }

    /// A request for a photo that is whole.
    pub(crate) fn ask_whole(&self, place: usize) -> PlannedRequest {
        let photo = self.photos[place % self.whole];
        let owner = self.subjects.all[photo].owner;
        let size = self.target.thumbnail.sizes.get()[0];
        PlannedRequest { number: place as u64, photo, viewer: owner, size }
    }

    /// The same by a stranger, who has the path and nobody's token but his own. None if the request
    /// would be the same: then there are no tokens here.
    pub(crate) async fn run_as_stranger(
        &self,
        kept: &mut Option<Connection>,
        ask: PlannedRequest,
    ) -> Option<Outcome> {
        let owners = self.about(ask);
        let stranger = self.subjects.stranger_to(owners.owner);
        let about = RequestContext { viewer: Some(stranger), ..owners };
        let headers = RequestContext { owner: stranger, ..about };
        let request = &self.target.thumbnail.request;
        let (own, strangers) = (
            self.writer().write(request, owners).ok()?,
            self.writer().build_as(request, about, headers).ok()?,
        );
        let same = own.headers == strangers.headers && own.url == strangers.url;
        if same { None } else { Some(self.send(kept, about, headers).await) }
    }

    async fn send(
        &self,
        kept: &mut Option<Connection>,
        about: RequestContext,
        headers: RequestContext,
    ) -> Outcome {
        let request = &self.target.thumbnail.request;
        let request = match self.writer().build_as(request, about, headers) {
            Ok(request) => request,
            Err(error) => return Outcome::Failed(HttpError::Broken(error.to_string())),
        };
        let answer = match following(kept, &request, self.bounds).await {
            Ok(answer) => answer,
            Err(failure) => return Outcome::Failed(failure),
        };
        match answer.status {
            200..=299 => Outcome::Body(Body {
                bytes: answer.body,
                content_type: text(&answer.headers, &CONTENT_TYPE),
                cache_control: text(&answer.headers, &CACHE_CONTROL),
                has_validator: answer.headers.contains_key(ETAG)
                    || answer.headers.contains_key(LAST_MODIFIED),
            }),
            status if self.target.thumbnail.shed.contains(&status) => Outcome::Shed,
            _ => Outcome::Refused,
        }
    }
}

fn text(headers: &HeaderMap, name: &hyper::header::HeaderName) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    Some(text.to_ascii_lowercase())
}
