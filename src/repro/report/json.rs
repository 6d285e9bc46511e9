//! Writes a reproduction as one JSON document.

use serde::Serialize;

use crate::repro::{PhotoSet, ReproPlan, ReproResults, ReproVerdict, Run};

/// Holds the document of `repro --json`. Exposed owners and affected viewers count people, not
/// thumbnails.
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
    /// Planned thumbnails, more than `thumbnails` if the run's time ended.
    planned: u64,
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
    /// Builds the document of a reproduction.
    pub fn new(plan: &ReproPlan, photo_set: &'a PhotoSet, results: &ReproResults) -> Self {
        let skipped = photo_set.skipped.iter().map(|skipped| Skipped {
            path: skipped.path.display().to_string(),
            reason: &skipped.reason,
        });
        Self {
            schema: "double-exposure/repro/1",
            verdict: results.verdict,
            interrupted: results.interrupted,
            seed: plan.seed,
            photos: photo_set.requests.len(),
            owners: photo_set.owners.len(),
            cores: results.cores,
            size: plan.spec.size.get(),
            fit: plan.spec.fit.to_string(),
            oracle_faults: results.oracle_faults(),
            unused: photo_set.unused,
            skipped: skipped.collect(),
            runs: results.runs.iter().map(Counts::from).collect(),
        }
    }
}

impl From<&Run> for Counts {
    fn from(run: &Run) -> Self {
        let stats = &run.stats;
        Self {
            pipeline: run.kind.to_string(),
            slots: run.slots.get(),
            bands: run.bands,
            in_flight: run.in_flight,
            planned: run.planned,
            thumbnails: stats.thumbnails,
            clean: stats.clean,
            torn: stats.torn,
            swapped: stats.swapped,
            exposed_owners: stats.exposed_owners.len(),
            affected_viewers: stats.affected_viewers.len(),
            rows_from_later: stats.rows_from_later,
            rows_from_earlier: stats.rows_from_earlier,
            ambiguous_rows: stats.ambiguous_rows,
            oracle_faults: stats.oracle_faults,
            per_second: (run.per_second * 10.0).round() / 10.0,
        }
    }
}
