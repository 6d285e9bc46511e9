//! Decides the verdict on the runs of a reproduction.

use std::fmt;

use serde::Serialize;

use super::Run;

/// Lower bound of the thumbnails in a run of a gate for the verdict `clean`: 0 mixed of 300 bounds
/// the rate at 1 % with 95 % confidence (the rule of three).
pub const MIN_GATE_THUMBNAILS: u64 = 300;

/// Names the result that the caller expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Expectation {
    /// Expects that `shared` mixes photos under load, and that the repairs do not.
    #[default]
    Reproduced,
    /// Expects that no run mixes photos: a gate for CI.
    Clean,
}

impl Expectation {
    /// Returns the lower bound of the thumbnails that each run needs for a verdict.
    pub(crate) fn min_thumbnails(self) -> u64 {
        match self {
            Self::Reproduced => 1,
            Self::Clean => MIN_GATE_THUMBNAILS,
        }
    }

    /// Returns true if no thumbnail of the run may be mixed.
    pub(crate) fn forbids_mixing(self, run: &Run) -> bool {
        self == Self::Clean || run.kind.is_repair()
    }
}

/// Names the verdict on all runs of a reproduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReproVerdict {
    /// A run that was expected to mix photos did, and no repair did.
    Reproduced,
    /// A repair mixed photos, or any run of a gate did.
    Mixed,
    /// No run mixed photos, and none was expected to.
    Clean,
    /// Too few thumbnails were made for any other verdict.
    Inconclusive,
}

impl fmt::Display for ReproVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl ReproVerdict {
    /// Decides the verdict on `runs` of a machine with this number of cores. `complete` is true if
    /// every planned run was made.
    pub fn of(runs: &[Run], expect: Expectation, cores: usize, complete: bool) -> Self {
        let must_mix = |run: &Run| !expect.forbids_mixing(run) && expected_to_mix(run, cores);
        let mixed = |run: &Run| run.stats.mixed() > 0;
        let enough = |run: &Run| run.stats.thumbnails >= expect.min_thumbnails();
        if runs.iter().any(|run| expect.forbids_mixing(run) && mixed(run)) {
            Self::Mixed
        } else if !complete || runs.is_empty() || !runs.iter().all(enough) {
            Self::Inconclusive
        } else if runs.iter().any(|run| must_mix(run) && mixed(run)) {
            Self::Reproduced
        } else if !runs.iter().any(|run| must_mix(run) || mixed(run)) {
            Self::Clean
        } else {
            Self::Inconclusive
        }
    }
}

/// Returns true if `shared` is expected to mix photos: twice as many requests are in flight as the
/// ring has slots, and two cores or more run them at the same time.
fn expected_to_mix(run: &Run, cores: usize) -> bool {
    run.in_flight >= 2 * run.slots.get() && cores >= 2
}
