//! The reproduction as one JSON document, for machines.

use serde::Serialize;

use crate::repro::{PhotoSet, ReproPlan, ReproResults, ReproVerdict, Run};

/// The document of `repro --json`. Counts of people are counts of people, never of thumbnails.
#[derive(Serialize)]
pub struct ReproDocument<'a> {
    schema: &'static str,
    verdict: ReproVerdict,
    interrupted: bool,
    seed: u64,
    photos: usize,
    owners: usize,
    cores: usize,
    size: u32,
    fit: String,
    oracle_faults: u64,
    unused: usize,
    skipped: Vec<Skipped<'a>>,
    runs: Vec<Counts>,
}

#[derive(Serialize)]
struct Skipped<'a> {
    path: String,
    reason: &'a str,
}

#[derive(Serialize)]
struct Counts {
    pipeline: String,
    slots: usize,
    bands: u32,
    in_flight: usize,
    /// More than `thumbnails` where time ran out.
    asked: u64,
    thumbnails: u64,
    clean: u64,
    torn: u64,
    swapped: u64,
    exposed_owners: usize,
    affected_viewers: usize,
    rows_from_later: u64,
    rows_from_earlier: u64,
    ambiguous_rows: u64,
    oracle_faults: u64,
    per_second: f64,
}

impl<'a> ReproDocument<'a> {
    /// The document of what was found.
    pub fn new(plan: &ReproPlan, subjects: &'a PhotoSet, findings: &ReproResults) -> Self {
        let skipped = subjects.skipped.iter().map(|skipped| Skipped {
            path: skipped.path.display().to_string(),
            reason: &skipped.reason,
        });
        Self {
            schema: "double-exposure/repro/1",
            verdict: findings.verdict,
            interrupted: findings.interrupted,
            seed: plan.seed,
            photos: subjects.requests.len(),
            owners: subjects.owners.len(),
            cores: findings.cores,
            size: plan.spec.size.get(),
            fit: plan.spec.fit.to_string(),
            oracle_faults: findings.oracle_faults(),
            unused: subjects.unused,
            skipped: skipped.collect(),
            runs: findings.runs.iter().map(Counts::from).collect(),
        }
    }
}

impl From<&Run> for Counts {
    fn from(run: &Run) -> Self {
        let tally = &run.tally;
        Self {
            pipeline: run.kind.to_string(),
            slots: run.slots.get(),
            bands: run.bands,
            in_flight: run.in_flight,
            asked: run.asked,
            thumbnails: tally.thumbnails,
            clean: tally.clean,
            torn: tally.torn,
            swapped: tally.swapped,
            exposed_owners: tally.exposed_owners.len(),
            affected_viewers: tally.affected_viewers.len(),
            rows_from_later: tally.rows_from_later,
            rows_from_earlier: tally.rows_from_earlier,
            ambiguous_rows: tally.ambiguous_rows,
            oracle_faults: tally.oracle_faults,
            per_second: (run.per_second * 10.0).round() / 10.0,
        }
    }
}
