//! Judges the records of a load that another tool ran.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::error::PreparedError;
use super::manifest::Manifest;
use super::record::RecordResolver;
use super::record_counts::RecordCounts;
use super::record_source::read;
use super::record_store::{RecordStore, StoredRecord, StoredStep};
use crate::audit::authorization_probe::ProbeResult;
use crate::audit::bound::upper_bound;
use crate::audit::causes::Causes;
use crate::audit::checkers::{CHANNEL_CAPACITY, start_checkers};
use crate::audit::client::{HttpError, HttpResponse};
use crate::audit::evidence::{Evidence, FindingKind};
use crate::audit::kept_findings::Finding;
use crate::audit::load_generator::{Exchange, LoadModel, Timing};
use crate::audit::response_check::{Checked, ResponseClass};
use crate::audit::run::{AuditPlan, AuditResults};
use crate::audit::self_test;
use crate::audit::spec::{LoadWork, Target};
use crate::audit::stats::AuditStats;
use crate::audit::test_photos::TestPhotos;
use crate::audit::verdict::{AbortReason, AuditVerdict, Claim, Requirements, verdict};
use crate::audit::visibility::{self, MixKind, Visibility};
use crate::audit::watermark::DetectionVerdict;
use crate::audit::workload::PlannedRequest;
use crate::codec::Fit;

/// Records that are with the checkers at once. The channels hold all of them, so that neither side
/// waits for the other.
const MAX_IN_TRANSIT: usize = CHANNEL_CAPACITY / 2;

/// Time between two looks for a checker that ended early.
const CHECKER_POLL: Duration = Duration::from_millis(100);

/// Upper bound of the requests in flight that are counted.
const MAX_COUNTED_IN_FLIGHT: u32 = 1 << 16;

/// Upper bound of the share of requests without a usable record in a clean verdict.
const MAX_NOT_SEEN_SHARE: f64 = 0.5;

/// Upper bound of the share of answers whose image is missing in a clean verdict.
const MAX_MISSING_SHARE: f64 = 0.05;

/// Selects the records to judge, and the limits.
#[derive(Clone, Debug)]
pub struct JudgeOptions {
    /// Files of records, folders of such files, or `-` for standard input. With a pattern, folders
    /// of images.
    pub sources: Vec<PathBuf>,
    /// Pattern of the images' paths, or `None` if there are files of records.
    pub pattern: Option<String>,
    /// Number of requests that the load tool sent, if it is known.
    pub sent: Option<u64>,
    /// Upper bound of the bytes of an image's file.
    pub max_bytes: usize,
    /// Upper bound of the findings of mixing that are kept.
    pub max_findings: usize,
    /// Lower bound of the conversions that a clean verdict needs.
    pub min_conversions: u64,
    /// Kinds of mixes that must be visible for a clean verdict.
    pub require: Vec<MixKind>,
}

/// Holds the progress of a judgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JudgeProgress {
    /// Records that were read and sorted.
    pub records: u64,
    /// Records that were judged. It is 0 until all records are read.
    pub judged: u64,
    /// Mixed answers.
    pub mixed: u64,
}

/// Judges the records of the photos that [`prepare`](super::prepare) wrote into a folder. Returns a
/// plan that describes the load, and its results. Ends early when `on_progress` returns false.
///
/// # Errors
/// Returns [`PreparedError`] if the manifest or a source cannot be read.
pub fn judge(
    folder: &Path,
    options: &JudgeOptions,
    on_progress: &mut dyn FnMut(JudgeProgress) -> bool,
) -> Result<(AuditPlan, AuditResults), PreparedError> {
    let manifest = Manifest::read(folder)?;
    let (target, photos) = manifest.restore(folder)?;
    let mut interrupted = false;
    let (store, counts) = read(
        &options.sources,
        options.pattern.as_deref(),
        RecordResolver::new(&manifest),
        &mut |records| {
            interrupted |= !on_progress(JudgeProgress { records, ..JudgeProgress::default() });
            !interrupted
        },
    )?;
    let steps = store.steps()?;
    let load = steps.iter().map(|step| LoadModel::Recorded(step.number)).collect::<Vec<_>>();
    let (target, photos) = (Arc::new(target), Arc::new(photos));
    let (send_checked, checked) = sync_channel(CHANNEL_CAPACITY);
    let checkers = start_checkers(&target, &photos, &send_checked)
        .map_err(PreparedError::io(Path::new("a thread")))?;
    drop(send_checked);
    let mut judgement = Judgement {
        stats: AuditStats::new(&load, options.max_findings),
        seen: vec![false; photos.all.len()],
        sizes: BTreeMap::new(),
        strangers: 0,
        exposed: 0,
        counts,
        max_bytes: options.max_bytes,
        photos: Arc::clone(&photos),
        checkers,
        checked,
        sent: 0,
        waiting: VecDeque::new(),
        early: BTreeMap::new(),
    };
    if !interrupted {
        interrupted = !judgement.run(&store, &steps, on_progress)?;
    }
    let plan = AuditPlan {
        target: (*target).clone(),
        load,
        warm_up: Duration::ZERO,
        duration: Duration::ZERO,
        timeout: Duration::ZERO,
        max_bytes: options.max_bytes,
        until_found: false,
        enough_conversions: None,
        max_findings: options.max_findings,
        min_conversions: options.min_conversions,
        require: options.require.clone(),
        hang_up: 0.0,
        seed: manifest.seed,
    };
    let results = judgement.results(&target, options, &steps, interrupted);
    Ok((plan, results))
}

/// Holds what is known of a record while a checker reads its image.
struct Waiting {
    is_earlier: bool,
    /// File of the image, if the viewer is a stranger.
    strangers_file: Option<Bytes>,
}

struct Judgement {
    stats: AuditStats,
    /// True for each photo with an answer.
    seen: Vec<bool>,
    /// Sizes of the answers by their fit: none, cover and contain.
    sizes: BTreeMap<u8, BTreeSet<u32>>,
    /// Requests with a stranger's token.
    strangers: u64,
    /// Such requests that were answered with an image.
    exposed: u64,
    counts: RecordCounts,
    max_bytes: usize,
    photos: Arc<TestPhotos>,
    checkers: Vec<mpsc::Sender<Exchange>>,
    checked: Receiver<Checked>,
    sent: u64,
    /// Records with the checkers, in the order of their numbers.
    waiting: VecDeque<Waiting>,
    /// Checked records that came before an earlier one, by number.
    early: BTreeMap<u64, Checked>,
}

impl Judgement {
    /// Judges all records in order. Returns false if the caller ends it early.
    fn run(
        &mut self,
        store: &RecordStore,
        steps: &[StoredStep],
        on_progress: &mut dyn FnMut(JudgeProgress) -> bool,
    ) -> Result<bool, PreparedError> {
        let records = store.count();
        let (mut judged, mut goes_on) = (0, true);
        let (mut step, mut start) = (0, Duration::ZERO);
        let mut in_flight = InFlight::of_step(store, steps.first())?;
        store.for_each(&mut |record| {
            while steps[step].number != record.step {
                start += Duration::from_micros(steps[step].span_us);
                step += 1;
                in_flight = InFlight::of_step(store, steps.get(step))?;
            }
            self.judge(record, step, start, &mut in_flight)?;
            judged += 1;
            let mixed = self.stats.mixed;
            goes_on = on_progress(JudgeProgress { records, judged, mixed });
            Ok(goes_on)
        })?;
        self.receive(0)?;
        Ok(goes_on)
    }

    /// Sends a record to a checker, or counts it if there is nothing to check.
    fn judge(
        &mut self,
        stored: StoredRecord,
        step: usize,
        start: Duration,
        load: &mut InFlight,
    ) -> Result<(), PreparedError> {
        let StoredRecord { times, path, record, .. } = stored;
        let in_flight = times.map_or(0, |(at, took)| load.count(at, took));
        let owner = self.photos.all[record.photo].owner;
        let is_member = self.photos.members(owner).any(|member| member == record.viewer);
        let is_stranger = record.viewer != owner && !is_member;
        let is_success = record.status.is_some_and(|status| (200..300).contains(&status));
        let mut strangers_file = None;
        let response = match (record.status, path) {
            (None, _) => {
                let reason = record.error.clone();
                Err(HttpError::Broken(reason.unwrap_or_else(|| "the record has no status".into())))
            }
            (Some(status), path) => {
                let body = match path.filter(|_| is_success).map(|p| self.read_image(&p)) {
                    None if is_success => None,
                    None => Some(Ok(Bytes::new())),
                    Some(body) => body,
                };
                let Some(body) = body else {
                    self.counts.missing_files += 1;
                    return Ok(());
                };
                strangers_file = body.as_ref().ok().filter(|_| is_stranger).cloned();
                body.map(|body| HttpResponse { status, headers: record.headers(), body })
            }
        };
        if is_stranger {
            self.strangers += 1;
        }
        let sent = start + times.map_or(Duration::ZERO, |(at, _)| Duration::from_micros(at));
        let done = sent + times.map_or(Duration::ZERO, |(_, took)| Duration::from_micros(took));
        let request = PlannedRequest {
            number: self.sent,
            photo: record.photo,
            copy: 0,
            viewer: record.viewer,
            size: record.size,
            fit: record.fit(),
        };
        let exchange = Exchange {
            request,
            step,
            timing: Timing { due: sent, sent, done, blocked: Duration::ZERO },
            in_flight,
            // A request without times has no latency.
            is_warm_up: times.is_none(),
            hangs_up: false,
            response,
            memory: None,
        };
        let checker = &self.checkers[(self.sent % self.checkers.len() as u64) as usize];
        checker.blocking_send(exchange).map_err(|_| PreparedError::Checker)?;
        self.sent += 1;
        self.waiting.push_back(Waiting { is_earlier: record.is_earlier, strangers_file });
        self.receive(MAX_IN_TRANSIT)
    }

    /// Reads an image. Returns `None` if there is no such file.
    fn read_image(&self, path: &Path) -> Option<Result<Bytes, HttpError>> {
        fs::metadata(path).ok().filter(|found| found.is_file())?;
        let mut bytes = Vec::new();
        let limit = self.max_bytes as u64 + 1;
        File::open(path).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
        if bytes.len() > self.max_bytes {
            return Some(Err(HttpError::TooLarge(self.max_bytes)));
        }
        Some(Ok(bytes.into()))
    }

    /// Counts checked records in the order of their numbers, until at most `rest` are with the
    /// checkers.
    fn receive(&mut self, rest: usize) -> Result<(), PreparedError> {
        while self.waiting.len() > rest {
            let next = self.sent - self.waiting.len() as u64;
            let checked = match self.early.remove(&next) {
                Some(checked) => checked,
                None => {
                    let checked = receive_checked(&self.checked, &self.checkers)?;
                    let number = checked.exchange.request.number;
                    if number != next {
                        self.early.insert(number, checked);
                        continue;
                    }
                    checked
                }
            };
            if let Some(waiting) = self.waiting.pop_front() {
                self.count(checked, waiting);
            }
        }
        Ok(())
    }

    fn count(&mut self, mut checked: Checked, waiting: Waiting) {
        let Checked { exchange, class, .. } = &mut checked;
        let request = exchange.request;
        if let ResponseClass::Image(image) = class {
            self.seen[request.photo] = true;
            let fit = match request.fit {
                None => 0,
                Some(Fit::Cover) => 1,
                Some(Fit::Contain) => 2,
            };
            self.sizes.entry(fit).or_default().insert(request.size);
            if waiting.is_earlier {
                image.evidence.retain(|evidence| evidence.kind != FindingKind::Stale);
            }
        }
        let Some(file) = waiting.strangers_file else {
            self.stats.add(&self.photos, checked);
            return;
        };
        match class {
            ResponseClass::Image(image)
                if image.rows_read > 0 && image.verdict != DetectionVerdict::Unreadable =>
            {
                self.exposed += 1;
                let rows = image.rows_read + image.rows_unknown;
                self.stats.record(Finding {
                    evidence: Evidence::of_image(FindingKind::Stranger, request.photo, rows),
                    request,
                    in_flight: exchange.in_flight,
                    step: exchange.step,
                    at: exchange.timing.sent..exchange.timing.done,
                    image: file,
                });
                self.stats.add(&self.photos, checked);
            }
            // A service that refuses a stranger behaves correctly.
            ResponseClass::ErrorStatus => self.counts.strangers_refused += 1,
            _ => self.stats.add(&self.photos, checked),
        }
    }

    fn results(
        mut self,
        target: &Arc<Target>,
        options: &JudgeOptions,
        steps: &[StoredStep],
        interrupted: bool,
    ) -> AuditResults {
        let whole = self.photos.whole();
        let not_seen = self.seen[..whole].iter().filter(|seen| !**seen).count();
        self.counts.photos_not_seen = not_seen as u64;
        let recorded = self.counts.records + self.counts.not_seen() - self.counts.missing_files;
        self.counts.not_recorded = options.sent.map_or(0, |sent| sent.saturating_sub(recorded));
        let abort = self.self_test(target).filter(|_| self.stats.mixed == 0);
        let visibility = self.visibility(target);
        let Claim { conversions, steps: claimed_steps, coverage } =
            Claim::new(&self.stats, &visibility);
        let change = "record more thumbnails, each once";
        let needs = Requirements {
            min_conversions: options.min_conversions,
            kinds: &options.require,
            change,
        };
        let (mut verdict, mut reasons) =
            verdict(&self.stats, abort.as_ref(), None, &coverage, needs);
        let gaps = gaps(&self.counts, &self.stats);
        if verdict == AuditVerdict::Clean && !gaps.is_empty() {
            verdict = AuditVerdict::Inconclusive;
        }
        if verdict == AuditVerdict::Inconclusive {
            reasons.extend(gaps);
        }
        // Recorded answers do not tell whether a truncated photo is mixed alone.
        self.stats.reclassify(FindingKind::Dirty, FindingKind::Rows);
        self.stats.sort_findings();
        let stats = self.stats;
        let truncated = if stats.truncated > 0 {
            ProbeResult::Passed
        } else if stats.truncated_refused > 0 || !target.photos.truncated {
            ProbeResult::NotApplicable
        } else {
            ProbeResult::NotRun
        };
        AuditResults {
            bound: (verdict == AuditVerdict::Clean).then(|| upper_bound(conversions)),
            claimed_conversions: conversions,
            claimed_steps,
            coverage,
            visibility,
            work: LoadWork::Thumbnails,
            photos: self.photos,
            verdict,
            reasons,
            notes: Vec::new(),
            interrupted,
            truncated,
            stranger: match (self.strangers, self.exposed) {
                (0, _) => ProbeResult::NotRun,
                (_, 0) => ProbeResult::Passed,
                _ => ProbeResult::Violated,
            },
            elapsed: steps.iter().map(|step| Duration::from_micros(step.span_us)).sum(),
            records: Some(self.counts),
            began: None,
            causes: (stats.mixed > 0).then(|| Causes::new(&stats, Vec::new())),
            failed_on: Vec::new(),
            stats,
        }
    }

    /// Tests the detector at the smallest and the largest size of each fit that was answered.
    fn self_test(&self, target: &Arc<Target>) -> Option<AbortReason> {
        let mut targets = self.answered_targets(target);
        let error = targets.find_map(|target| self_test::run(&target, &self.photos).err())?;
        Some(AbortReason::SelfTest(error.to_string()))
    }

    /// Measures the smallest mixes that are visible in each fit that was answered.
    fn visibility(&self, target: &Arc<Target>) -> Vec<Visibility> {
        let targets = self.answered_targets(target);
        targets.flat_map(|target| visibility::measure(&target, &self.photos)).collect()
    }

    /// Returns the target with the smallest and the largest size of each fit that was answered.
    fn answered_targets(&self, target: &Arc<Target>) -> impl Iterator<Item = Arc<Target>> {
        self.sizes.iter().filter_map(|(fit, sizes)| {
            let mut target = (**target).clone();
            target.thumbnail.fit = [None, Some(Fit::Cover), Some(Fit::Contain)][usize::from(*fit)];
            let bounds = [sizes.first()?, sizes.last()?].map(u32::to_string);
            target.thumbnail.sizes = bounds.join(",").parse().ok()?;
            Some(Arc::new(target))
        })
    }
}

/// Waits for a checked record. A checker that has ended early hands no more records over.
fn receive_checked(
    checked: &Receiver<Checked>,
    checkers: &[mpsc::Sender<Exchange>],
) -> Result<Checked, PreparedError> {
    loop {
        match checked.recv_timeout(CHECKER_POLL) {
            Ok(checked) => return Ok(checked),
            Err(RecvTimeoutError::Timeout) if !checkers.iter().any(mpsc::Sender::is_closed) => {}
            Err(_) => return Err(PreparedError::Checker),
        }
    }
}

#[test]
fn a_checker_that_ended_early_is_an_error_and_no_endless_wait() {
    let (_other_checker, checked) = sync_channel(1);
    let (ended, _) = mpsc::channel(1);
    let received = receive_checked(&checked, &[ended]);
    assert!(matches!(received, Err(PreparedError::Checker)));
}

/// Returns why the records have too many gaps for a clean verdict.
fn gaps(counts: &RecordCounts, stats: &AuditStats) -> Vec<String> {
    let mut reasons = Vec::new();
    let (missing, not_seen) = (counts.missing_files, counts.not_seen());
    if missing as f64 > MAX_MISSING_SHARE * (stats.answers + missing) as f64 {
        let answers = stats.answers + missing;
        reasons.push(format!("the images of {missing} of {answers} answers are missing"));
    }
    let requests = stats.requests + not_seen;
    if not_seen as f64 > MAX_NOT_SEEN_SHARE * requests as f64 {
        reasons.push(format!("{not_seen} of {requests} requests have no usable record"));
    }
    reasons
}

/// Counts the requests in flight of one step, over all machines. Requests come by time of sending.
#[derive(Default)]
struct InFlight {
    /// Ends of the requests in flight.
    ends: BinaryHeap<Reverse<u64>>,
}

impl InFlight {
    /// Begins with the requests of other steps that are still in flight.
    fn of_step(store: &RecordStore, step: Option<&StoredStep>) -> Result<Self, PreparedError> {
        let Some(step) = step else { return Ok(Self::default()) };
        let ends = store.carried(step.number, MAX_COUNTED_IN_FLIGHT)?;
        Ok(Self { ends: ends.into_iter().map(Reverse).collect() })
    }

    /// Returns the requests in flight at the time `at`, with the request that begins then.
    fn count(&mut self, at: u64, took: u64) -> usize {
        while self.ends.peek().is_some_and(|Reverse(end)| *end <= at) {
            self.ends.pop();
        }
        if self.ends.len() < MAX_COUNTED_IN_FLIGHT as usize {
            self.ends.push(Reverse(at + took));
        }
        self.ends.len()
    }
}

#[test]
fn requests_in_flight_are_those_that_began_and_have_not_ended() {
    let mut in_flight = InFlight::default();
    let counts =
        [(0, 10), (0, 5), (5, 5), (10, 1), (10, 0)].map(|(at, took)| in_flight.count(at, took));
    assert_eq!(counts, [1, 2, 2, 1, 2]);
}
