//! Shows every count of every run as a table, and explains the columns.

use maud::{Markup, html};

use crate::output::html::{table, wide};
use crate::output::terminal::{grouped, many};
use crate::repro::{PhotoSet, ReproPlan, ReproResults, Run};

const COLUMNS: [&str; 16] = [
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
    "per second range",
];

/// Returns the parameters, the table, and an explanation of its columns.
pub(super) fn counts(plan: &ReproPlan, photo_set: &PhotoSet, results: &ReproResults) -> Markup {
    let rows = html! { @for run in &results.runs { (row(run)) } };
    html! {
        p {
            (many(photo_set.requests.len(), "photo")) " of "
            (many(photo_set.owners.len(), "owner")) "; " (plan.spec.size.get()) " px, "
            (plan.spec.fit) "; " (many(plan.slots, "slot")) ", " (many(plan.bands, "band")) "; "
            (many(results.cores, "core")) "; seed " (plan.seed) "."
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
            td { (grouped(run.planned)) }
            td { (grouped(stats.thumbnails)) }
            td { (grouped(stats.clean)) }
            td { (grouped(stats.torn)) }
            td { (grouped(stats.swapped)) }
            td { (format!("{:.2}", run.percent_mixed())) }
            td { (grouped(stats.exposed_owners.len())) }
            td { (grouped(stats.affected_viewers.len())) }
            td { (grouped(stats.rows_from_later)) }
            td { (grouped(stats.rows_from_earlier)) }
            td { (grouped(stats.ambiguous_rows)) }
            td { (grouped(stats.oracle_faults)) }
            td { (grouped(format_args!("{:.1}", run.per_second))) }
            td { (range(run)) }
        }
    }
}

/// Returns the rates of the slowest and the fastest fifth of a run.
fn range(run: &Run) -> String {
    run.per_second_range.map(|rate| grouped(format_args!("{rate:.1}"))).join(" to ")
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
            dt { "per second range" }
            dd {
                "Thumbnails per second in the slowest and in the fastest fifth of the run. A \
                 difference between runs that is smaller than such a range is noise."
            }
            dt { "ambiguous rows" }
            dd { "Rows whose pixels fit the photos of more than one owner." }
            dt { "oracle faults" }
            dd { "Rows about which the two oracles disagree. Any number but 0 is a fault of ours." }
        }
    }
}
