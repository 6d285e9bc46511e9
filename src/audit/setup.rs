//! Prepares the target before the load: creates people, albums, members and photos.
//!
//! The steps run in the order of the target's file. The requests of one step run concurrently, and
//! no request needs the response of another request of its step. Uploads run with as many in
//! flight as the first step of the load has, because a service may mix uploads too.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use tokio::time::Instant;

use super::captures::{Captured, CapturedValues, Captures, RequestContext, capture, matches};
use super::client::{
    Connection, ExchangeLimits, HttpError, HttpRequest, HttpResponse, MAX_REDIRECTS, send,
};
use super::cookies::CookieJar;
use super::request_builder::RequestBuilder;
use super::spec::{BodySpec, Per, Ready, RequestTemplate, Sender, SetupRequest, Target};
use super::test_photos::TestPhotos;

/// Number of requests of a step in flight at once, except requests for each photo.
const CONCURRENCY: usize = 8;

/// Upper bound of the retries of a request that the target sheds.
pub(crate) const MAX_RETRIES: u32 = 8;

/// Delay before the first retry. Each further retry doubles the delay.
const RETRY_DELAY: Duration = Duration::from_millis(50);

/// Upper bound of the retry delay.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(2);

/// Divisor of the time that a truncated photo may take until it is ready, because a service that
/// refuses truncated photos in a job never gets there.
const TRUNCATED_WAIT: u32 = 4;

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
    /// Status of the response by which the target refused the request, if that is the reason.
    pub status: Option<u16>,
}

impl SetupError {
    fn new(request: &str, reason: impl ToString) -> Self {
        let reason = reason.to_string();
        Self { request: request.to_owned(), reason, is_unreachable: false, status: None }
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
    /// Whole photos that the target refused among concurrent uploads, and accepted alone.
    pub(crate) collided_uploads: u64,
}

/// Runs the setup, the uploads, and the requests after the uploads.
pub(crate) async fn prepare(
    target: &Arc<Target>,
    photos: &Arc<TestPhotos>,
    limits: ExchangeLimits,
    concurrent_uploads: usize,
) -> Result<SetupResult, SetupError> {
    let captures = empty_captures(target, photos);
    let mut setup =
        Setup { target, photos, limits, captures, concurrent_uploads, collided_uploads: 0 };
    let all: Vec<usize> = (0..photos.all.len()).collect();
    for step in &target.setup {
        setup.run_step(step, &all, false).await?;
    }
    let Some(upload) = &target.upload else {
        return Ok(SetupResult {
            captures: setup.captures,
            available: all,
            accepts_truncated: photos.spec.truncated,
            collided_uploads: 0,
        });
    };
    if photos.spec.replaced {
        setup.upload(upload, &all, true).await?;
        // Each photo is requested once, so that a cache of the service can become stale.
        let view = SetupRequest {
            name: "the first thumbnail".to_owned(),
            request: target.thumbnail.request.clone(),
            ready: None,
            capture: Vec::new(),
            ..upload.clone()
        };
        setup.send_all(&view, &all, true).await;
    }
    let mut available = setup.upload(upload, &all, false).await?;
    available.sort_unstable();
    // A service that refuses truncated photos behaves correctly. One that accepts some of them has
    // perhaps taken another photo for them, so that these are requested.
    let accepts_truncated = available.iter().any(|&photo| photos.all[photo].truncated);
    let Setup { captures, collided_uploads, .. } = setup;
    Ok(SetupResult { captures, available, accepts_truncated, collided_uploads })
}

/// Returns the captured values before the setup: those of the accounts.
pub(crate) fn empty_captures(target: &Target, photos: &TestPhotos) -> Captures {
    let people = photos.spec.people;
    let mut accounts = target.accounts.get().to_vec();
    accounts.resize(people, CapturedValues::new());
    Captures {
        people: accounts,
        albums: vec![CapturedValues::new(); people],
        photos: vec![CapturedValues::new(); photos.all.len()],
        cookies: vec![CookieJar::default(); people],
        ..Captures::default()
    }
}

struct Setup<'a> {
    target: &'a Arc<Target>,
    photos: &'a Arc<TestPhotos>,
    limits: ExchangeLimits,
    captures: Captures,
    concurrent_uploads: usize,
    collided_uploads: u64,
}

impl Setup<'_> {
    /// Uploads photos, and sends the requests that follow. Returns the indexes of the photos that
    /// the target accepted.
    async fn upload(
        &mut self,
        upload: &SetupRequest,
        photos: &[usize],
        is_earlier: bool,
    ) -> Result<Vec<usize>, SetupError> {
        let mut accepted = self.run_step(upload, photos, is_earlier).await?;
        for step in &self.target.after_upload {
            let done = self.run_step(step, &accepted, is_earlier).await?;
            if step.per == Per::Photo {
                accepted = done;
            }
        }
        Ok(accepted)
    }

    /// Sends a step's requests, and stores what the responses give. Returns the indexes of the
    /// photos whose request succeeded. Only a request for a truncated photo may fail.
    async fn run_step(
        &mut self,
        step: &SetupRequest,
        photos: &[usize],
        is_earlier: bool,
    ) -> Result<Vec<usize>, SetupError> {
        let (mut done, mut connection) = (Vec::new(), None);
        for (context, mut result) in self.send_all(step, photos, is_earlier).await {
            let is_whole = context.photo.is_some_and(|photo| !self.photos.all[photo].truncated);
            let status = result.as_ref().err().and_then(|error| error.status);
            if let (true, Some(status)) = (is_whole, status) {
                // Alone the photo is accepted, unless the target or its description is wrong.
                let builder = builder(self.target, self.photos, &self.captures, is_earlier);
                let limits = (self.limits, MAX_RETRIES);
                result = send_and_read(&mut connection, builder, step, context, limits).await;
                // A service that sheds uploads under load behaves correctly.
                let is_shed = self.target.thumbnail.shed.contains(&status);
                self.collided_uploads += u64::from(result.is_ok() && !is_shed);
            }
            match result {
                Ok(captured) => {
                    done.extend(context.photo);
                    self.captures.store(step.per, context, captured);
                }
                Err(error) => {
                    let is_truncated =
                        context.photo.is_some_and(|photo| self.photos.all[photo].truncated);
                    if error.is_unreachable || !is_truncated {
                        return Err(error);
                    }
                }
            }
        }
        Ok(done)
    }

    /// Sends a request for each context of its step. A lane ends at its first failure, unless that
    /// is the service's answer to one photo.
    async fn send_all(
        &self,
        step: &SetupRequest,
        available: &[usize],
        is_earlier: bool,
    ) -> Vec<(RequestContext, Result<Captured, SetupError>)> {
        let mut lanes = JoinSet::new();
        let mut contexts = contexts(self.target, self.photos, step);
        contexts.retain(|context| context.photo.is_none_or(|photo| available.contains(&photo)));
        let captures = Arc::new(self.captures.clone());
        let concurrency = match step.per {
            Per::Photo => self.concurrent_uploads,
            Per::Person | Per::Album | Per::Member => CONCURRENCY,
        };
        for lane in 0..concurrency.min(contexts.len()) {
            let contexts = contexts.iter().copied().skip(lane).step_by(concurrency);
            let contexts: Vec<RequestContext> = contexts.collect();
            let (target, photos) = (Arc::clone(self.target), Arc::clone(self.photos));
            let (captures, step, limits) = (Arc::clone(&captures), step.clone(), self.limits);
            lanes.spawn(async move {
                let (target, photos, captures) = (&*target, &*photos, &*captures);
                let builder = builder(target, photos, captures, is_earlier);
                let (mut connection, mut results) = (None, Vec::new());
                for context in contexts {
                    let limits = (limits, MAX_RETRIES);
                    let result =
                        send_and_read(&mut connection, builder, &step, context, limits).await;
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

fn builder<'b>(
    target: &'b Target,
    photos: &'b TestPhotos,
    captures: &'b Captures,
    is_earlier: bool,
) -> RequestBuilder<'b> {
    RequestBuilder { target, photos, captures, sources: None, is_earlier, of_copy: None }
}

/// Uploads a copy of a photo during the load, with all requests per photo that the target has, and
/// returns the captured values. A request that the target sheds is not sent again.
pub(crate) async fn upload_copy(
    connection: &mut Option<Connection>,
    builder: RequestBuilder<'_>,
    context: RequestContext,
    limits: ExchangeLimits,
) -> Result<CapturedValues, SetupError> {
    let mut values = CapturedValues::new();
    let Target { setup, upload, after_upload, .. } = builder.target;
    for step in setup.iter().chain(upload).chain(after_upload) {
        if step.per == Per::Photo {
            let builder = RequestBuilder { of_copy: Some(&values), ..builder };
            let captured = send_and_read(connection, builder, step, context, (limits, 0)).await?;
            values.extend(captured.values);
        }
    }
    Ok(values)
}

/// Sends the request of a step, and reads what its response gives to later requests.
async fn send_and_read(
    connection: &mut Option<Connection>,
    builder: RequestBuilder<'_>,
    step: &SetupRequest,
    context: RequestContext,
    limits: (ExchangeLimits, u32),
) -> Result<Captured, SetupError> {
    let response = send_step(connection, builder, step, context, limits).await?;
    read(builder, step, context, &response)
}

/// Lists everything that a request is sent for.
pub(crate) fn contexts(
    target: &Target,
    photos: &TestPhotos,
    step: &SetupRequest,
) -> Vec<RequestContext> {
    let size = target.thumbnail.sizes.min();
    let of = |owner| RequestContext { owner, viewer: Some(owner), size, ..Default::default() };
    let people = 0..photos.spec.people;
    match step.per {
        Per::Person | Per::Album => people.map(of).collect(),
        Per::Member => people
            .flat_map(|owner| {
                photos.members(owner).map(move |member| RequestContext {
                    member: Some(member),
                    viewer: Some(if step.sender == Sender::Member { member } else { owner }),
                    ..of(owner)
                })
            })
            .collect(),
        Per::Photo => {
            let photos = photos.all.iter().enumerate();
            let context = |(index, photo): (usize, &super::TestPhoto)| RequestContext {
                photo: Some(index),
                ..of(photo.owner)
            };
            photos.map(context).collect()
        }
    }
}

/// Reads what a response gives to later requests.
pub(crate) fn read(
    builder: RequestBuilder<'_>,
    step: &SetupRequest,
    context: RequestContext,
    response: &HttpResponse,
) -> Result<Captured, SetupError> {
    capture(&step.capture, response, &|pattern| builder.pattern(pattern, context)).map_err(
        |reason| {
            let excerpt = response.excerpt(|text| builder.hide(text, context));
            let reason = builder.hide(&reason, context);
            SetupError::new(
                &describe(builder, step, context),
                format!("{reason}; it was {excerpt}"),
            )
        },
    )
}

/// Sends the request of a step, again while the target is not ready, or sheds it and there are
/// retries left.
pub(crate) async fn send_step(
    connection: &mut Option<Connection>,
    builder: RequestBuilder<'_>,
    step: &SetupRequest,
    context: RequestContext,
    (limits, max_retries): (ExchangeLimits, u32),
) -> Result<HttpResponse, SetupError> {
    let hide = |text: &str| builder.hide(text, context);
    let failed = |reason: String| SetupError::new(&describe(builder, step, context), reason);
    let request = builder.build(&step.request, context, context);
    let request = request.map_err(|error| failed(error.to_string()))?;
    let http = |error| SetupError::http(&describe(builder, step, context), &error);
    let shed = &builder.target.thumbnail.shed;
    let response = match &step.ready {
        None => {
            let limits = (limits, max_retries);
            send_until_admitted(connection, &request, shed, limits).await.map_err(http)?
        }
        Some(ready) => {
            let pattern = ready.pattern.as_ref();
            let pattern = pattern.map(|pattern| builder.pattern(pattern, context));
            let is_ready = |response: &HttpResponse| {
                ready.statuses.contains(&response.status)
                    && pattern.as_ref().is_none_or(|pattern| matches(pattern, response))
            };
            let is_truncated =
                context.photo.is_some_and(|photo| builder.photos.all[photo].truncated);
            let limit = if is_truncated { ready.limit / TRUNCATED_WAIT } else { ready.limit };
            let ready = Ready { limit, ..ready.clone() };
            let (is_over, last) =
                send_until_ready(connection, &request, &ready, &is_ready, limits).await;
            let last = last.map_err(http)?;
            if is_over {
                let excerpt = last.excerpt(hide);
                return Err(failed(format!(
                    "not ready within {limit:?}: last answered {excerpt}; compare it with ready"
                )));
            }
            return Ok(last);
        }
    };
    if (200..400).contains(&response.status) {
        return Ok(response);
    }
    let hint = hint(response.status, &step.request);
    let error = failed(format!("answered {}; {hint}", response.excerpt(hide)));
    Err(SetupError { status: Some(response.status), ..error })
}

/// Names a step, what it is for, and its URL without secrets.
fn describe(builder: RequestBuilder<'_>, step: &SetupRequest, context: RequestContext) -> String {
    let shown = builder.show(&step.request, context);
    let person = context.owner + 1;
    let of = match (context.photo, context.member) {
        (Some(photo), _) => builder.photos.describe(photo),
        (None, Some(member)) => format!("person {person}, member {}", member + 1),
        (None, None) => format!("person {person}"),
    };
    format!("{} for {of}, {} {}", step.name, shown.method, shown.url)
}

/// Returns what to do about a status.
fn hint(status: u16, request: &RequestTemplate) -> &'static str {
    let mut is_new = false;
    let templates = [&request.path].into_iter().chain(request.body.templates());
    for template in templates {
        template.variables(&mut |name| is_new |= ["run", "uuid"].contains(&name));
    }
    let has_body = !matches!(request.body, BodySpec::Empty | BodySpec::Photo);
    match status {
        403 | 409 | 422 if !is_new && has_body => {
            "an earlier audit may have made it: put {run} into its names"
        }
        401 | 403 => "check the token or the password",
        404 => "check base and path",
        405 => "check the method",
        415 => "check json, body or form, and the header content-type",
        400 | 422 => "compare the body with the service's documentation",
        _ => "check that the service accepts such a request",
    }
}

/// Sends a request, again while the target sheds it.
async fn send_until_admitted(
    connection: &mut Option<Connection>,
    request: &HttpRequest,
    shed: &[u16],
    (limits, max_retries): (ExchangeLimits, u32),
) -> Result<HttpResponse, HttpError> {
    let mut delay = RETRY_DELAY;
    let mut retries = 0;
    loop {
        let response = send(connection, request, limits, max_redirects(request)).await?;
        if !shed.contains(&response.status) || retries == max_retries {
            return Ok(response);
        }
        retries += 1;
        tokio::time::sleep(delay).await;
        delay = (delay * 2).min(MAX_RETRY_DELAY);
    }
}

/// Sends a request, again until its response is ready. Returns true if the time is over, and the
/// last response.
async fn send_until_ready(
    connection: &mut Option<Connection>,
    request: &HttpRequest,
    ready: &Ready,
    is_ready: &(dyn Fn(&HttpResponse) -> bool + Sync),
    limits: ExchangeLimits,
) -> (bool, Result<HttpResponse, HttpError>) {
    let end = Instant::now() + ready.limit;
    loop {
        let response = send(connection, request, limits, max_redirects(request)).await;
        match &response {
            Ok(response) if !is_ready(response) => {}
            _ => return (false, response),
        }
        if Instant::now() + ready.interval > end {
            return (true, response);
        }
        tokio::time::sleep(ready.interval).await;
    }
}

/// Many services answer a POST that succeeded with a redirect, so only a GET follows redirects.
fn max_redirects(request: &HttpRequest) -> usize {
    if request.method == hyper::Method::GET { MAX_REDIRECTS } else { 0 }
}
