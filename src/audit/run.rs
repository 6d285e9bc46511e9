//! One audit from its first photo to its verdict.
//!
//! Requests run on two threads that do nothing else, judges on threads of their own, and the tally
//! on the caller's; what passes between them is moved, through channels that hold so much and no
//! more.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};

use super::authorization_probe::{self, AuthorizationProbe};
use super::client::{ExchangeLimits, HttpError};
use super::load_generator::{Exchange, LoadModel, LoadStep};
use super::origin_server::OriginServer;
use super::response_check::{Checked, ResponseChecker};
use super::self_test;
use super::setup::{Ready, SetupError, prepare};
use super::spec::{Mode, Target};
use super::stats::{AuditStats, Finding};
use super::test_photos::TestPhotos;
use super::verdict::{AbortReason, AuditVerdict, bound, verdict};
use super::workload::{Outcome, Workload};
use crate::audit::watermark::WatermarkError;

/// Answers that wait for one judge, at most.
const WAITING: usize = 32;

/// How often progress is told, at least.
const TOLD_EVERY: Duration = Duration::from_millis(100);

/// What is to be audited, and how.
#[derive(Clone, Debug)]
pub struct AuditPlan {
    /// The service.
    pub target: Target,
    /// The steps of the load.
    pub drives: Vec<LoadModel>,
    /// How long each step goes on before its times are kept. Mixing counts from the start.
    pub warm_up: Duration,
    /// How long all steps together take, without their warm-up.
    pub duration: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How many bytes an answer may have.
    pub most_bytes: usize,
    /// Whether the first mixed answer ends it.
    pub until_found: bool,
    /// How many findings of mixing are kept.
    pub max_findings: usize,
    /// How many answers must be read for a clean verdict.
    pub least: u64,
    /// Fixes the ids and the order of requests.
    pub seed: u64,
}

/// Where an audit is.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditProgress {
    /// Since the load began.
    pub elapsed: Duration,
    /// How long the load will take.
    pub total: Duration,
    /// Requests that ended.
    pub asked: u64,
    /// The most in flight in the present step.
    pub in_flight: usize,
    /// Answers whose marks were read.
    pub read: u64,
    /// Mixed answers.
    pub mixed: u64,
}

/// What an audit comes to.
#[derive(Debug)]
pub struct AuditResults {
    /// The photos that were sent.
    pub subjects: Arc<TestPhotos>,
    /// All counts.
    pub tally: AuditStats,
    /// The verdict.
    pub verdict: AuditVerdict,
    /// What speaks against a better one.
    pub reasons: Vec<String>,
    /// The share of mixed answers that is still possible at 95 %, where none was seen.
    pub bound: Option<f64>,
    /// Whether somebody ended it early.
    pub interrupted: bool,
    /// Whether rows that a photo cut short does not have are filled with somebody else's.
    pub truncated: AuthorizationProbe,
    /// Whether a stranger's token opens the door.
    pub stranger: AuthorizationProbe,
    /// How long the load took.
    pub took: Duration,
}

impl AuditResults {
    /// What the answer of a finding should have been.
    pub fn should_be(&self, plan: &AuditPlan, finding: &Finding) -> Option<Bytes> {
        self_test::should_be(&self.subjects, finding.asked, finding.size, plan.target.thumbnail.fit)
    }
}

/// Why an audit could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The photos cannot be marked.
    #[error("{0}; see [photos]")]
    Marks(#[from] WatermarkError),
    /// The system gives no threads, or no port.
    #[error("the system gives no threads or no port ({0}): free some")]
    System(#[from] std::io::Error),
}

/// Runs an audit. `tell` is told how far it is, and says whether to go on.
///
/// # Errors
/// [`AuditError`], if there is nothing to send or nothing to send it with. Whatever is wrong with
/// the target is part of the findings.
pub fn run(
    plan: &AuditPlan,
    tell: &mut dyn FnMut(AuditProgress) -> bool,
) -> Result<AuditResults, AuditError> {
    let subjects = Arc::new(TestPhotos::paint(plan.target.photos, plan.seed)?);
    let mut audit = Audit {
        plan,
        target: Arc::new(plan.target.clone()),
        tally: AuditStats::new(&plan.drives, plan.max_findings),
        subjects,
        runtime: Builder::new_multi_thread().worker_threads(2).enable_all().build()?,
        interrupted: false,
        stranger: AuthorizationProbe::NotMade,
        took: Duration::ZERO,
    };
    let result = audit.carry_out(tell)?;
    Ok(audit.findings(result))
}

/// What a load ended with.
struct Loaded {
    takes_truncated: bool,
}

struct Audit<'p> {
    plan: &'p AuditPlan,
    target: Arc<Target>,
    tally: AuditStats,
    subjects: Arc<TestPhotos>,
    runtime: Runtime,
    interrupted: bool,
    stranger: AuthorizationProbe,
    took: Duration,
}

impl Audit<'_> {
    fn carry_out(
        &mut self,
        tell: &mut dyn FnMut(AuditProgress) -> bool,
    ) -> Result<Result<Loaded, AbortReason>, AuditError> {
        if let Err(error) = self_test::prove(&self.target, &self.subjects) {
            return Ok(Err(AbortReason::Proof(error.to_string())));
        }
        let bounds = ExchangeLimits { time: self.plan.timeout, bytes: self.plan.most_bytes };
        let Some(ready) = self.set_up(bounds, tell) else {
            self.interrupted = true;
            return Ok(Ok(Loaded { takes_truncated: false }));
        };
        let ready = match ready {
            Ok(ready) => ready,
            Err(error) => return Ok(Err(error.into())),
        };
        let origin = match self.target.mode {
            Mode::Pull => Some(self.runtime.block_on(OriginServer::open(&self.subjects))?),
            Mode::Push | Mode::Post => None,
        };
        let Ready { book, mut photos, takes_truncated } = ready;
        photos.retain(|&photo| takes_truncated || !self.subjects.all[photo].truncated);
        let whole = photos.iter().filter(|&&photo| !self.subjects.all[photo].truncated).count();
        let course = Arc::new(Workload {
            target: Arc::clone(&self.target),
            subjects: Arc::clone(&self.subjects),
            book,
            origin: origin.as_ref().map(|origin| origin.url().to_owned()),
            bounds,
            seed: self.plan.seed,
            photos,
            whole,
        });
        if let Err(error) = self.knock(&course) {
            return Ok(Err(error.into()));
        }
        self.load(&course, tell)?;
        if !self.interrupted {
            let judge = ResponseChecker::new(&self.target, &self.subjects);
            let probe = authorization_probe::stranger(&course, &judge, &mut self.tally);
            self.stranger = self.runtime.block_on(probe);
        }
        Ok(Ok(Loaded { takes_truncated }))
    }

    /// The set-up, unless somebody ends it: None.
    fn set_up(
        &self,
        bounds: ExchangeLimits,
        tell: &mut dyn FnMut(AuditProgress) -> bool,
    ) -> Option<Result<Ready, SetupError>> {
        let (target, subjects) = (Arc::clone(&self.target), Arc::clone(&self.subjects));
        let (done, ready) = sync_channel(1);
        let task = self.runtime.spawn(async move {
            let _ = done.send(prepare(&target, &subjects, bounds).await);
        });
        loop {
            match ready.recv_timeout(TOLD_EVERY) {
                Ok(ready) => return Some(ready),
                Err(_) if tell(AuditProgress::default()) => {}
                Err(_) => {
                    task.abort();
                    return None;
                }
            }
        }
    }

    /// One request that is not counted: a load against a closed door would only take time.
    fn knock(&self, course: &Workload) -> Result<(), SetupError> {
        match self.runtime.block_on(course.run(&mut None, course.ask_whole(0))) {
            Outcome::Failed(failure @ (HttpError::Unreachable(_) | HttpError::Silent(_))) => {
                Err(SetupError { step: "the first thumbnail".into(), why: failure.into() })
            }
            _ => Ok(()),
        }
    }

    fn load(
        &mut self,
        course: &Arc<Workload>,
        tell: &mut dyn FnMut(AuditProgress) -> bool,
    ) -> Result<(), AuditError> {
        let (stop, stopped) = watch::channel(false);
        let (judged, answers) = sync_channel(WAITING);
        let judges = self.judges(&judged)?;
        drop(judged);
        let steps = self.plan.drives.clone();
        let time = self.plan.duration / steps.len().max(1) as u32;
        let (warm_up, course) = (self.plan.warm_up, Arc::clone(course));
        let began = Instant::now();
        self.runtime.spawn(async move {
            let began = tokio::time::Instant::from_std(began);
            for (step, drive) in steps.into_iter().enumerate() {
                let (course, stop) = (Arc::clone(&course), stopped.clone());
                let judges = judges.clone();
                LoadStep { course, step, drive, warm_up, time, began, stop, judges }.run().await;
                if *stopped.borrow() {
                    return;
                }
            }
        });
        self.collect(&answers, began, &stop, tell);
        self.took = began.elapsed();
        Ok(())
    }

    /// A judge for each core. A judge ends when nobody sends it anything any more.
    fn judges(
        &self,
        judged: &SyncSender<Checked>,
    ) -> Result<Vec<mpsc::Sender<Exchange>>, AuditError> {
        let cores = thread::available_parallelism().map_or(1, usize::from).min(16);
        let mut judges = Vec::new();
        for _ in 0..cores {
            let (send, mut answers) = mpsc::channel::<Exchange>(WAITING);
            let judge = ResponseChecker::new(&self.target, &self.subjects);
            let judged = judged.clone();
            thread::Builder::new().name("judge".into()).spawn(move || {
                while let Some(answer) = answers.blocking_recv() {
                    if judged.send(judge.judge(answer)).is_err() {
                        return;
                    }
                }
            })?;
            judges.push(send);
        }
        Ok(judges)
    }

    fn collect(
        &mut self,
        answers: &Receiver<Checked>,
        began: Instant,
        stop: &watch::Sender<bool>,
        tell: &mut dyn FnMut(AuditProgress) -> bool,
    ) {
        let steps = self.plan.drives.len() as u32;
        let total = self.plan.duration + self.plan.warm_up * steps;
        let (mut told, mut step) = (Instant::now(), 0);
        loop {
            match answers.recv_timeout(TOLD_EVERY) {
                Ok(judged) => {
                    step = judged.step;
                    self.tally.add(judged);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if told.elapsed() >= TOLD_EVERY {
                told = Instant::now();
                let AuditStats { asked, read, mixed, ref stages, .. } = self.tally;
                let in_flight = stages[step].most_in_flight;
                let elapsed = began.elapsed();
                let progress = AuditProgress { elapsed, total, asked, in_flight, read, mixed };
                self.interrupted |= !tell(progress);
            }
            let found = self.plan.until_found && self.tally.mixed > 0;
            if self.interrupted || found {
                let _ = stop.send(true);
                // Judges that wait to hand over an answer see that nobody takes it.
                return;
            }
        }
    }

    fn findings(self, result: Result<Loaded, AbortReason>) -> AuditResults {
        let (verdict, reasons) = verdict(&self.tally, result.as_ref().err(), self.plan.least);
        let dirty = self.tally.kinds.contains_key(&super::FindingKind::Dirty);
        let truncated = match &result {
            _ if dirty => AuthorizationProbe::Violated,
            _ if self.tally.truncated > 0 => AuthorizationProbe::Passed,
            Ok(loaded) if loaded.takes_truncated && self.interrupted => AuthorizationProbe::NotMade,
            Ok(_) => AuthorizationProbe::NotApplicable,
            Err(_) => AuthorizationProbe::NotMade,
        };
        let findings = AuditResults {
            bound: (verdict == AuditVerdict::Clean).then(|| bound(self.tally.read)),
            subjects: self.subjects,
            tally: self.tally,
            verdict,
            reasons,
            interrupted: self.interrupted,
            truncated,
            stranger: self.stranger,
            took: self.took,
        };
        // A target that hangs is not waited for.
        self.runtime.shutdown_background();
        findings
    }
}
