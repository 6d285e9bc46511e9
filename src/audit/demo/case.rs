//! One line of the demonstration: a service with one fault, audited with several seeds.

use std::time::Duration;

use super::fault::Fault;
use super::service::Service;
use crate::audit::{
    AuditError, AuditPlan, AuditProgress, AuditResults, AuditVerdict, FindingKind, LoadModel,
    Target, bound, run,
};

/// Requests in flight.
const IN_FLIGHT: usize = 8;

/// How long a fault may stay unseen.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a service is looked at that nothing is wrong with.
const LOOKED_AT: Duration = Duration::from_millis(1_200);

/// What the service is, to the auditor.
const TARGET: &str = r#"
name = "demo"
mode = "push"
base = "http://127.0.0.1:1"

[photos]
people = 6
each = 2
width = 320
height = 240

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

/// A line: what is planted, and what the line is about.
#[derive(Clone, Copy, Debug)]
pub struct DemoCase {
    /// What the line is about.
    pub about: Fault,
    /// What is planted: the same, or nothing if somebody took it out.
    pub planted: Fault,
}

/// All lines. What is taken out is looked for all the same.
pub fn cases(without: &[Fault]) -> Vec<DemoCase> {
    let line = |about: Fault| {
        let planted = if without.contains(&about) { Fault::Clean } else { about };
        DemoCase { about, planted }
    };
    Fault::ALL.map(line).into()
}

/// What came of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseOutcome {
    /// What is planted was found; or nothing was, where nothing is.
    AsExpected,
    /// What should be there was not found.
    NotFound,
    /// Somebody was accused who did nothing.
    FalsePositive,
    /// Too little was seen.
    Inconclusive,
}

/// A line's result.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// The line.
    pub line: DemoCase,
    /// What came of it; the worst of all seeds.
    pub seen: CaseOutcome,
    /// How many seeds came out as they should.
    pub seeds_held: u64,
    /// The kinds of mixing that were found.
    pub kinds: Vec<FindingKind>,
    /// Answers that were read, with all seeds.
    pub read: u64,
    /// What none of them being mixed proves.
    pub bound: Option<f64>,
    /// Whether somebody ended it.
    pub interrupted: bool,
}

/// Shows one line.
///
/// # Errors
/// [`AuditError`], if the system gives no threads or ports.
pub fn run_case(
    line: DemoCase,
    seeds: impl Iterator<Item = u64>,
    go_on: &mut dyn FnMut(AuditProgress) -> bool,
) -> Result<CaseResult, AuditError> {
    let mut shown = CaseResult {
        line,
        seen: CaseOutcome::AsExpected,
        seeds_held: 0,
        kinds: Vec::new(),
        read: 0,
        bound: None,
        interrupted: false,
    };
    for seed in seeds {
        let service = Service::start(line.planted)?;
        let plan = plan(line, &service, seed);
        let findings = run(&plan, go_on)?;
        drop(service);
        shown.add(&findings);
        if findings.interrupted {
            break;
        }
    }
    let clean = shown.seen == CaseOutcome::AsExpected && !line.about.mixes();
    shown.bound = clean.then(|| bound(shown.read));
    Ok(shown)
}

impl CaseResult {
    fn add(&mut self, findings: &AuditResults) {
        self.interrupted |= findings.interrupted;
        self.read += findings.tally.read;
        let kinds = findings.tally.kinds.keys().copied().filter(|kind| kind.is_mixing());
        for kind in kinds.clone() {
            if !self.kinds.contains(&kind) {
                self.kinds.push(kind);
            }
        }
        let seen = match (findings.verdict, self.line.about.mixes()) {
            (AuditVerdict::Mixed, true)
                if kinds.clone().any(|kind| fits(self.line.about, kind)) =>
            {
                CaseOutcome::AsExpected
            }
            (_, true) => CaseOutcome::NotFound,
            (AuditVerdict::Clean, false) => CaseOutcome::AsExpected,
            (AuditVerdict::Mixed, false) => CaseOutcome::FalsePositive,
            (AuditVerdict::Inconclusive | AuditVerdict::Unreachable, false) => {
                CaseOutcome::Inconclusive
            }
        };
        if seen == CaseOutcome::AsExpected {
            self.seeds_held += 1;
        } else {
            self.seen = seen;
        }
    }
}

/// Whether a finding is what a fault looks like from outside.
fn fits(fault: Fault, kind: FindingKind) -> bool {
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

fn plan(line: DemoCase, service: &Service, seed: u64) -> AuditPlan {
    let base = format!("http://{}", service.address).parse().expect("an address makes a URL");
    let target = Target::parse(TARGET, Some(&base), &|_| None);
    let mut target = target.expect("the demonstration's target is well formed");
    let mixes = line.about.mixes();
    // What fills up a photo cut short is a finding of its own kind, and would hide the planted one.
    target.photos.truncated = !mixes || line.about == Fault::DirtyBuffer;
    AuditPlan {
        target,
        drives: vec![LoadModel::Closed(IN_FLIGHT)],
        warm_up: Duration::from_millis(1),
        duration: if mixes { PATIENCE } else { LOOKED_AT },
        timeout: Duration::from_secs(5),
        most_bytes: 1 << 20,
        until_found: mixes,
        max_findings: 4,
        least: if mixes { 1 } else { 30 },
        seed,
    }
}
