//! The reproduction as a table that a person reads at a glance, and what it comes to in words.

use std::fmt::Write;

use crate::output::terminal::{GREEN, PLAIN, RED, many, percent, width, wrap};
use crate::pipelines::PipelineKind;
use crate::repro::{MIN_GATE_THUMBNAILS, PhotoSet, ReproPlan, ReproResults, ReproVerdict, Run};

/// A line per run, at most 80 columns wide, with ANSI colour.
pub fn table(plan: &ReproPlan, subjects: &PhotoSet, findings: &ReproResults) -> String {
    let mut text = format!(
        "{} photos of {} owners · {} px, {} · {} slots · {} bands · {} cores · seed {}\n\n",
        subjects.requests.len(),
        subjects.owners.len(),
        plan.spec.size.get(),
        plan.spec.fit,
        plan.slots,
        plan.bands,
        findings.cores,
        plan.seed
    );
    text +=
        "pipeline  in flight  thumbnails  mixed    share  torn/swapped  later/earlier   per s\n";
    let mut previous = None;
    for run in &findings.runs {
        if previous.is_some_and(|kind| kind != run.kind) {
            text.push('\n');
        }
        previous = Some(run.kind);
        line(&mut text, run);
    }
    text += "\nlater/earlier: foreign rows of photos decoded after, before the thumbnail's own\n";
    text
}

fn line(text: &mut String, run: &Run) {
    let tally = &run.tally;
    let colour = if tally.mixed() > 0 { RED } else { GREEN };
    let share = percent(tally.mixed() as f64 / tally.thumbnails.max(1) as f64);
    let _ = writeln!(
        text,
        "{:<8}  {:>9}  {:>10}  {colour}{:>5}  {share:>7}{PLAIN}  {:>12}  {:>13}  {:>6.0}",
        run.kind,
        run.in_flight,
        tally.thumbnails,
        tally.mixed(),
        format!("{}/{}", tally.torn, tally.swapped),
        format!("{}/{}", tally.rows_from_later, tally.rows_from_earlier),
        run.per_second
    );
}

/// What the runs come to, in plain words, beside what is published about the real event.
pub fn closing(plan: &ReproPlan, findings: &ReproResults) -> String {
    let mut told = Vec::new();
    if findings.interrupted {
        told.push("Interrupted: this is what was done so far.".into());
    }
    let short = findings.runs.iter().filter(|run| run.tally.thumbnails < run.asked).count();
    if short > 0 && !findings.interrupted {
        told.push(format!(
            "Time was short: {short} of {} made fewer than the {} asked for. --budget gives more.",
            many(findings.runs.len(), "run"),
            many(plan.thumbnails, "thumbnail")
        ));
    }
    if findings.oracle_faults() > 0 {
        told.push(format!(
            "The two oracles disagree about {}: this program is at fault, believe no count.",
            many(findings.oracle_faults(), "row")
        ));
    }
    let worst = findings.runs.iter().filter(|run| !run.kind.is_repair()).max_by_key(|run| {
        let tally = &run.tally;
        tally.mixed() * 1_000_000 / tally.thumbnails.max(1)
    });
    told.extend(worst.filter(|run| run.tally.mixed() > 0).map(mixed_up));
    told.extend(
        [PipelineKind::Owned, PipelineKind::Pooled]
            .into_iter()
            .filter_map(|kind| repair(kind, findings)),
    );
    let colour = match findings.verdict {
        ReproVerdict::Reproduced | ReproVerdict::Clean => GREEN,
        ReproVerdict::Mixed | ReproVerdict::Inconclusive => RED,
    };
    let verdict = format!("{}: {}", findings.verdict, meaning(findings.verdict));
    let lines = |told: String| wrap(&told, width().max(40)).join("\n");
    let told: String = told.into_iter().map(|told| lines(told) + "\n").collect();
    format!("{told}\n{colour}{}{PLAIN}\n", lines(verdict))
}

fn mixed_up(run: &Run) -> String {
    let tally = &run.tally;
    let direction = match (tally.rows_from_later, tally.rows_from_earlier) {
        (later, 0) => format!("all {later} foreign rows are from photos decoded later"),
        (later, earlier) => format!("{later} foreign rows are from later photos, {earlier} not"),
    };
    format!(
        "With {} in flight on {}, {} of {} showed somebody else's photo ({} exposed, {} \
         affected); {direction}. Published about 28 November 2024: part of the photo due to be \
         processed next got into the one being processed (ministry's written guidance, 28 March \
         2025). That shared buffers were the reason there is this project's inference, not a \
         published fact.",
        run.in_flight,
        many(run.slots, "slot"),
        tally.mixed(),
        many(tally.thumbnails, "thumbnail"),
        many(tally.exposed_owners.len(), "owner"),
        many(tally.affected_viewers.len(), "viewer"),
    )
}

/// What all runs of a repair came to, with the share that may still have gone unseen: 3 ÷ n at
/// 95 % for none of n (the rule of three).
fn repair(kind: PipelineKind, findings: &ReproResults) -> Option<String> {
    let runs = || findings.runs.iter().filter(|run| run.kind == kind);
    let thumbnails: u64 = runs().map(|run| run.tally.thumbnails).sum();
    let mixed: u64 = runs().map(|run| run.tally.mixed()).sum();
    let bound = match mixed {
        0 => format!(" (at most {:.2} % at 95 %)", (300.0 / thumbnails as f64).min(100.0)),
        _ => String::new(),
    };
    let told = format!("{kind}: {mixed} of {} mixed{bound}.", many(thumbnails, "thumbnail"));
    (thumbnails > 0).then_some(told)
}

fn meaning(verdict: ReproVerdict) -> String {
    match verdict {
        ReproVerdict::Reproduced => {
            "what must mix mixed, what must not did not. `cargo test` proves why.".into()
        }
        ReproVerdict::Mixed => "a thumbnail shows somebody else's photo where none may.".into(),
        ReproVerdict::Clean => "nothing mixed, and nothing was expected to.".into(),
        ReproVerdict::Inconclusive => format!(
            "too little was seen to say. More thumbnails, more in flight than twice the slots, or \
             two cores may help; a gate needs {MIN_GATE_THUMBNAILS} thumbnails in each run."
        ),
    }
}
