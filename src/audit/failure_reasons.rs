//! Keeps why requests came to nothing: each reason with its count, its first request and the first
//! bytes of its response.

use std::time::Duration;

use serde::Serialize;

use super::client::{HttpError, HttpResponse, cut};
use super::load_generator::Exchange;
use super::workload::{PlannedRequest, Workload};

/// Upper bound of the reasons that are kept apart.
const MAX_REASONS: usize = 16;

/// Number of failures for the same reason, or of requests in a row without a response, that end a
/// load. It is twice the number in flight if that is more, because a stall fails all of these.
const MIN_HOPELESS: u64 = 100;

/// Holds one reason.
#[derive(Clone, Debug, Serialize)]
pub struct FailureReason {
    /// Status of the response, or the error.
    pub reason: String,
    /// Requests that came to nothing for this reason.
    pub count: u64,
    /// URL of the first such request, without its secrets.
    pub url: String,
    /// First bytes of its response's body, without the secrets that the audit knows.
    pub body: String,
    /// Seconds from the start of the load to the end of that request.
    pub at_seconds: f64,
    #[serde(skip)]
    request: PlannedRequest,
}

/// Holds the reasons of an audit. Reasons beyond the bound are counted without their text.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct FailureReasons {
    reasons: Vec<FailureReason>,
    #[serde(skip)]
    has_images: bool,
    #[serde(skip)]
    others: u64,
    /// Largest number of requests in flight of a failure.
    #[serde(skip)]
    max_in_flight: u64,
    /// Time of the first of the last requests that got no response, and their number.
    #[serde(skip)]
    silent: Option<(Duration, u64)>,
}

impl FailureReasons {
    /// Returns the reasons, in the order of their first request.
    pub fn get(&self) -> &[FailureReason] {
        &self.reasons
    }

    /// Returns the number of failures whose reasons were not kept.
    pub fn others(&self) -> u64 {
        self.others
    }

    /// Counts a request that got an image.
    pub(crate) fn add_image(&mut self) {
        self.has_images = true;
        self.silent = None;
    }

    /// Counts a request that came to nothing.
    pub(crate) fn add(&mut self, exchange: &Exchange) {
        let at = exchange.timing.done;
        self.max_in_flight = self.max_in_flight.max(exchange.in_flight as u64);
        let reason = match &exchange.response {
            Ok(response) => {
                self.silent = None;
                format!("status {}", response.status)
            }
            Err(error) => {
                if error.is_unreachable() || matches!(error, HttpError::Broken(_)) {
                    self.silent.get_or_insert((at, 0)).1 += 1;
                } else {
                    self.silent = None;
                }
                error.to_string()
            }
        };
        if let Some(known) = self.reasons.iter_mut().find(|known| known.reason == reason) {
            known.count += 1;
        } else if self.reasons.len() < MAX_REASONS {
            let at_seconds = (at.as_secs_f64() * 1e3).round() / 1e3;
            let (request, url) = (exchange.request, String::new());
            let body = exchange.response.as_ref().map(HttpResponse::readable).unwrap_or_default();
            self.reasons.push(FailureReason { reason, count: 1, url, body, at_seconds, request });
        } else {
            self.others += 1;
        }
    }

    /// Writes the URL of each reason's first request, and hides the secrets that its body repeats.
    pub(crate) fn locate(&mut self, workload: &Workload) {
        for reason in &mut self.reasons {
            let (url, body) = workload.show(reason.request, &reason.body);
            (reason.url, reason.body) = (url, cut(&body));
        }
    }

    /// Returns why the load has no hope, if it has none.
    pub(crate) fn hopeless(&self) -> Option<String> {
        let hopeless = MIN_HOPELESS.max(2 * self.max_in_flight);
        if let Some((since, silent)) = self.silent
            && silent >= hopeless
            && self.has_images
        {
            let since = since.as_secs_f64();
            return Some(format!(
                "the target stopped answering {since:.1} s after the load began, and gave no \
                 response to {silent} requests after that"
            ));
        }
        match &self.reasons[..] {
            [only] if !self.has_images && only.count >= hopeless => Some(format!(
                "the first {} requests came to nothing for the same reason: {}",
                only.count, only.reason
            )),
            _ => None,
        }
    }
}
