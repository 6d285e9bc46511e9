//! Every count of every run, as a table.

use maud::{Markup, html};

use super::charts::percent_mixed;
use crate::repro::{PhotoSet, ReproPlan, ReproResults, Run};

const COLUMNS: [&str; 15] = [
    "pipeline",
    "in flight",
    "asked",
    "thumb\u{ad}nails",
    "clean",
    "torn",
    "swap\u{ad}ped",
    "mixed, %",
    "exposed owners",
    "affected viewers",
    "rows from later",
    "rows from earlier",
    "ambig\u{ad}uous rows",
    "oracle faults",
    "per second",
];

/// The table, and what its words mean.
pub(super) fn counts(plan: &ReproPlan, subjects: &PhotoSet, findings: &ReproResults) -> Markup {
    html! {
        p {
            (subjects.requests.len()) " photos of " (subjects.owners.len()) " owners; "
            (plan.spec.size.get()) " px, " (plan.spec.fit) "; " (plan.slots) " slots, " (plan.bands)
            " bands; " (findings.cores) " cores; seed " (plan.seed) "."
            @if subjects.unused > 0 { " Not used: " (subjects.unused) " photos." }
            @if !subjects.skipped.is_empty() {
                " Skipped: " (subjects.skipped.len()) " files; "
                code { "report.json" } " names each with its reason."
            }
        }
        @if findings.runs.is_empty() {
            p { "No run was made." }
        } @else {
            div.wide tabindex="0" role="region" aria-label="counts, scrolls sideways" {
                table.counts {
                    caption { "Counts of each run" }
                    thead { tr { @for name in COLUMNS { th scope="col" { (name) } } } }
                    tbody { @for run in &findings.runs { (row(run)) } }
                }
            }
        }
        (words())
    }
}

fn row(run: &Run) -> Markup {
    let tally = &run.tally;
    html! {
        tr.mixed[tally.mixed() > 0] {
            th scope="row" { (run.kind) }
            td { (run.in_flight) }
            td { (run.asked) }
            td { (tally.thumbnails) }
            td { (tally.clean) }
            td { (tally.torn) }
            td { (tally.swapped) }
            td { (format!("{:.2}", percent_mixed(run))) }
            td { (tally.exposed_owners.len()) }
            td { (tally.affected_viewers.len()) }
            td { (tally.rows_from_later) }
            td { (tally.rows_from_earlier) }
            td { (tally.ambiguous_rows) }
            td { (tally.oracle_faults) }
            td { (format!("{:.1}", run.per_second)) }
        }
    }
}

fn words() -> Markup {
    html! {
        dl {
            dt { "torn, swapped" }
            dd {
                "A thumbnail with some rows of another’s photo; with only another’s. Mixed is \
                 either."
            }
            dt { "exposed owners, affected viewers" }
            dd {
                "Whose rows reached a stranger; who was shown a stranger’s rows. They are \
                 different people and two counts, which are never added."
            }
            dt { "later, earlier" }
            dd {
                "Foreign rows of photos that were decoded after the thumbnail’s own, and before \
                 it."
            }
            dt { "ambiguous rows" }
            dd { "Rows that, by their pixels alone, could be of more than one owner." }
            dt { "oracle faults" }
            dd { "Rows about which the two oracles disagree. Anything but 0 is our fault." }
        }
    }
}
