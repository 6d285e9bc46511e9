//! An audit as one JSON document, for machines.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::audit::{
    AuditPlan, AuditResults, AuditVerdict, AuthorizationProbe, Finding, FindingKind, LoadModel,
    StepStats, TestPhotos,
};

/// The document of `audit --json`. People and photos have numbers from 1.
#[derive(Serialize)]
pub struct AuditDocument<'a> {
    schema: &'static str,
    verdict: AuditVerdict,
    reasons: &'a [String],
    interrupted: bool,
    target: &'a str,
    seed: u64,
    people: usize,
    photos: usize,
    /// Requests for thumbnails; `answers` are the pictures among what came of them.
    asked: u64,
    answers: u64,
    read: u64,
    unknown: u64,
    mixed: u64,
    /// The share of mixed answers that none among `read` leaves possible, at 95 %.
    bound: Option<f64>,
    rows_read: u64,
    rows_unknown: u64,
    failures: BTreeMap<&'static str, u64>,
    truncated: Truncated,
    stranger: AuthorizationProbe,
    kinds: BTreeMap<FindingKind, u64>,
    seconds: f64,
    steps: Vec<Step>,
    findings: Vec<Found>,
}

#[derive(Serialize)]
struct Truncated {
    probe: AuthorizationProbe,
    answers: u64,
}

#[derive(Serialize)]
struct Step {
    /// How many requests were to be in flight; null in an open loop.
    in_flight: Option<usize>,
    /// How many requests a second were to be sent; null in a closed loop.
    rate: Option<f64>,
    asked: u64,
    answers: u64,
    mixed: u64,
    most_in_flight: usize,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    most_ms: f64,
    /// p99 with the requests counted that a closed loop did not send while it waited.
    p99_of_omitted_too_ms: f64,
}

#[derive(Serialize)]
struct Found {
    kind: FindingKind,
    mixing: bool,
    asked_owner: usize,
    asked_photo: usize,
    found_owner: Option<usize>,
    found_photo: Option<usize>,
    /// The first row and the last.
    rows: [u32; 2],
    planes: String,
    share: f32,
    in_flight: usize,
    step: usize,
    size: u32,
    at_seconds: f64,
}

impl<'a> AuditDocument<'a> {
    /// The document of what was found.
    pub fn new(plan: &'a AuditPlan, findings: &'a AuditResults) -> Self {
        let tally = &findings.tally;
        let found = tally.findings.iter().map(|found| Found::new(found, &findings.subjects));
        Self {
            schema: "double-exposure/audit/1",
            verdict: findings.verdict,
            reasons: &findings.reasons,
            interrupted: findings.interrupted,
            target: &plan.target.name,
            seed: plan.seed,
            people: plan.target.photos.people,
            photos: findings.subjects.whole(),
            asked: tally.asked,
            answers: tally.answers,
            read: tally.read,
            unknown: tally.unknown,
            mixed: tally.mixed,
            bound: findings.bound,
            rows_read: tally.rows.0,
            rows_unknown: tally.rows.1,
            failures: tally.failures.by_name().into_iter().collect(),
            truncated: Truncated { probe: findings.truncated, answers: tally.truncated },
            stranger: findings.stranger,
            kinds: tally.kinds.clone(),
            seconds: rounded(findings.took.as_secs_f64()),
            steps: tally.stages.iter().map(Step::from).collect(),
            findings: found.collect(),
        }
    }
}

impl From<&StepStats> for Step {
    fn from(stage: &StepStats) -> Self {
        let (in_flight, rate) = match stage.drive {
            LoadModel::Closed(in_flight) => (Some(in_flight), None),
            LoadModel::Open(rate) => (None, Some(rate)),
        };
        let ms = |quantile| rounded(stage.latency.value_at_quantile(quantile) as f64 / 1e3);
        Self {
            in_flight,
            rate,
            asked: stage.asked,
            answers: stage.answers,
            mixed: stage.mixed,
            most_in_flight: stage.most_in_flight,
            per_second: rounded(stage.per_second()),
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
            most_ms: ms(1.0),
            p99_of_omitted_too_ms: rounded(stage.p99_corrected().as_secs_f64() * 1e3),
        }
    }
}

impl Found {
    fn new(finding: &Finding, subjects: &TestPhotos) -> Self {
        let subject = |photo: usize| &subjects.all[photo];
        Self {
            kind: finding.kind,
            mixing: finding.kind.is_mixing(),
            asked_owner: subject(finding.asked).owner + 1,
            asked_photo: subject(finding.asked).number + 1,
            found_owner: finding.found.map(|photo| subject(photo).owner + 1),
            found_photo: finding.found.map(|photo| subject(photo).number + 1),
            rows: [finding.rows.start, finding.rows.end.saturating_sub(1)],
            planes: finding.planes.to_string(),
            share: finding.share,
            in_flight: finding.in_flight,
            step: finding.step + 1,
            size: finding.size,
            at_seconds: rounded(finding.at.end.as_secs_f64()),
        }
    }
}

/// To thousandths.
fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}
