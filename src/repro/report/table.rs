//! Writes a reproduction as a table for the terminal, and as a summary in sentences.

use super::text;
use crate::output::terminal::{Columns, GREEN, PLAIN, RED, grouped, many, percent, width, wrap};
use crate::pipelines::PipelineKind;
use crate::repro::{PhotoSet, ReproPlan, ReproResults, ReproVerdict, Run};

/// Names of the columns.
const HEAD: [&str; 8] =
    ["pipeline", "in flight", "made", "mixed", "share", "torn/swapped", "later/earlier", "per s"];

/// Columns of the table by their index, and of its narrower forms for narrower terminals.
const LAYOUTS: [&[usize]; 4] =
    [&[0, 1, 2, 3, 4, 5, 6, 7], &[0, 1, 2, 3, 4, 5, 7], &[0, 1, 2, 3, 4, 7], &[0, 1, 3, 4]];

/// Columns whose colour tells whether any thumbnail is mixed.
const COLOURED: [usize; 2] = [3, 4];

/// Returns a table with a line for each run, with ANSI colour. In a terminal of less than 80
/// columns it has fewer columns.
pub fn table(plan: &ReproPlan, photo_set: &PhotoSet, results: &ReproResults) -> String {
    let width = width();
    let facts = format!(
        "{} of {} · {} px, {} · {} · {} · {} · seed {}",
        many(photo_set.requests.len(), "photo"),
        many(photo_set.owners.len(), "owner"),
        plan.spec.size.get(),
        plan.spec.fit,
        many(plan.slots, "slot"),
        many(plan.bands, "band"),
        many(results.cores, "core"),
        plan.seed
    );
    let rows: Vec<[String; 8]> =
        [HEAD.map(String::from)].into_iter().chain(results.runs.iter().map(cells)).collect();
    let columns = Columns::fitting(&rows, &LAYOUTS, width);
    let mut text = wrap(&facts, width) + "\n\n" + &columns.line(&rows[0], |_| "");
    let mut previous = None;
    for (run, cells) in results.runs.iter().zip(&rows[1..]) {
        if previous.is_some_and(|kind| kind != run.kind) {
            text.push('\n');
        }
        previous = Some(run.kind);
        let colour = if run.stats.mixed() > 0 { RED } else { GREEN };
        text += &columns.line(cells, |column| if COLOURED.contains(&column) { colour } else { "" });
    }
    text.push('\n');
    for (column, meaning) in [
        (2, "made: finished thumbnails of the run"),
        (5, "torn/swapped: thumbnails with some rows of another photo / with only such rows"),
        (6, "later/earlier: rows of photos decoded after / before the thumbnail's own photo"),
    ] {
        if columns.shown.contains(&column) {
            text += &(wrap(meaning, width) + "\n");
        }
    }
    text
}

fn cells(run: &Run) -> [String; 8] {
    let stats = &run.stats;
    let pair = |some, other| format!("{}/{}", grouped(some), grouped(other));
    [
        run.kind.to_string(),
        run.in_flight.to_string(),
        grouped(stats.thumbnails),
        grouped(stats.mixed()),
        percent(run.percent_mixed() / 100.0),
        pair(stats.torn, stats.swapped),
        pair(stats.rows_from_later, stats.rows_from_earlier),
        grouped(format_args!("{:.0}", run.per_second)),
    ]
}

/// Returns the results in sentences, beside the published facts about the real event.
pub fn summary(plan: &ReproPlan, results: &ReproResults) -> String {
    let mut messages = Vec::new();
    if let Some(shortfall) = text::shortfall(plan, results) {
        let advice = if results.interrupted { "" } else { " --budget allows more time." };
        messages.push(shortfall + advice);
    }
    if results.oracle_faults() > 0 {
        messages.push(text::headline(results));
    }
    messages.extend(text::worst(results).map(failure));
    messages.extend(
        [PipelineKind::Owned, PipelineKind::Pooled]
            .into_iter()
            .filter_map(|kind| repair(kind, results)),
    );
    let colour = match results.verdict {
        ReproVerdict::Reproduced | ReproVerdict::Clean => GREEN,
        ReproVerdict::Mixed | ReproVerdict::Inconclusive => RED,
    };
    let verdict = format!("{}: {}", results.verdict, text::meaning(results.verdict));
    let lines = |message: String| wrap(&message, width());
    let messages: String = messages.into_iter().map(|message| lines(message) + "\n").collect();
    format!("{messages}\n{colour}{}{PLAIN}\n", lines(verdict))
}

/// Describes the run of `shared` with the greatest share of mixed thumbnails.
fn failure(run: &Run) -> String {
    let stats = &run.stats;
    let direction = match (stats.rows_from_later, stats.rows_from_earlier) {
        (later, 0) => format!("all {} foreign rows are from photos decoded later", grouped(later)),
        (later, earlier) => {
            let [later, earlier] = [later, earlier].map(grouped);
            format!("{later} foreign rows are from photos decoded later, {earlier} are not")
        }
    };
    format!(
        "With {} in flight on {}, {} of {} showed another owner's photo ({} exposed, {} \
         affected); {direction}. Published about 28 November 2024: part of the photo due to be \
         processed next got into the photo being processed (ministry's written guidance, 28 March \
         2025). That shared buffers were the cause there is this project's inference, not a \
         published fact.",
        run.in_flight,
        many(run.slots, "slot"),
        grouped(stats.mixed()),
        many(stats.thumbnails, "thumbnail"),
        many(stats.exposed_owners.len(), "owner"),
        many(stats.affected_viewers.len(), "viewer"),
    )
}

/// Sums all runs of a repair up. For 0 mixed of n thumbnails it states the upper bound of the share
/// of mixed ones, 3 ÷ n at 95 % (the rule of three).
fn repair(kind: PipelineKind, results: &ReproResults) -> Option<String> {
    let runs = || results.runs.iter().filter(|run| run.kind == kind);
    let thumbnails: u64 = runs().map(|run| run.stats.thumbnails).sum();
    let mixed: u64 = runs().map(|run| run.stats.mixed()).sum();
    let bound = match mixed {
        0 => format!(" (at most {:.2} % at 95 %)", (300.0 / thumbnails as f64).min(100.0)),
        _ => String::new(),
    };
    let (mixed, all) = (grouped(mixed), many(thumbnails, "thumbnail"));
    let message = format!("{kind}: {mixed} of {all} mixed{bound}.");
    (thumbnails > 0).then_some(message)
}
