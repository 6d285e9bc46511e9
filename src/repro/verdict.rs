//! What the runs of a reproduction come to, in one word.

use std::fmt;

use serde::Serialize;

use super::Run;

/// Thumbnails that a run of a gate must have seen before `clean` says anything: 0 of 300 bounds
/// the rate at 1 % with 95 % confidence (the rule of three).
pub const MIN_GATE_THUMBNAILS: u64 = 300;

/// What the caller wants to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Expectation {
    /// That shared mixes under load, and the repairs do not
    #[default]
    Reproduced,
    /// That nothing mixes anyone: a gate for CI
    Clean,
}

/// What the runs come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReproVerdict {
    /// A run that was expected to mix did, and no repair did.
    Reproduced,
    /// A repair mixed, or any run of a gate.
    Mixed,
    /// Nothing mixed, and nothing was expected to.
    Clean,
    /// Anything else: too little was seen to say.
    Inconclusive,
}

impl fmt::Display for ReproVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Reproduced => "reproduced",
            Self::Mixed => "mixed",
            Self::Clean => "clean",
            Self::Inconclusive => "inconclusive",
        })
    }
}

impl ReproVerdict {
    /// The verdict on `runs`, made on so many cores; `complete` if no planned run is missing.
    pub fn of(runs: &[Run], expect: Expectation, cores: usize, complete: bool) -> Self {
        let gate = expect == Expectation::Clean;
        let must_mix = |run: &Run| !gate && expected_to_mix(run, cores);
        let mixed = |run: &Run| run.tally.mixed() > 0;
        let seen_enough = |run: &Run| {
            let least = if gate { MIN_GATE_THUMBNAILS } else { 1 };
            run.tally.thumbnails >= least
        };
        if runs.iter().any(|run| (gate || run.kind.is_repair()) && mixed(run)) {
            Self::Mixed
        } else if !complete || runs.is_empty() || !runs.iter().all(seen_enough) {
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

/// Shared is expected to mix where twice as many are in flight as there are slots, and where two
/// of them can really run at once.
fn expected_to_mix(run: &Run, cores: usize) -> bool {
    !run.kind.is_repair() && run.in_flight >= 2 * run.slots.get() && cores >= 2
}
