//! What the runs come to, in sentences for a room.

use super::charts::percent_mixed;
use crate::repro::{MIN_GATE_THUMBNAILS, ReproResults, ReproVerdict, Run};

/// The one sentence that stands first.
pub(super) fn claim(findings: &ReproResults) -> String {
    let repairs = || findings.runs.iter().filter(|run| run.kind.is_repair());
    if findings.oracle_faults() > 0 {
        return format!(
            "Believe no count on this page: the two oracles disagree about {} rows.",
            findings.oracle_faults()
        );
    }
    match (findings.verdict, worst(findings)) {
        (ReproVerdict::Mixed, _) => format!(
            "Where nobody may be mixed, {} of {} thumbnails showed somebody else’s photo.",
            must_not(findings).map(|run| run.tally.mixed()).sum::<u64>(),
            must_not(findings).map(|run| run.tally.thumbnails).sum::<u64>(),
        ),
        (ReproVerdict::Clean, _) => format!(
            "None of {} thumbnails showed somebody else’s photo, and none was expected to.",
            findings.runs.iter().map(|run| run.tally.thumbnails).sum::<u64>()
        ),
        (ReproVerdict::Reproduced, Some(run)) => {
            let repaired = match repairs().map(|run| run.tally.thumbnails).sum() {
                0 => String::new(),
                thumbnails => format!("; in buffers of their own, none of {thumbnails} did"),
            };
            format!("{}{repaired}.", mixed_up(run))
        }
        (ReproVerdict::Inconclusive, Some(run)) => {
            format!("Too little was seen for a verdict. {}.", mixed_up(run))
        }
        (ReproVerdict::Reproduced | ReproVerdict::Inconclusive, None) => {
            "Too little was seen to say whether anybody is shown somebody else’s photo.".into()
        }
    }
}

fn mixed_up(run: &Run) -> String {
    format!(
        "In shared buffers, {} of {} thumbnails showed somebody else’s photo",
        run.tally.mixed(),
        run.tally.thumbnails
    )
}

/// The verdict's word, and what it means here.
pub(super) fn verdict(findings: &ReproResults) -> String {
    match findings.verdict {
        ReproVerdict::Reproduced => "what must mix mixed, what must not did not.".into(),
        ReproVerdict::Mixed => "a thumbnail shows somebody else’s photo where none may.".into(),
        ReproVerdict::Clean => "nothing mixed, and nothing was expected to.".into(),
        ReproVerdict::Inconclusive => format!(
            "no verdict either way. It takes more in flight than twice the slots, two cores and, \
             for a gate, {MIN_GATE_THUMBNAILS} thumbnails in each run."
        ),
    }
}

/// What kept the runs from being whole, if anything did.
pub(super) fn shortfall(findings: &ReproResults, planned: usize) -> Option<String> {
    let made = findings.runs.len();
    let short = findings.runs.iter().filter(|run| run.tally.thumbnails < run.asked).count();
    match (findings.interrupted, short) {
        (true, _) => Some(format!(
            "Interrupted: {made} of {planned} runs were begun, {short} of them did not end."
        )),
        (false, 0) => None,
        (false, short) => Some(format!(
            "Time was short: {short} of {made} runs made fewer thumbnails than asked for."
        )),
    }
}

/// The run of shared buffers with the greatest share of mixed thumbnails, if any mixed.
pub(super) fn worst(findings: &ReproResults) -> Option<&Run> {
    let mixed = |run: &&Run| !run.kind.is_repair() && run.tally.mixed() > 0;
    let by_share = |a: &&Run, b: &&Run| percent_mixed(a).total_cmp(&percent_mixed(b));
    findings.runs.iter().filter(mixed).max_by(by_share)
}

/// The runs in which nobody may be mixed and somebody was: those of a repair, or else of a gate.
fn must_not(findings: &ReproResults) -> impl Iterator<Item = &Run> {
    let mixed = |run: &&Run| run.tally.mixed() > 0;
    let repair = findings.runs.iter().filter(mixed).any(|run| run.kind.is_repair());
    findings.runs.iter().filter(mixed).filter(move |run| run.kind.is_repair() || !repair)
}
