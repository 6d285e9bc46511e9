//! Shows every count of every run as a table, and explains the columns.

use maud::{Markup, html};

use crate::output::html::{table, wide};
use crate::repro::{PhotoSet, ReproPlan, ReproResults, Run};

const COLUMNS: [&str; 15] = [
    "pipeline",
    "in flight",
    "plan\u{ad}ned",
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

/// Returns the parameters, the table, and an explanation of its columns.
pub(super) fn counts(plan: &ReproPlan, photo_set: &PhotoSet, results: &ReproResults) -> Markup {
    let rows = html! { @for run in &results.runs { (row(run)) } };
    html! {
        p {
            (photo_set.requests.len()) " photos of " (photo_set.owners.len()) " owners; "
            (plan.spec.size.get()) " px, " (plan.spec.fit) "; " (plan.slots) " slots, " (plan.bands)
            " bands; " (results.cores) " cores; seed " (plan.seed) "."
            @if photo_set.unused > 0 { " Not used: " (photo_set.unused) " photos." }
            @if !photo_set.skipped.is_empty() {
                " Skipped: " (photo_set.skipped.len()) " files; "
                code { "report.json" } " lists each with the reason."
            }
        }
        @if results.runs.is_empty() {
            p { "No run was made." }
        } @else {
            (wide("counts", &table("counts", Some("Counts of each run"), &COLUMNS, &rows)))
        }
        (explanation())
    }
}

fn row(run: &Run) -> Markup {
    let stats = &run.stats;
    html! {
        tr.mixed[stats.mixed() > 0] {
            th scope="row" { (run.kind) }
            td { (run.in_flight) }
            td { (run.planned) }
            td { (stats.thumbnails) }
            td { (stats.clean) }
            td { (stats.torn) }
            td { (stats.swapped) }
            td { (format!("{:.2}", run.percent_mixed())) }
            td { (stats.exposed_owners.len()) }
            td { (stats.affected_viewers.len()) }
            td { (stats.rows_from_later) }
            td { (stats.rows_from_earlier) }
            td { (stats.ambiguous_rows) }
            td { (stats.oracle_faults) }
            td { (format!("{:.1}", run.per_second)) }
        }
    }
}

fn explanation() -> Markup {
    html! {
        dl {
            dt { "torn, swapped" }
            dd {
                "Thumbnails with some rows of another owner’s photo, and thumbnails with only such \
                 rows. Both are mixed."
            }
            dt { "exposed owners, affected viewers" }
            dd {
                "Owners whose rows were shown to another viewer, and viewers who were shown \
                 another owner’s rows. These are different people, so the two counts are never \
                 added."
            }
            dt { "later, earlier" }
            dd {
                "Rows of another owner’s photo that was decoded after the thumbnail’s own photo, \
                 and rows of one that was decoded before it."
            }
            dt { "ambiguous rows" }
            dd { "Rows whose pixels fit the photos of more than one owner." }
            dt { "oracle faults" }
            dd { "Rows about which the two oracles disagree. Any number but 0 is a fault of ours." }
        }
    }
}
