//! Runs one audit from the first photo to the verdict.
//!
//! Requests run on two threads of their own, checkers on one thread per core, and the statistics on
//! the caller's thread. Bounded channels move responses between them.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use super::authorization_probe::{self, ProbeResult};
use super::bound::upper_bound;
use super::causes::Causes;
use super::checkers::{CHANNEL_CAPACITY, start_checkers};
use super::client::ExchangeLimits;
use super::evidence::FindingKind;
use super::follow_up::{FollowUp, MAX_TRIALS};
use super::kept_findings::Finding;
use super::load_generator::{LoadContext, LoadModel, LoadStep, queue_memory};
use super::origin_server::OriginServer;
use super::prepared::record_counts::RecordCounts;
use super::response_check::{Checked, ResponseChecker};
use super::self_test;
use super::setup::{SetupError, SetupResult, prepare};
use super::source_probe;
use super::spec::{LoadWork, Mode, Target};
use super::stats::AuditStats;
use super::test_photos::TestPhotos;
use super::verdict::{AbortReason, AuditVerdict, Claim, Requirements, change_for_more, verdict};
use super::visibility::{self, Coverage, MixKind, Visibility};
use super::work_queue::load_work;
use super::workload::{PlannedRequest, UploadedCopies, Workload};
use crate::audit::watermark::WatermarkError;

/// Upper bound of the uploads that are repeated alone after the load.
const MAX_REPEATED_UPLOADS: usize = 8;

/// Upper bound of the time between two progress reports.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// Bounds of the time of the loads that follow a mixed answer, which is else half of the load's.
const FOLLOW_UP_TIME: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// Describes what to audit, and how.
#[derive(Clone, Debug)]
pub struct AuditPlan {
    /// Service to audit.
    pub target: Target,
    /// Steps of the load.
    pub load: Vec<LoadModel>,
    /// Time of each step that does not count for latency. Mixing counts from the start.
    pub warm_up: Duration,
    /// Duration of all steps together, without their warm-up.
    pub duration: Duration,
    /// Upper bound of the time for a response, redirects included.
    pub timeout: Duration,
    /// Upper bound of the bytes of a response's body.
    pub max_bytes: usize,
    /// True if the audit ends at the first mixed answer.
    pub until_found: bool,
    /// Number of conversions after which the load ends early, or `None` for the whole duration.
    pub enough_conversions: Option<u64>,
    /// Upper bound of the findings of mixing that are kept.
    pub max_findings: usize,
    /// Lower bound of the conversions that a clean verdict needs.
    pub min_conversions: u64,
    /// Kinds of mixes that must be visible for a clean verdict.
    pub require: Vec<MixKind>,
    /// Share of the requests that the audit gives up, 0 to 1.
    pub hang_up: f64,
    /// Seed of the watermarks' ids and of the order of requests.
    pub seed: u64,
}

/// Holds the progress of an audit.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditProgress {
    /// Time since the load began.
    pub elapsed: Duration,
    /// Expected duration of the load, or zero during the setup.
    pub total: Duration,
    /// Requests that ended.
    pub requests: u64,
    /// Largest number of requests in flight in the current step.
    pub in_flight: usize,
    /// Conversions whose thumbnails were read.
    pub conversions: u64,
    /// Mixed answers.
    pub mixed: u64,
}

/// Holds the results of an audit.
#[derive(Debug)]
pub struct AuditResults {
    /// Photos that were sent.
    pub photos: Arc<TestPhotos>,
    /// Statistics of all responses.
    pub stats: AuditStats,
    /// Verdict of the audit.
    pub verdict: AuditVerdict,
    /// Reasons why the verdict is not a better one.
    pub reasons: Vec<String>,
    /// Notes on how the audit reached the target, and on what it left out.
    pub notes: Vec<String>,
    /// Upper bound of the share of mixed conversions with 95 % confidence, if the audit is clean.
    pub bound: Option<f64>,
    /// Conversions that the bound counts: those of the steps that a clean verdict covers.
    pub claimed_conversions: u64,
    /// Indexes of the steps that a clean verdict covers.
    pub claimed_steps: Vec<usize>,
    /// Conversions and bound of each kind of mix.
    pub coverage: Vec<Coverage>,
    /// Smallest mixes that the detector found, at each measured size.
    pub visibility: Vec<Visibility>,
    /// Work that the load asked of the target.
    pub work: LoadWork,
    /// True if the caller ended the audit early.
    pub interrupted: bool,
    /// Result of the probe with truncated photos. A violation fills the missing rows with another
    /// person's rows.
    pub truncated: ProbeResult,
    /// Result of the probe with a stranger's token.
    pub stranger: ProbeResult,
    /// Duration of the load.
    pub elapsed: Duration,
    /// Counts of the records, if another tool ran the load.
    pub records: Option<RecordCounts>,
    /// Time at which the audit began, or `None` if another tool ran the load.
    pub began: Option<SystemTime>,
    /// Causes of the mixed answers, if there are any.
    pub causes: Option<Causes>,
    /// Kinds that are no mixing and that fail the audit, because the caller said so.
    pub failed_on: Vec<FindingKind>,
}

impl AuditResults {
    /// Returns the image of another photo that the service would send for a finding's request.
    pub fn expected_image_of(&self, photo: usize, finding: &Finding) -> Option<Bytes> {
        let PlannedRequest { size, fit, .. } = finding.request;
        self_test::expected_image(&self.photos, photo, size, fit)
    }

    /// Fails the audit for those of the kinds that were found. The verdict stays about mixing.
    pub fn fail_on(&mut self, kinds: &[FindingKind]) {
        let is_found = |kind: &&FindingKind| self.stats.kinds.contains_key(*kind);
        self.failed_on = kinds.iter().filter(is_found).copied().collect();
    }

    /// Returns the image that the service should have sent in place of a finding's.
    pub fn expected_image(&self, finding: &Finding) -> Option<Bytes> {
        self.expected_image_of(finding.request.photo, finding)
    }
}

/// Describes why an audit could not run at all.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The photos cannot hold watermarks.
    #[error("{0}; see [photos]")]
    Codebook(#[from] WatermarkError),
    /// The system gives no threads, or no port.
    #[error("the system gives no threads or no port ({0}): free some")]
    System(#[from] std::io::Error),
}

/// Runs an audit. Calls `on_progress` at least every 100 ms, and ends early when the callback
/// returns false.
///
/// # Errors
/// Returns [`AuditError`] if there are no photos to send or no threads to send them with. A target
/// that fails is part of the results.
pub fn run(
    plan: &AuditPlan,
    on_progress: &mut dyn FnMut(AuditProgress) -> bool,
) -> Result<AuditResults, AuditError> {
    let mut audit = Audit {
        plan,
        target: Arc::new(plan.target.clone()),
        stats: AuditStats::new(&plan.load, plan.max_findings),
        photos: Arc::new(TestPhotos::generate(plan.target.photos, plan.seed)?),
        runtime: Builder::new_multi_thread().worker_threads(2).enable_all().build()?,
        on_progress,
        notes: notes(&plan.target),
        hopeless: None,
        interrupted: false,
        accepts_truncated: false,
        stranger: ProbeResult::NotRun,
        visibility: Vec::new(),
        elapsed: Duration::ZERO,
        began: SystemTime::now(),
        causes: None,
    };
    let abort = audit.run()?;
    Ok(audit.results(abort))
}

/// Returns the notes that a target causes before any request.
fn notes(target: &Target) -> Vec<String> {
    let is_unchecked = target.base.is_tls() && target.tls.is_insecure();
    let note = "The target's certificate was not checked (--insecure).";
    is_unchecked.then(|| note.to_owned()).into_iter().collect()
}

struct Audit<'p> {
    plan: &'p AuditPlan,
    target: Arc<Target>,
    stats: AuditStats,
    photos: Arc<TestPhotos>,
    runtime: Runtime,
    on_progress: &'p mut dyn FnMut(AuditProgress) -> bool,
    notes: Vec<String>,
    /// Reason for which the load ended early, if it had no hope.
    hopeless: Option<String>,
    interrupted: bool,
    accepts_truncated: bool,
    stranger: ProbeResult,
    visibility: Vec<Visibility>,
    elapsed: Duration,
    began: SystemTime,
    causes: Option<Causes>,
}

impl Audit<'_> {
    /// Runs all parts in order. Returns the reason if the audit ends before its load.
    fn run(&mut self) -> Result<Option<AbortReason>, AuditError> {
        if let Err(error) = self_test::run(&self.target, &self.photos) {
            return Ok(Some(AbortReason::SelfTest(error.to_string())));
        }
        let limits = ExchangeLimits { timeout: self.plan.timeout, bytes: self.plan.max_bytes };
        let setup = match self.set_up(limits) {
            Some(Ok(setup)) => setup,
            Some(Err(error)) => return Ok(Some(error.into())),
            None => {
                self.interrupted = true;
                return Ok(None);
            }
        };
        self.accepts_truncated = setup.accepts_truncated;
        self.stats.collided_uploads = setup.collided_uploads;
        // Where uploads convert, the photos of the setup were converted before the load.
        self.stats.counts_only_copies = load_work(&self.target) == LoadWork::Uploads;
        let origin = match self.target.mode {
            Mode::Pull => {
                Some(self.runtime.block_on(OriginServer::open(&self.target.source, &self.photos))?)
            }
            Mode::Push | Mode::Post => None,
        };
        let is_whole = |&photo: &usize| !self.photos.all[photo].truncated;
        let available = setup.available;
        let mut workload = Workload {
            target: Arc::clone(&self.target),
            photos: Arc::clone(&self.photos),
            captures: setup.captures,
            sources: origin.as_ref().map(|origin| origin.urls.clone()),
            limits,
            seed: self.plan.seed,
            // The follow-up's loads have shares of their own, which no cache can answer.
            steps: (self.plan.load.len() + MAX_TRIALS) as u64,
            copies: UploadedCopies::default(),
            whole: available.iter().copied().filter(|photo| is_whole(photo)).count(),
            available,
        };
        self.notes.extend(self.runtime.block_on(source_probe::run(&mut workload)));
        let workload = Arc::new(workload);
        // A load against a target that is down would only take time, so one request that does not
        // count goes first.
        let mut connection = None;
        let first = workload.send(&mut connection, workload.request_for_whole(0));
        if let Err(error) = self.runtime.block_on(first)
            && error.is_unreachable()
        {
            return Ok(Some(SetupError::http("the first thumbnail", &error).into()));
        }
        self.visibility = visibility::measure(&self.target, &self.photos);
        self.load(&workload)?;
        self.stats.failure_reasons.locate(&workload);
        self.follow_up(&workload)?;
        if !self.interrupted && self.hopeless.is_none() {
            self.repeat_refused_uploads(&workload);
            let checker = ResponseChecker::new(&self.target, &self.photos);
            let probe = authorization_probe::run(&workload, &checker, &mut self.stats);
            let (stranger, reason) = self.runtime.block_on(probe);
            self.stranger = stranger;
            let note = |reason| format!("A stranger's token could not be tried: {reason}.");
            self.notes.extend(reason.map(note));
        }
        Ok(None)
    }

    /// Uploads again, alone, what the target refused under load. A photo that is accepted now was
    /// refused because of the other uploads.
    fn repeat_refused_uploads(&mut self, workload: &Workload) {
        let refused = self.stats.steps.iter().flat_map(|step| &step.uploads.refused_copies);
        let refused: Vec<_> = refused.copied().take(MAX_REPEATED_UPLOADS).collect();
        let mut connection = None;
        for (photo, copy) in refused {
            let repeated = workload.upload(&mut connection, photo, copy);
            let is_accepted = self.runtime.block_on(repeated).is_ok();
            self.stats.collided_uploads += u64::from(is_accepted);
        }
    }

    /// Runs the setup. Returns `None` if the caller ends the audit.
    fn set_up(&mut self, limits: ExchangeLimits) -> Option<Result<SetupResult, SetupError>> {
        let (target, photos) = (Arc::clone(&self.target), Arc::clone(&self.photos));
        let (done, result) = sync_channel(1);
        let concurrent_uploads = match self.plan.load.first() {
            Some(LoadModel::Closed(in_flight)) => *in_flight,
            _ => 1,
        };
        let task = self.runtime.spawn(async move {
            let _ = done.send(prepare(&target, &photos, limits, concurrent_uploads).await);
        });
        loop {
            match result.recv_timeout(PROGRESS_INTERVAL) {
                Ok(result) => return Some(result),
                Err(_) if (self.on_progress)(AuditProgress::default()) => {}
                Err(_) => {
                    task.abort();
                    return None;
                }
            }
        }
    }

    fn load(&mut self, workload: &Arc<Workload>) -> Result<(), AuditError> {
        let (stop, stopped) = watch::channel(false);
        let (send_checked, checked) = sync_channel(CHANNEL_CAPACITY);
        let checkers = start_checkers(&self.target, &self.photos, &send_checked)?;
        drop(send_checked);
        let load = self.plan.load.clone();
        let start = Instant::now();
        let counts = Arc::new(Mutex::new(vec![Default::default(); load.len()]));
        let context = LoadContext {
            workload: Arc::clone(workload),
            hang_up: self.plan.hang_up,
            warm_up: self.plan.warm_up,
            duration: self.plan.duration / load.len().max(1) as u32,
            began: tokio::time::Instant::from_std(start),
            stop: stopped,
            checkers,
            memory: queue_memory(),
            counts: Arc::clone(&counts),
        };
        self.runtime.spawn(async move {
            for (index, load) in load.into_iter().enumerate() {
                LoadStep::new(context.clone(), index, load).run().await;
                if *context.stop.borrow() {
                    return;
                }
            }
        });
        self.collect(&checked, start, &stop);
        self.elapsed = start.elapsed();
        let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (step, counts) in self.stats.steps.iter_mut().zip(counts.iter()) {
            (step.uploads, step.busy) = counts.clone();
        }
        Ok(())
    }

    /// Counts checked responses until the load ends, or until the audit has to end early.
    fn collect(
        &mut self,
        responses: &Receiver<Checked>,
        start: Instant,
        stop: &watch::Sender<bool>,
    ) {
        let total = self.plan.duration + self.plan.warm_up * self.plan.load.len() as u32;
        let (mut reported, mut step) = (Instant::now(), 0);
        loop {
            match responses.recv_timeout(PROGRESS_INTERVAL) {
                Ok(checked) => {
                    step = checked.exchange.step;
                    self.stats.add(&self.photos, checked);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if reported.elapsed() >= PROGRESS_INTERVAL {
                reported = Instant::now();
                let AuditStats { requests, conversions, mixed, ref steps, .. } = self.stats;
                let in_flight = steps[step].max_in_flight;
                let elapsed = start.elapsed();
                let progress =
                    AuditProgress { elapsed, total, requests, in_flight, conversions, mixed };
                self.interrupted |= !(self.on_progress)(progress);
            }
            let found = self.plan.until_found && self.stats.mixed > 0;
            let enough = self.plan.enough_conversions;
            let enough = enough.is_some_and(|enough| self.stats.conversions >= enough);
            self.hopeless = self.stats.failure_reasons.hopeless();
            if self.interrupted || found || enough || self.hopeless.is_some() {
                // Checkers that wait to hand over a response then see that the channel is closed.
                let _ = stop.send(true);
                return;
            }
        }
    }

    /// Finds the causes of mixed answers, if there are any.
    fn follow_up(&mut self, workload: &Arc<Workload>) -> Result<(), AuditError> {
        if self.stats.mixed == 0 || self.interrupted {
            // Without the trial it is unknown whether the rows also come alone.
            self.stats.reclassify(FindingKind::Dirty, FindingKind::Rows);
            return Ok(());
        }
        let (min, max) = FOLLOW_UP_TIME;
        let follow_up = FollowUp {
            runtime: &self.runtime,
            workload,
            stats: &self.stats,
            hang_up: self.plan.hang_up,
            bisects: !self.plan.until_found,
            budget: (self.plan.duration / 2).clamp(min, max),
        };
        let (on_progress, mut goes_on) = (&mut self.on_progress, true);
        let causes = follow_up.run(&mut || {
            goes_on = goes_on && on_progress(AuditProgress::default());
            goes_on
        })?;
        self.interrupted |= !goes_on;
        // Rows in the missing part of a truncated photo are the load's, if they never come alone.
        if !causes.is_dirty() {
            self.stats.reclassify(FindingKind::Dirty, FindingKind::Rows);
        }
        self.causes = Some(causes);
        Ok(())
    }

    fn results(mut self, abort: Option<AbortReason>) -> AuditResults {
        let work = load_work(&self.target);
        let Claim { conversions, steps: claimed_steps, coverage } =
            Claim::new(&self.stats, &self.visibility);
        let needs = Requirements {
            min_conversions: self.plan.min_conversions,
            kinds: &self.plan.require,
            change: change_for_more(self.target.mode, work),
        };
        let hopeless = self.hopeless.take();
        let (verdict, reasons) = verdict(&self.stats, abort.as_ref(), hopeless, &coverage, needs);
        self.stats.sort_findings();
        let truncated = if self.stats.kinds.contains_key(&FindingKind::Dirty) {
            ProbeResult::Violated
        } else if self.stats.truncated > 0 {
            ProbeResult::Passed
        } else if abort.is_some() || self.accepts_truncated && self.interrupted {
            ProbeResult::NotRun
        } else {
            ProbeResult::NotApplicable
        };
        // A runtime that waits for a target that hangs would not end.
        self.runtime.shutdown_background();
        AuditResults {
            bound: (verdict == AuditVerdict::Clean).then(|| upper_bound(conversions)),
            claimed_conversions: conversions,
            claimed_steps,
            coverage,
            visibility: self.visibility,
            work,
            photos: self.photos,
            stats: self.stats,
            verdict,
            reasons,
            notes: self.notes,
            interrupted: self.interrupted,
            truncated,
            stranger: self.stranger,
            elapsed: self.elapsed,
            records: None,
            began: Some(self.began),
            causes: self.causes,
            failed_on: Vec::new(),
        }
    }
}
