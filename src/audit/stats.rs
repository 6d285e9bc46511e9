//! What all answers come to. Its memory does not grow with their number.
//!
//! Everything is counted; of findings only so many are kept, with their pictures.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use hdrhistogram::Histogram;

use super::client::HttpError;
use super::finding_kind::FindingKind;
use super::load_generator::LoadModel;
use super::response_check::{Checked, Evidence, ImageCheck, ResponseClass};
use super::time_series::TimeSeries;
use crate::audit::watermark::{DetectionVerdict, PlaneSet};

/// Milder findings that are kept, of each kind.
const KEPT_OF_MILDER: u64 = 3;

/// Single rows that wait for a second answer to agree, at most.
const MOST_HINTS: usize = 4096;

/// A finding that was kept.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What kind of thing it is.
    pub kind: FindingKind,
    /// The photo that was asked for.
    pub asked: usize,
    /// The photo that shows, if it is known.
    pub found: Option<usize>,
    /// The rows, from the top.
    pub rows: Range<u32>,
    /// The planes.
    pub planes: PlaneSet,
    /// The other's share in these rows, 0 to 1.
    pub share: f32,
    /// Requests in flight when it was asked for, itself included.
    pub in_flight: usize,
    /// Its step, from 0.
    pub step: usize,
    /// Since the load began: when it was sent and answered.
    pub at: Range<Duration>,
    /// The size that was asked for, in pixels.
    pub size: u32,
    /// The request's number.
    pub number: u64,
    /// The answer, as it came.
    pub picture: Bytes,
}

/// Requests that came to nothing, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// Refused, since the house was full.
    pub shed: u64,
    /// Another status than success.
    pub refused: u64,
    /// No connection.
    pub unreachable: u64,
    /// No whole answer in time.
    pub silent: u64,
    /// More bytes than an answer may have.
    pub too_long: u64,
    /// Redirects in a circle, or to nowhere.
    pub redirects: u64,
    /// Compressed, though nobody asked for it.
    pub encoded: u64,
    /// Broken off.
    pub broken: u64,
    /// A success, and no picture that can be decoded within the limits.
    pub rubbish: u64,
}

impl Failures {
    /// All of them.
    pub fn all(self) -> u64 {
        self.by_name().iter().map(|(_, count)| count).sum()
    }

    /// Each with its name.
    pub fn by_name(self) -> [(&'static str, u64); 9] {
        [
            ("shed", self.shed),
            ("refused", self.refused),
            ("unreachable", self.unreachable),
            ("silent", self.silent),
            ("too_long", self.too_long),
            ("redirects", self.redirects),
            ("encoded", self.encoded),
            ("broken", self.broken),
            ("rubbish", self.rubbish),
        ]
    }

    fn count(&mut self, failure: &HttpError) {
        *match failure {
            HttpError::Unreachable(_) => &mut self.unreachable,
            HttpError::Silent(_) => &mut self.silent,
            HttpError::TooLong(_) => &mut self.too_long,
            HttpError::Redirects => &mut self.redirects,
            HttpError::Encoded => &mut self.encoded,
            HttpError::Broken(_) => &mut self.broken,
        } += 1;
    }
}

/// One step of the load.
#[derive(Clone, Debug)]
pub struct StepStats {
    /// How hard it drove.
    pub drive: LoadModel,
    /// Requests, warm-up included.
    pub asked: u64,
    /// Pictures among their answers.
    pub answers: u64,
    /// Those that were mixed.
    pub mixed: u64,
    /// The most in flight at once.
    pub most_in_flight: usize,
    /// From its first request to its last answer.
    pub span: Option<Range<Duration>>,
    /// Microseconds from when a request was due to its answer, without the warm-up.
    pub latency: Histogram<u64>,
}

impl StepStats {
    /// Pictures a second, from the first request to the last answer.
    pub fn per_second(&self) -> f64 {
        let seconds = self.span.as_ref().map_or(0.0, |span| (span.end - span.start).as_secs_f64());
        if seconds > 0.0 { self.answers as f64 / seconds } else { 0.0 }
    }

    /// The 99th percentile with the requests that were never sent. A closed loop sends nothing
    /// while it waits, and so measures a stall once, which a hundred people would have sat
    /// through: those who would have come at the median's pace are added. An open loop omits
    /// nobody.
    pub fn p99_corrected(&self) -> Duration {
        let p99 = |latency: &Histogram<u64>| Duration::from_micros(latency.value_at_quantile(0.99));
        match self.drive {
            LoadModel::Open(_) => p99(&self.latency),
            LoadModel::Closed(_) => {
                let median = self.latency.value_at_quantile(0.5).max(1);
                p99(&self.latency.clone_correct(median))
            }
        }
    }
}

/// Everything that was counted.
#[derive(Clone, Debug)]
pub struct AuditStats {
    /// Requests for thumbnails.
    pub asked: u64,
    /// Pictures among their answers, of whole photos.
    pub answers: u64,
    /// Those whose marks could be read.
    pub read: u64,
    /// Those whose marks could not.
    pub unknown: u64,
    /// Answers that show somebody else, also those of photos cut short.
    pub mixed: u64,
    /// Answers of photos that were sent cut short.
    pub truncated: u64,
    /// Requests for thumbnails of them that were refused.
    pub truncated_refused: u64,
    /// Rows that could be read, and rows that could not.
    pub rows: (u64, u64),
    /// Requests that came to nothing.
    pub failures: Failures,
    /// Answers with a finding, by kind.
    pub kinds: BTreeMap<FindingKind, u64>,
    /// The findings that were kept.
    pub findings: Vec<Finding>,
    /// The steps.
    pub stages: Vec<StepStats>,
    /// The load over time.
    pub timeline: TimeSeries,
    max_findings: usize,
    hints: HashMap<(usize, usize), [u8; 32]>,
}

impl AuditStats {
    /// Nothing yet, of these steps.
    pub(crate) fn new(drives: &[LoadModel], max_findings: usize) -> Self {
        let stage = |&drive| StepStats {
            drive,
            asked: 0,
            answers: 0,
            mixed: 0,
            most_in_flight: 0,
            span: None,
            latency: Histogram::new_with_bounds(1, 600_000_000, 3).expect("digits are allowed"),
        };
        Self {
            asked: 0,
            answers: 0,
            read: 0,
            unknown: 0,
            mixed: 0,
            truncated: 0,
            truncated_refused: 0,
            rows: (0, 0),
            failures: Failures::default(),
            kinds: BTreeMap::new(),
            findings: Vec::new(),
            stages: drives.iter().map(stage).collect(),
            timeline: TimeSeries::default(),
            max_findings,
            hints: HashMap::new(),
        }
    }

    /// Counts an answer.
    pub(crate) fn add(&mut self, mut judged: Checked) {
        self.asked += 1;
        let stage = &mut self.stages[judged.step];
        stage.asked += 1;
        stage.most_in_flight = stage.most_in_flight.max(judged.in_flight);
        let span = stage.span.get_or_insert(judged.sent..judged.done);
        *span = span.start.min(judged.sent)..span.end.max(judged.done);
        let mut mixed = false;
        match std::mem::replace(&mut judged.what, ResponseClass::Shed) {
            ResponseClass::Shed => self.failures.shed += 1,
            // Whoever refuses a photo that is cut short does right.
            ResponseClass::Refused | ResponseClass::NotAnImage if judged.truncated => {
                self.truncated_refused += 1
            }
            ResponseClass::Refused => self.failures.refused += 1,
            ResponseClass::Failed(failure) => self.failures.count(&failure),
            ResponseClass::NotAnImage => self.failures.rubbish += 1,
            ResponseClass::Picture(looked) => {
                stage.answers += 1;
                if !judged.warm_up {
                    let late = judged.done.saturating_sub(judged.due);
                    stage.latency.saturating_record(late.as_micros() as u64);
                }
                mixed = self.picture(&judged, looked);
                self.stages[judged.step].mixed += u64::from(mixed);
            }
        }
        self.timeline.add(judged.done, judged.in_flight, mixed);
    }

    /// Whether it is mixed.
    fn picture(&mut self, judged: &Checked, mut looked: ImageCheck) -> bool {
        for found in &mut looked.found {
            let hinted = found.kind.is_mixing() && !found.enough;
            found.enough |= hinted && self.agrees(judged.ask.photo, found, looked.hash);
        }
        let mixed = looked.found.iter().any(|found| found.enough);
        self.rows.0 += u64::from(looked.rows_read);
        self.rows.1 += u64::from(looked.rows_unknown);
        if judged.truncated {
            self.truncated += 1;
        } else {
            self.answers += 1;
            let readable = looked.verdict != DetectionVerdict::Unreadable || mixed;
            let foreign = looked.found.iter().any(|found| found.kind == FindingKind::NotIssued);
            *if readable && !foreign { &mut self.read } else { &mut self.unknown } += 1;
        }
        self.mixed += u64::from(mixed);
        let mut kinds: Vec<FindingKind> = Vec::new();
        for found in looked.found {
            // Rows that a photo cut short does not have say nothing about a service.
            let says = !judged.truncated || found.enough;
            if !says || found.kind.is_mixing() && !found.enough {
                continue;
            }
            if !kinds.contains(&found.kind) {
                kinds.push(found.kind);
                *self.kinds.entry(found.kind).or_default() += 1;
            }
            self.keep(judged, found, looked.file.clone().unwrap_or_default());
        }
        mixed
    }

    /// Whether another answer, which is not the same one again, said the same.
    fn agrees(&mut self, asked: usize, found: &Evidence, hash: [u8; 32]) -> bool {
        let Some(photo) = found.photo else { return false };
        if let Some(first) = self.hints.get(&(asked, photo)) {
            return *first != hash;
        }
        if self.hints.len() < MOST_HINTS {
            self.hints.insert((asked, photo), hash);
        }
        false
    }

    /// A finding that does not come from the load.
    pub(crate) fn keep_beside(&mut self, judged: &Checked, found: Evidence, picture: Bytes) {
        *self.kinds.entry(found.kind).or_default() += 1;
        self.keep(judged, found, picture);
    }

    fn keep(&mut self, judged: &Checked, found: Evidence, picture: Bytes) {
        let of_kind = self.findings.iter().filter(|kept| kept.kind == found.kind).count() as u64;
        let mixing = self.findings.iter().filter(|kept| kept.kind.is_mixing()).count();
        let is_full = if found.kind.is_mixing() {
            mixing >= self.max_findings
        } else {
            of_kind >= KEPT_OF_MILDER
        };
        if is_full {
            return;
        }
        let mut finding = Finding {
            kind: found.kind,
            asked: judged.ask.photo,
            found: found.photo,
            rows: found.rows,
            planes: found.planes,
            share: found.share,
            in_flight: judged.in_flight,
            step: judged.step,
            at: judged.sent..judged.done,
            size: judged.ask.size,
            number: judged.ask.number,
            picture,
        };
        let other = self.findings.iter_mut().find(|other| crossed(other, &finding));
        if let Some(other) = other.filter(|_| finding.kind == FindingKind::Whole) {
            (other.kind, finding.kind) = (FindingKind::Crossed, FindingKind::Crossed);
            // Both were counted as whole swaps, and are one crossing.
            *self.kinds.entry(FindingKind::Whole).or_default() -= 2;
            *self.kinds.entry(FindingKind::Crossed).or_default() += 2;
            self.kinds.retain(|_, count| *count > 0);
        }
        self.findings.push(finding);
    }
}

/// Whether each of two answers shows what the other asked for, while both were under way.
fn crossed(one: &Finding, other: &Finding) -> bool {
    one.kind == FindingKind::Whole
        && one.found == Some(other.asked)
        && other.found == Some(one.asked)
        && one.at.start < other.at.end
        && other.at.start < one.at.end
}
