//! Checks a target's file: shows one request of each kind, and sends it if asked.
//!
//! The requests are those of the first person, album, member and photo.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::runtime::Builder;

use super::captures::{Captures, RequestContext};
use super::client::{ExchangeLimits, MAX_REDIRECTS, send};
use super::origin_server::{OriginServer, SourceUrls};
use super::request_builder::{RequestBuilder, ShownRequest};
use super::response_check::ResponseChecker;
use super::run::AuditError;
use super::setup::{MAX_RETRIES, contexts, empty_captures, read, send_step};
use super::spec::{SetupRequest, SourceVariation, Target};
use super::test_photos::TestPhotos;
use crate::audit::watermark::DetectionVerdict;

/// Holds one request of a target, without its secrets, and its outcome if it was sent.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedRequest {
    /// Name of the request, such as `setup[1]`.
    pub name: String,
    /// Request without its secrets.
    #[serde(flatten)]
    pub request: ShownRequest,
    /// Response or problem without secrets, or `None` if the request was not sent.
    pub outcome: Option<String>,
    /// Names of the values that the response gave.
    pub captured: Vec<String>,
    /// True if the request did not succeed.
    pub has_failed: bool,
    /// True if the target gave no connection, or no response in time.
    pub is_unreachable: bool,
}

/// Shows one request of each kind. With `timeout` it sends them too, and ends at the first that
/// fails.
///
/// # Errors
/// Returns [`AuditError`] if there are no photos to send, or no port to serve them on.
pub fn check(
    target: &Target,
    timeout: Option<Duration>,
) -> Result<Vec<CheckedRequest>, AuditError> {
    let mut target = target.clone();
    let photos = &mut target.photos;
    (photos.people, photos.per_person) = (photos.members + 2, 1);
    (photos.truncated, photos.replaced) = (false, false);
    let photos = Arc::new(TestPhotos::generate(target.photos, 0)?);
    let target = Arc::new(target);
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let checked = runtime.block_on(Check::run(&target, &photos, timeout));
    runtime.shutdown_background();
    Ok(checked?)
}

struct Check<'a> {
    target: &'a Arc<Target>,
    photos: &'a Arc<TestPhotos>,
    captures: Captures,
    sources: Option<SourceUrls>,
    timeout: Option<Duration>,
    requests: Vec<CheckedRequest>,
}

impl<'a> Check<'a> {
    async fn run(
        target: &'a Arc<Target>,
        photos: &'a Arc<TestPhotos>,
        timeout: Option<Duration>,
    ) -> std::io::Result<Vec<CheckedRequest>> {
        let is_pull = target.mode == super::spec::Mode::Pull;
        let origin = match is_pull {
            true => Some(OriginServer::open(&target.source, photos).await?),
            false => None,
        };
        let captures = empty_captures(target, photos);
        let sources = origin.as_ref().map(|origin| origin.urls.clone());
        let mut check = Check { target, photos, captures, sources, timeout, requests: Vec::new() };
        let steps = target.setup.iter().chain(&target.upload).chain(&target.after_upload);
        for step in steps {
            if !check.step(step).await {
                return Ok(check.requests);
            }
        }
        match check.sources.as_ref().map(|sources| sources.vary.clone()) {
            None => check.thumbnail("thumbnail".to_owned(), None).await,
            Some(parts) => {
                for part in parts {
                    let name = format!("thumbnail, by a URL of its own {}", part.name());
                    check.thumbnail(name, Some(part)).await;
                }
            }
        }
        Ok(check.requests)
    }

    fn builder<'s>(&'s self, captures: &'s Captures) -> RequestBuilder<'s> {
        let (target, photos, sources) = (self.target, self.photos, self.sources.as_ref());
        RequestBuilder { target, photos, captures, sources, is_earlier: false, of_copy: None }
    }

    fn limits(timeout: Duration) -> ExchangeLimits {
        ExchangeLimits { timeout, bytes: 8 << 20 }
    }

    /// Shows the step's first request, and sends what later requests need. Returns false if it
    /// failed.
    async fn step(&mut self, step: &SetupRequest) -> bool {
        let needed: Vec<usize> = [0].into_iter().chain(self.photos.members(0)).collect();
        let is_person = step.per == super::spec::Per::Person;
        let mut all = contexts(self.target, self.photos, step);
        all.retain(
            |context| if is_person { needed.contains(&context.owner) } else { context.owner == 0 },
        );
        if !is_person {
            all.truncate(1);
        }
        for (index, context) in all.into_iter().enumerate() {
            let captures = self.captures.clone();
            let builder = self.builder(&captures);
            let request = builder.show(&step.request, context);
            let name = step.name.clone();
            let mut checked = CheckedRequest::new(name, request);
            if let Some(timeout) = self.timeout {
                let limits = Self::limits(timeout);
                let result =
                    send_step(&mut None, builder, step, context, (limits, MAX_RETRIES)).await;
                let result = result
                    .and_then(|response| Ok((read(builder, step, context, &response)?, response)));
                match result {
                    Ok((captured, response)) => {
                        checked.captured = captured.values.keys().cloned().collect();
                        let cookies = captured.cookies.iter();
                        let cookies = cookies.map(|cookie| format!("cookie {}", cookie.name));
                        checked.captured.extend(cookies);
                        self.captures.store(step.per, context, captured);
                        let captures = self.captures.clone();
                        let builder = self.builder(&captures);
                        let excerpt = response.excerpt(|text| builder.hide(text, context));
                        checked.outcome = Some(excerpt);
                    }
                    Err(error) => {
                        checked.outcome = Some(builder.hide(&error.reason, context));
                        checked.has_failed = true;
                        checked.is_unreachable = error.is_unreachable;
                    }
                }
            }
            let has_failed = checked.has_failed;
            if index == 0 || has_failed {
                self.requests.push(checked);
            }
            if has_failed {
                return false;
            }
        }
        true
    }

    async fn thumbnail(&mut self, name: String, source: Option<SourceVariation>) {
        let size = self.target.thumbnail.sizes.get()[0];
        let context = RequestContext {
            photo: Some(0),
            viewer: Some(0),
            size,
            source,
            ..RequestContext::default()
        };
        let template = &self.target.thumbnail.request;
        let builder = self.builder(&self.captures);
        let mut checked = CheckedRequest::new(name, builder.show(template, context));
        if let Some(timeout) = self.timeout {
            let outcome = match builder.build(template, context, context) {
                Err(error) => Err((error.to_string(), false)),
                Ok(request) => {
                    let limits = Self::limits(timeout);
                    let response = send(&mut None, &request, limits, MAX_REDIRECTS).await;
                    response.map_err(|error| (error.to_string(), error.is_unreachable()))
                }
            };
            let outcome = outcome.and_then(|response| {
                let image = (200..300).contains(&response.status).then(|| {
                    ResponseChecker::new(self.target, self.photos).check_image(
                        0,
                        self.target.thumbnail.fit,
                        &response.body,
                    )
                });
                let Some(image) = image.flatten() else {
                    let excerpt = response.excerpt(|text| builder.hide(text, context));
                    return Err((format!("no image: {excerpt}"), false));
                };
                let dimensions = format!("{} × {} px", image.width, image.height);
                match image.verdict {
                    DetectionVerdict::Clean => Ok(format!("an image of {dimensions}, clean")),
                    DetectionVerdict::Unreadable => Err((
                        format!("an image of {dimensions}, whose watermark cannot be read"),
                        false,
                    )),
                    _ => Err((format!("an image of {dimensions}, of another photo"), false)),
                }
            });
            checked.has_failed = outcome.is_err();
            checked.is_unreachable =
                outcome.as_ref().is_err_and(|(_, is_unreachable)| *is_unreachable);
            let text = outcome.unwrap_or_else(|(reason, _)| reason);
            checked.outcome = Some(builder.hide(&text, context));
        }
        self.requests.push(checked);
    }
}

impl CheckedRequest {
    fn new(name: String, request: ShownRequest) -> Self {
        let (outcome, captured) = (None, Vec::new());
        Self { name, request, outcome, captured, has_failed: false, is_unreachable: false }
    }
}
