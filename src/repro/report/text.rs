//! Writes the sentences of the page and of the table: the headline, the meaning of the verdict, and
//! the note about runs that were cut short.

use crate::output::terminal::{grouped, many};
use crate::repro::{MIN_GATE_THUMBNAILS, ReproPlan, ReproResults, ReproVerdict, Run};

/// Returns the first sentence of the page.
pub(super) fn headline(results: &ReproResults) -> String {
    let repairs = || results.runs.iter().filter(|run| run.kind.is_repair());
    if results.oracle_faults() > 0 {
        return format!(
            "Trust no count: the two oracles disagree about {}, so this program has a fault.",
            many(results.oracle_faults(), "row")
        );
    }
    match (results.verdict, worst(results)) {
        (ReproVerdict::Mixed, _) => format!(
            "{} of {} thumbnails showed another owner’s photo where none may.",
            grouped(forbidden(results).map(|run| run.stats.mixed()).sum::<u64>()),
            grouped(forbidden(results).map(|run| run.stats.thumbnails).sum::<u64>()),
        ),
        (ReproVerdict::Clean, _) => format!(
            "None of {} thumbnails showed another owner’s photo, and none was expected to.",
            grouped(results.runs.iter().map(|run| run.stats.thumbnails).sum::<u64>())
        ),
        (ReproVerdict::Reproduced, Some(run)) => {
            let repaired = match repairs().map(|run| run.stats.thumbnails).sum::<u64>() {
                0 => String::new(),
                thumbnails => {
                    format!("; with a buffer for each request, none of {} did", grouped(thumbnails))
                }
            };
            format!("{}{repaired}.", mixed(run))
        }
        (ReproVerdict::Inconclusive, Some(run)) => {
            format!("Too few thumbnails for a verdict. {}.", mixed(run))
        }
        (ReproVerdict::Reproduced | ReproVerdict::Inconclusive, None) => {
            "Too few thumbnails to say whether any shows another owner’s photo.".into()
        }
    }
}

fn mixed(run: &Run) -> String {
    format!(
        "With shared buffers, {} of {} thumbnails showed another owner’s photo",
        grouped(run.stats.mixed()),
        grouped(run.stats.thumbnails)
    )
}

/// Returns a sentence that explains a verdict.
pub(super) fn meaning(verdict: ReproVerdict) -> String {
    match verdict {
        ReproVerdict::Reproduced => {
            "“shared” mixed photos as expected, and the repairs did not.".into()
        }
        ReproVerdict::Mixed => "a thumbnail is mixed where none may be.".into(),
        ReproVerdict::Clean => "no thumbnail was mixed, and none was expected to be.".into(),
        ReproVerdict::Inconclusive => format!(
            "too few thumbnails for a verdict. More thumbnails, more in flight than twice the \
             slots, or two cores may help; a gate needs at least {MIN_GATE_THUMBNAILS} thumbnails \
             in each run."
        ),
    }
}

/// Returns a sentence about runs that were not made to their end, if there are any.
pub(super) fn shortfall(plan: &ReproPlan, results: &ReproResults) -> Option<String> {
    let planned = plan.pipelines.len() * plan.in_flight.len();
    let begun = results.runs.len();
    let short = results.runs.iter().filter(|run| run.stats.thumbnails < run.planned).count();
    match (results.interrupted, short) {
        (true, _) => Some(format!(
            "Interrupted: {begun} of {planned} runs were begun, {short} of them did not end."
        )),
        (false, 0) => None,
        (false, short) => Some(format!(
            "The time was too short: {short} of {begun} runs made fewer thumbnails than planned."
        )),
    }
}

/// Returns the run of `shared` with the greatest share of mixed thumbnails, if any were mixed.
pub(super) fn worst(results: &ReproResults) -> Option<&Run> {
    let mixed = |run: &&Run| !run.kind.is_repair() && run.stats.mixed() > 0;
    let by_share = |a: &&Run, b: &&Run| a.percent_mixed().total_cmp(&b.percent_mixed());
    results.runs.iter().filter(mixed).max_by(by_share)
}

/// Returns the runs with mixed thumbnails that may have none: those of repairs, or else of a gate.
fn forbidden(results: &ReproResults) -> impl Iterator<Item = &Run> {
    let mixed = |run: &&Run| run.stats.mixed() > 0;
    let repair = results.runs.iter().filter(mixed).any(|run| run.kind.is_repair());
    results.runs.iter().filter(mixed).filter(move |run| run.kind.is_repair() || !repair)
}
