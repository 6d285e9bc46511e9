//! Writes a reproduction as a table for the terminal, and as a summary in sentences.

use std::fmt::Write;

use super::text;
use crate::output::terminal::{GREEN, PLAIN, RED, many, percent, width, wrap};
use crate::pipelines::PipelineKind;
use crate::repro::{PhotoSet, ReproPlan, ReproResults, ReproVerdict, Run};

/// Returns a table with a line for each run, at most 80 columns wide, with ANSI colour.
pub fn table(plan: &ReproPlan, photo_set: &PhotoSet, results: &ReproResults) -> String {
    let mut text = format!(
        "{} photos of {} owners · {} px, {} · {} slots · {} bands · {} cores · seed {}\n\n",
        photo_set.requests.len(),
        photo_set.owners.len(),
        plan.spec.size.get(),
        plan.spec.fit,
        plan.slots,
        plan.bands,
        results.cores,
        plan.seed
    );
    text +=
        "pipeline  in flight  thumbnails  mixed    share  torn/swapped  later/earlier   per s\n";
    let mut previous = None;
    for run in &results.runs {
        if previous.is_some_and(|kind| kind != run.kind) {
            text.push('\n');
        }
        previous = Some(run.kind);
        line(&mut text, run);
    }
    text += "\ntorn/swapped: thumbnails with some rows of another photo / with only such rows\n\
             later/earlier: rows of photos decoded after / before the thumbnail's own photo\n";
    text
}

fn line(text: &mut String, run: &Run) {
    let stats = &run.stats;
    let colour = if stats.mixed() > 0 { RED } else { GREEN };
    let share = percent(run.percent_mixed() / 100.0);
    let _ = writeln!(
        text,
        "{:<8}  {:>9}  {:>10}  {colour}{:>5}  {share:>7}{PLAIN}  {:>12}  {:>13}  {:>6.0}",
        run.kind,
        run.in_flight,
        stats.thumbnails,
        stats.mixed(),
        format!("{}/{}", stats.torn, stats.swapped),
        format!("{}/{}", stats.rows_from_later, stats.rows_from_earlier),
        run.per_second
    );
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
        (later, 0) => format!("all {later} foreign rows are from photos decoded later"),
        (later, earlier) => {
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
        stats.mixed(),
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
    let message = format!("{kind}: {mixed} of {} mixed{bound}.", many(thumbnails, "thumbnail"));
    (thumbnails > 0).then_some(message)
}
