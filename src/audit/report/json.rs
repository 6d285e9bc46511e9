//! Reports an audit as one JSON document.

use serde::Serialize;
use serde_json::{Value, json};

use super::headline::{headline, interval};
use super::page::date;
use crate::audit::prepared::RecordCounts;
use crate::audit::spec::LoadWork;
use crate::audit::{
    AuditPlan, AuditResults, AuditStats, AuditVerdict, Causes, Coverage, Finding, FindingKind,
    LoadModel, MixKind, ProbeResult, StepStats, TestPhotos, Visibility,
};

/// Holds the document of `audit --json`. People, photos and steps have numbers from 1.
#[derive(Serialize)]
pub struct AuditDocument<'a> {
    schema: &'static str,
    verdict: AuditVerdict,
    reasons: &'a [String],
    notes: &'a [String],
    interrupted: bool,
    /// Sentence above all others, which also tells of findings that are no mixing.
    headline: String,
    /// Kinds of `--fail-on` that were found.
    failed_on: &'a [FindingKind],
    target: &'a str,
    base: String,
    /// Time at which the audit began, or null if another tool ran the load.
    began: Option<String>,
    version: &'static str,
    seed: u64,
    people: usize,
    photos: usize,
    #[serde(flatten)]
    stats: &'a AuditStats,
    /// Upper bound of the share of mixed conversions with 95 % confidence, if the audit is clean.
    bound: Option<f64>,
    /// Conversions that the bound counts.
    claimed_conversions: u64,
    /// Numbers of the steps that the bound counts.
    claimed_steps: Vec<usize>,
    /// Work of the load: thumbnails, uploads or both.
    load: LoadWork,
    /// Conversions and bound of each kind of mix.
    coverage: &'a [Coverage],
    /// Kinds of mixes that the audit cannot see.
    not_visible: Vec<MixKind>,
    /// Smallest mixes that the self-test found, at each measured size.
    visibility: &'a [Visibility],
    truncated: Value,
    /// What the mixing depends on, or null if nothing is mixed.
    causes: Option<&'a Causes>,
    stranger: ProbeResult,
    seconds: f64,
    /// Counts of the records, if another tool ran the load.
    records: Option<&'a RecordCounts>,
    steps: Vec<Value>,
    findings: Vec<Value>,
}

impl<'a> AuditDocument<'a> {
    /// Makes the document of an audit.
    pub fn new(plan: &'a AuditPlan, results: &'a AuditResults) -> Self {
        let stats = &results.stats;
        let findings =
            stats.findings.iter().map(|finding| finding_object(finding, &results.photos));
        let hidden = results.coverage.iter().filter(|coverage| !coverage.is_visible());
        Self {
            schema: "double-exposure/audit/1",
            verdict: results.verdict,
            reasons: &results.reasons,
            notes: &results.notes,
            interrupted: results.interrupted,
            headline: headline(results),
            failed_on: &results.failed_on,
            target: &plan.target.name,
            base: plan.target.base.to_string(),
            began: date(results),
            version: env!("CARGO_PKG_VERSION"),
            seed: plan.seed,
            people: plan.target.photos.people,
            photos: results.photos.whole(),
            stats,
            bound: results.bound,
            claimed_conversions: results.claimed_conversions,
            claimed_steps: results.claimed_steps.iter().map(|step| step + 1).collect(),
            load: results.work,
            coverage: &results.coverage,
            not_visible: hidden.map(|coverage| coverage.kind).collect(),
            visibility: &results.visibility,
            truncated: json!({
                "probe": results.truncated,
                "answers": stats.truncated,
                "mixed": stats.truncated_mixed,
            }),
            causes: results.causes.as_ref(),
            stranger: results.stranger,
            seconds: rounded(results.elapsed.as_secs_f64()),
            records: results.records.as_ref(),
            steps: stats.steps.iter().map(step_object).collect(),
            findings: findings.collect(),
        }
    }
}

/// Makes the object of a step. Of `in_flight`, `rate` and `recorded_step`, all but the one that
/// describes the step are null.
fn step_object(step: &StepStats) -> Value {
    let (in_flight, rate, recorded_step) = match step.load {
        LoadModel::Closed(in_flight) => (Some(in_flight), None, None),
        LoadModel::Open(rate) => (None, Some(rate), None),
        LoadModel::Recorded(step) => (None, None, Some(step)),
    };
    let (low, high) =
        interval(step.mixed, if step.mixed == 0 { step.conversions } else { step.answers });
    json!({
        "in_flight": in_flight,
        "rate": rate,
        "recorded_step": recorded_step,
        "requests": step.requests,
        "answers": step.answers,
        "mixed": step.mixed,
        "share_from": low,
        "share_to": high,
        "conversions": step.conversions,
        "repeated": step.repeated,
        "hung_up": step.hung_up,
        "uploads": {
            "accepted": step.uploads.accepted,
            "refused": step.uploads.refused,
            "shed": step.uploads.shed,
            "failed": step.uploads.failed,
            "first_reason": step.uploads.first_reason,
        },
        // Records without times do not tell it.
        "max_in_flight": (step.max_in_flight > 0).then_some(step.max_in_flight),
        "mean_in_flight": (step.max_in_flight > 0).then(|| rounded(step.mean_in_flight())),
        "reached": step.is_reached(),
        "own_lateness_p99_ms": rounded(step.own_lateness.value_at_quantile(0.99) as f64 / 1e3),
        "per_second": rounded(step.per_second()),
        "p50_ms": rounded(step.latency_ms(0.5)),
        "p99_ms": rounded(step.latency_ms(0.99)),
        "max_ms": rounded(step.latency_ms(1.0)),
        "p99_corrected_ms": rounded(step.p99_corrected_ms()),
    })
}

/// Makes the object of a finding. `rows` holds the first and the last affected row.
fn finding_object(finding: &Finding, photos: &TestPhotos) -> Value {
    let Finding { evidence, request, .. } = finding;
    let requested = &photos.all[request.photo];
    let found = evidence.photo.map(|photo| &photos.all[photo]);
    json!({
        "kind": evidence.kind,
        "mixing": evidence.kind.is_mixing(),
        "requested_owner": requested.owner + 1,
        "requested_photo": requested.number + 1,
        "found_owner": found.map(|photo| photo.owner + 1),
        "found_photo": found.map(|photo| photo.number + 1),
        "rows": [evidence.rows.start, evidence.rows.end.saturating_sub(1)],
        "planes": evidence.planes.to_string(),
        // By way of its text, which is shorter than the digits of the same number as `f64`.
        "share": evidence.share.to_string().parse::<f64>().ok(),
        "in_flight": (finding.in_flight > 0).then_some(finding.in_flight),
        "step": finding.step + 1,
        "size": request.size,
        "at_seconds": rounded(finding.at.end.as_secs_f64()),
    })
}

/// Rounds to thousandths.
fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}
