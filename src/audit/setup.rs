//! Prepares the target before the load: creates people, albums, members and photos.
//!
//! The steps run in the order of the target's file. The requests of one step run concurrently,
//! because a service may mix uploads too; no request needs the response of another request of its
//! step.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::captures::{CapturedValues, Captures, RequestContext, capture};
use super::client::{Connection, ExchangeLimits, HttpError, MAX_REDIRECTS, send};
use super::request_builder::RequestBuilder;
use super::spec::{Per, SetupRequest, Target};
use super::test_photos::TestPhotos;

/// Number of requests of a step in flight at once.
const CONCURRENCY: usize = 8;

/// Upper bound of the retries of a request that the target sheds.
const MAX_RETRIES: u32 = 8;

/// Delay before the first retry. Each further retry doubles the delay.
const RETRY_DELAY: Duration = Duration::from_millis(50);

/// Upper bound of the retry delay.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(2);

/// Describes why the setup of a target failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{request}: {reason}")]
pub struct SetupError {
    /// Request of the setup that failed.
    pub request: String,
    /// Reason, and how to correct it.
    pub reason: String,
    /// True if the target gave no connection, or no response in time.
    pub is_unreachable: bool,
}

impl SetupError {
    fn new(request: &str, reason: impl ToString) -> Self {
        let reason = reason.to_string();
        Self { request: request.to_owned(), reason, is_unreachable: false }
    }

    pub(crate) fn http(request: &str, error: &HttpError) -> Self {
        if !error.is_unreachable() {
            return Self::new(request, error);
        }
        let hint = "check that the service is running and that base is its address";
        Self { is_unreachable: true, ..Self::new(request, format!("{error}; {hint}")) }
    }
}

/// Holds what the setup created.
#[derive(Debug, Default)]
pub(crate) struct SetupResult {
    pub(crate) captures: Captures,
    /// Indexes of the photos that the target has, in ascending order.
    pub(crate) available: Vec<usize>,
    /// True if the target accepted truncated photos.
    pub(crate) accepts_truncated: bool,
}

/// Runs the setup and the uploads.
pub(crate) async fn prepare(
    target: &Arc<Target>,
    photos: &Arc<TestPhotos>,
    limits: ExchangeLimits,
) -> Result<SetupResult, SetupError> {
    let mut setup = Setup {
        target,
        photos,
        limits,
        captures: Captures {
            people: vec![CapturedValues::new(); photos.spec.people],
            albums: vec![CapturedValues::new(); photos.spec.people],
            photos: vec![CapturedValues::new(); photos.all.len()],
            ..Captures::default()
        },
    };
    for (index, step) in target.setup.iter().enumerate() {
        let name = format!("setup[{}], per {:?}", index + 1, step.per).to_lowercase();
        for (context, result) in setup.send_all(&name, step, false).await {
            setup.captures.store(step.per, context, result?);
        }
    }
    let Some(upload) = &target.upload else {
        return Ok(SetupResult {
            captures: setup.captures,
            available: (0..photos.all.len()).collect(),
            accepts_truncated: photos.spec.truncated,
        });
    };
    if photos.spec.replaced {
        setup.upload("the first upload", upload, true).await?;
        // Each photo is requested once, so that a cache of the service can become stale.
        let request = target.thumbnail.request.clone();
        let view = SetupRequest { per: Per::Photo, request, capture: Vec::new() };
        setup.send_all("the first thumbnail", &view, true).await;
    }
    let mut available = setup.upload("upload", upload, false).await?;
    available.sort_unstable();
    // A service that refuses truncated photos behaves correctly.
    let accepts_truncated = photos.spec.truncated && available.len() == photos.all.len();
    Ok(SetupResult { captures: setup.captures, available, accepts_truncated })
}

struct Setup<'a> {
    target: &'a Arc<Target>,
    photos: &'a Arc<TestPhotos>,
    limits: ExchangeLimits,
    captures: Captures,
}

impl Setup<'_> {
    /// Uploads all photos. Returns the indexes of the photos that the target accepted.
    async fn upload(
        &mut self,
        name: &str,
        upload: &SetupRequest,
        is_earlier: bool,
    ) -> Result<Vec<usize>, SetupError> {
        let (mut accepted, mut failure) = (Vec::new(), None);
        for (context, result) in self.send_all(name, upload, is_earlier).await {
            let photo = context.photo.unwrap_or_default();
            match result {
                Ok(values) => {
                    self.captures.store(Per::Photo, context, values);
                    accepted.push(photo);
                }
                Err(_) if self.photos.all[photo].truncated => {}
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(accepted), Err)
    }

    /// Lists everything that a request is sent for.
    fn contexts(&self, per: Per) -> Vec<RequestContext> {
        let size = self.target.thumbnail.sizes.min();
        let of = |owner| RequestContext {
            owner,
            viewer: Some(owner),
            size,
            ..RequestContext::default()
        };
        let people = 0..self.photos.spec.people;
        match per {
            Per::Person | Per::Album => people.map(of).collect(),
            Per::Member => people
                .flat_map(|owner| {
                    let members = self.photos.members(owner);
                    members.map(move |member| RequestContext { member: Some(member), ..of(owner) })
                })
                .collect(),
            Per::Photo => {
                let photos = self.photos.all.iter().enumerate();
                let context = |(index, photo): (usize, &super::TestPhoto)| RequestContext {
                    photo: Some(index),
                    ..of(photo.owner)
                };
                photos.map(context).collect()
            }
        }
    }

    /// Sends a request for each context of its step. A lane ends at its first failure, unless that
    /// is the service's answer to one photo.
    async fn send_all(
        &self,
        name: &str,
        step: &SetupRequest,
        is_earlier: bool,
    ) -> Vec<(RequestContext, Result<CapturedValues, SetupError>)> {
        let mut lanes = JoinSet::new();
        let contexts = self.contexts(step.per);
        let captures = Arc::new(self.captures.clone());
        for lane in 0..CONCURRENCY.min(contexts.len()) {
            let contexts = contexts.iter().copied().skip(lane).step_by(CONCURRENCY);
            let contexts: Vec<RequestContext> = contexts.collect();
            let (target, photos) = (Arc::clone(self.target), Arc::clone(self.photos));
            let (captures, step, name) = (Arc::clone(&captures), step.clone(), name.to_owned());
            let limits = self.limits;
            lanes.spawn(async move {
                let (target, photos, captures) = (&*target, &*photos, &*captures);
                let builder = RequestBuilder { target, photos, captures, origin: None, is_earlier };
                let (mut connection, mut results) = (None, Vec::new());
                for context in contexts {
                    let result =
                        send_step(&mut connection, &name, builder, &step, context, limits).await;
                    let is_over = result
                        .as_ref()
                        .is_err_and(|error| error.is_unreachable || context.photo.is_none());
                    results.push((context, result));
                    if is_over {
                        break;
                    }
                }
                results
            });
        }
        let mut results: Vec<_> = lanes.join_all().await.into_iter().flatten().collect();
        results.sort_by_key(|(context, _)| (context.photo, context.owner, context.member));
        results
    }
}

async fn send_step(
    connection: &mut Option<Connection>,
    name: &str,
    builder: RequestBuilder<'_>,
    step: &SetupRequest,
    context: RequestContext,
    limits: ExchangeLimits,
) -> Result<CapturedValues, SetupError> {
    let request = builder.build(&step.request, context, context);
    let request = request.map_err(|error| SetupError::new(name, error))?;
    // Many services answer a POST that succeeded with a redirect, so only a GET follows redirects.
    let max_redirects = if request.method == hyper::Method::GET { MAX_REDIRECTS } else { 0 };
    let mut delay = RETRY_DELAY;
    let mut retries = 0;
    let response = loop {
        let response = send(connection, &request, limits, max_redirects).await;
        let response = response.map_err(|error| SetupError::http(name, &error))?;
        let is_shed = builder.target.thumbnail.shed.contains(&response.status);
        if !is_shed || retries == MAX_RETRIES {
            break response;
        }
        retries += 1;
        tokio::time::sleep(delay).await;
        delay = (delay * 2).min(MAX_RETRY_DELAY);
    };
    if !(200..400).contains(&response.status) {
        let hint = "check that the service accepts such a request";
        return Err(SetupError::new(name, format!("answered {}; {hint}", response.status)));
    }
    capture(&step.capture, &response).map_err(|reason| SetupError::new(name, reason))
}
