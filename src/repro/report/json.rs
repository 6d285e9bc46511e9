//! Writes a reproduction as one JSON document.

use serde::Serialize;

use crate::repro::{PhotoSet, ReproPlan, ReproResults, ReproVerdict, Run};
use crate::sample_photos::SkippedFile;

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
    skipped: &'a [SkippedFile],
    runs: &'a [Run],
}

impl<'a> ReproDocument<'a> {
    /// Builds the document of a reproduction.
    pub fn new(plan: &ReproPlan, photo_set: &'a PhotoSet, results: &'a ReproResults) -> Self {
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
            skipped: &photo_set.skipped,
            runs: &results.runs,
        }
    }
}
