//! What an audit comes to, and what it proves.

use std::fmt;

use serde::Serialize;

use super::setup::{Obstacle, SetupError};
use super::stats::AuditStats;

/// Answers that cannot be read, of those that are pictures: above this share nobody can say.
const MOST_UNKNOWN: f64 = 0.05;

/// Requests that come to nothing: above this share too little of the service was seen.
const MOST_LOST: f64 = 0.5;

/// The confidence of the bound.
pub const CONFIDENCE: f64 = 0.95;

/// An audit's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditVerdict {
    /// Enough was read, and nobody else was in it.
    Clean,
    /// Somebody else was in an answer.
    Mixed,
    /// Too little was seen to say.
    Inconclusive,
    /// The target could not be reached.
    Unreachable,
}

impl fmt::Display for AuditVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Clean => "clean",
            Self::Mixed => "mixed",
            Self::Inconclusive => "inconclusive",
            Self::Unreachable => "unreachable",
        })
    }
}

/// What keeps an audit from its load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AbortReason {
    /// The auditor did not find what it planted itself, or found what was not there.
    #[error("{0}")]
    Proof(String),
    /// The target's set-up failed.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// The verdict, and what speaks against a better one.
pub(super) fn verdict(
    tally: &AuditStats,
    hindrance: Option<&AbortReason>,
    least: u64,
) -> (AuditVerdict, Vec<String>) {
    if let Some(hindrance) = hindrance {
        let unreachable = matches!(
            hindrance,
            AbortReason::Setup(SetupError { why: Obstacle::Unreachable(_), .. })
        );
        let verdict =
            if unreachable { AuditVerdict::Unreachable } else { AuditVerdict::Inconclusive };
        return (verdict, vec![hindrance.to_string()]);
    }
    if tally.mixed > 0 {
        return (AuditVerdict::Mixed, Vec::new());
    }
    let AuditStats { asked, answers, read, unknown, failures, .. } = *tally;
    let nothing = answers + tally.truncated == 0;
    if nothing && asked > 0 && failures.unreachable + failures.silent == asked {
        let why = format!("none of {asked} requests was answered; see that the service is there");
        return (AuditVerdict::Unreachable, vec![why]);
    }
    let mut reasons = Vec::new();
    if read < least {
        reasons.push(format!("{read} answers were read, and {least} are needed"));
    }
    if unknown as f64 > MOST_UNKNOWN * answers as f64 {
        reasons.push(format!("the marks of {unknown} of {answers} answers could not be read"));
    }
    if failures.all() as f64 > MOST_LOST * asked as f64 {
        let lost = failures.all();
        reasons.push(format!("{lost} of {asked} requests came to nothing"));
    }
    let verdict = if reasons.is_empty() { AuditVerdict::Clean } else { AuditVerdict::Inconclusive };
    (verdict, reasons)
}

/// The share of mixed answers that none of `read` leaves possible at 95 %: exact
/// (Clopper-Pearson), 1 - 0.05^(1/n), which is nearly 3/n.
pub fn bound(read: u64) -> f64 {
    if read == 0 { 1.0 } else { 1.0 - (1.0 - CONFIDENCE).powf(1.0 / read as f64) }
}

#[test]
fn the_bound_is_the_rule_of_three_made_exact() {
    assert!((bound(1) - 0.95).abs() < 1e-12);
    assert!((bound(20_000) - 1.497_8e-4).abs() < 1e-7);
    assert!(bound(300) < 3.0 / 300.0 && bound(300) > 2.9 / 300.0);
    assert!((bound(0) - 1.0).abs() < 1e-12);
}
