//! Counts all checked responses. Its memory does not grow with their number.
//!
//! Only the conversions are remembered, as hashes of bounded number. Every defect is counted; a
//! bounded number of findings is kept with their images.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use hdrhistogram::Histogram;
use hyper::header::SERVER;
use serde::Serialize;

use super::busy_time::BusyTime;
use super::client::HttpError;
use super::conversions::Conversions;
use super::evidence::{FindingKind, MixedDecision};
use super::failure_reasons::FailureReasons;
use super::kept_findings::{Finding, Selection};
use super::load_generator::{BACKOFF, Exchange, LoadModel};
use super::mixing_pattern::MixingPattern;
use super::response_check::{Checked, ImageCheck, ResponseClass};
use super::test_photos::TestPhotos;
use super::time_series::TimeSeries;
use super::upload_stats::UploadStats;
use crate::audit::watermark::DetectionVerdict;

/// Upper bound of the characters of the target's name that are kept.
const MAX_SERVER_CHARS: usize = 100;

/// Upper bound of the sides by which the conversions of a step are counted.
const MAX_SIDES: usize = 1024;

/// Share of the requested load from which a step counts as reached.
const MIN_REACHED_SHARE: f64 = 0.5;

/// Largest share of a step's time by which the auditor may fall behind the rate of a step that
/// counts as reached.
const MAX_LATE_SHARE: f64 = 0.1;

/// Lateness of the auditor in seconds that is never taken for a missed rate.
const MAX_LATE_SECONDS: f64 = 0.1;

/// Counts requests that got no image, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Failures {
    /// Requests that the service shed because it was full.
    pub shed: u64,
    /// Responses with another status than success.
    pub error_status: u64,
    /// Requests that got no connection.
    pub unreachable: u64,
    /// Requests that got no complete response in time.
    pub timeout: u64,
    /// Responses with more bytes than allowed.
    pub too_large: u64,
    /// Responses that redirect in a circle, or to a URL that cannot be requested.
    pub redirects: u64,
    /// Compressed responses, which no request accepts.
    pub compressed: u64,
    /// Responses that broke off or are no HTTP.
    pub broken: u64,
    /// Successful responses without an image that can be decoded within the limits.
    pub not_an_image: u64,
}

impl Failures {
    /// Returns the number of all failures.
    pub fn all(self) -> u64 {
        self.by_name().iter().map(|(_, count)| count).sum()
    }

    /// Returns the count of each reason with its name.
    pub fn by_name(self) -> [(&'static str, u64); 9] {
        [
            ("shed", self.shed),
            ("error_status", self.error_status),
            ("unreachable", self.unreachable),
            ("timeout", self.timeout),
            ("too_large", self.too_large),
            ("redirects", self.redirects),
            ("compressed", self.compressed),
            ("broken", self.broken),
            ("not_an_image", self.not_an_image),
        ]
    }

    fn count(&mut self, error: &HttpError) {
        *match error {
            HttpError::Unreachable(_) => &mut self.unreachable,
            HttpError::Timeout(_) => &mut self.timeout,
            HttpError::TooLarge(_) => &mut self.too_large,
            HttpError::Redirects => &mut self.redirects,
            HttpError::Compressed => &mut self.compressed,
            HttpError::Broken(_) | HttpError::HungUp => &mut self.broken,
        } += 1;
    }
}

/// Names what kept a step below its load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepLimit {
    /// The auditor was too slow.
    Auditor,
    /// Requests failed at once, and a client pauses after a failure.
    Failures,
}

impl fmt::Display for StepLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auditor => "this auditor was the limit",
            Self::Failures => "requests failed at once, and each client pauses after a failure",
        })
    }
}

/// Holds the statistics of one step of the load.
#[derive(Clone, Debug)]
pub struct StepStats {
    /// Load model of the step.
    pub load: LoadModel,
    /// Requests of the step, warm-up included.
    pub requests: u64,
    /// Answers of the step. An answer is a response with an image.
    pub answers: u64,
    /// Mixed answers of the step.
    pub mixed: u64,
    /// Conversions whose thumbnails were read, and which showed nothing of other people.
    pub conversions: u64,
    /// Answers that were read and come from no new conversion, perhaps from a cache.
    pub repeated: u64,
    /// Number of conversions by the shorter side of the thumbnail in pixels.
    pub conversions_by_side: BTreeMap<u32, u64>,
    /// Requests that the target shed or did not answer, after each of which a client paused.
    pub failed: u64,
    /// Requests that the audit gave up. Other numbers count only those whose answer was complete.
    pub hung_up: u64,
    /// Uploads of the step.
    pub uploads: UploadStats,
    /// Times for which requests and uploads were in flight.
    pub busy: BusyTime,
    /// Microseconds by which the auditor itself sent a request late, in an open loop.
    pub own_lateness: Histogram<u64>,
    /// Largest number of requests in flight at once.
    pub max_in_flight: usize,
    /// Time from the first request to the last response, since the load began.
    pub span: Option<Range<Duration>>,
    /// Microseconds from the time a request was due to its response, without the warm-up.
    pub latency: Histogram<u64>,
}

impl StepStats {
    fn new(load: LoadModel) -> Self {
        Self {
            load,
            requests: 0,
            answers: 0,
            mixed: 0,
            conversions: 0,
            repeated: 0,
            conversions_by_side: BTreeMap::new(),
            failed: 0,
            hung_up: 0,
            uploads: UploadStats::default(),
            busy: BusyTime::default(),
            own_lateness: histogram(),
            max_in_flight: 0,
            span: None,
            latency: histogram(),
        }
    }

    /// Returns the mean number of requests in flight, uploads included.
    pub fn mean_in_flight(&self) -> f64 {
        self.busy.mean_in_flight()
    }

    /// Returns what kept the step below its load, if it was not reached.
    pub fn limit(&self) -> Option<StepLimit> {
        if self.is_reached() {
            return None;
        }
        let pauses = BACKOFF.as_secs_f64()
            * (self.failed + self.uploads.all() - self.uploads.accepted) as f64;
        let mut busy = self.busy.clone();
        busy.sum += Duration::from_secs_f64(pauses);
        let is_paused = matches!(self.load, LoadModel::Closed(in_flight)
            if busy.mean_in_flight() >= MIN_REACHED_SHARE * in_flight as f64);
        Some(if is_paused { StepLimit::Failures } else { StepLimit::Auditor })
    }

    /// Returns true if the target got the load of the step, and the auditor was not the limit.
    pub fn is_reached(&self) -> bool {
        match self.load {
            LoadModel::Closed(in_flight) => {
                self.mean_in_flight() >= MIN_REACHED_SHARE * in_flight as f64
            }
            LoadModel::Open(_) => {
                let late = self.own_lateness.value_at_quantile(0.99) as f64 / 1e6;
                late <= MAX_LATE_SHARE * self.seconds() || late <= MAX_LATE_SECONDS
            }
            LoadModel::Recorded(_) => true,
        }
    }

    /// Returns true if requests of the step can meet other requests of the step.
    pub fn is_concurrent(&self) -> bool {
        !matches!(self.load, LoadModel::Closed(1))
    }

    /// Returns the seconds from the first request to the last response.
    pub fn seconds(&self) -> f64 {
        self.span.as_ref().map_or(0.0, |span| (span.end - span.start).as_secs_f64())
    }

    /// Returns the answers per second, from the first request to the last response.
    pub fn per_second(&self) -> f64 {
        let seconds = self.seconds();
        if seconds > 0.0 { self.answers as f64 / seconds } else { 0.0 }
    }

    /// Returns a quantile of the latency in milliseconds. `quantile` is from 0 to 1.
    pub fn latency_ms(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1e3
    }

    /// Returns the 99th percentile in milliseconds, corrected for coordinated omission.
    ///
    /// A closed loop sends no request while it waits. It measures a stall once, where a hundred
    /// users would have waited. The correction adds the requests that would have come at the pace
    /// of the median. An open loop omits no request and needs no correction.
    pub fn p99_corrected_ms(&self) -> f64 {
        match self.load {
            LoadModel::Open(_) | LoadModel::Recorded(_) => self.latency_ms(0.99),
            LoadModel::Closed(_) => {
                let median = self.latency.value_at_quantile(0.5).max(1);
                self.latency.clone_correct(median).value_at_quantile(0.99) as f64 / 1e3
            }
        }
    }

    fn count_conversion(&mut self, image: &ImageCheck) {
        self.conversions += 1;
        let side = image.width.min(image.height);
        let has_room = self.conversions_by_side.len() < MAX_SIDES;
        if has_room || self.conversions_by_side.contains_key(&side) {
            *self.conversions_by_side.entry(side).or_default() += 1;
        }
    }

    fn record_latency(&mut self, latency: Duration) {
        self.latency.saturating_record(latency.as_micros() as u64);
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000, 3).expect("3 digits are allowed")
}

/// Holds the statistics of an audit.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AuditStats {
    /// Requests for thumbnails.
    pub requests: u64,
    /// Answers, those for truncated photos included. An answer is a response with an image.
    pub answers: u64,
    /// Answers for whole photos whose watermark was read.
    pub read: u64,
    /// Answers for whole photos whose watermark could not be read.
    pub unknown: u64,
    /// Answers that show another person's photo, truncated photos included.
    pub mixed: u64,
    /// Conversions whose thumbnails were read, and which showed nothing of other people.
    pub conversions: u64,
    /// Answers that were read and come from no new conversion, perhaps from a cache.
    pub repeated: u64,
    /// Requests that the audit gave up. Other numbers count only those whose answer was complete.
    pub hung_up: u64,
    /// Whole photos that the target refused among concurrent uploads, and accepted alone.
    pub collided_uploads: u64,
    /// Answers for truncated photos.
    #[serde(skip)]
    pub truncated: u64,
    /// Mixed answers for truncated photos.
    #[serde(skip)]
    pub truncated_mixed: u64,
    /// Requests for truncated photos that the service refused.
    #[serde(skip)]
    pub truncated_refused: u64,
    /// Rows that were read.
    pub rows_read: u64,
    /// Rows that could not be read.
    pub rows_unknown: u64,
    /// Requests that got no image.
    pub failures: Failures,
    /// Reasons of these failures.
    pub failure_reasons: FailureReasons,
    /// Number of answers with a defect, by kind.
    pub kinds: BTreeMap<FindingKind, u64>,
    /// Findings that are kept.
    #[serde(skip)]
    pub findings: Vec<Finding>,
    /// Name and version that the target gives itself in the header `server`, if it does.
    pub server: Option<String>,
    /// Statistics of each step of the load.
    #[serde(skip)]
    pub steps: Vec<StepStats>,
    /// Load over time.
    #[serde(skip)]
    pub time_series: TimeSeries,
    /// What the mixed answers have in common.
    #[serde(skip)]
    pub(crate) pattern: MixingPattern,
    #[serde(skip)]
    selection: Selection,
    #[serde(skip)]
    decision: MixedDecision,
    #[serde(skip)]
    known: Conversions,
    /// True if only copies that the load uploaded are conversions of the load.
    #[serde(skip)]
    pub(crate) counts_only_copies: bool,
}

impl AuditStats {
    /// Creates empty statistics for these steps.
    pub(crate) fn new(load: &[LoadModel], max_findings: usize) -> Self {
        let steps = load.iter().copied().map(StepStats::new).collect();
        Self { steps, selection: Selection::new(max_findings), ..Self::default() }
    }

    /// Counts answers that repeat those of an earlier load as no conversions.
    pub(crate) fn expect_repeats_of(&mut self, earlier: &Self) {
        self.known = earlier.known.clone();
        self.counts_only_copies = earlier.counts_only_copies;
    }

    /// Counts a checked response.
    pub(crate) fn add(&mut self, photos: &TestPhotos, checked: Checked) {
        let Checked { exchange, class, is_truncated } = checked;
        let timing = exchange.timing;
        if let (None, Ok(response)) = (&self.server, &exchange.response) {
            let server = response.headers.get(SERVER).and_then(|value| value.to_str().ok());
            self.server = server.map(|text| text.chars().take(MAX_SERVER_CHARS).collect());
        }
        let step = &mut self.steps[exchange.step];
        if let LoadModel::Recorded(_) = step.load {
            step.busy.add(timing.sent..timing.done);
        }
        step.hung_up += u64::from(exchange.hangs_up);
        self.hung_up += u64::from(exchange.hangs_up);
        if matches!(class, ResponseClass::Failed(HttpError::HungUp)) {
            return;
        }
        self.requests += 1;
        step.requests += 1;
        if let LoadModel::Open(_) = step.load {
            step.own_lateness.saturating_record(timing.own_lateness().as_micros() as u64);
        }
        step.max_in_flight = step.max_in_flight.max(exchange.in_flight);
        let span = step.span.get_or_insert(timing.sent..timing.done);
        *span = span.start.min(timing.sent)..span.end.max(timing.done);
        let mut is_mixed = false;
        match &class {
            ResponseClass::Image(_) => self.failure_reasons.add_image(),
            ResponseClass::ErrorStatus | ResponseClass::NotAnImage if is_truncated => {}
            _ => self.failure_reasons.add(&exchange),
        }
        let pauses = matches!(class, ResponseClass::Shed | ResponseClass::Failed(_));
        step.failed += u64::from(pauses);
        match class {
            ResponseClass::Shed => self.failures.shed += 1,
            // A service that refuses a truncated photo behaves correctly.
            ResponseClass::ErrorStatus | ResponseClass::NotAnImage if is_truncated => {
                self.truncated_refused += 1
            }
            ResponseClass::ErrorStatus => self.failures.error_status += 1,
            ResponseClass::Failed(error) => self.failures.count(&error),
            ResponseClass::NotAnImage => self.failures.not_an_image += 1,
            ResponseClass::Image(image) => {
                step.answers += 1;
                if !exchange.is_warm_up {
                    step.record_latency(timing.latency());
                }
                is_mixed = self.add_image(photos, &exchange, image, is_truncated);
                self.steps[exchange.step].mixed += u64::from(is_mixed);
            }
        }
        self.time_series.add(timing.done, is_mixed);
    }

    /// Counts an image. Returns true if the image is mixed.
    fn add_image(
        &mut self,
        photos: &TestPhotos,
        exchange: &Exchange,
        mut image: ImageCheck,
        is_truncated: bool,
    ) -> bool {
        let request = exchange.request;
        let is_mixed = self.decision.decide(request.photo, image.hash, &mut image.evidence);
        self.rows_read += u64::from(image.rows_read);
        self.rows_unknown += u64::from(image.rows_unknown);
        self.mixed += u64::from(is_mixed);
        self.answers += 1;
        self.pattern.add(photos, exchange, &image, is_mixed);
        if is_truncated {
            self.truncated += 1;
            self.truncated_mixed += u64::from(is_mixed);
        } else {
            let is_readable = image.verdict != DetectionVerdict::Unreadable || is_mixed;
            let is_foreign = image.evidence.iter().any(|e| e.kind == FindingKind::NotIssued);
            *if is_readable && !is_foreign { &mut self.read } else { &mut self.unknown } += 1;
            let has_hint = image.evidence.iter().any(|evidence| evidence.kind.is_mixing());
            if is_readable && !image.is_cut && !is_foreign && !is_mixed && !has_hint {
                self.count_clean(exchange, &image);
            }
        }
        let file = exchange.response.as_ref().map(|response| response.body.clone());
        let file = file.unwrap_or_default();
        let mut kinds: Vec<FindingKind> = Vec::new();
        for evidence in image.evidence {
            // The missing rows of a truncated photo prove nothing about the service.
            let is_proof = evidence.is_sufficient || !is_truncated && !evidence.kind.is_mixing();
            if !is_proof {
                continue;
            }
            let finding = Finding {
                evidence,
                request,
                in_flight: exchange.in_flight,
                step: exchange.step,
                at: exchange.timing.sent..exchange.timing.done,
                image: file.clone(),
            };
            if kinds.contains(&finding.evidence.kind) {
                self.selection.add(&mut self.findings, finding);
            } else {
                kinds.push(finding.evidence.kind);
                self.record(finding);
            }
        }
        is_mixed
    }

    /// Counts an answer that was read and shows nothing of other people.
    fn count_clean(&mut self, exchange: &Exchange, image: &ImageCheck) {
        let step = &mut self.steps[exchange.step];
        let is_of_load = !self.counts_only_copies || exchange.request.copy > 0;
        if self.known.is_new(exchange.request, image) && is_of_load {
            self.conversions += 1;
            step.count_conversion(image);
        } else {
            self.repeated += 1;
            step.repeated += 1;
        }
    }

    /// Counts the first finding of its kind in an answer, and keeps it if there is room.
    pub(crate) fn record(&mut self, mut finding: Finding) {
        *self.kinds.entry(finding.evidence.kind).or_default() += 1;
        if self.selection.cross(&mut self.findings, &mut finding) {
            // Both were counted as `Whole`, and are one crossing of two answers.
            *self.kinds.entry(FindingKind::Whole).or_default() -= 2;
            *self.kinds.entry(FindingKind::Crossed).or_default() += 2;
            self.kinds.retain(|_, count| *count > 0);
        }
        self.selection.add(&mut self.findings, finding);
    }

    /// Sorts the kept findings: mixing first, then by the step of the load and by time.
    pub(crate) fn sort_findings(&mut self) {
        self.findings.sort_by_key(|f| (!f.evidence.kind.is_mixing(), f.step, f.at.end));
    }

    /// Counts the findings of one kind as another kind.
    pub(crate) fn reclassify(&mut self, from: FindingKind, to: FindingKind) {
        if let Some(count) = self.kinds.remove(&from) {
            *self.kinds.entry(to).or_default() += count;
        }
        let findings = self.findings.iter_mut().filter(|finding| finding.evidence.kind == from);
        findings.for_each(|finding| finding.evidence.kind = to);
    }
}
