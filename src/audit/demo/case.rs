//! Runs one case of the demonstration: audits a service with one fault, with several seeds.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::fault::Fault;
use super::service::Service;
use crate::audit::{
    AuditError, AuditPlan, AuditProgress, AuditResults, AuditVerdict, FindingKind, LoadModel,
    Target, run, upper_bound,
};

/// Number of requests in flight.
const IN_FLIGHT: usize = 8;

/// Upper bound of the time to find a fault.
const FAULT_DURATION: Duration = Duration::from_secs(5);

/// Upper bound of the time to cause enough conversions of a service without a fault.
const CLEAN_DURATION: Duration = Duration::from_secs(600);

/// Number of conversions that the audit of a service without a fault causes. Its end is a number
/// and no time, so that a busy machine is slow and comes to the same verdict.
const CLEAN_CONVERSIONS: u64 = 300;

/// Share of the requests that the audit gives up.
const HANG_UP: f64 = 0.05;

/// Describes the service to the auditor, and to learners, who read it as a file.
pub(super) const TARGET: &str = r#"name = "thumbnails"
mode = "push"
base = "http://127.0.0.1:1"

# The audit asks for thumbnails only, and uploads no further photos under load.
load = "thumbnails"

# Each person has one photo, and may see no other.
[photos]
people = 6
per_person = 1
width = 320
height = 240
truncated = false

[upload]
path = "/{run}/{person.number}/{photo.number}"
headers = { authorization = "person {person.number}" }

[thumbnail]
path = "/{run}/{person.number}/{photo.number}?size={size}"
headers = { authorization = "person {viewer.number}" }
fit = "cover"
sizes = "160-223"
type = "image/jpeg"
"#;

/// Describes a case: the fault that the auditor should find, and the fault that is planted.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DemoCase {
    /// Fault that the auditor should find.
    pub expected: Fault,
    /// Planted fault, which is [`Fault::Clean`] if the caller removed the expected fault.
    #[serde(serialize_with = "serialize_planted")]
    pub planted: Fault,
}

/// Serializes a planted fault, or null if the service mixes no photos.
fn serialize_planted<S: Serializer>(planted: &Fault, serializer: S) -> Result<S::Ok, S::Error> {
    planted.mixes().then_some(planted).serialize(serializer)
}

/// Lists all cases. A fault in `without` is not planted, and its case still expects it.
pub fn cases(without: &[Fault]) -> Vec<DemoCase> {
    let case = |expected: Fault| {
        let planted = if without.contains(&expected) { Fault::Clean } else { expected };
        DemoCase { expected, planted }
    };
    Fault::all().map(case).collect()
}

/// Names the outcome of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseOutcome {
    /// The auditor found the expected fault, or found no mixing where no fault is expected.
    AsExpected,
    /// The auditor did not find the expected fault.
    NotFound,
    /// The auditor found mixing where no fault is expected.
    FalsePositive,
    /// The auditor read too few answers.
    Inconclusive,
}

/// Holds the result of a case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseResult {
    /// Case that ran.
    #[serde(flatten)]
    pub case: DemoCase,
    /// Outcome of the last seed that was not as expected, else [`CaseOutcome::AsExpected`].
    pub outcome: CaseOutcome,
    /// Number of seeds with the expected outcome.
    pub seeds_as_expected: u64,
    /// Kinds of mixing that were found.
    pub kinds: Vec<FindingKind>,
    /// Answers that were read, with all seeds.
    pub read: u64,
    /// Upper bound of the share of mixed answers with 95 % confidence, if the case is clean.
    pub bound: Option<f64>,
    /// Reasons why the last audit without a verdict had none.
    pub reasons: Vec<String>,
    /// True if the caller ended the case early.
    #[serde(skip)]
    pub interrupted: bool,
}

/// Runs one case with each seed, until `on_progress` returns false.
///
/// # Errors
/// Returns [`AuditError`] if the system gives no threads or ports.
pub fn run_case(
    case: DemoCase,
    seeds: impl Iterator<Item = u64>,
    on_progress: &mut dyn FnMut(AuditProgress) -> bool,
) -> Result<CaseResult, AuditError> {
    let mut result = CaseResult {
        case,
        outcome: CaseOutcome::AsExpected,
        seeds_as_expected: 0,
        kinds: Vec::new(),
        read: 0,
        bound: None,
        reasons: Vec::new(),
        interrupted: false,
    };
    for seed in seeds {
        let service = Service::start(case.planted)?;
        let audit = run(&plan(case, &service, seed), on_progress)?;
        drop(service);
        result.add(&audit);
        if audit.interrupted {
            break;
        }
    }
    let is_clean = result.outcome == CaseOutcome::AsExpected && !case.expected.mixes();
    result.bound = is_clean.then(|| upper_bound(result.read));
    Ok(result)
}

impl CaseResult {
    fn add(&mut self, audit: &AuditResults) {
        self.interrupted |= audit.interrupted;
        self.read += audit.stats.read;
        let kinds = audit.stats.kinds.keys().copied().filter(|kind| kind.is_mixing());
        for kind in kinds.clone() {
            if !self.kinds.contains(&kind) {
                self.kinds.push(kind);
            }
        }
        let expected = self.case.expected;
        let outcome = match (audit.verdict, expected.mixes()) {
            (AuditVerdict::Mixed, true) if kinds.clone().any(|kind| matches(expected, kind)) => {
                CaseOutcome::AsExpected
            }
            (_, true) => CaseOutcome::NotFound,
            (AuditVerdict::Clean, false) => CaseOutcome::AsExpected,
            (AuditVerdict::Mixed, false) => CaseOutcome::FalsePositive,
            (AuditVerdict::Inconclusive | AuditVerdict::Unreachable, false) => {
                CaseOutcome::Inconclusive
            }
        };
        if outcome == CaseOutcome::AsExpected {
            self.seeds_as_expected += 1;
        } else {
            self.outcome = outcome;
            self.reasons.clone_from(&audit.reasons);
        }
    }
}

/// Returns true if a fault causes findings of this kind.
fn matches(fault: Fault, kind: FindingKind) -> bool {
    match fault {
        Fault::WholeSwap | Fault::CacheKey | Fault::Crossed => {
            matches!(kind, FindingKind::Whole | FindingKind::Crossed)
        }
        Fault::TailOfNext | Fault::OneBand => kind == FindingKind::Rows,
        Fault::Blend => kind == FindingKind::Blend,
        Fault::Chroma => kind == FindingKind::Planes,
        Fault::DirtyBuffer => kind == FindingKind::Dirty,
        Fault::Clean | Fault::Slow | Fault::Shedding => false,
    }
}

fn plan(case: DemoCase, service: &Service, seed: u64) -> AuditPlan {
    let base = format!("http://{}", service.address).parse().expect("an address makes a URL");
    let target = Target::parse(TARGET, Some(&base), &|_| None);
    let mut target = target.expect("the demonstration's target is valid");
    let mixes = case.expected.mixes();
    target.photos.per_person = 2;
    target.load = None;
    // The filled rows of a truncated photo are a finding of their own kind, which would hide the
    // planted fault.
    target.photos.truncated = !mixes || case.expected == Fault::DirtyBuffer;
    AuditPlan {
        target,
        load: vec![LoadModel::Closed(IN_FLIGHT)],
        warm_up: Duration::from_millis(1),
        duration: if mixes { FAULT_DURATION } else { CLEAN_DURATION },
        timeout: Duration::from_secs(5),
        max_bytes: 1 << 20,
        until_found: mixes,
        enough_conversions: (!mixes).then_some(CLEAN_CONVERSIONS),
        max_findings: 4,
        min_conversions: if mixes { 1 } else { CLEAN_CONVERSIONS },
        require: Vec::new(),
        hang_up: HANG_UP,
        seed,
    }
}
